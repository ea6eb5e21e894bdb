import { lowestBit } from "../calendar";
import type { ParticipationIndex } from "../index/participationIndex";
import { type AttendanceLayout, monthDays } from "./attendanceLayout";
import type { Numbering } from "./names";
import { Stamps } from "./stamps";
import type { UsageLayout } from "./usageLayout";

/** Cells of daily participation joined into blocks; a block that was joined with another is empty. */
export interface CellBlocks {
  readonly cells: number[][];
  /** The block of each cell; -1 for a cell without any row. */
  readonly of: Int32Array;
  /** Blocks that are about too few people whatever they are joined with. */
  readonly unreleased: Set<number>;
}

/**
 * Joins the cells (cohort, day) of daily participation into blocks of at least `minimum` active people each, or, where
 * nobody did anything, of as many people with rows. The rule is in README.md.
 */
export function attendancePartition(
  index: ParticipationIndex,
  names: Numbering,
  layout: AttendanceLayout,
  usage: UsageLayout,
  minimum: number,
): CellBlocks {
  return new AttendancePartition(index, names, layout, usage, minimum).partition();
}

export function joinBlocks(blocks: CellBlocks, block: number, other: number): void {
  if (block === other) return;
  for (const cell of blocks.cells[other] ?? []) {
    blocks.of[cell] = block;
    blocks.cells[block]?.push(cell);
  }
  blocks.cells[other] = [];
}

class AttendancePartition {
  private readonly blocks: CellBlocks;
  private readonly busyBlocks = new Set<number>();
  private readonly people: Stamps;
  private readonly needed: number;
  /** Groups of resource usage per slot, for days without a row of participation. */
  private readonly usageOfSlot = new Map<number, number[]>();

  constructor(
    index: ParticipationIndex,
    private readonly names: Numbering,
    private readonly layout: AttendanceLayout,
    private readonly usage: UsageLayout,
    minimum: number,
  ) {
    this.blocks = {
      cells: [],
      of: new Int32Array(layout.rowDays.length * monthDays).fill(-1),
      unreleased: new Set(),
    };
    this.people = new Stamps(index.people);
    this.needed = minimum <= 1 ? 0 : minimum;
    const { groups } = usage;
    for (let group = 0; group < groups.count; group++) {
      const slot = (groups.rank[group] as number) * layout.months + (groups.month[group] as number);
      if (layout.usageOnlyDays[slot] === 0) continue;
      const known = this.usageOfSlot.get(slot);
      if (known === undefined) this.usageOfSlot.set(slot, [group]);
      else known.push(group);
    }
  }

  partition(): CellBlocks {
    const left: Left[] = [];
    for (let rank = 0; rank < this.names.ranked.length; rank++) {
      const cells = this.joinDays(rank);
      if (cells.length > 0) left.push({ rank, cells });
    }
    this.joinTypes(left);
    return this.blocks;
  }

  /** Within a cohort: days within months, then months. Returns the cells that are left over. */
  private joinDays(rank: number): number[] {
    const { months } = this.layout;
    const rest: number[][] = [];
    for (let slot = rank * months; slot < (rank + 1) * months; slot++) {
      const days = this.joinDaysOfMonth(slot);
      if (days !== 0) rest.push(cellsOf(slot, days));
    }
    const { block, rest: left } = this.joinInOrder(rest);
    if (left.length === 0) return [];
    const last = block ?? this.nearestBusy(rank, left[0] as number);
    if (last === undefined) return left;
    this.extend(last, left);
    return [];
  }

  /** The days that are left over where the month has no block that they can join. */
  private joinDaysOfMonth(slot: number): number {
    const { rowDays, busyDays, usageOnlyDays } = this.layout;
    const [rows, busy] = [rowDays[slot] as number, busyDays[slot] as number];
    const idleLeft = this.joinInMonth(slot, rows & ~busy, (days) => this.addPresent(slot, days)).left;
    const usageOnly = usageOnlyDays[slot] as number;
    const usageLeft = this.joinInMonth(slot, usageOnly, (days) => this.addUsers(slot, days)).left;
    const days = busy | idleLeft | usageLeft;
    const { left, last } = this.joinInMonth(slot, days, (joined) => this.addActive(slot, joined), true);
    if (last === undefined) return left;
    this.extend(last, cellsOf(slot, left));
    return 0;
  }

  private joinInMonth(slot: number, days: number, addPeople: (days: number) => void, busy = false) {
    let last: number | undefined;
    let joined = 0;
    for (let left = days; left !== 0; left &= left - 1) {
      joined |= left & -left;
      this.people.clear();
      addPeople(joined);
      if (this.people.size < this.needed) continue;
      last = this.add(cellsOf(slot, joined), busy);
      joined = 0;
    }
    return { left: joined, last };
  }

