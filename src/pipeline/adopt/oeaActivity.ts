import { millisecondsPerDay } from "../../basics/calendar";
import { oeaLandingAt } from "../../clever/oeaLanding";
import type { OpenLake } from "../../delta/openLake";
import type { LogEntry } from "../log/ingestLog";
import { unloggedLandings } from "../verify/verifyStorage";
import { countRowsBySource } from "../write/sourceRows";
import type { PseudoTables } from "../write/tables";
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
  open: OpenLake,
  tables: PseudoTables,
  entries: readonly LogEntry[],
): Promise<AdoptWarning[]> {
  const warnings: AdoptWarning[] = [];
  for (const table of tables.values()) {
    const count = (await countRowsBySource(open, table)).get("") ?? 0;
    if (count > 0) warnings.push({ kind: "rowsSince", subject: table.tablePath, count });
  }
  const unlogged = await unloggedLandings(open, entries);
  const unknown = unlogged.filter((path) => oeaLandingAt(path) !== undefined);
  const [first] = unknown;
  if (first !== undefined) warnings.push({ kind: "landingsSince", subject: first, count: unknown.length });
  return warnings;
}
