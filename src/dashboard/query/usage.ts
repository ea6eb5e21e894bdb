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
    /** Per resource and day of the scope. */
    readonly daily: Float64Array;
    readonly dailyCut: Uint8Array;
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

export async function usageFacts(
  prepared: Prepared,
  scope: Scope,
  signal: AbortSignal | undefined,
): Promise<UsageFacts> {
  const { names, usage, monthStarts } = prepared;
  const { groups, runs, cells } = usage;
  const pacer = new Pacer(signal);
  const covered = new UsageCover(prepared, scope);
  const resources = names.shown.length;
  const [schools, grades] = [names.schools.length, names.grades.length];
  const length = scope.to - scope.from + 1;
  const weeks = weeksOf(scope);
  const firstMonday = mondayOf(scope.from);
  const months = monthStarts.length;
  const byResource = {
    users: new Uint32Array(resources),
    rows: new Float64Array(resources),
    accesses: new Float64Array(resources),
    firstDay: new Int32Array(resources),
    lastDay: new Int32Array(resources),
    cut: new Uint8Array(resources),
    weeks,
    weekly: new Float64Array(resources * weeks),
    weeklyCut: new Uint8Array(resources * weeks),
    daily: new Float64Array(resources * length),
    dailyCut: new Uint8Array(resources * length),
  };
  const bySchool = {
    accesses: new Float64Array(schools),
    pairs: new Float64Array(schools),
    cut: new Uint8Array(schools),
    any: new Uint8Array(schools),
  };
  const byGrade = {
    pairs: new Float64Array(grades),
    cut: new Uint8Array(grades),
    any: new Uint8Array(grades),
  };
  const bySchoolResource = {
    users: new Uint32Array(resources * schools),
    cut: new Uint8Array(resources * schools),
  };
  const byDay = { resources: new Uint32Array(length), cut: new Uint8Array(length) };
  /** Days on which each different resource was used, by month. */
  const identityDays = new Uint32Array(names.identities * months);
  const identitySeen = new Uint8Array(names.identities);
  const usagePeople = new UsagePeople(prepared, { byResource, bySchool, byGrade, bySchoolResource });
  let accesses = 0;
  let cut = false;
  const { firstMonth } = prepared.pairMembers;
  let pair = -1;
  let endOfPair = 0;
  let wholeMonths = 0;
  for (let group = 0; group < groups.count; group++) {
    const shown = groups.shown[group] as number;
    const rank = groups.rank[group] as number;
    if (group === endOfPair) {
      if (wholeMonths !== 0) usagePeople.countMonths(pair, wholeMonths);
      wholeMonths = 0;
      pair++;
      endOfPair = usage.pairs.firstGroup[pair + 1] as number;
      usagePeople.start(shown, rank);
      if (pacer.due) await pacer.pause();
    }
    if (!covered.read(group)) continue;
    const school = names.schoolOfRank[rank] as number;
    const grade = names.gradeOfRank[rank] as number;
    const month = groups.month[group] as number;
    const monthStart = monthStarts[month] as number;
    const { days, inScope } = covered;
    bySchool.any[school] = 1;
    byGrade.any[grade] = 1;
    const missing = (kind: number) => (inScope & ~(days[kind] as number)) !== 0;
    if (missing(cover.scope)) cut = true;
    if (missing(cover.resource)) byResource.cut[shown] = 1;
    if (missing(cover.school)) bySchool.cut[school] = 1;
    if (missing(cover.schoolResource)) bySchoolResource.cut[shown * schools + school] = 1;
    if (missing(cover.grade)) byGrade.cut[grade] = 1;
    for (let left = inScope & ~(days[cover.day] as number); left !== 0; left &= left - 1) {
      byDay.cut[monthStart + lowestBit(left) - scope.from] = 1;
    }
    for (let left = inScope & ~(days[cover.weekResource] as number); left !== 0; left &= left - 1) {
      byResource.weeklyCut[shown * weeks + Math.floor((monthStart + lowestBit(left) - firstMonday) / 7)] = 1;
    }
    for (let left = inScope & ~(days[cover.dayResource] as number); left !== 0; left &= left - 1) {
      byResource.dailyCut[shown * length + monthStart + lowestBit(left) - scope.from] = 1;
    }
    const resourceDays = days[cover.resource] as number;
    if (resourceDays !== 0) {
      const [first, last] = [
        monthStart + lowestBit(resourceDays),
        monthStart + 31 - Math.clz32(resourceDays),
      ];
      const known = byResource.firstDay[shown] as number;
      if (known === 0 || first < known) byResource.firstDay[shown] = first;
      if (last > (byResource.lastDay[shown] as number)) byResource.lastDay[shown] = last;
    }
    const scopeDays = days[cover.scope] as number;
    if (scopeDays === 0) continue;
    const firstRun = groups.firstRun[group] as number;
    const endRun = groups.firstRun[group + 1] as number;
    const isWhole = covered.uniform && scopeDays === groups.days[group] && month >= firstMonth;
    if (isWhole) {
      wholeMonths |= 1 << (month - firstMonth);
      usagePeople.countWhole(firstRun, endRun);
    }
    for (let run = firstRun; run < endRun; run++) {
      const identity = names.identityOf[runs.resource[run] as number] as number;
      const runDays = runs.days[run] as number;
      if (identity >= 0 && (runDays & scopeDays) !== 0) {
        identitySeen[identity] = 1;
        const at = identity * months + month;
        identityDays[at] = (identityDays[at] as number) | (runDays & (days[cover.day] as number));
      }
      const endCell = runs.firstCell[run + 1] as number;
      for (let cell = runs.firstCell[run] as number; cell < endCell; cell++) {
        const day = cells.day[cell] as number;
        const bit = 1 << day;
        if ((scopeDays & bit) === 0) continue;
        const [rows, opened] = [cells.rows[cell] as number, cells.accesses[cell] as number];
        accesses += opened;
        if (((days[cover.school] as number) & bit) !== 0) {
          bySchool.accesses[school] = (bySchool.accesses[school] as number) + opened;
        }
        if ((resourceDays & bit) === 0) continue;
        byResource.rows[shown] = (byResource.rows[shown] as number) + rows;
        byResource.accesses[shown] = (byResource.accesses[shown] as number) + opened;
        const date = monthStart + day;
        if (((days[cover.weekResource] as number) & bit) !== 0) {
          const at = shown * weeks + Math.floor((date - firstMonday) / 7);
          byResource.weekly[at] = (byResource.weekly[at] as number) + rows;
        }
        if (((days[cover.dayResource] as number) & bit) !== 0) {
          const at = shown * length + date - scope.from;
          byResource.daily[at] = (byResource.daily[at] as number) + rows;
        }
      }
      if (!isWhole) usagePeople.countRun(run, covered);
    }
  }
  if (wholeMonths !== 0) usagePeople.countMonths(pair, wholeMonths);
  usagePeople.finish();
  identityDays.forEach((mask, at) => {
    const monthStart = monthStarts[at % months] as number;
    for (let left = mask; left !== 0; left &= left - 1) {
      const place = monthStart + lowestBit(left) - scope.from;
      byDay.resources[place] = (byDay.resources[place] as number) + 1;
    }
  });
  return {
    users: usagePeople.users,
    accesses,
    resources: identitySeen.reduce((sum, one) => sum + one, 0),
    cut,
    byResource,
    bySchool,
    byGrade,
    bySchoolResource,
    byDay,
  };
}
