import { createHash } from "node:crypto";
import { landedFolder } from "../clever/layout";
import { type Report, reports } from "../clever/reports";
import { counted } from "../counted";
import { withLocalFiles } from "../delta/localFiles";
import { lakePathOf } from "../delta/readQuery";
import type { Snapshot } from "../delta/snapshot";
import type { Duck, DuckSession } from "../duck/duck";
import { isCleverLakeError } from "../errors";
import type { Lake } from "../lake/lake";
import type { LogEntry } from "./ingestLog";
import { loadCsv } from "./loadCsv";
import { findBadRows } from "./refuseRows";
import { allReports } from "./tables";
import type { Discrepancy } from "./verify";

/** Data files that a table's log names and that are gone, or have another size than the log says. */
export async function damagedDataFiles(
  lake: Lake,
  snapshot: Snapshot | undefined,
  signal?: AbortSignal,
): Promise<Discrepancy[]> {
  const problems: Discrepancy[] = [];
  for (const file of snapshot?.files.values() ?? []) {
    if (snapshot === undefined) break;
    const subject = lakePathOf(snapshot, file);
    const there = await lake.stat(subject, signal ? { signal } : {});
    if (there?.kind !== "file") problems.push({ subject, problem: "The table's data file is gone." });
    else if (there.size !== file.size) {
      const problem = `The table's data file has ${there.size} bytes; its log says ${file.size}.`;
      problems.push({ subject, problem });
    }
  }
  return problems;
}

/** Raw files that no line of the ingest log speaks of: OEA's notebooks would read them all the same. */
export async function unloggedLandings(
  lake: Lake,
  entries: readonly LogEntry[],
  signal?: AbortSignal,
): Promise<Discrepancy[]> {
  const known = new Set(entries.map(({ landedPath }) => landedPath));
  const problems: Discrepancy[] = [];
  for (const report of allReports()) {
    const options = { recursive: true, ...(signal ? { signal } : {}) };
    for await (const { kind, path } of lake.list(landedFolder(report), options)) {
      if (kind !== "file" || !path.endsWith(".csv") || known.has(path)) continue;
      const problem =
        "The ingest log does not know this raw file. If a run was cut off, the next one takes it up.";
      problems.push({ subject: path, problem });
    }
  }
  return problems.sort((a, b) => (a.subject < b.subject ? -1 : 1));
}

/** Holds a landed file against what the log says of it: its bytes by their hash, its rows by reading them anew. */
export async function verifyLanded(
  lake: Lake,
  duck: Duck,
  entry: LogEntry,
  signal: AbortSignal | undefined,
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
  if (entry.outcome !== "anonymized" || entry.rowsRead === undefined) return [];
  const rows = await withLocalFiles(lake, [entry.landedPath], options, ([local]) =>
    duck.session((session) => countRows(session, local ?? entry.landedPath, reports[entry.report], signal)),
  );
  return rows === entry.rowsRead
    ? []
    : [`${counted(entry.rowsRead, "row")} read from it before, but it has ${rows}.`];
}

async function countRows(
  session: DuckSession,
  file: string,
  report: Report,
  signal: AbortSignal | undefined,
): Promise<number> {
  const loaded = await loadCsv(session, file, report, signal);
  if ("reason" in loaded) return 0;
  if ("rows" in loaded) return loaded.rows;
  const { rows, goodRows } = await findBadRows(file, report, loaded.header);
  return rows + goodRows;
}
