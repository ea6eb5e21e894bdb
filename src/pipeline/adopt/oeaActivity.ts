import { millisecondsPerDay } from "../../calendar";
import { landedFolder } from "../../clever/layout";
import { oeaLandingAt } from "../../clever/oeaLanding";
import { withTables } from "../../delta/withTable";
import type { Duck } from "../../duck/duck";
import { filesBelow } from "../../lake/filesBelow";
import type { Lake } from "../../lake/lake";
import type { LogEntry } from "../log/ingestLog";
import { allReports, type PseudoTables } from "../write/tables";
import type { AdoptWarning } from "./adoptSummary";
import type { InspectedLanding } from "./landings";

/** A job that runs once a week is noticed within this many days. */
const recentDays = 8;

/** Signs, before an adoption, that OEA's job is active: the newest commit and landing, if they are recent. */
export function recentActivity(
  commits: readonly { readonly table: string; readonly lastCommit: string | null }[],
  landings: readonly InspectedLanding[],
  now: Date,
): AdoptWarning[] {
  const since = now.getTime() - recentDays * millisecondsPerDay;
  const newest = (events: readonly { readonly subject: string; readonly time: number }[]) =>
    events
      .filter(({ time }) => time >= since)
      .toSorted((a, b) => b.time - a.time)
      .slice(0, 1)
      .map(({ subject, time }) => ({ subject, time: new Date(time).toISOString() }));
  const written = commits.map(({ table, lastCommit }) => ({
    subject: table,
    time: Date.parse(lastCommit ?? ""),
  }));
  const landed = landings.map(({ landedPath, time }) => ({ subject: landedPath, time: time.getTime() }));
  return [
    ...newest(written).map((event) => ({ kind: "recentCommit" as const, ...event })),
    ...newest(landed).map((event) => ({ kind: "recentLanding" as const, ...event })),
  ];
}

/** Signs, after an adoption, that OEA's job is still active: rows and landed files that are not ours. */
export async function activitySince(
  lake: Lake,
  duck: Duck,
  tables: PseudoTables,
  entries: readonly LogEntry[],
  signal: AbortSignal | undefined,
): Promise<AdoptWarning[]> {
  const options = { signal };
  const warnings: AdoptWarning[] = [];
  for (const { tablePath } of tables.values()) {
    const count = await withTables(lake, duck, [tablePath], options, async (session, [table]) => {
      if (table?.select === undefined) return 0;
      const rows = `SELECT count(*)::DOUBLE AS n FROM (${table.select}) WHERE source_file IS NULL`;
      return Number((await session.one(rows)).n);
    });
    if (count > 0) warnings.push({ kind: "rowsSince", subject: tablePath, count });
  }
  const known = new Set(entries.map(({ landedPath }) => landedPath));
  const unknown: string[] = [];
  for (const report of allReports()) {
    for (const { path } of await filesBelow(lake, landedFolder(report), options)) {
      if (!known.has(path) && oeaLandingAt(path) !== undefined) unknown.push(path);
    }
  }
  const [first] = unknown.sort();
  if (first !== undefined) warnings.push({ kind: "landingsSince", subject: first, count: unknown.length });
  return warnings;
}
