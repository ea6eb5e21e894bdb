import { counted } from "../../counted";
import type { Overlap } from "../write/overlaps";
import { replacementNote } from "../write/shrink";
import type { AppliedDelivery } from "../write/tableChange";
import { besideTwinNote } from "../write/twins";

/** On a source that could not be read again although a file that superseded rows of it has changed. */
export const unrestoredNote =
  "Some of this file's rows may be missing from the table: a file that superseded them has changed, but this file's landed copy is missing or can no longer be read as before.";

/** Notes on what a delivery did to the rows of its source and of others. */
export function changeNotes(
  { entry: { source }, readAs, rowsReplaced, rows, agreedTwin }: AppliedDelivery,
  overlaps: readonly Overlap[],
): string[] {
  // The same bytes replace nothing.
  const replaced = readAs === undefined ? replacementNote(rowsReplaced, rows) : undefined;
  const taken = overlaps
    .filter(({ taker }) => taker === source)
    .map(
      (each) =>
        `Supersedes ${counted(each.rows, "row")} of ${each.source}: ${each.equal} with the same values, ${each.different} with different ones.`,
    );
  const superseded = overlaps
    .filter((each) => each.source === source)
    .map(
      ({ rows: count, taker }) =>
        `${counted(count, "row")} ${count === 1 ? "is" : "are"} superseded by ${taker}, which is newer.`,
    );
  return [
    ...(replaced === undefined ? [] : [replaced]),
    ...taken,
    ...superseded,
    ...(agreedTwin === undefined ? [] : [besideTwinNote(agreedTwin)]),
  ];
}
