import { dateInName } from "../clever/fileNames";
import type { DateRange } from "./answer";

/** Reports in quarantine whose name's day lies in a range, or which have none: the names of their files. */
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
