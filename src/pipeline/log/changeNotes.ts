import { counted, integer } from "../../basics/counted";
import type { Overlap } from "../write/overlaps";
import type { AppliedDelivery } from "../write/tableChange";
import type { LogEntry } from "./ingestLog";

/** The note on a source that could not be read again although a file that superseded some of its rows has changed. */
export const unrestoredNote =
  "Some of this file's rows may be missing from the table: a file that superseded them has changed, but the landed file with these rows is missing or can no longer be read as before.";

/** Notes on a source that was not delivered again, whose rows a changed file no longer supersedes. */
export function affectedNotes(before: LogEntry, entry: LogEntry): string[] {
  const back = (before.rowsSuperseded ?? 0) - (entry.rowsSuperseded ?? 0);
  return back > 0 ? [`Back in the table: ${counted(back, "row")} that a newer file had superseded.`] : [];
}

/** Notes on what a delivery did to the rows of its source and of others. */
export function changeNotes(
  { entry: { source }, readAs, rowsReplaced, rows, agreedTwin }: AppliedDelivery,
  overlaps: readonly Overlap[],
): string[] {
  // The same bytes replace nothing.
  const isReplaced = readAs === undefined && rowsReplaced > 0;
  const supersedes = overlaps
    .filter(({ supersededBy }) => supersededBy === source)
    .map(
      (each) =>
        `Supersedes ${counted(each.rows, "row")} of ${each.source}: ${each.equal} with the same values, ${each.different} with different ones.`,
    );
  const superseded = overlaps
    .filter((each) => each.source === source)
    .map(
      ({ rows: count, supersededBy }) =>
        `${counted(count, "row")} ${count === 1 ? "is" : "are"} superseded by ${supersededBy}, which is newer.`,
    );
  return [
    ...(isReplaced ? [`Replaces ${counted(rowsReplaced, "row")} with ${integer(rows)}.`] : []),
    ...supersedes,
    ...superseded,
    ...(agreedTwin === undefined
      ? []
      : [`Its rows count in addition to those of ${agreedTwin}, because the file was accepted.`]),
  ];
}
