import { pseudoTable } from "../clever/layout";
import { reports } from "../clever/reports";
import { withTables } from "../delta/withTable";
import type { Duck } from "../duck/duck";
import type { Lake } from "../lake/lake";
import type { ParticipationMetrics } from "./answer";
import { type MetricsFilterInput, parseMetricsFilter } from "./filters";
import { type ParticipationOptions, participationMetrics } from "./participation";

/** `participationMetrics` on a lake's tables, reading only the files that can hold rows of the filter. */
export async function lakeMetrics(
  lake: Lake,
  duck: Duck,
  filter: MetricsFilterInput,
  options: ParticipationOptions,
  signal?: AbortSignal,
): Promise<ParticipationMetrics> {
  const { from, to } = parseMetricsFilter(filter);
  const scan = { ranges: from || to ? [{ column: "date", from, to }] : [] };
  const tables = [reports.daily_participation, reports.resource_usage].map((report) => ({
    tablePath: pseudoTable(report),
    scan,
  }));
  return withTables(lake, duck, tables, signal ? { signal } : {}, (session, [participation, usage]) =>
    participationMetrics(
      { session, dailyParticipation: participation?.select, resourceUsage: usage?.select },
      filter,
      options,
      signal,
    ),
  );
}
