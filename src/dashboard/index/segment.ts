import { type ColumnShape, makeColumns, type TypedColumns } from "../../duck/columns";
import type { MonthSegment } from "./participationIndex";

/** The columns of a month's segment, in the order of its file. A change here needs a new `format` in `manifest.ts`. */
const segmentShape = {
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

const segmentParts = ["attendance", "attendanceCells", "usageRuns", "usage", "usageCells"] as const;
type SegmentColumns = {
  readonly [Part in keyof typeof segmentShape]: TypedColumns<(typeof segmentShape)[Part]>;
};

/** A month's columns with the data derived from them. */
export function segmentOf(month: string, columns: SegmentColumns): MonthSegment {
  const { usageRuns } = columns;
  return {
    month,
    ...columns,
    usageRuns: {
      ...usageRuns,
      firstPerson: starts(usageRuns.people),
      firstCell: starts(usageRuns.cells),
    },
  };
}

/** Start offsets from counts, plus the end of the last. */
export function starts(counts: Uint32Array): Uint32Array {
  const first = new Uint32Array(counts.length + 1);
  for (let at = 0; at < counts.length; at++) first[at + 1] = (first[at] as number) + (counts[at] as number);
  return first;
}

/**
 * A segment file: eight characters, the month as seven characters and a zero, the row count of each part as 32 bits,
 * then all columns in the order of `segmentShape`, each aligned to eight bytes. Numbers are little-endian, as on
 * every machine that VS Code runs on.
 */
const magic = "CLIDX002";
const countsAt = 16;
const columnsAt = aligned(countsAt + 4 * segmentParts.length);

function aligned(bytes: number): number {
  return Math.ceil(bytes / 8) * 8;
}

/** The bytes of a segment's file. */
export function encodeSegment(segment: MonthSegment): Uint8Array<ArrayBuffer> {
  const tables = segmentParts.map((part) => columnsOf(segment[part], segmentShape[part]));
  const columns = tables.flat();
  const bytes = new Uint8Array(columns.reduce((end, column) => end + aligned(column.byteLength), columnsAt));
  bytes.set(new TextEncoder().encode(magic + segment.month));
  bytes.set(asBytes(Uint32Array.from(tables.map(([first]) => first?.length ?? 0))), countsAt);
  let position = columnsAt;
  for (const column of columns) {
    bytes.set(asBytes(column), position);
    position += aligned(column.byteLength);
  }
  return bytes;
}

/** The segment in a file's bytes, as views of them; undefined if they are not a segment of this month. */
export function decodeSegment(buffer: ArrayBuffer, month: string): MonthSegment | undefined {
  if (buffer.byteLength < columnsAt) return undefined;
  const start = new TextDecoder("latin1").decode(new Uint8Array(buffer, 0, countsAt));
  if (start !== `${magic}${month}\0`) return undefined;
  const counts = new Uint32Array(buffer, countsAt, segmentParts.length);
  let position = columnsAt;
  const take = <Shape extends ColumnShape>(shape: Shape, part: number): TypedColumns<Shape> =>
    makeColumns(shape, (ArrayType) => {
      const column = new ArrayType(buffer, position, counts[part] ?? 0);
      position += aligned(column.byteLength);
      return column;
    });
  try {
    const columns = {
      attendance: take(segmentShape.attendance, 0),
      attendanceCells: take(segmentShape.attendanceCells, 1),
      usageRuns: take(segmentShape.usageRuns, 2),
      usage: take(segmentShape.usage, 3),
      usageCells: take(segmentShape.usageCells, 4),
    };
    return position === buffer.byteLength ? segmentOf(month, columns) : undefined;
  } catch (error) {
    // The columns do not fit into the file.
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** The columns of a part in the order of the shape, not of the part's keys. */
function columnsOf(part: Readonly<Record<string, NumberArray>>, shape: ColumnShape): NumberArray[] {
  return Object.keys(shape).flatMap((name) => part[name] ?? []);
}

type NumberArray = Uint8Array | Uint32Array | Float64Array;

function asBytes({ buffer, byteOffset, byteLength }: NumberArray): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
