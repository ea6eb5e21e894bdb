import { dateInName, recognizeReport } from "../clever/fileNames";
import { isPseudoTable } from "../clever/layout";
import type { DashboardAnswer, DateRange } from "./answer";
import type { DashboardFilter } from "./filter";

/**
 * An answer with what its readers must know of the lake, if it is known: the reports in quarantine, and whether rows were
 * changed.
 */
export function withCaveats(
  answer: DashboardAnswer,
  reports: Parameters<typeof quarantinedIn>[0] | undefined,
  rowsChanged: boolean | undefined,
): DashboardAnswer {
  return { ...answer, quarantined: reports && quarantinedIn(reports, answer), rowsChanged };
}

/**
 * Names of quarantined report files of the people that the question is about, which have no date in their name, or one
 * within its range or the compared period. A preset range ends with the data, so it also has files that are newer than
 * all data.
 */
export function quarantinedIn(
  reports: readonly { readonly path: string; readonly state: string }[],
  { filter, from, to }: DateRange & { readonly filter?: DashboardFilter },
): string[] {
  const asked = filter?.range ?? { from, to };
  const ranges = [
    "from" in asked ? asked : { from, to: "9999-12-31" },
    ...(filter?.compare === undefined ? [] : [filter.compare]),
  ];
  const people = filter?.userTypes ?? [];
  return reports.flatMap(({ state, path }) => {
    const date = dateInName(path);
    const userType = recognizeReport(path)?.userType;
    const isMeant =
      (date === undefined || ranges.some((range) => range.from <= date && date <= range.to)) &&
      (userType === undefined || people.length === 0 || people.includes(userType));
    return state === "quarantined" && isMeant ? [path.slice(path.lastIndexOf("/") + 1)] : [];
  });
}

/**
 * Whether numbers depend on what other programs changed: on rows of reports, and not only on what a table is like.
 *
 * @param findings as of `inspectTables`; one without months is not about rows
 */
export function areRowsAmong(
  findings: readonly { readonly table: string; readonly months: readonly string[] }[],
): boolean {
  return findings.some(({ table, months }) => isPseudoTable(table) && months.length > 0);
}
