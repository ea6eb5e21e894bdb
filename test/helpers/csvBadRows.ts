import fc from "fast-check";
import {
  cell,
  expectedRow,
  headers,
  type Plan,
  plan,
  type ReportCsv,
  unknownColumns,
  writeRecords,
  writtenCells,
} from "./csv";

export type BadRowKind =
  | "bad date"
  | "blank date"
  | "bad boolean"
  | "blank boolean"
  | "bad number"
  | "blank number"
  | "short row"
  | "long row";

export interface BadRow {
  readonly kind: BadRowKind;
  /** The physical line on which the row starts, from 1 (the header's), line ends within quotes counted. */
  readonly line: number;
  /** The column's name in the report table; null if the whole row is bad. */
  readonly column: string | null;
}

export interface ReportCsvWithBadRows extends ReportCsv {
  readonly badRows: readonly BadRow[];
}

const badCells: Readonly<
  Record<"date" | "boolean" | "integer", { bad: BadRowKind; blank: BadRowKind; texts: string[] }>
> = {
  date: {
    bad: "bad date",
    blank: "blank date",
    texts: ["yesterday", "2025-02-30", "2025-13-01", "2025", "13/32/2025"],
  },
  boolean: { bad: "bad boolean", blank: "blank boolean", texts: ["maybe", "truee", "2"] },
  integer: {
    bad: "bad number",
    blank: "blank number",
    texts: ["three", "1.5", "12abc", "99999999999", "1 000"],
  },
};

interface Spoiled {
  readonly kind: BadRowKind;
  readonly column: string | null;
  readonly cells: readonly string[];
}

/** Makes a good row bad in one way. */
function spoil({ columns }: Plan, cells: readonly string[]): fc.Arbitrary<Spoiled> {
  const wrongCells = columns.flatMap(({ column }, index) => {
    if (column === undefined || column.type === "string") return [];
    const { bad, blank, texts } = badCells[column.type];
    const put = (kind: BadRowKind, text: string): Spoiled => ({
      kind,
      column: column.name,
      cells: cells.with(index, text),
    });
    return [fc.constantFrom(...texts).map((text) => put(bad, text)), fc.constant(put(blank, ""))];
  });
  const short = fc.integer({ min: 1, max: cells.length - 2 }).map((missing): Spoiled => {
    return { kind: "short row", column: null, cells: cells.slice(0, -missing) };
  });
  const long = fc.integer({ min: 1, max: 2 }).map((extra): Spoiled => {
    return { kind: "long row", column: null, cells: [...cells, ...Array<string>(extra).fill("surplus")] };
  });
  return fc.oneof(...wrongCells, short, long);
}

/** A file in which `count` rows cannot be read (by default 1 to 4) between any number of good ones. */
export function reportCsvWithBadRows(count?: number): fc.Arbitrary<ReportCsvWithBadRows> {
  const badCount = count === undefined ? fc.integer({ min: 1, max: 4 }) : fc.constant(count);
  return fc
    .tuple(plan, badCount)
    .chain(([file, wanted]) =>
      fc.record({
        file: fc.constant(file),
        spoiled: fc
          .array(fc.tuple(...file.columns.map((column) => cell(column, file.style))), {
            minLength: wanted,
            maxLength: wanted,
          })
          .chain((rows) => fc.tuple(...rows.map((cells) => spoil(file, writtenCells(cells))))),
        /** The good row before which each bad one is inserted. */
        places: fc.array(fc.nat(file.rows.length), { minLength: wanted, maxLength: wanted }),
      }),
    )
    .map(({ file, spoiled, places }) => {
      const placed = spoiled.map((row, index) => ({ row, before: places[index] ?? 0 }));
      const badBefore = (place: number): Spoiled[] =>
        placed.filter(({ before }) => before === place).map(({ row }) => row);
      const sequence = [...file.rows, undefined].flatMap((good, place) => [
        ...badBefore(place).map((bad) => ({ cells: bad.cells, bad })),
        ...(good === undefined ? [] : [{ cells: writtenCells(good), bad: undefined }]),
      ]);
      const { text, startLines } = writeRecords(file, [headers(file), ...sequence.map(({ cells }) => cells)]);
      const badRows = sequence.flatMap(({ bad }, index) =>
        bad === undefined ? [] : [{ kind: bad.kind, column: bad.column, line: startLines[index + 1] ?? 0 }],
      );
      return {
        text,
        report: file.report,
        userType: file.userType,
        rows: file.rows.map((cells) => expectedRow(file, cells)),
        unknownColumns: unknownColumns(file),
        badRows,
      };
    });
}
