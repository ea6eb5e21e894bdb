import { lowestBit, mondayOf } from "../calendar";
import { Pacer } from "../pacer";
import type { Prepared } from "../release/prepared";
import type { Scope } from "./scope";
import { cover, UsageCover } from "./usageCover";
import { UsagePeople } from "./usagePeople";

/** Sums of resource usage over the blocks that lie within a scope; `cut` where usage was left out. */
export interface UsageFacts {
  readonly users: number;
  readonly accesses: number;
  readonly resources: number;
  readonly cut: boolean;
  /** Per shown resource. */
  readonly byResource: {
    readonly users: Uint32Array;
    readonly rows: Float64Array;
    readonly accesses: Float64Array;
    /** Day numbers; 0 where there is no day. */
    readonly firstDay: Int32Array;
    readonly lastDay: Int32Array;
    readonly cut: Uint8Array;
    /** Per resource and week of the scope. */
    readonly weeks: number;
    readonly weekly: Float64Array;
    readonly weeklyCut: Uint8Array;
  };
  readonly bySchool: {
    readonly accesses: Float64Array;
    /** Different resources per person, summed over people. */
    readonly pairs: Float64Array;
    readonly cut: Uint8Array;
    /** 1 where there is any usage, left out or not. */
    readonly any: Uint8Array;
  };
  readonly byGrade: Pick<UsageFacts["bySchool"], "pairs" | "cut" | "any">;
  /** Per shown resource and school. */
  readonly bySchoolResource: { readonly users: Uint32Array; readonly cut: Uint8Array };
  /** Per day of the scope: different resources. */
  readonly byDay: { readonly resources: Uint32Array; readonly cut: Uint8Array };
}

export const weeksOf = ({ from, to }: Pick<Scope, "from" | "to">): number =>
  (mondayOf(to) - mondayOf(from)) / 7 + 1;

/** The cards' numbers alone, for the period before. */
export async function usageCards(
  prepared: Prepared,
  scope: Scope,
  signal: AbortSignal | undefined,
): Promise<Pick<UsageFacts, "users" | "accesses" | "resources" | "cut">> {
  const { names, usage, people } = prepared;
  const { groups, runs, cells, entries } = usage;
  const pacer = new Pacer(signal);
  const covered = new UsageCover(prepared, scope);
  const identitySeen = new Uint8Array(names.identities);
  const used = new Uint8Array(people.members);
  let accesses = 0;
  let cut = false;
  for (let group = 0; group < groups.count; group++) {
    if ((group & 63) === 0 && pacer.due) await pacer.pause();
    if (!covered.read(group)) continue;
    const days = covered.days[cover.scope] as number;
    if ((covered.inScope & ~days) !== 0) cut = true;
    if (days === 0) continue;
    const endRun = groups.firstRun[group + 1] as number;
    for (let run = groups.firstRun[group] as number; run < endRun; run++) {
      const identity = names.identityOf[runs.resource[run] as number] as number;
      if (identity >= 0 && ((runs.days[run] as number) & days) !== 0) identitySeen[identity] = 1;
      const endCell = runs.firstCell[run + 1] as number;
      for (let cell = runs.firstCell[run] as number; cell < endCell; cell++) {
        if ((days & (1 << (cells.day[cell] as number))) !== 0) accesses += cells.accesses[cell] as number;
      }
      const endEntry = runs.firstEntry[run + 1] as number;
      for (let entry = runs.firstEntry[run] as number; entry < endEntry; entry++) {
        if (((entries.days[entry] as number) & days) !== 0) used[entries.member[entry] as number] = 1;
      }
    }
  }
  const anyUse = new Uint8Array(people.count);
  used.forEach((one, member) => {
    if (one === 1) anyUse[people.person[member] as number] = 1;
  });
  const count = (marks: Uint8Array) => marks.reduce((sum, one) => sum + one, 0);
  return { users: count(anyUse), accesses, resources: count(identitySeen), cut };
}

/** What a walk over usage adds to, but for the sums that are single numbers. */
type Filled = Omit<UsageFacts, "users" | "accesses" | "resources" | "cut">;

