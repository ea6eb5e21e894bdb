import { dateInName } from "../clever/fileNames";
import type { DateRange } from "./answer";
import type { DashboardFilter } from "./filter";

/**
 * Names of quarantined report files that have no date in their name, or one that the question is about: within its range
 * or the compared period. A preset range ends with the data, so it also has files that are newer than all data.
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
  return reports.flatMap(({ state, path }) => {
    const date = dateInName(path);
    const isMeant = date === undefined || ranges.some((range) => range.from <= date && date <= range.to);
    return state === "quarantined" && isMeant ? [path.slice(path.lastIndexOf("/") + 1)] : [];
  });
}
