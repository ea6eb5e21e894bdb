import type { ParticipationRow, UsageRow } from "./plainIndex";
import type { RandomRows } from "./randomDistrict";
import { type BlockCell, keyOf } from "./rowBlocks";

/** The rule by which cells are joined into release blocks, once more, by lists: see src/dashboard/release/README.md. */

type Block = BlockCell[];
type People = (cells: readonly BlockCell[]) => number;

const order = ["students", "teachers", "staff"];
const compare = (a: string | null | undefined, b: string | null | undefined) => {
  const [left, right] = [a ?? null, b ?? null];
  if (left === right) return 0;
  if (left === null || right === null) return left === null ? 1 : -1;
  return left < right ? -1 : 1;
};

const compareCells = (a: BlockCell, b: BlockCell) =>
  compare(a.name, b.name) ||
  compare(a.type, b.type) ||
  order.indexOf(a.userType) - order.indexOf(b.userType) ||
  compare(a.school, b.school) ||
  compare(a.grade, b.grade) ||
  compare(a.date, b.date);

/** In the order in which the keys first come. */
function groupBy(cells: readonly BlockCell[], key: (cell: BlockCell) => unknown): BlockCell[][] {
  const groups = new Map<string, BlockCell[]>();
  for (const cell of cells) {
    const text = JSON.stringify(key(cell));
    groups.set(text, [...(groups.get(text) ?? []), cell]);
  }
  return [...groups.values()];
}

const month = ({ date }: BlockCell) => date.slice(0, 7);

class Partition {
  readonly blocks: Block[] = [];
  constructor(
    private readonly people: People,
    private readonly minimum: number,
  ) {}

  /** Joins lists in order into blocks; the last of them, and what is left. */
  join(lists: readonly (readonly BlockCell[])[]): { last: Block | undefined; rest: BlockCell[] } {
    let last: Block | undefined;
    let rest: BlockCell[] = [];
    for (const list of lists) {
      rest = [...rest, ...list];
      if (this.minimum > 1 && this.people(rest) < this.minimum) continue;
      last = rest;
      this.blocks.push(last);
      rest = [];
    }
    return { last, rest };
  }

  /** As `join`, with the rest in the last block where there is one. */
  joinAll(lists: readonly (readonly BlockCell[])[]): { last: Block | undefined; rest: BlockCell[] } {
    const { last, rest } = this.join(lists);
    last?.push(...rest);
    return { last, rest: last === undefined ? rest : [] };
  }

  of(cell: BlockCell | undefined): Block | undefined {
    return cell && this.blocks.find((block) => block.includes(cell));
  }

  /** Cohorts that have too few, by school, then across; what is left where all are too few. */
  private joinSchools(small: readonly BlockCell[][], near: Block | undefined): BlockCell[] {
    let last: Block | undefined;
    const left: BlockCell[][] = [];
    for (const cells of groupBy(small.flat(), ({ school }) => school)) {
      const cohorts = small.filter(([first]) => first !== undefined && cells.includes(first));
      const joined = this.joinAll(cohorts);
      last = joined.last ?? last;
      if (joined.rest.length > 0) left.push(joined.rest);
    }
    const { last: across, rest } = this.join(left);
    const block = across ?? last ?? near;
    block?.push(...rest);
    return block === undefined ? rest : [];
  }

  /** By user type, then across; what is left where all are too few. */
  joinTypes(small: readonly BlockCell[][], all: readonly BlockCell[]): BlockCell[] {
    const left: BlockCell[][] = [];
    for (const ofType of groupBy(all, ({ userType }) => userType)) {
      const cohorts = small.filter(([first]) => first !== undefined && ofType.includes(first));
      const rest = this.joinSchools(cohorts, this.of(ofType.findLast((cell) => this.of(cell) !== undefined)));
      if (rest.length > 0) left.push(rest);
    }
    const { last, rest } = this.join(left);
    const inBlock = (cell: BlockCell) => !rest.includes(cell) && this.of(cell) !== undefined;
    const block = last ?? this.of(all.findLast(inBlock));
    block?.push(...rest);
    return block === undefined ? rest : [];
  }
}

export const cellOf = ({ school, userType, grade, date }: BlockCell): BlockCell => ({
  school,
  userType,
  grade,
  date,
});
export const usageCellOf = (row: BlockCell): BlockCell => ({
  ...cellOf(row),
  name: row.name ?? null,
  type: row.type ?? null,
});
const cohortOf = ({ name, type, school, userType, grade }: BlockCell) => [
  name,
  type,
  school,
  userType,
  grade,
];

