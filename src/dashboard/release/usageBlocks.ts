import type { UsageLayout } from "./usageLayout";

/** A part of a block: days of a (shown resource, cohort, month). */
export interface Piece {
  readonly group: number;
  readonly days: number;
}

export interface OpenBlock {
  readonly pieces: Piece[];
  /** False for what is about too few people whatever it is joined with. */
  readonly released: boolean;
}

/**
 * The release blocks of resource usage. Nearly all of them are stretches of days within one group, and are kept as
 * bits: the closed days of a group, and those of them on which a block starts. The others, which reach over months,
 * cohorts or resources, are open blocks: lists of pieces.
 */
export class UsageBlocks {
  readonly starts: Uint32Array;
  readonly openDays: Uint32Array;
  /** Blocks that were joined with another are undefined. */
  readonly open: (OpenBlock | undefined)[] = [];
  private readonly openOfGroup = new Map<number, number[]>();

  constructor(readonly layout: UsageLayout) {
    this.starts = new Uint32Array(layout.groups.count);
    this.openDays = new Uint32Array(layout.groups.count);
  }

  closedDays(group: number): number {
    return ((this.layout.groups.days[group] as number) & ~(this.openDays[group] as number)) >>> 0;
  }

  /** The days of the closed block that `day`, a closed day of the group, is in. */
  closedBlock(group: number, day: number): number {
    const starts = this.starts[group] as number;
    const upTo = day >= 31 ? 0xffff_ffff : (2 << day) - 1;
    const before = starts & upTo;
    const start = 31 - Math.clz32(before);
    const after = starts & ~upTo;
    const end = after === 0 ? 0xffff_ffff : (after & -after) - 1;
    return (this.closedDays(group) & end & ~((1 << start) - 1)) >>> 0;
  }

  /** The block that a day with usage is in, made an open one where it is closed. */
  openBlockAt(group: number, day: number): number {
    const open = this.openAt(group, day);
    return open ?? this.opened(group, this.closedBlock(group, day));
  }

  /** The open block that a day is in; undefined for a closed day. */
  openAt(group: number, day: number): number | undefined {
    if ((((this.openDays[group] as number) >>> day) & 1) === 0) return undefined;
    return this.openIn(group).find((block) =>
      this.open[block]?.pieces.some((piece) => piece.group === group && ((piece.days >>> day) & 1) === 1),
    );
  }

  /** Makes a block of pieces that are in none; returns its number. */
  addOpen(pieces: Piece[], released = true): number {
    const block = this.open.length;
    this.open.push({ pieces, released });
    for (const { group, days } of pieces) this.mark(group, days, block);
    return block;
  }

  /** Makes a closed block an open one, so that it can be joined with others. */
  opened(group: number, days: number): number {
    this.starts[group] = ((this.starts[group] as number) & ~(days & -days)) >>> 0;
    return this.addOpen([{ group, days }]);
  }

  /** Joins pieces that are in no block to an open block. */
  extend(block: number, pieces: readonly Piece[]): void {
    for (const piece of pieces) {
      this.open[block]?.pieces.push(piece);
      this.mark(piece.group, piece.days, block);
    }
  }

  /** Joins two open blocks; the first stays. */
  join(block: number, other: number): void {
    const pieces = this.open[other]?.pieces;
    if (block === other || pieces === undefined) return;
    this.open[other] = undefined;
    for (const { group } of pieces) {
      const blocks = this.openOfGroup.get(group) ?? [];
      this.openOfGroup.set(
        group,
        blocks.filter((one) => one !== other),
      );
    }
    this.extend(block, pieces);
  }

  /** The open blocks that have a part in the group. */
  openIn(group: number): readonly number[] {
    return this.openOfGroup.get(group) ?? [];
  }

  private mark(group: number, days: number, block: number): void {
    this.openDays[group] = ((this.openDays[group] as number) | days) >>> 0;
    const blocks = this.openOfGroup.get(group);
    if (blocks === undefined) this.openOfGroup.set(group, [block]);
    else if (!blocks.includes(block)) blocks.push(block);
  }
}
