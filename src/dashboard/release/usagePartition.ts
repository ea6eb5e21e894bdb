import { lowestBit } from "../calendar";
import type { ParticipationIndex } from "../index/participationIndex";
import { Pacer } from "../pacer";
import type { Numbering } from "./names";
import { Stamps } from "./stamps";
import { type Piece, UsageBlocks } from "./usageBlocks";
import type { UsageLayout } from "./usageLayout";

/**
 * Joins the cells (cohort, resource, day) of resource usage into blocks of at least `minimum` people each; the rule is
 * in README.md. Needs nothing but the tables and the minimum, so that every question meets the same blocks.
 */
export async function usagePartition(
  index: ParticipationIndex,
  names: Numbering,
  layout: UsageLayout,
  minimum: number,
  signal?: AbortSignal,
): Promise<UsageBlocks> {
  return new UsagePartition(index, names, layout, minimum).partition(new Pacer(signal));
}

class UsagePartition {
  private readonly blocks: UsageBlocks;
  private readonly members: Stamps;
  private readonly dayCounts = new Uint32Array(32);
  private readonly people: Stamps;
  /** With a minimum of 1 or less every cell is a block, also one of rows without a person. */
  private readonly needed: number;

  constructor(
    index: ParticipationIndex,
    private readonly names: Numbering,
    private readonly layout: UsageLayout,
    minimum: number,
  ) {
    this.blocks = new UsageBlocks(layout);
    this.members = new Stamps(names.person.length);
    this.people = new Stamps(index.people);
    this.needed = minimum <= 1 ? 0 : minimum;
  }

  async partition(pacer: Pacer): Promise<UsageBlocks> {
    const { pairs, groups } = this.layout;
    const smallResources: number[][] = [];
    let lastPair: number | undefined;
    for (let pair = 0; pair < pairs.count; ) {
      const shown = groups.shown[pairs.firstGroup[pair] as number];
      const all: number[] = [];
      const small = new Set<number>();
      for (; pair < pairs.count && groups.shown[pairs.firstGroup[pair] as number] === shown; pair++) {
        if (pacer.due) await pacer.pause();
        if (!this.joinDays(pair)) small.add(pair);
        all.push(pair);
      }
      const last = this.joinTypes(all, small);
      if (last === undefined) smallResources.push(all);
      else lastPair = last;
    }
    this.joinResources(smallResources, lastPair);
    return this.blocks;
  }

  /** Within a cohort: days within months, then months. False where the pair has too few people over all time. */
  private joinDays(pair: number): boolean {
    const rest: number[] = [];
    const [first, end] = this.groupsOf(pair);
    for (let group = first; group < end; group++) {
      if (!this.joinDaysOfMonth(group)) rest.push(group);
    }
    if (rest.length === 0) return true;
    let last: number | undefined;
    let joined: number[] = [];
    this.members.clear();
    for (const group of rest) {
      joined.push(group);
      this.addMembers(group, 0xffff_ffff);
      if (this.members.size >= this.needed) {
        last = this.blocks.addOpen(joined.map((member) => this.whole(member)));
        joined = [];
        this.members.clear();
      }
    }
    if (joined.length === 0) return true;
    if (last === undefined) {
      if (rest.length === end - first) return false;
      last = this.nearestBlock(first, end, joined[0] as number);
    }
    this.blocks.extend(
      last,
      joined.map((group) => this.whole(group)),
    );
    return true;
  }

  /** The block that lies before a group in time, or behind it where there is none before, made an open one. */
  private nearestBlock(first: number, end: number, group: number): number {
    if (group > first) return this.openBlockAt(group - 1, "last");
    let after = group;
    while (after < end && this.blocks.starts[after] === 0) after++;
    return this.openBlockAt(after, "first");
  }

  private openBlockAt(group: number, which: "first" | "last"): number {
    const days = this.layout.groups.days[group] as number;
    return this.blocks.openBlockAt(group, which === "last" ? 31 - Math.clz32(days) : lowestBit(days));
  }

  private joinDaysOfMonth(group: number): boolean {
    const days = this.layout.groups.days[group] as number;
    const counts = this.countsByDay(group);
    let starts = 0;
    let joined = 0;
    for (let left = days; left !== 0; left &= left - 1) {
      const bit = left & -left;
      joined |= bit;
      const single = joined === bit && counts !== undefined;
      const people = single ? (counts[lowestBit(bit)] as number) : this.countMembers(group, joined);
      if (people < this.needed) continue;
      starts |= joined & -joined;
      joined = 0;
    }
    // Days that are left over start no block and so belong to the last one.
    this.blocks.starts[group] = starts >>> 0;
    return starts !== 0;
  }

  private countMembers(group: number, days: number): number {
    this.members.clear();
    this.addMembers(group, days);
    return this.members.size;
  }

  /** People per day; undefined where a person can have several entries. */
  private countsByDay(group: number): Uint32Array | undefined {
    const { firstRun } = this.layout.groups;
    if ((firstRun[group + 1] as number) - (firstRun[group] as number) > 1) return undefined;
    const counts = this.dayCounts.fill(0);
    this.eachEntry(group, (_, days) => {
      for (let left = days; left !== 0; left &= left - 1) {
        const day = lowestBit(left);
        counts[day] = (counts[day] as number) + 1;
      }
    });
    return counts;
  }