  /** Joins lists of cells in order until they have enough active people; the last block, and the cells behind it. */
  private joinInOrder(lists: readonly (readonly number[])[]): { block: number | undefined; rest: number[] } {
    let block: number | undefined;
    let joined: number[] = [];
    this.people.clear();
    for (const cells of lists) {
      joined.push(...cells);
      for (const cell of cells) this.addActive(Math.floor(cell / monthDays), 1 << (cell % monthDays));
      if (this.people.size < this.needed) continue;
      block = this.add(joined, true);
      joined = [];
      this.people.clear();
    }
    return { block, rest: joined };
  }

  /** The cohort's block with people active that lies before the cell in time, or else behind it. */
  private nearestBusy(rank: number, cell: number): number | undefined {
    const perRank = this.layout.months * monthDays;
    for (let before = cell - 1; before >= rank * perRank; before--) {
      if (this.isBusy(before)) return this.blocks.of[before];
    }
    for (let after = cell + 1; after < (rank + 1) * perRank; after++) {
      if (this.isBusy(after)) return this.blocks.of[after];
    }
    return undefined;
  }

  private isBusy(cell: number): boolean {
    return this.busyBlocks.has(this.blocks.of[cell] as number);
  }

  /** Cohorts with too few people: within each user type, and what is left then across them. */
  private joinTypes(small: readonly Left[]): void {
    const { typeOfRank } = this.names;
    const left: number[][] = [];
    for (const ofType of stretches(small, typeOfRank)) {
      const rest = this.joinSchools(ofType, typeOfRank[ofType[0]?.rank ?? 0]);
      if (rest.length > 0) left.push(rest);
    }
    const { block, rest } = this.joinInOrder(left);
    if (rest.length === 0) return;
    const last = block ?? this.lastBusy();
    if (last !== undefined) this.extend(last, rest);
    else this.blocks.unreleased.add(this.add(rest, false));
  }

  /** First within each school, then across schools. Returns what is left where all are too few. */
  private joinSchools(small: readonly Left[], type: number | undefined): number[] {
    const left: number[][] = [];
    let last: number | undefined;
    for (const ofSchool of stretches(small, this.names.schoolOfRank)) {
      const { block, rest } = this.joinInOrder(ofSchool.map(({ cells }) => cells));
      if (block !== undefined) this.extend(block, rest);
      else left.push(rest);
      last = block ?? last;
    }
    const { block, rest } = this.joinInOrder(left);
    if (rest.length === 0) return [];
    last = block ?? last ?? this.lastBusy(type);
    if (last === undefined) return rest;
    this.extend(last, rest);
    return [];
  }

  /** The block of the last cell with people active; of a user type, or of all. */
  private lastBusy(type?: number): number | undefined {
    const perRank = this.layout.months * monthDays;
    for (let cell = this.blocks.of.length - 1; cell >= 0; cell--) {
      const isOfType = type === undefined || this.names.typeOfRank[Math.floor(cell / perRank)] === type;
      if (isOfType && this.isBusy(cell)) return this.blocks.of[cell];
    }
    return undefined;
  }

  private add(cells: readonly number[], busy: boolean): number {
    const block = this.blocks.cells.length;
    this.blocks.cells.push([]);
    if (busy) this.busyBlocks.add(block);
    this.extend(block, cells);
    return block;
  }

  private extend(block: number, cells: readonly number[]): void {
    for (const cell of cells) {
      this.blocks.cells[block]?.push(cell);
      this.blocks.of[cell] = block;
    }
  }

  private addActive(slot: number, days: number): void {
    this.addMembers(slot, days, this.layout.active);
  }

  private addPresent(slot: number, days: number): void {
    this.addMembers(slot, days, this.layout.present);
  }

  private addMembers(slot: number, days: number, masks: Uint32Array): void {
    const { firstEntry, member } = this.layout;
    const end = firstEntry[slot + 1] as number;
    for (let entry = firstEntry[slot] as number; entry < end; entry++) {
      if (((masks[entry] as number) & days) !== 0) {
        this.people.add(this.names.person[member[entry] as number] as number);
      }
    }
  }

  private addUsers(slot: number, days: number): void {
    const { runs, groups, entries } = this.usage;
    for (const group of this.usageOfSlot.get(slot) ?? []) {
      const end = runs.firstEntry[groups.firstRun[group + 1] as number] as number;
      for (let entry = runs.firstEntry[groups.firstRun[group] as number] as number; entry < end; entry++) {
        if (((entries.days[entry] as number) & days) !== 0) {
          this.people.add(this.names.person[entries.member[entry] as number] as number);
        }
      }
    }
  }
}

/** What is left of a cohort. */
interface Left {
  readonly rank: number;
  readonly cells: readonly number[];
}

/** Cohorts one behind the other that have something in common. */
function stretches(left: readonly Left[], of: Uint32Array): Left[][] {
  const found: Left[][] = [];
  let key: number | undefined;
  for (const each of left) {
    const own = of[each.rank];
    if (own !== key) found.push([]);
    key = own;
    found[found.length - 1]?.push(each);
  }
  return found;
}

export function cellsOf(slot: number, days: number): number[] {
  const cells: number[] = [];
  for (let left = days; left !== 0; left &= left - 1) cells.push(slot * monthDays + lowestBit(left));
  return cells;
}
