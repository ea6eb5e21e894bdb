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
  const supersededBy = supersedersOf(entry.source, overlaps);
  return {
    ...withoutRowFields(entry),
    runId,
    time: new Date(),
    outcome: "anonymized",
    rowsRead: rows + refused,
    rowsWritten,
    rowsRefused: refused,
    rowsSuperseded: rows - rowsWritten,
    rowsReplaced,
    ...(isAccepted ? { accepted: true } : {}),
    ...definedFields({ firstDay: days?.first, lastDay: days?.last, twinOf: agreedTwin }),
    ...(Object.keys(supersededBy).length > 0 ? { supersededBy } : {}),
    ...(notes.length > 0 ? { notes: notes.join(" ") } : {}),
  };
}

/**
 * The entry of a source whose rows changed because of others; undefined if nothing is new.
 *
 * @param rowsWritten its rows in the table
 * @param refused its bad rows, if the entry counts others among them
 * @param changed the sources of the change
 */
export function affectedEntry(
  entry: LogEntry,
  rowsWritten: number,
  refused: number | undefined,
  overlaps: readonly Overlap[],
  changed: ReadonlySet<string>,
  runId: string,
): LogEntry | undefined {
  const { rowsRead } = entry;
  const rowsRefused = refused ?? entry.rowsRefused ?? 0;
  const rowsSuperseded = rowsRead === undefined ? undefined : rowsRead - rowsRefused - rowsWritten;
  const others = Object.entries(entry.supersededBy ?? {}).filter(([newer]) => !changed.has(newer));
  // Overlaps between two unchanged sources are as before.
  const renewed = overlaps.filter(
    ({ supersededBy: newer }) => changed.has(newer) || changed.has(entry.source),
  );
  const supersededBy = {
    ...(changed.has(entry.source) ? {} : Object.fromEntries(others)),
    ...supersedersOf(entry.source, renewed),
  };
  const isSame =
    refused === undefined &&
    rowsWritten === entry.rowsWritten &&
    (rowsSuperseded ?? 0) === (entry.rowsSuperseded ?? 0) &&
    JSON.stringify(supersededBy) === JSON.stringify(entry.supersededBy ?? {});
  if (isSame) return undefined;
  const { supersededBy: _before, ...rest } = entry;
  return {
    ...rest,
    runId,
    time: new Date(),
    rowsWritten,
    ...definedFields({ rowsRefused: rowsRead === undefined ? undefined : rowsRefused, rowsSuperseded }),
    ...(Object.keys(supersededBy).length > 0 ? { supersededBy } : {}),
  };
}

function supersedersOf(source: string, overlaps: readonly Overlap[]): Record<string, number> {
  const own = overlaps.filter((overlap) => overlap.source === source);
  return Object.fromEntries(own.map(({ supersededBy, rows }) => [supersededBy, rows]));
}
