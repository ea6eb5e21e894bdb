import type { UserType } from "../../clever/reports";
import { mayHaveText } from "../../delta/files/statistics";
import type { AddFile } from "../../delta/log/actions";
import type { Snapshot } from "../../delta/snapshot";
import type { StagedRows } from "../read/stageRows";
import { type Cells, daysWithin, intersect, type Month, ofOtherTypes, ofType, unionOf } from "./cells";
import { contentsOf } from "./fileContents";

/** A source and the days of its rows, as far as known. */
export interface SourceDays {
  readonly source: string;
  readonly userType: UserType;
  /** `yyyy-MM-dd` */
  readonly firstDay?: string | undefined;
  readonly lastDay?: string | undefined;
}

/** A month of a table with rows to be recomputed. */
export interface ChangedMonth extends Month {
  /** Where the rows may change. */
  readonly cells: Cells;
  readonly staged: readonly StagedRows[];
  /** The table's files that may have rows in these cells. */
  readonly files: readonly AddFile[];
  /** The table's files that may have rows on the staged days for other user types. */
  readonly twinFiles: readonly AddFile[];
}

/**
 * The months that a change of sources affects: where their new rows are, and where the table may have their old ones.
 *
 * @param arriving the sources with new rows; `staged` holds these
 * @param completed sources of an earlier version, for whose unchanged rows the rule now holds
 */
export function changedMonths(
  snapshot: Snapshot | undefined,
  arriving: readonly SourceDays[],
  completed: readonly SourceDays[],
  staged: readonly StagedRows[],
): ChangedMonth[] {
  const months = new Map<string, Month & { files: AddFile[]; staged: StagedRows[]; cells: Cells[] }>();
  const monthOf = (year: number, month: number) => {
    const found = months.get(`${year}-${month}`) ?? { year, month, files: [], staged: [], cells: [] };
    months.set(`${year}-${month}`, found);
    return found;
  };
  for (const file of snapshot?.files.values() ?? []) {
    const { year, month } = file.partitionValues;
    monthOf(Number(year), Number(month)).files.push(file);
  }
  for (const rows of staged) {
    const month = monthOf(rows.year, rows.month);
    month.staged.push(rows);
    month.cells.push(cellsOf(rows.sources));
  }
  for (const month of months.values()) {
    for (const file of month.files) {
      const { sources, days } = contentsOf(file);
      for (const { source, userType } of [...arriving, ...completed]) {
        if (sources ? sources.has(source) : mayHaveText(file, "source_file", source))
          month.cells.push(ofType(days, userType));
      }
    }
    if (month.files.length === 0) continue;
    // If newer sources have all of its rows, no file holds such a source.
    for (const { userType, firstDay, lastDay } of completed) {
      if (firstDay === undefined || lastDay === undefined) continue;
      month.cells.push(new Map([[userType, daysWithin(month, firstDay, lastDay)]]));
    }
  }
  return [...months.values()].flatMap((month): ChangedMonth[] => {
    const cells = unionOf(month.cells);
    if ([...cells.values()].every((bits) => bits === 0)) return [];
    const others = ofOtherTypes(unionOf(month.staged.map(({ sources }) => cellsOf(sources))));
    const near = (requested: Cells) =>
      month.files.filter((file) => intersect(contentsOf(file).days, requested));
    return [{ ...month, cells, files: near(cells), twinFiles: near(others) }];
  });
}

/** The cells of staged rows. */
export function cellsOf(sources: StagedRows["sources"]): Cells {
  return unionOf([...sources.values()].map(({ userType, days }) => new Map([[userType, days]])));
}

/** Whether a source may have rows in cells of a month. */
export function mayHaveRowsIn({ userType, firstDay, lastDay }: SourceDays, month: ChangedMonth): boolean {
  const bits = month.cells.get(userType) ?? 0;
  if (firstDay === undefined || lastDay === undefined) return bits !== 0;
  return (bits & daysWithin(month, firstDay, lastDay)) !== 0;
}
