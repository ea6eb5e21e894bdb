import { dateInName } from "../clever/fileNames";
import type { DateRange } from "./answer";

/** Names of quarantined report files that have no date in their name or one within the range. */
export function quarantinedIn(
  reports: readonly { readonly path: string; readonly state: string }[],
  { from, to }: DateRange,
): string[] {
  return reports.flatMap(({ state, path }) => {
    const date = dateInName(path);
    const isMeant = state === "quarantined" && (date === undefined || (from <= date && date <= to));
    return isMeant ? [path.slice(path.lastIndexOf("/") + 1)] : [];
  });
}
