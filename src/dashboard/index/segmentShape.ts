import type { ColumnShape, TypedColumns } from "../../duck/columns";
import type { MonthSegment } from "./participationIndex";

/**
 * The columns of a month's segment, in the order in which DuckDB returns them and in which its file has them. A
 * change here needs a new `format` in `manifest.ts`.
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
  usageRuns: {
    resource: "UINTEGER",
    cohort: "UINTEGER",
    days: "UINTEGER",
    people: "UINTEGER",
    cells: "UINTEGER",
  },
  usage: { member: "UINTEGER", days: "UINTEGER" },
  usageCells: { day: "UTINYINT", rows: "UINTEGER", accesses: "DOUBLE" },
} as const satisfies Readonly<Record<string, ColumnShape>>;

export const segmentParts = ["attendance", "attendanceCells", "usageRuns", "usage", "usageCells"] as const;
export type SegmentPart = (typeof segmentParts)[number];

export type SegmentColumns = {
  readonly [Part in SegmentPart]: TypedColumns<(typeof segmentShape)[Part]>;
};

/** A month's columns with the data derived from them. */
export function segmentOf(month: string, columns: SegmentColumns): MonthSegment {
  const { usageRuns, attendanceCells } = columns;
  let participationDays = 0;
  for (const day of attendanceCells.day) participationDays |= 1 << day;
  let usageDays = 0;
  for (const days of usageRuns.days) usageDays |= days;
  return {
    month,
    participationDays: participationDays >>> 0,
    usageDays: usageDays >>> 0,
    ...columns,
    usageRuns: {
      ...usageRuns,
      firstPerson: starts(usageRuns.people),
      firstCell: starts(usageRuns.cells),
    },
  };
}

/** Start offsets from counts, plus the end of the last. */
function starts(counts: Uint32Array): Uint32Array {
  const first = new Uint32Array(counts.length + 1);
  for (let at = 0; at < counts.length; at++) first[at + 1] = (first[at] as number) + (counts[at] as number);
  return first;
}
