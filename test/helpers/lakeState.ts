import { lookupTable, pseudoTable } from "../../src/clever/layout";
import { reportNames, reports } from "../../src/clever/reports";
import type { Lake } from "../../src/lake/lake";
import { IngestLog } from "../../src/pipeline/log/logTable";
import { lakeRows, sharedDuck } from "./lakeRows";

/** A lake's contents, independent of engine and runs: the rows of its tables, and its log without times. */
export async function lakeState(lake: Lake): Promise<Readonly<Record<string, readonly unknown[]>>> {
  const tables = reportNames.flatMap((name) => [pseudoTable(reports[name]), lookupTable(reports[name])]);
  const log = await new IngestLog(lake, await sharedDuck()).all();
  const entries = log.map(({ runId: _, time: __, version: ___, landedPath: ____, ...entry }) => entry);
  const state: Record<string, readonly unknown[]> = { log: inOrder(entries) };
  for (const table of tables) state[table] = await lakeRows(lake, table);
  return state;
}

/** In a fixed order, including everything nested. */
function inOrder(entries: readonly object[]): string[] {
  return entries
    .map((entry) => JSON.stringify(Object.entries(entry).sort(([a], [b]) => (a < b ? -1 : 1))))
    .sort();
}
