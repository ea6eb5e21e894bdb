import { pseudoTable } from "../clever/layout";
import { reports } from "../clever/reports";
import type { Scan } from "../delta/scan";
import { withTables } from "../delta/withTable";
import type { Duck } from "../duck/duck";
import type { Lake } from "../lake/lake";
import type { ParticipationMetrics } from "./answer";
import type { MetricsTables } from "./factSource";
import { type MetricsFilterInput, parseMetricsFilter } from "./filters";
import { type ParticipationOptions, participationMetrics } from "./participation";
import { type NameLists, requireKnownNames, unknownNames } from "./unknownNames";

/**
 * `participationMetrics` on a lake's tables, reading only the files that can hold rows of the filter. Rejects with
 * `config`, and the nearest names, also where the filter names what no row of the tables has.
 */
export async function lakeMetrics(
  lake: Lake,
  duck: Duck,
  filter: MetricsFilterInput,
  options: ParticipationOptions,
  signal?: AbortSignal,
): Promise<ParticipationMetrics> {
  const parsed = parseMetricsFilter(filter);
  const { from, to } = parsed;
  const range = { ranges: from || to ? [{ column: "date", from, to }] : [] };
  const withReports = <T>(scan: Scan, work: (tables: MetricsTables) => Promise<T>): Promise<T> => {
    const queried = [reports.daily_participation, reports.resource_usage].map((report) => ({
      tablePath: pseudoTable(report),
      scan,
    }));
    return withTables(lake, duck, queried, signal ? { signal } : {}, (session, [participation, usage]) =>
      work({ session, dailyParticipation: participation?.select, resourceUsage: usage?.select }),
    );
  };
  const namesIn = (tables: MetricsTables) => namesInTables(tables, parsed, signal);
  return withReports(range, async (tables) => {
    // Where a name is in no row of these days, it may be in others: then zero is the answer.
    if (unknownNames(parsed, await namesIn(tables)).length > 0) {
      requireKnownNames(parsed, await withReports({}, namesIn));
    }
    return participationMetrics(tables, filter, options, signal);
  });
}

/** The names that the tables have, of the kinds that a filter names. */
async function namesInTables(
  { session, dailyParticipation, resourceUsage }: MetricsTables,
  filter: NameLists,
  signal: AbortSignal | undefined,
): Promise<NameLists> {
  const names = async (list: keyof NameLists, column: string, tables: readonly (string | undefined)[]) => {
    const selects = tables.flatMap((table) =>
      table === undefined ? [] : [`SELECT ${column} AS name FROM (${table})`],
    );
    if ((filter[list] ?? []).length === 0 || selects.length === 0) return [];
    const rows = await session.query(
      `SELECT DISTINCT name FROM (${selects.join(" UNION ALL ")}) WHERE name IS NOT NULL`,
      [],
      signal,
    );
    return rows.map(({ name }) => String(name));
  };
  return {
    schools: await names("schools", "school_name", [dailyParticipation, resourceUsage]),
    resources: await names("resources", "resource_name", [resourceUsage]),
    resourceTypes: await names("resourceTypes", "resource_type", [resourceUsage]),
  };
}
