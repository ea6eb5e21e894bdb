import { firstDayOf, lowestBit, mondayOf, weekdayOf } from "../calendar";
import type { ParticipationIndex } from "../index/participationIndex";
import { monthDays } from "./attendanceLayout";
import type { CellBlocks } from "./attendancePartition";
import type { DayKinds } from "./dayKinds";
import type { Numbering } from "./names";
import type { OpenBlock, UsageBlocks } from "./usageBlocks";

/** Within what a block lies wholly: a bit each. A question that is narrowed to one of them can use the block. */
export const within = {
  /** The filter itself. */
  scope: 1,
  school: 2,
  grade: 4,
  day: 8,
  week: 16,
  /** One weekday, on however many days, none of them quiet; participation only. */
  weekday: 32,
  /** One shown resource; usage only. */
  resource: 64,
} as const;

/** Blocks of cells, as questions read them. */
export interface FrozenCells {
  readonly of: Int32Array;
  readonly size: Uint32Array;
  /** What each block lies within; 0 for one that is never shown. */
  readonly within: Uint8Array;
}

export interface FrozenUsage {
  /** Per group: closed days, those on which a closed block starts, those that are a block of their own, and those in blocks within one week. */
  readonly closed: Uint32Array;
  readonly starts: Uint32Array;
  readonly single: Uint32Array;
  readonly oneWeek: Uint32Array;
  /** Per open block, with the end of the last: its pieces. */
  readonly firstPiece: Uint32Array;
  readonly pieceGroup: Uint32Array;
  readonly pieceDays: Uint32Array;
  /** First and last day with usage, as day numbers. */
  readonly firstDay: Int32Array;
  readonly lastDay: Int32Array;
  readonly within: Uint8Array;
}

/** Adds up what the parts of a block have in common. */
class Common {
  private readonly seen = [-1, -1, -1, -1, -1, -1];
  private mixed = 0;

  add(keys: readonly number[]): void {
    for (let at = 0; at < keys.length; at++) {
      if (this.seen[at] === -1) this.seen[at] = keys[at] as number;
      else if (this.seen[at] !== keys[at]) this.mixed |= 1 << at;
    }
  }

  same(at: number): boolean {
    return (this.mixed & (1 << at)) === 0;
  }

  bits(kinds: readonly number[]): number {
    return kinds.reduce((bits, kind, at) => (this.same(at) ? bits | kind : bits), within.scope);
  }
}

export function freezeCells(
  index: ParticipationIndex,
  names: Numbering,
  blocks: CellBlocks,
  kinds: DayKinds,
): FrozenCells {
  const months = index.months.map(({ month }) => firstDayOf(month));
  const frozen = {
    of: blocks.of,
    size: Uint32Array.from(blocks.cells, (cells) => cells.length),
    within: new Uint8Array(blocks.cells.length),
  };
  blocks.cells.forEach((cells, block) => {
    if (blocks.unreleased.has(block)) return;
    const common = new Common();
    for (const cell of cells) {
      const slot = Math.floor(cell / monthDays);
      const rank = Math.floor(slot / months.length);
      const month = slot % months.length;
      const day = (months[month] as number) + (cell % monthDays);
      const school = ((kinds.school[month] as number) >>> (cell % monthDays)) & 1;
      common.add([
        names.schoolOfRank[rank] as number,
        names.gradeOfRank[rank] as number,
        day,
        mondayOf(day),
        school === 1 ? weekdayOf(day) : 0,
      ]);
    }
    frozen.within[block] = common.bits([
      within.school,
      within.grade,
      within.day,
      within.week,
      within.weekday,
    ]);
  });
  return frozen;
}

export function freezeUsage(index: ParticipationIndex, names: Numbering, blocks: UsageBlocks): FrozenUsage {
  const { groups } = blocks.layout;
  const months = index.months.map(({ month }) => firstDayOf(month));
  const closed = Uint32Array.from(groups.days, (_, group) => blocks.closedDays(group));
  const single = new Uint32Array(groups.count);
  const oneWeek = new Uint32Array(groups.count);
  for (let group = 0; group < groups.count; group++) {
    const monthStart = months[groups.month[group] as number] as number;
    for (let starts = blocks.starts[group] as number; starts !== 0; starts &= starts - 1) {
      const days = blocks.closedBlock(group, lowestBit(starts));
      const [first, last] = [lowestBit(days), 31 - Math.clz32(days)];
      if (first === last) single[group] = ((single[group] as number) | days) >>> 0;
      if (mondayOf(monthStart + first) === mondayOf(monthStart + last)) {
        oneWeek[group] = ((oneWeek[group] as number) | days) >>> 0;
      }
    }
  }
  const open = blocks.open.filter((block): block is OpenBlock => block !== undefined);
  const pieces = open.reduce((sum, block) => sum + block.pieces.length, 0);
  const frozen = {
    closed,
    starts: blocks.starts,
    single,
    oneWeek,
    firstPiece: new Uint32Array(open.length + 1),
    pieceGroup: new Uint32Array(pieces),
    pieceDays: new Uint32Array(pieces),
    firstDay: new Int32Array(open.length),
    lastDay: new Int32Array(open.length),
    within: new Uint8Array(open.length),
  };
  let at = 0;
  open.forEach((block, number) => {
    const common = new Common();
    let [first, last] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (const { group, days } of block.pieces) {
      frozen.pieceGroup[at] = group;
      frozen.pieceDays[at] = days;
      at++;
      const rank = groups.rank[group] as number;
      const monthStart = months[groups.month[group] as number] as number;
      first = Math.min(first, monthStart + lowestBit(days));
      last = Math.max(last, monthStart + 31 - Math.clz32(days));
      common.add([
        names.schoolOfRank[rank] as number,
        names.gradeOfRank[rank] as number,
        groups.shown[group] as number,
      ]);
    }
    frozen.firstPiece[number + 1] = at;
    frozen.firstDay[number] = first;
    frozen.lastDay[number] = last;
    if (!block.released) return;
    frozen.within[number] =
      common.bits([within.school, within.grade, within.resource]) |
      (first === last ? within.day : 0) |
      (mondayOf(first) === mondayOf(last) ? within.week : 0);
  });
  return frozen;
}
