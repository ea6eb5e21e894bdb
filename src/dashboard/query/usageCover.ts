import { daysMask } from "../calendar";
import { type FrozenUsage, within } from "../release/frozenBlocks";
import type { Prepared } from "../release/prepared";
import type { Scope } from "./scope";

/** What a question about usage is narrowed to; each needs blocks that lie wholly within it. */
export const coverKinds = [
  within.scope,
  within.resource,
  within.school,
  within.school | within.resource,
  within.grade,
  within.day,
  within.week | within.resource,
  within.day | within.resource,
] as const;

export const cover = {
  scope: 0,
  resource: 1,
  school: 2,
  schoolResource: 3,
  grade: 4,
  day: 5,
  weekResource: 6,
  dayResource: 7,
} as const;

/** For one group after the other: which of its days are covered, per kind, and which are in the scope at all. */
export class UsageCover {
  readonly days = new Uint32Array(coverKinds.length);
  inScope = 0;
  /** Whether all kinds that count people cover the same days. */
  uniform = true;
  private readonly open: Uint32Array;
  private readonly hasOpen: Uint8Array;

  constructor(
    private readonly prepared: Prepared,
    private readonly scope: Scope,
  ) {
    const { count } = prepared.usage.groups;
    this.hasOpen = new Uint8Array(count);
    this.open = coveredOpen(prepared, scope, this.hasOpen);
  }

  /** False where the scope has nothing of the group. */
  read(group: number): boolean {
    const { usage, usageBlocks, monthStarts } = this.prepared;
    const { groups } = usage;
    if (
      this.scope.resources[groups.shown[group] as number] !== 1 ||
      this.scope.ranks[groups.rank[group] as number] !== 1
    ) {
      return false;
    }
    const start = monthStarts[groups.month[group] as number] as number;
    const range = daysMask(this.scope.from - start, this.scope.to - start);
    this.inScope = ((groups.days[group] as number) & range) >>> 0;
    if (this.inScope === 0) return false;
    const closed = coveredClosed(usageBlocks, group, range);
    this.days.fill(closed);
    this.days[cover.day] = closed & (usageBlocks.single[group] as number);
    this.days[cover.dayResource] = this.days[cover.day] as number;
    this.days[cover.weekResource] = closed & (usageBlocks.oneWeek[group] as number);
    this.uniform = true;
    if (this.hasOpen[group] === 1) this.addOpen(group);
    return true;
  }

  private addOpen(group: number): void {
    const first = group * coverKinds.length;
    for (let kind = 0; kind < coverKinds.length; kind++) {
      this.days[kind] = (this.days[kind] as number) | (this.open[first + kind] as number);
    }
    for (let kind = cover.resource; kind <= cover.grade; kind++) {
      if (this.days[kind] !== this.days[cover.scope]) this.uniform = false;
    }
  }
}

/** The days of closed blocks that lie within a range of days. */
export function coveredClosed(blocks: FrozenUsage, group: number, range: number): number {
  const closed = blocks.closed[group] as number;
  const starts = blocks.starts[group] as number;
  let days = closed & range;
  if (days === closed || days === 0) return days >>> 0;
  const firstBit = days & -days;
  if ((starts & firstBit) === 0) {
    const started = starts & days;
    if (started === 0) return 0;
    days &= ~((started & -started) - 1);
  }
  // `range` is one stretch, so what is left above the last of its days lies behind it.
  const upTo = 31 - Math.clz32(days);
  const behind = upTo >= 31 ? 0 : closed & ~((2 << upTo) - 1);
  if (behind !== 0 && (starts & (behind & -behind)) === 0) {
    const started = starts & days;
    days &= (1 << (31 - Math.clz32(started))) - 1;
  }
  return days >>> 0;
}

/** Per group and kind, the days of open blocks that lie within the scope. */
function coveredOpen({ usage, usageBlocks }: Prepared, scope: Scope, hasOpen: Uint8Array): Uint32Array {
  const { groups } = usage;
  const kinds = coverKinds.length;
  const covered = new Uint32Array(groups.count * kinds);
  const { firstPiece, pieceGroup, pieceDays, firstDay, lastDay } = usageBlocks;
  for (let block = 0; block + 1 < firstPiece.length; block++) {
    const bits = usageBlocks.within[block] as number;
    if (bits === 0 || (firstDay[block] as number) < scope.from || (lastDay[block] as number) > scope.to) {
      continue;
    }
    const [first, end] = [firstPiece[block] as number, firstPiece[block + 1] as number];
    let whole = true;
    for (let piece = first; piece < end && whole; piece++) {
      const group = pieceGroup[piece] as number;
      whole =
        scope.ranks[groups.rank[group] as number] === 1 &&
        scope.resources[groups.shown[group] as number] === 1;
    }
    if (!whole) continue;
    for (let piece = first; piece < end; piece++) {
      const group = pieceGroup[piece] as number;
      hasOpen[group] = 1;
      coverKinds.forEach((kind, at) => {
        if ((bits & kind) !== kind) return;
        const slot = group * kinds + at;
        covered[slot] = (covered[slot] as number) | (pieceDays[piece] as number);
      });
    }
  }
  return covered;
}
