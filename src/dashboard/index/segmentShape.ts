import type { ColumnShape, TypedColumns } from "../../duck/columns";
import type { MonthSegment } from "./participationIndex";

/**
 * The columns of a month's segment, as DuckDB hands them over and as they lie one behind the other in its file. A
 * change here needs another `format` in `manifest.ts`.
 */
export const segmentShape = {
  attendance: { member: "UINTEGER", present: "UINTEGER", active: "UINTEGER" },
  attendanceCells: {
    cohort: "UINTEGER",
    day: "UTINYINT",
    logins: "DOUBLE",
    loginRows: "UINTEGER",
    resources: "DOUBLE",
    resourceRows: "UINTEGER",
  },
  usage: { member: "UINTEGER", resource: "UINTEGER", days: "UINTEGER" },
  usageCells: {
    cohort: "UINTEGER",
    resource: "UINTEGER",
    day: "UTINYINT",
    rows: "UINTEGER",
    accesses: "DOUBLE",
  },
} as const satisfies Readonly<Record<string, ColumnShape>>;

export const segmentParts = ["attendance", "attendanceCells", "usage", "usageCells"] as const;
export type SegmentPart = (typeof segmentParts)[number];

export type SegmentColumns = {
  readonly [Part in SegmentPart]: TypedColumns<(typeof segmentShape)[Part]>;
};

/** A month's columns with what follows from them. */
export function segmentOf(month: string, columns: SegmentColumns): MonthSegment {
  return {
    month,
    participationDays: maskOf(columns.attendanceCells.day),
    usageDays: maskOf(columns.usageCells.day),
    ...columns,
  };
}

/** The days as bits. Every row of a report is in one of the cells. */
function maskOf(days: Uint8Array): number {
  let mask = 0;
  for (const day of days) mask |= 1 << day;
  return mask >>> 0;
}