function cellsOf(rows: readonly BlockCell[], of: (row: BlockCell) => BlockCell): BlockCell[] {
  const cells = new Map(rows.map((row) => [keyOf(of(row)), of(row)]));
  return [...cells.values()].sort(compareCells);
}

function peopleIn(rows: readonly (ParticipationRow | UsageRow)[], of: (row: BlockCell) => BlockCell): People {
  const people = new Map<string, string[]>();
  for (const row of rows) {
    const key = keyOf(of(row));
    if (row.person !== null) people.set(key, [...(people.get(key) ?? []), row.person]);
  }
  return (cells) => new Set(cells.flatMap((cell) => people.get(keyOf(cell)) ?? [])).size;
}

/** Before blocks are linked. */
export function plainUsageBlocks({ usage }: RandomRows, minimum: number): Block[] {
  const partition = new Partition(peopleIn(usage, usageCellOf), minimum);
  const smallResources: BlockCell[][] = [];
  let lastResource: BlockCell | undefined;
  for (const ofResource of groupBy(cellsOf(usage, usageCellOf), ({ name, type }) => [name, type])) {
    const small: BlockCell[][] = [];
    for (const cells of groupBy(ofResource, cohortOf)) {
      const left: BlockCell[][] = [];
      for (const ofMonth of groupBy(cells, month)) {
        const { rest, last } = partition.joinAll(ofMonth.map((cell) => [cell]));
        if (last === undefined) left.push(rest);
      }
      const { rest, last } = partition.joinAll(left);
      if (last === undefined && rest.length === cells.length) {
        small.push(cells);
        continue;
      }
      if (rest.length === 0) continue;
      const first = cells.indexOf(rest[0] as BlockCell);
      const near = first > 0 ? cells[first - 1] : cells.find((cell) => partition.of(cell) !== undefined);
      partition.of(near)?.push(...rest);
    }
    if (partition.joinTypes(small, ofResource).length > 0) smallResources.push(ofResource);
    else lastResource = ofResource[ofResource.length - 1];
  }
  const { last, rest } = partition.join(smallResources);
  const block = last ?? partition.of(lastResource);
  if (block !== undefined) block.push(...rest);
  else if (rest.length > 0) partition.blocks.push(rest);
  return partition.blocks;
}

/** Before blocks are linked. */
export function plainActiveBlocks({ participation, usage }: RandomRows, minimum: number): Block[] {
  const isBusy = (row: ParticipationRow) =>
    (row.active && row.person !== null) || (row.logins ?? 0) !== 0 || (row.resources ?? 0) !== 0;
  const keys = (rows: readonly BlockCell[]) => new Set(rows.map((row) => keyOf(cellOf(row))));
  const there = keys(participation);
  const busy = keys(participation.filter(isBusy));
  const active = new Partition(
    peopleIn(
      participation.filter((row) => row.active),
      cellOf,
    ),
    minimum,
  );
  const idle = new Partition(peopleIn(participation, cellOf), minimum);
  const usageOnly = new Partition(peopleIn(usage, cellOf), minimum);
  const small: BlockCell[][] = [];
  const all = cellsOf([...participation, ...usage], cellOf);
  for (const cells of groupBy(all, cohortOf)) {
    const left: BlockCell[][] = [];
    for (const ofMonth of groupBy(cells, month)) {
      const one = (cell: BlockCell) => [cell];
      const idleCells = ofMonth.filter((cell) => there.has(keyOf(cell)) && !busy.has(keyOf(cell)));
      const idleRest = idle.join(idleCells.map(one)).rest;
      const usageRest = usageOnly.join(ofMonth.filter((cell) => !there.has(keyOf(cell))).map(one)).rest;
      const rest = ofMonth.filter(
        (cell) => busy.has(keyOf(cell)) || idleRest.includes(cell) || usageRest.includes(cell),
      );
      const joined = active.joinAll(rest.map(one));
      if (joined.rest.length > 0) left.push(joined.rest);
    }
    const { rest } = active.joinAll(left);
    if (rest.length === 0) continue;
    const first = cells.indexOf(rest[0] as BlockCell);
    const near =
      cells.slice(0, first).findLast((cell) => active.of(cell) !== undefined) ??
      cells.find((cell) => active.of(cell) !== undefined);
    if (near === undefined) small.push(rest);
    else active.of(near)?.push(...rest);
  }
  const rest = active.joinTypes(small, all);
  if (rest.length > 0) active.blocks.push(rest);
  return [...active.blocks, ...idle.blocks, ...usageOnly.blocks];
}
