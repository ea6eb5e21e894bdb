import { pseudoTable } from "../clever/layout";
import { idsAlone } from "../clever/person";
import { reportNames, reports } from "../clever/reports";
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
 * `participationMetrics` on a lake's tables. Only the files that can hold rows of the filter's days are read, unless rows
 * of other days are needed: to say who some of these rows are about, or whether a name that none of them has is known.
 * Rejects with `config`, and the nearest names, also where the filter names what no row of the tables has.
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
  const withReports = <T>(
    scan: Scan | undefined,
    work: (tables: MetricsTables) => Promise<T>,
  ): Promise<T> => {
    const tables = reportNames.map((name) => ({ tablePath: pseudoTable(reports[name]), scan }));
    return withTables(lake, duck, tables, signal ? { signal } : {}, (session, [participation, usage]) =>
      work({ session, dailyParticipation: participation?.select, resourceUsage: usage?.select }),
    );
  };
  const answer = (tables: MetricsTables) => participationMetrics(tables, filter, options, signal);
  if (from || to) {
    const inRange = { ranges: [{ column: "date", from, to }] };
    const answered = await withReports(inRange, async (tables) => {
      const needsOthers =
        (await needOtherRows(tables, signal)) ||
        unknownNames(parsed, await namesInTables(tables, parsed, signal)).length > 0;
      return needsOthers ? undefined : answer(tables);
    });
    if (answered) return answered;
  }
  return withReports(undefined, async (tables) => {
    requireKnownNames(parsed, await namesInTables(tables, parsed, signal));
    return answer(tables);
  });
}

async function needOtherRows(
  { session, dailyParticipation, resourceUsage }: MetricsTables,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const selects = [dailyParticipation, resourceUsage].flatMap((select) => select ?? []);
  if (selects.length === 0) return false;
  const { some } = await session.one(`SELECT EXISTS (${idsAlone(selects)}) AS some`, [], signal);
  return some === true;
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
