import { createHash, randomUUID } from "node:crypto";
import { rm } from "node:fs/promises";
import path from "node:path";
import { type Report, reports, type UserType } from "../clever/reports";
import { counted } from "../counted";
import { withLocalFiles } from "../delta/localFiles";
import type { DuckSession } from "../duck/duck";
import { isCleverLakeError } from "../errors";
import type { LogEntry } from "./ingestLog";
import { type LoadedCsv, loadCsv } from "./loadCsv";
import { splitBadRows } from "./refuseRows";
import { isWhole, type VerifyContext } from "./verifyTables";
import { areSameRows, type TableRows } from "./verifyValues";

/**
 * Holds a landed file against what the log says of it, bytes by their hash and rows by reading them anew, and its rows
 * against the table's, value by value.
 *
 * @param table the report's table; undefined where it could not be read
 */
export async function verifyLanded(
  { lake, duck, signal, scratch }: VerifyContext,
  entry: LogEntry,
  table: TableRows | undefined,
): Promise<string[]> {
  const options = signal ? { signal } : {};
  const hash = createHash("sha256");
  try {
    for await (const chunk of lake.readStream(entry.landedPath, options)) hash.update(chunk as Uint8Array);
  } catch (error) {
    if (isCleverLakeError(error, "notFound")) return ["The landed file is gone."];
    throw error;
  }
  if (hash.digest("hex") !== entry.sha256)
    return ["The landed file's bytes are not those that were brought over."];
  if (entry.outcome !== "anonymized") return [];
  return withLocalFiles(lake, [entry.landedPath], options, ([local = entry.landedPath]) =>
    duck.session(async (session) => {
      let told: string[] = [];
      for (const asRead of readingsOf(entry, table)) {
        const { rows, loaded } = await loadGoodRows(session, local, asRead, entry.userType, scratch, signal);
        if (entry.rowsRead !== undefined && rows !== entry.rowsRead) {
          return [`${counted(entry.rowsRead, "row")} read from it before, but it has ${rows}.`];
        }
        // Of rows that are missing, or too many, the counts tell.
        const inTable = table?.sources.get(entry.source)?.rows ?? 0;
        if (!table || !loaded || inTable !== entry.rowsWritten) return [];
        const landed = { ...entry, report: reports[entry.report], loaded, complete: isWhole(entry) };
        if (await areSameRows(session, landed, table, signal)) return [];
        told = ["The table's rows of it do not hold the values of the landed file."];
      }
      return told;
    }),
  );
}

/**
 * How a file may have been read when its rows came into the table. Versions that did not hash their data files took any
 * text for an id: a program's word for nothing, or a number with decimals.
 */
function readingsOf(entry: LogEntry, table: TableRows | undefined): readonly Report[] {
  const report = reports[entry.report];
  if (!table || table.hashed.has(entry.source)) return [report];
  const columns = report.columns.map((column) => ({ ...column, pseudonymization: "no-op" as const }));
  return [report, { ...report, columns }];
}

/** Loads a file's rows, without those that cannot be read; `rows` counts them all. */
async function loadGoodRows(
  session: DuckSession,
  file: string,
  report: Report,
  userType: UserType,
  scratch: string,
  signal: AbortSignal | undefined,
): Promise<{ readonly rows: number; readonly loaded: LoadedCsv | undefined }> {
  const result = await loadCsv(session, file, report, signal, undefined, userType);
  if ("reason" in result) return { rows: 0, loaded: undefined };
  if ("rows" in result) return { rows: result.rows, loaded: result };
  const goodFile = path.join(scratch, `${randomUUID()}.csv`);
  try {
    const refused = await splitBadRows(file, report, result.header, goodFile, undefined, "", signal);
    const good = await loadCsv(session, goodFile, report, signal, refused.order, userType);
    const loaded = "rows" in good ? good : undefined;
    return { rows: refused.rows + (loaded?.rows ?? 0), loaded };
  } finally {
    for (const made of [goodFile, `${goodFile}.refused`]) await rm(made, { force: true });
  }
}
