import { Duck } from "../duck/duck";
import { fileSystems, identityFileSystems } from "../lake/lakePath";
import {
  type LakeTable,
  lakeTables,
  landingFolders,
  landedFiles as listLanded,
  type UnreadableTable,
} from "../pipeline/lakeContents";
import { openLake } from "./connections";
import type { Connected, LakeOverview, LandedFileItem, TableItem } from "./messages";

/** The lake's stages with their tables, and the folders of landed files. */
export async function lakeContents({ connection }: Connected, signal: AbortSignal): Promise<LakeOverview> {
  const lake = await openLake(connection);
  await using duck = await Duck.open({ memoryLimit: "200MB" });
  const tables = (await lakeTables(lake, duck, signal)).map(asItem);
  const landings = await landingFolders(lake, signal);
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
  { connection, folder }: Connected & { readonly folder: string },
  signal: AbortSignal,
): Promise<{ files: LandedFileItem[] }> {
  const files = await listLanded(await openLake(connection), folder, signal);
  return { files: files.map((file) => ({ ...file, modified: file.modified.toISOString() })) };
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
