import type { QuarantinedDelivery } from "../delivery";
import type { Overlap } from "../write/overlaps";
import type { AppliedDelivery } from "../write/tableChange";
import { definedFields, type LogEntry, withoutRowFields } from "./ingestLog";

/** The entry of a delivery with the same bytes and landed file as the previous one, to be processed by its new time. */
export function landedAgainEntry(entry: LogEntry, version: number): LogEntry {
  return { ...withoutRowFields(entry), version, outcome: "landed" };
}

/** The entry of a delivery that was quarantined. */
export function quarantinedEntry(
  { entry, line, column, reason, acceptable, twinOf }: QuarantinedDelivery,
  runId: string,
): LogEntry {
  return {
    ...withoutRowFields(entry),
    runId,
    time: new Date(),
    outcome: "quarantined",
    reason,
    acceptable,
    ...definedFields({ line, column, twinOf }),
  };
}

/**
 * The entry of a delivery whose rows entered the table.
 *
 * @param rowsWritten the delivery's rows in the table
 * @param overlaps what the delivery has in common with other sources
 */
export function appliedEntry(
  delivery: AppliedDelivery,
  rowsWritten: number,
  overlaps: readonly Overlap[],
  notes: readonly string[],
  runId: string,
): LogEntry {
  const { entry, rows, refused, rowsReplaced, days, isAccepted, agreedTwin } = delivery;
  const read: LogEntry = {
    ...withoutRowFields(entry),
    outcome: "anonymized",
    rowsRead: rows + refused,
    rowsRefused: refused,
    rowsReplaced,
    ...(isAccepted ? { accepted: true } : {}),
    ...definedFields({ firstDay: days?.first, lastDay: days?.last, twinOf: agreedTwin }),
    ...(notes.length > 0 ? { notes: notes.join(" ") } : {}),
  };
  return recounted(read, rowsWritten, overlaps, new Set([entry.source]), runId);
}

/**
 * The entry of a source whose rows changed because of others; undefined if nothing is new.
 *
 * @param rowsWritten its rows in the table
 * @param refused its bad rows, if the entry counts others among them
 * @param changed the sources of the change
 */
export function affectedEntry(
  before: LogEntry,
  rowsWritten: number,
  refused: number | undefined,
  overlaps: readonly Overlap[],
  changed: ReadonlySet<string>,
  runId: string,
): LogEntry | undefined {
  const known = refused === undefined ? before : { ...before, rowsRefused: refused };
  const entry = recounted(known, rowsWritten, overlaps, changed, runId);
  const isSame =
    refused === undefined &&
    rowsWritten === before.rowsWritten &&
    (entry.rowsSuperseded ?? 0) === (before.rowsSuperseded ?? 0) &&
    JSON.stringify(entry.supersededBy) === JSON.stringify(before.supersededBy);
  return isSame ? undefined : entry;
}

/** An entry with the rows that its source now has in the table. */
function recounted(
  { supersededBy: before = {}, ...entry }: LogEntry,
  rowsWritten: number,
  overlaps: readonly Overlap[],
  changed: ReadonlySet<string>,
  runId: string,
): LogEntry {
  const { source, rowsRead, rowsRefused = 0 } = entry;
  // Overlaps between two unchanged sources are as before.
  const isAsBefore = (newer: string) => !changed.has(source) && !changed.has(newer);
  const own = overlaps.filter((each) => each.source === source && !isAsBefore(each.supersededBy));
  const supersededBy = Object.fromEntries([
    ...Object.entries(before).filter(([newer]) => isAsBefore(newer)),
    ...own.map(({ supersededBy: newer, rows }) => [newer, rows] as const),
  ]);
  return {
    ...entry,
    runId,
    time: new Date(),
    rowsWritten,
    ...(rowsRead === undefined ? {} : { rowsRefused, rowsSuperseded: rowsRead - rowsRefused - rowsWritten }),
    ...(Object.keys(supersededBy).length > 0 ? { supersededBy } : {}),
  };
}
