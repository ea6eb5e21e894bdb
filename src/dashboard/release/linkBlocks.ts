import { lowestBit } from "../calendar";
import type { ParticipationIndex } from "../index/participationIndex";
import { Pacer } from "../pacer";
import { type AttendanceLayout, monthDays } from "./attendanceLayout";
import { type CellBlocks, joinBlocks } from "./attendancePartition";
import { Components } from "./components";
import type { Numbering } from "./names";
import { Stamps } from "./stamps";
import type { UsageBlocks } from "./usageBlocks";
import type { UsageLayout } from "./usageLayout";

export interface Linkable {
  readonly index: ParticipationIndex;
  readonly names: Numbering;
  readonly usage: UsageLayout;
  readonly attendance: AttendanceLayout;
  readonly usageBlocks: UsageBlocks;
  readonly activeBlocks: CellBlocks;
}

/** The part of a usage block that lies in a block of daily participation: days of one group. */
interface Part {
  /** Open blocks by their number, closed ones by -1 - (group * 32 + first day). */
  readonly block: number;
  readonly group: number;
  readonly days: number;
}

type Candidate = Pick<Part, "group" | "days"> & { readonly people: number };

/**
 * The resources of a cohort's day in daily participation are the sum of the rows of its usage. A reader can therefore
 * take the blocks of some days, subtract every usage block that lies wholly in them, and has what is left: the cells
 * of usage blocks that reach out of these days. So that this is never about too few people, whichever days are taken,
 * blocks of participation out of which usage blocks reach are linked into chains: two are linked where the usage blocks
 * that reach into both have at least the minimum of people in each. Whoever takes one without the other is left with
 * these. Where a link is missing, one is made: two usage blocks of a resource, one in each, are joined; or the two
 * blocks of participation themselves. README.md has the proof.
 */
export async function linkBlocks(
  linkable: Linkable,
  minimum: number,
  signal?: AbortSignal,
): Promise<{ ties: number; merged: number }> {
  if (minimum <= 1) return { ties: 0, merged: 0 };
  return new Linker(linkable, minimum).link(new Pacer(signal));
}

class Linker {
  private readonly groupsOfRank: number[][];
  private readonly chains: Components;
  private readonly people: Stamps;
  private readonly usageBlocks: UsageBlocks;
  private readonly activeBlocks: CellBlocks;
  private ties = 0;
  private merged = 0;

  constructor(
    private readonly on: Linkable,
    private readonly minimum: number,
  ) {
    this.usageBlocks = on.usageBlocks;
    this.activeBlocks = on.activeBlocks;
    this.chains = new Components(on.activeBlocks.cells.length);
    this.people = new Stamps(on.index.people);
    this.groupsOfRank = on.names.ranked.map(() => []);
    const { groups } = on.usage;
    for (let group = 0; group < groups.count; group++) {
      this.groupsOfRank[groups.rank[group] as number]?.push(group);
    }
  }

  async link(pacer: Pacer) {
    for (let rank = 0; rank < this.groupsOfRank.length; rank++) {
      if (pacer.due) await pacer.pause();
      this.linkDays(rank);
    }
    this.linkCohorts();
    return { ties: this.ties, merged: this.merged };
  }

  /** Chains the blocks of a cohort in the order of their days. */
  private linkDays(rank: number): void {
    const partsOf = this.cutParts(rank);
    const order = [...partsOf.keys()].sort((a, b) => this.firstCell(a, rank) - this.firstCell(b, rank));
    let last: number | undefined;
    for (const block of order) {
      if (last === undefined) {
        last = block;
        continue;
      }
      const parts = partsOf.get(last) ?? [];
      const next = partsOf.get(block) ?? [];
      if (this.isLinked(parts, next) || this.tie(last, block, rank, partsOf)) {
        this.chains.join(last, block);
        last = block;
        continue;
      }
      this.merge(last, block);
      parts.push(...next);
      if (!parts.some((part) => this.reachesOut(part, last as number))) last = undefined;
    }
  }

