import { ingestLogTable } from "../clever/layout";
import { Duck } from "../duck/duck";
import { isCleverLakeError } from "../errors";
import { fileSystems, identityFileSystems } from "../lake/lakePath";
import {
  type LakeTable,
  lakeTables,
  landingFolders,
  landedFiles as listLanded,
  type UnreadableTable,
} from "../pipeline/catalogue/lakeContents";
import { tableDetails } from "../pipeline/catalogue/tableDetails";
import { IngestLog } from "../pipeline/log/logTable";
import { openLake } from "./connections";
import { asLogLine } from "./logLine";
import type { Connected, LakeOverview, LandedFileItem, TableItem, TableReport } from "./messages";

/** The number of log lines that are shown. */
const logLinesShown = 200;

/** The lake's stages with their tables, and the folders of landed files. */
export async function lakeContents(
  { connection, secrets }: Connected,
  signal: AbortSignal,
): Promise<LakeOverview> {
  const lake = await openLake(connection, secrets);
  await using duck = await Duck.open();
  const tables = (await lakeTables(lake, duck, signal)).map(asItem);
  // Users with access to the pseudonymized tables only see just those.
  const landings = await landingFolders(lake, signal).catch((error: unknown) => {
    if (isCleverLakeError(error, "auth")) return [];
    throw error;
  });
  return {
    stages: fileSystems.map((name) => ({
      name,
      identities: identityFileSystems.has(name),
      tables: tables.filter(({ path }) => path.startsWith(`${name}/`)),
    })),
    landings: landings.map(({ name, reports }) => ({ folder: name, time: timeOf(name), reports })),
  };
}

export async function landedFiles(
  { connection, secrets, folder }: Connected & { readonly folder: string },
  signal: AbortSignal,
): Promise<{ files: LandedFileItem[] }> {
  const files = await listLanded(await openLake(connection, secrets), folder, signal);
  return { files: files.map((file) => ({ ...file, modified: file.modified.toISOString() })) };
}

export async function tableReport(
  { connection, secrets, table }: Connected & { readonly table: string },
  signal: AbortSignal,
): Promise<TableReport> {
  const lake = await openLake(connection, secrets);
  await using duck = await Duck.open();
  const details = await tableDetails(lake, duck, table, signal);
  return {
    ...details,
    rows: details.rows ?? null,
    partitions: details.partitions.map((partition) => ({ ...partition, rows: partition.rows ?? null })),
    commits: details.commits.map((commit) => ({
      ...commit,
      time: commit.time?.toISOString() ?? null,
      operation: commit.operation ?? null,
      rowsAdded: commit.rowsAdded ?? null,
    })),
    firstRows: details.firstRows ?? null,
    log:
      table === ingestLogTable
        ? (await new IngestLog(lake, duck).newest(logLinesShown, signal)).map((entry) => asLogLine(entry))
        : null,
  };
}

function asItem(table: LakeTable | UnreadableTable): TableItem {
  const { path } = table;
  const named = { path, name: path.slice(path.lastIndexOf("/") + 1) };
  if ("problem" in table) return { ...named, problem: table.problem };
  const { version, files, bytes, rows, changed } = table;
  return {
    ...named,
    problem: null,
    version,
    files,
    bytes,
    rows: rows ?? null,
    changed: changed?.toISOString() ?? null,
  };
}

/** `yyyy-MM-ddTHH-mm-ss` as an ISO 8601 time. */
function timeOf(folder: string): string {
  const [date, time = ""] = folder.split("T");
  return `${date}T${time.replaceAll("-", ":")}.000Z`;
}