export async function usageFacts(
  prepared: Prepared,
  scope: Scope,
  signal: AbortSignal | undefined,
): Promise<UsageFacts> {
  const { names, usage, monthStarts, pairMembers } = prepared;
  const { groups } = usage;
  const pacer = new Pacer(signal);
  const covered = new UsageCover(prepared, scope);
  const filled = empty(prepared, scope);
  const missing: Missing = {
    day: new Uint32Array(monthStarts.length),
    weekResource: new Uint32Array(names.shown.length * monthStarts.length),
  };
  const usagePeople = new UsagePeople(prepared, filled);
  const identities = new Identities(prepared);
  const firstMonday = mondayOf(scope.from);
  let accesses = 0;
  let cut = false;
  let pair = -1;
  let endOfPair = 0;
  let wholeMonths = 0;
  for (let group = 0; group < groups.count; group++) {
    if (group === endOfPair) {
      if (wholeMonths !== 0) usagePeople.countMonths(pair, wholeMonths);
      wholeMonths = 0;
      pair++;
      endOfPair = usage.pairs.firstGroup[pair + 1] as number;
      usagePeople.start(groups.shown[group] as number, groups.rank[group] as number);
      if (pacer.due) await pacer.pause();
    }
    if (!covered.read(group)) continue;
    if (markCut(filled, missing, prepared, group, covered)) cut = true;
    const days = covered.days[cover.scope] as number;
    if (days === 0) continue;
    markFirstAndLast(filled, prepared, group, covered.days[cover.resource] as number);
    identities.add(group, days, covered.days[cover.day] as number);
    accesses += addCells(filled, prepared, firstMonday, group, covered);
    const firstRun = groups.firstRun[group] as number;
    const endRun = groups.firstRun[group + 1] as number;
    const month = (groups.month[group] as number) - pairMembers.firstMonth;
    if (covered.uniform && days === groups.days[group] && month >= 0) {
      wholeMonths |= 1 << month;
      usagePeople.countWhole(firstRun, endRun);
    } else {
      for (let run = firstRun; run < endRun; run++) usagePeople.countRun(run, covered);
    }
  }
  if (wholeMonths !== 0) usagePeople.countMonths(pair, wholeMonths);
  usagePeople.finish();
  identities.countByDay(filled.byDay.resources, scope);
  markMissing(filled, missing, prepared, scope);
  return { ...filled, users: usagePeople.users, accesses, resources: identities.count, cut };
}

function empty({ names }: Prepared, scope: Scope): Filled {
  const [resources, schools, grades] = [names.shown.length, names.schools.length, names.grades.length];
  const length = scope.to - scope.from + 1;
  const weeks = weeksOf(scope);
  return {
    byResource: {
      users: new Uint32Array(resources),
      rows: new Float64Array(resources),
      accesses: new Float64Array(resources),
      firstDay: new Int32Array(resources),
      lastDay: new Int32Array(resources),
      cut: new Uint8Array(resources),
      weeks,
      weekly: new Float64Array(resources * weeks),
      weeklyCut: new Uint8Array(resources * weeks),
    },
    bySchool: {
      accesses: new Float64Array(schools),
      pairs: new Float64Array(schools),
      cut: new Uint8Array(schools),
      any: new Uint8Array(schools),
    },
    byGrade: {
      pairs: new Float64Array(grades),
      cut: new Uint8Array(grades),
      any: new Uint8Array(grades),
    },
    bySchoolResource: {
      users: new Uint32Array(resources * schools),
      cut: new Uint8Array(resources * schools),
    },
    byDay: { resources: new Uint32Array(length), cut: new Uint8Array(length) },
  };
}

/** Days in scope that are not covered, as masks: per month, and per shown resource and month. */
interface Missing {
  readonly day: Uint32Array;
  readonly weekResource: Uint32Array;
}

/** Marks the days and weeks in which something is missing. */
function markMissing(
  { byDay, byResource }: Filled,
  missing: Missing,
  { monthStarts }: Prepared,
  scope: Scope,
): void {
  missing.day.forEach((mask, month) => {
    const start = monthStarts[month] as number;
    for (let left = mask; left !== 0; left &= left - 1) byDay.cut[start + lowestBit(left) - scope.from] = 1;
  });
  const firstMonday = mondayOf(scope.from);
  missing.weekResource.forEach((mask, at) => {
    const first = Math.floor(at / monthStarts.length) * byResource.weeks;
    const start = (monthStarts[at % monthStarts.length] as number) - firstMonday;
    for (let left = mask; left !== 0; left &= left - 1) {
      byResource.weeklyCut[first + Math.floor((start + lowestBit(left)) / 7)] = 1;
    }
  });
}

// The functions below run once for each of some 100,000 groups of a question, the first of a process before they are
// compiled: no arrays, closures or objects are made in them.

/** Marks what has days of a group in scope that are not covered; returns whether the scope itself has. */
function markCut(
  { byResource, bySchool, byGrade, bySchoolResource }: Filled,
  missing: Missing,
  { names, usage: { groups }, monthStarts }: Prepared,
  group: number,
  { days, inScope }: UsageCover,
): boolean {
  const shown = groups.shown[group] as number;
  const rank = groups.rank[group] as number;
  const school = names.schoolOfRank[rank] as number;
  const grade = names.gradeOfRank[rank] as number;
  bySchool.any[school] = 1;
  byGrade.any[grade] = 1;
  if ((inScope & ~(days[cover.resource] as number)) !== 0) byResource.cut[shown] = 1;
  if ((inScope & ~(days[cover.school] as number)) !== 0) bySchool.cut[school] = 1;
  if ((inScope & ~(days[cover.schoolResource] as number)) !== 0) {
    bySchoolResource.cut[shown * names.schools.length + school] = 1;
  }
  if ((inScope & ~(days[cover.grade] as number)) !== 0) byGrade.cut[grade] = 1;
  const month = groups.month[group] as number;
  missing.day[month] = (missing.day[month] as number) | (inScope & ~(days[cover.day] as number));
  const at = shown * monthStarts.length + month;
  missing.weekResource[at] =
    (missing.weekResource[at] as number) | (inScope & ~(days[cover.weekResource] as number));
  return (inScope & ~(days[cover.scope] as number)) !== 0;
}