  /** The parts of the cohort's usage blocks that reach into more than one block of participation, by that block. */
  private cutParts(rank: number): Map<number, Part[]> {
    const partsOf = new Map<number, Part[]>();
    for (const group of this.groupsOfRank[rank] ?? []) {
      for (let starts = this.usageBlocks.starts[group] as number; starts !== 0; starts &= starts - 1) {
        const first = lowestBit(starts);
        const days = this.usageBlocks.closedBlock(group, first);
        if ((days & (days - 1)) !== 0) this.addParts(partsOf, group, days, -1 - (group * 32 + first));
      }
      for (const block of this.usageBlocks.openIn(group)) {
        for (const piece of this.usageBlocks.open[block]?.pieces ?? []) {
          if (piece.group === group) this.addParts(partsOf, group, piece.days, block);
        }
      }
    }
    return partsOf;
  }

  private addParts(partsOf: Map<number, Part[]>, group: number, days: number, block: number): void {
    const touched = new Map<number, number>();
    for (let left = days; left !== 0; left &= left - 1) {
      const bit = left & -left;
      const active = this.activeAt(group, bit);
      touched.set(active, ((touched.get(active) ?? 0) | bit) >>> 0);
    }
    for (const [active, inIt] of touched) {
      const part = { block, group, days: inIt };
      if (touched.size === 1 && !this.reachesOut(part, active)) continue;
      const parts = partsOf.get(active);
      if (parts === undefined) partsOf.set(active, [part]);
      else parts.push(part);
    }
  }

  /** Whether the usage block of a part reaches out of a block of participation. */
  private reachesOut({ block, group }: Part, active: number): boolean {
    const pieces =
      block >= 0
        ? (this.usageBlocks.open[block]?.pieces ?? [])
        : [{ group, days: this.usageBlocks.closedBlock(group, (-1 - block) % 32) }];
    return pieces.some((piece) => {
      for (let left = piece.days; left !== 0; left &= left - 1) {
        if (this.activeAt(piece.group, left & -left) !== active) return true;
      }
      return false;
    });
  }

  private isLinked(one: readonly Part[], other: readonly Part[]): boolean {
    const inOne = new Set(one.map(({ block }) => block));
    const inOther = new Set(other.map(({ block }) => block));
    return (
      this.areEnough(one.filter(({ block }) => inOther.has(block))) &&
      this.areEnough(other.filter(({ block }) => inOne.has(block)))
    );
  }

  private areEnough(parts: readonly Pick<Part, "group" | "days">[]): boolean {
    this.people.clear();
    for (const { group, days } of parts) {
      this.addPeople(group, days);
      if (this.people.size >= this.minimum) return true;
    }
    return false;
  }

  private addPeople(group: number, days: number): void {
    const { runs, groups, entries } = this.on.usage;
    const { person } = this.on.names;
    const end = runs.firstEntry[groups.firstRun[group + 1] as number] as number;
    for (let entry = runs.firstEntry[groups.firstRun[group] as number] as number; entry < end; entry++) {
      if (((entries.days[entry] as number) & days) !== 0) {
        this.people.add(person[entries.member[entry] as number] as number);
      }
    }
  }

  /** Joins two usage blocks of a resource, each wholly in one of the two blocks; false where there are none. */
  private tie(one: number, other: number, rank: number, partsOf?: Map<number, Part[]>): boolean {
    const first = this.candidates(one, [rank]);
    const second = this.candidates(other, [rank]);
    const block = this.tieCheapest(first, second);
    if (block === undefined) return false;
    for (const { group, days } of this.usageBlocks.open[block]?.pieces ?? []) {
      partsOf?.get(this.activeAt(group, days & -days))?.push({ block, group, days });
    }
    return true;
  }

  private tieCheapest(first: Map<number, Candidate>, second: Map<number, Candidate>): number | undefined {
    let best: { readonly one: Candidate; readonly other: Candidate; readonly people: number } | undefined;
    for (const [shown, one] of first) {
      const other = second.get(shown);
      if (other === undefined) continue;
      const people = Math.max(one.people, other.people);
      if (best === undefined || people < best.people) best = { one, other, people };
    }
    if (best === undefined) return undefined;
    const block = this.usageBlocks.opened(best.one.group, best.one.days);
    this.usageBlocks.join(block, this.usageBlocks.opened(best.other.group, best.other.days));
    this.ties++;
    return block;
  }