  /**
   * Cohorts with too few people: within each user type, and what is left then across them. The last pair that is in a
   * block; undefined where the resource has too few people.
   */
  private joinTypes(all: readonly number[], small: ReadonlySet<number>): number | undefined {
    const left: number[][] = [];
    let last: number | undefined;
    for (const ofType of this.stretches(all, this.names.typeOfRank)) {
      const rest = this.joinSchools(
        ofType.filter((pair) => small.has(pair)),
        ofType.findLast((pair) => !small.has(pair)),
      );
      if (rest.length > 0) left.push(rest);
      else last = ofType[ofType.length - 1];
    }
    const { block, rest } = this.joinPairs(left);
    if (block === undefined && last === undefined) return undefined;
    if (rest.length > 0) this.extendBy(block ?? this.lastBlockOf(last as number), rest);
    return all[all.length - 1];
  }

  /** First within each school, then across schools. Returns what is left where all are too few. */
  private joinSchools(small: readonly number[], lastNormal: number | undefined): number[] {
    const left: number[][] = [];
    let last: number | undefined;
    for (const ofSchool of this.stretches(small, this.names.schoolOfRank)) {
      const { block, rest } = this.joinPairs(ofSchool.map((pair) => [pair]));
      if (block === undefined) left.push(rest);
      else this.extendBy(block, rest);
      last = block ?? last;
    }
    const { block, rest } = this.joinPairs(left);
    if (rest.length === 0) return [];
    last = block ?? last ?? (lastNormal === undefined ? undefined : this.lastBlockOf(lastNormal));
    if (last === undefined) return rest;
    this.extendBy(last, rest);
    return [];
  }

  /** Pairs one behind the other that have something in common. */
  private stretches(pairs: readonly number[], of: Uint32Array): number[][] {
    const found: number[][] = [];
    let key: number | undefined;
    for (const pair of pairs) {
      const own = of[this.rankOf(pair)];
      if (own !== key) found.push([]);
      key = own;
      found[found.length - 1]?.push(pair);
    }
    return found;
  }

  private joinResources(small: readonly (readonly number[])[], lastPair: number | undefined): void {
    const { block, rest } = this.joinPairs(small);
    if (rest.length === 0) return;
    const last = block ?? (lastPair === undefined ? undefined : this.lastBlockOf(lastPair));
    if (last !== undefined) this.extendBy(last, rest);
    else
      this.blocks.addOpen(
        rest.flatMap((pair) => this.allOf(pair)),
        false,
      );
  }

  /** Joins lists of pairs in order until they have enough people; the last block, and the pairs behind it. */
  private joinPairs(lists: readonly (readonly number[])[]): { block: number | undefined; rest: number[] } {
    let block: number | undefined;
    let joined: number[] = [];
    this.people.clear();
    for (const pairs of lists) {
      for (const pair of pairs) {
        joined.push(pair);
        this.addPeople(pair);
      }
      if (this.people.size < this.needed) continue;
      block = this.blocks.addOpen(joined.flatMap((pair) => this.allOf(pair)));
      joined = [];
      this.people.clear();
    }
    return { block, rest: joined };
  }

  /** The block that the last day of a pair is in, as an open one. */
  private lastBlockOf(pair: number): number {
    return this.openBlockAt(this.groupsOf(pair)[1] - 1, "last");
  }

  private extendBy(block: number, pairs: readonly number[]): void {
    this.blocks.extend(
      block,
      pairs.flatMap((pair) => this.allOf(pair)),
    );
  }

  private groupsOf(pair: number): [first: number, end: number] {
    const { firstGroup } = this.layout.pairs;
    return [firstGroup[pair] as number, firstGroup[pair + 1] as number];
  }

  private rankOf(pair: number): number {
    return this.layout.groups.rank[this.groupsOf(pair)[0]] as number;
  }

  private whole(group: number): Piece {
    return { group, days: this.layout.groups.days[group] as number };
  }

  private allOf(pair: number): Piece[] {
    const [first, end] = this.groupsOf(pair);
    return Array.from({ length: end - first }, (_, at) => this.whole(first + at));
  }

  private addMembers(group: number, days: number): void {
    this.eachEntry(group, (member, used) => {
      if ((used & days) !== 0) this.members.add(member);
    });
  }

  private addPeople(pair: number): void {
    const [first, end] = this.groupsOf(pair);
    for (let group = first; group < end; group++) {
      this.eachEntry(group, (member) => {
        this.people.add(this.names.person[member] as number);
      });
    }
  }

  private eachEntry(group: number, visit: (member: number, days: number) => void): void {
    const { runs, groups, entries } = this.layout;
    const firstEntry = runs.firstEntry[groups.firstRun[group] as number] as number;
    const endEntry = runs.firstEntry[groups.firstRun[group + 1] as number] as number;
    for (let entry = firstEntry; entry < endEntry; entry++) {
      visit(entries.member[entry] as number, entries.days[entry] as number);
    }
  }
}