function markFirstAndLast(
  { byResource }: Filled,
  { usage: { groups }, monthStarts }: Prepared,
  group: number,
  days: number,
): void {
  if (days === 0) return;
  const shown = groups.shown[group] as number;
  const monthStart = monthStarts[groups.month[group] as number] as number;
  const first = monthStart + lowestBit(days);
  const last = monthStart + 31 - Math.clz32(days);
  const known = byResource.firstDay[shown] as number;
  if (known === 0 || first < known) byResource.firstDay[shown] = first;
  if (last > (byResource.lastDay[shown] as number)) byResource.lastDay[shown] = last;
}

/** Adds a group's rows and accesses to all but the scope's sum of accesses, which is returned. */
function addCells(
  { byResource, bySchool }: Filled,
  { names, usage, monthStarts }: Prepared,
  firstMonday: number,
  group: number,
  { days }: UsageCover,
): number {
  const { groups, runs, cells } = usage;
  const shown = groups.shown[group] as number;
  const firstWeek = shown * byResource.weeks;
  const sinceMonday = (monthStarts[groups.month[group] as number] as number) - firstMonday;
  const scopeDays = days[cover.scope] as number;
  const schoolDays = days[cover.school] as number;
  const resourceDays = days[cover.resource] as number;
  const weekDays = days[cover.weekResource] as number;
  const end = runs.firstCell[groups.firstRun[group + 1] as number] as number;
  let all = 0;
  let atSchool = 0;
  let ofResource = 0;
  let rows = 0;
  for (let cell = runs.firstCell[groups.firstRun[group] as number] as number; cell < end; cell++) {
    const day = cells.day[cell] as number;
    const bit = 1 << day;
    if ((scopeDays & bit) === 0) continue;
    const accesses = cells.accesses[cell] as number;
    all += accesses;
    if ((schoolDays & bit) !== 0) atSchool += accesses;
    if ((resourceDays & bit) === 0) continue;
    ofResource += accesses;
    rows += cells.rows[cell] as number;
    if ((weekDays & bit) === 0) continue;
    const at = firstWeek + Math.floor((sinceMonday + day) / 7);
    byResource.weekly[at] = (byResource.weekly[at] as number) + (cells.rows[cell] as number);
  }
  const school = names.schoolOfRank[groups.rank[group] as number] as number;
  bySchool.accesses[school] = (bySchool.accesses[school] as number) + atSchool;
  byResource.rows[shown] = (byResource.rows[shown] as number) + rows;
  byResource.accesses[shown] = (byResource.accesses[shown] as number) + ofResource;
  return all;
}

/** Counts different resources. */
class Identities {
  private readonly seen: Uint8Array;
  /** Days on which each was used, by month. */
  private readonly days: Uint32Array;

  constructor(private readonly prepared: Prepared) {
    const { names, monthStarts } = prepared;
    this.seen = new Uint8Array(names.identities);
    this.days = new Uint32Array(names.identities * monthStarts.length);
  }

  /** Takes note of a group's resources on days of the scope, and on days that are covered each by itself. */
  add(group: number, scopeDays: number, singleDays: number): void {
    const { names, usage, monthStarts } = this.prepared;
    const { groups, runs } = usage;
    const month = groups.month[group] as number;
    const end = groups.firstRun[group + 1] as number;
    for (let run = groups.firstRun[group] as number; run < end; run++) {
      const identity = names.identityOf[runs.resource[run] as number] as number;
      const days = runs.days[run] as number;
      if (identity < 0 || (days & scopeDays) === 0) continue;
      this.seen[identity] = 1;
      const at = identity * monthStarts.length + month;
      this.days[at] = (this.days[at] as number) | (days & singleDays);
    }
  }

  get count(): number {
    return this.seen.reduce((sum, one) => sum + one, 0);
  }

  /** Per day of the scope. */
  countByDay(resources: Uint32Array, scope: Scope): void {
    const { monthStarts } = this.prepared;
    this.days.forEach((mask, at) => {
      const monthStart = monthStarts[at % monthStarts.length] as number;
      for (let left = mask; left !== 0; left &= left - 1) {
        const place = monthStart + lowestBit(left) - scope.from;
        resources[place] = (resources[place] as number) + 1;
      }
    });
  }
}