  /** Closed usage blocks that lie wholly in a block of participation: for each shown resource the smallest. */
  private candidates(active: number, ranks: readonly number[]): Map<number, Candidate> {
    const { groups } = this.on.usage;
    const found = new Map<number, Candidate>();
    const slots = new Map<number, number>();
    for (const cell of this.activeBlocks.cells[active] ?? []) {
      const slot = Math.floor(cell / monthDays);
      slots.set(slot, ((slots.get(slot) ?? 0) | (1 << (cell % monthDays))) >>> 0);
    }
    for (const rank of ranks) {
      for (const group of this.groupsOfRank[rank] ?? []) {
        const inIt = slots.get(this.slotOf(group)) ?? 0;
        for (let left = inIt & (this.usageBlocks.starts[group] as number); left !== 0; left &= left - 1) {
          const days = this.usageBlocks.closedBlock(group, lowestBit(left));
          if ((days & ~inIt) !== 0) continue;
          this.people.clear();
          this.addPeople(group, days);
          const shown = groups.shown[group] as number;
          const known = found.get(shown);
          if (known === undefined || this.people.size < known.people) {
            found.set(shown, { group, days, people: this.people.size });
          }
        }
      }
    }
    return found;
  }

  private merge(block: number, other: number): void {
    joinBlocks(this.activeBlocks, block, other);
    this.chains.join(block, other);
    this.merged++;
  }

  /** Links the chains of cohorts between which usage blocks reach. */
  private linkCohorts(): void {
    const reaching = this.usageBlocks.open.flatMap((block) => {
      const parts = new Map<number, { group: number; days: number }[]>();
      for (const { group, days } of block?.pieces ?? []) {
        for (let left = days; left !== 0; left &= left - 1) {
          const bit = left & -left;
          const chain = this.chains.of(this.activeAt(group, bit));
          const known = parts.get(chain);
          if (known === undefined) parts.set(chain, [{ group, days: bit }]);
          else known.push({ group, days: bit });
        }
      }
      return parts.size > 1 ? [parts] : [];
    });
    const nets = new Components(this.activeBlocks.cells.length);
    const blocksOf = new Map<number, Map<number, { group: number; days: number }[]>[]>();
    for (const parts of reaching) {
      const [first] = parts.keys();
      for (const chain of parts.keys()) {
        nets.join(first as number, chain);
        const known = blocksOf.get(chain);
        if (known === undefined) blocksOf.set(chain, [parts]);
        else known.push(parts);
      }
    }
    const lastOfNet = new Map<number, number>();
    for (const chain of [...blocksOf.keys()].sort((a, b) => this.firstCell(a) - this.firstCell(b))) {
      const net = nets.of(chain);
      const last = lastOfNet.get(net);
      lastOfNet.set(net, chain);
      if (last === undefined) continue;
      const both = (blocksOf.get(chain) ?? []).filter((parts) => parts.has(last));
      const isLinked =
        this.areEnough(both.flatMap((parts) => parts.get(last) ?? [])) &&
        this.areEnough(both.flatMap((parts) => parts.get(chain) ?? []));
      if (!isLinked) this.tieChains(last, chain);
    }
  }

  private tieChains(one: number, other: number): void {
    const [first, second] = [this.blocksOfChain(one), this.blocksOfChain(other)];
    for (const a of first.slice(-tried)) {
      for (const b of second.slice(-tried)) {
        const block = this.tieCheapest(
          this.candidates(a, this.ranksOf(a)),
          this.candidates(b, this.ranksOf(b)),
        );
        if (block !== undefined) return;
      }
    }
    this.merge(first[first.length - 1] as number, second[second.length - 1] as number);
  }

  private blocksOfChain(chain: number): number[] {
    return this.chains.members(chain).filter((block) => (this.activeBlocks.cells[block] ?? []).length > 0);
  }

  private ranksOf(active: number): number[] {
    const cells = this.activeBlocks.cells[active] ?? [];
    return [...new Set(cells.map((cell) => Math.floor(cell / monthDays / this.on.attendance.months)))];
  }

  private slotOf(group: number): number {
    const { groups } = this.on.usage;
    return (groups.rank[group] as number) * this.on.attendance.months + (groups.month[group] as number);
  }

  private activeAt(group: number, bit: number): number {
    return this.activeBlocks.of[this.slotOf(group) * monthDays + 31 - Math.clz32(bit)] as number;
  }

  private firstCell(active: number, rank = -1): number {
    const perRank = this.on.attendance.months * monthDays;
    let first = Number.POSITIVE_INFINITY;
    for (const cell of this.activeBlocks.cells[active] ?? []) {
      if (cell < first && (rank < 0 || Math.floor(cell / perRank) === rank)) first = cell;
    }
    return first;
  }
}

/** How many blocks of a chain are looked at for a tie, before two blocks are joined. */
const tried = 4;
