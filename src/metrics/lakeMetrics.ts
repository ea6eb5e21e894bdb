import { pseudoTable } from "../clever/layout";
import { idsAlone } from "../clever/person";
import { reportNames, reports } from "../clever/reports";
import type { Scan } from "../delta/scan";
import { type OpenTable, withTables } from "../delta/withTable";
import type { Duck, DuckSession } from "../duck/duck";
import type { Lake } from "../lake/lake";
import type { ParticipationMetrics } from "./answer";
import { type MetricsFilterInput, parseMetricsFilter } from "./filters";
import { type ParticipationOptions, participationMetrics } from "./participation";

/**
 * `participationMetrics` on a lake's tables. Only the files that can hold rows of the filter are read, unless some of
 * these rows need others to say who they are about.
 */
export async function lakeMetrics(
  lake: Lake,
  duck: Duck,
  filter: MetricsFilterInput,
  options: ParticipationOptions,
  signal?: AbortSignal,
): Promise<ParticipationMetrics> {
  const { from, to } = parseMetricsFilter(filter);
  const lakeOptions = signal ? { signal } : {};
  const tables = (scan?: Scan) =>
    reportNames.map((name) => ({ tablePath: pseudoTable(reports[name]), scan }));
  const answer = (session: DuckSession, [participation, usage]: readonly OpenTable[]) =>
    participationMetrics(
      { session, dailyParticipation: participation?.select, resourceUsage: usage?.select },
      filter,
      options,
      signal,
    );
  if (from || to) {
    const inRange = tables({ ranges: [{ column: "date", from, to }] });
    const answered = await withTables(lake, duck, inRange, lakeOptions, async (session, opened) =>
      (await needOtherRows(session, opened, signal)) ? undefined : answer(session, opened),
    );
    if (answered) return answered;
  }
  return withTables(lake, duck, tables(), lakeOptions, answer);
}

async function needOtherRows(
  session: DuckSession,
  opened: readonly OpenTable[],
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const selects = opened.flatMap(({ select }) => select ?? []);
  if (selects.length === 0) return false;
  const { some } = await session.one(`SELECT EXISTS (${idsAlone(selects)}) AS some`, [], signal);
  return some === true;
}
