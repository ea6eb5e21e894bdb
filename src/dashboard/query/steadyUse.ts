import { lowestBit } from "../calendar";
import { Pacer } from "../pacer";
import { monthDays } from "../release/attendanceLayout";
import { within } from "../release/frozenBlocks";
import type { Prepared } from "../release/prepared";
import { eachDouble } from "./attendance";
import type { AttendanceCover } from "./attendanceCover";
import { CellReader } from "./attendanceSums";
import type { Scope } from "./scope";
import type { Choice, Group, SteadyGroups } from "./steadyGroups";
import { cover, UsageCover } from "./usageCover";

/**
 * Person-days of use per shown resource and day of the scope (`resource * days + day`) by the groups that can be
 * compared; NaN where they are not known. Throws the signal's reason when aborted.
 */
export async function steadyResources(
  prepared: Prepared,
  scope: Scope,
  steady: SteadyGroups,
  signal: AbortSignal | undefined,
): Promise<Float64Array> {
  const { names, usage, monthStarts } = prepared;
  const { groups, pairs } = usage;
  const pacer = new Pacer(signal);
  const covered = new UsageCover(prepared, scope);
  const shared = sharedDays(prepared);
  /** Of the group that was read last. */
  const ownDays = (group: number) => (covered.days[cover.dayResource] as number) & ~(shared[group] as number);
  const days = scope.to - scope.from + 1;
  const daily = new Float64Array(names.shown.length * days);
  for (let pair = 0; pair < pairs.count; ) {
    if (pacer.due) await pacer.pause();
    const shown = groups.shown[pairs.firstGroup[pair] as number] as number;
    const ofResource: Group[] = [];
    for (; pair < pairs.count; pair++) {
      const first = pairs.firstGroup[pair] as number;
      if (groups.shown[first] !== shown) break;
      const hidden = hiddenDays(prepared, pair, covered, ownDays);
      if (hidden !== undefined) ofResource.push({ number: pair, hidden });
    }
    const of = daily.subarray(shown * days, (shown + 1) * days);
    const choice = steady.choose(ofResource);
    for (const { number } of choice.chosen) addPair(prepared, scope, number, covered, ownDays, of);
    if (ofResource.length > 0) forget(of, choice, monthStarts, scope.from);
  }
  return daily;
}

/** Per group, its days in blocks of several cohorts: what one of these did is not told by such a block. */
function sharedDays({ usage: { groups }, usageBlocks }: Prepared): Uint32Array {
  const { firstPiece, pieceGroup, pieceDays } = usageBlocks;
  const shared = new Uint32Array(groups.count);
  for (let block = 0; block + 1 < firstPiece.length; block++) {
    const groupsOf = pieceGroup.subarray(firstPiece[block], firstPiece[block + 1]);
    const rank = groups.rank[groupsOf[0] as number];
    if (groupsOf.every((group) => groups.rank[group] === rank)) continue;
    groupsOf.forEach((group, place) => {
      const days = pieceDays[(firstPiece[block] as number) + place] as number;
      shared[group] = (shared[group] as number) | days;
    });
  }
  return shared;
}

/** The days, by month, on which a cohort used a resource and that are not shown; undefined where it did not use it. */
function hiddenDays(
  { usage: { groups, pairs }, monthStarts }: Prepared,
  pair: number,
  covered: UsageCover,
  ownDays: (group: number) => number,
): Uint32Array | undefined {
  let hidden: Uint32Array | undefined;
  const end = pairs.firstGroup[pair + 1] as number;
  for (let group = pairs.firstGroup[pair] as number; group < end; group++) {
    if (!covered.read(group)) continue;
    hidden ??= new Uint32Array(monthStarts.length);
    hidden[groups.month[group] as number] = covered.inScope & ~ownDays(group);
  }
  return hidden;
}

