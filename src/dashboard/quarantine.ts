import { dateInName } from "../clever/fileNames";
import type { DateRange } from "./answer";
import type { DashboardFilter } from "./filter";

/**
 * Names of quarantined report files that have no date in their name, or one within the range. It may be newer than all
 * data, so the range counts that the filter asks for.
 */
export function quarantinedIn(
  reports: readonly { readonly path: string; readonly state: string }[],
  { filter, ...answered }: DateRange & { readonly filter?: DashboardFilter },
): string[] {
  const { from, to } = filter && "from" in filter.range ? filter.range : answered;
  return reports.flatMap(({ state, path }) => {
    const date = dateInName(path);
    const isMeant = state === "quarantined" && (date === undefined || (from <= date && date <= to));
    return isMeant ? [path.slice(path.lastIndexOf("/") + 1)] : [];
  });
}
