import type { ParticipationIndex } from "../../src/dashboard/index/participationIndex";
import { monthDays } from "../../src/dashboard/release/attendanceLayout";
import type { Prepared } from "../../src/dashboard/release/prepared";

/** A cell in words. Usage cells have the name and type of the resource. */
export interface BlockCell {
  readonly school: string | null;
  readonly userType: string;
  readonly grade: string | null;
  readonly date: string;
  readonly name?: string | null;
  readonly type?: string | null;
}

export interface CellBlock {
  readonly released: boolean;
  readonly cells: readonly BlockCell[];
}

/** The release blocks as lists of cells. */
export interface Blocks {
  readonly active: readonly CellBlock[];
  readonly present: readonly CellBlock[];
  readonly usage: readonly CellBlock[];
}

export const keyOf = ({ school, userType, grade, date, name, type }: BlockCell) =>
  JSON.stringify([school, userType, grade, date, name, type]);

/** Reads the release blocks out of what is prepared. */
export function blocksOf(
  index: ParticipationIndex,
  prepared: Pick<
    Prepared,
    "names" | "usage" | "usageBlocks" | "attendance" | "activeBlocks" | "presentBlocks"
  >,
): Blocks {
  const { names, usage, usageBlocks, attendance } = prepared;
  const dated = (month: number, day: number) =>
    `${index.months[month]?.month ?? ""}-${String(day + 1).padStart(2, "0")}`;
  const cellBlocks = ({ of, within }: Prepared["activeBlocks"]): CellBlock[] => {
    const cells = new Map<number, BlockCell[]>();
    of.forEach((block, cell) => {
      if (block < 0) return;
      const slot = Math.floor(cell / monthDays);
      const cohort = names.ranked[Math.floor(slot / attendance.months)];
      if (cohort === undefined) throw new RangeError("no such cohort");
      const found = { ...cohort, date: dated(slot % attendance.months, cell % monthDays) };
      cells.set(block, [...(cells.get(block) ?? []), found]);
    });
    return [...cells].map(([block, list]) => ({ released: within[block] !== 0, cells: list }));
  };
  const { groups } = usage;
  const cellsIn = (group: number, days: number): BlockCell[] => {
    const cohort = names.ranked[groups.rank[group] ?? 0];
    const resource = names.shown[groups.shown[group] ?? 0];
    if (cohort === undefined || resource === undefined) throw new RangeError("no such group");
    return Array.from({ length: monthDays }, (_, day) => day)
      .filter((day) => ((days >>> day) & 1) === 1)
      .map((day) => ({ ...cohort, ...resource, date: dated(groups.month[group] ?? 0, day) }));
  };
  const used: CellBlock[] = [];
  for (let group = 0; group < groups.count; group++) {
    const closed = cellsIn(group, usageBlocks.closed[group] ?? 0);
    let cells: BlockCell[] = [];
    for (const cell of closed) {
      const day = Number(cell.date.slice(8)) - 1;
      if ((((usageBlocks.starts[group] ?? 0) >>> day) & 1) === 1) {
        cells = [];
        used.push({ released: true, cells });
      }
      cells.push(cell);
    }
  }
  for (let block = 0; block + 1 < usageBlocks.firstPiece.length; block++) {
    const cells: BlockCell[] = [];
    for (let at = usageBlocks.firstPiece[block] ?? 0; at < (usageBlocks.firstPiece[block + 1] ?? 0); at++) {
      cells.push(...cellsIn(usageBlocks.pieceGroup[at] ?? 0, usageBlocks.pieceDays[at] ?? 0));
    }
    used.push({ released: usageBlocks.within[block] !== 0, cells });
  }
  return {
    active: cellBlocks(prepared.activeBlocks),
    present: cellBlocks(prepared.presentBlocks),
    usage: used,
  };
}