function addPair(
  { usage: { groups, pairs, runs, cells }, monthStarts }: Prepared,
  scope: Scope,
  pair: number,
  covered: UsageCover,
  ownDays: (group: number) => number,
  daily: Float64Array,
): void {
  const endGroup = pairs.firstGroup[pair + 1] as number;
  for (let group = pairs.firstGroup[pair] as number; group < endGroup; group++) {
    if (!covered.read(group)) continue;
    const days = ownDays(group);
    const start = (monthStarts[groups.month[group] as number] as number) - scope.from;
    const end = runs.firstCell[groups.firstRun[group + 1] as number] as number;
    for (let cell = runs.firstCell[groups.firstRun[group] as number] as number; cell < end; cell++) {
      const day = cells.day[cell] as number;
      if ((days & (1 << day)) === 0) continue;
      daily[start + day] = (daily[start + day] as number) + (cells.rows[cell] as number);
    }
  }
}

/** The same of people who were active, per school and day. */
export function steadySchools(
  prepared: Prepared,
  attendance: AttendanceCover,
  steady: SteadyGroups,
): Float64Array {
  const { names, monthStarts } = prepared;
  const { from, to } = attendance.scope;
  const days = to - from + 1;
  const kind = within.school | within.day;
  const isShared = sharedCells(prepared, attendance);
  const hidden = new Map<number, Uint32Array>();
  const cell = new CellReader(prepared, attendance);
  for (let at = 0; at < attendance.cells.length; at++) {
    cell.read(at);
    if (!cell.isBusy) continue;
    const masks = hidden.get(cell.rank) ?? new Uint32Array(monthStarts.length);
    hidden.set(cell.rank, masks);
    if ((cell.active & kind) !== kind || isShared[at] === 1)
      masks[cell.month] = (masks[cell.month] as number) | cell.bit;
  }
  const daily = new Float64Array(names.schools.length * days);
  const counts = new Uint8Array(names.ranked.length);
  const choices = names.schools.map((_, school) => {
    const cohorts = [...hidden].flatMap(([number, masks]) =>
      names.schoolOfRank[number] === school ? [{ number, hidden: masks }] : [],
    );
    const choice = steady.choose(cohorts);
    for (const { number } of choice.chosen) counts[number] = 1;
    return cohorts.length > 0 ? choice : undefined;
  });
  for (let at = 0; at < attendance.cells.length; at++) {
    cell.read(at);
    if (counts[cell.rank] !== 1 || (cell.active & kind) !== kind || isShared[at] === 1) continue;
    const place = cell.school * days + cell.day - from;
    daily[place] = (daily[place] as number) + cell.activeMembers;
  }
  eachDouble(prepared, attendance, kind, (ranks, day) => {
    const seen = new Set<number>();
    for (const rank of ranks) {
      if (counts[rank] !== 1) continue;
      const school = names.schoolOfRank[rank] as number;
      const place = school * days + day - from;
      if (seen.has(school)) daily[place] = (daily[place] as number) - 1;
      seen.add(school);
    }
  });
  choices.forEach((choice, school) => {
    if (choice) forget(daily.subarray(school * days, (school + 1) * days), choice, monthStarts, from);
  });
  return daily;
}

/** Per place in the cover's list, 1 for a cell whose block is of several cohorts. */
function sharedCells(
  { attendance: { months }, activeBlocks }: Prepared,
  { cells }: AttendanceCover,
): Uint8Array {
  const unseen = -1;
  const several = -2;
  const rankOf = new Int32Array(activeBlocks.size.length).fill(unseen);
  for (const cell of cells) {
    const block = activeBlocks.of[cell] as number;
    const rank = Math.floor(cell / monthDays / months);
    if (rankOf[block] !== unseen && rankOf[block] !== rank) rankOf[block] = several;
    else rankOf[block] = rank;
  }
  return Uint8Array.from(cells, (cell) => (rankOf[activeBlocks.of[cell] as number] === several ? 1 : 0));
}

/** Makes the days on which a chosen group is hidden days that are not known; all of them where none was chosen. */
function forget(
  daily: Float64Array,
  { chosen, hidden }: Choice,
  monthStarts: Int32Array,
  from: number,
): void {
  if (chosen.length === 0) daily.fill(Number.NaN);
  hidden.forEach((mask, month) => {
    const start = (monthStarts[month] as number) - from;
    for (let left = mask; left !== 0; left &= left - 1) daily[start + lowestBit(left)] = Number.NaN;
  });
}
