import { lowestBit } from "../calendar";
import type { Facts, Groups } from "../groups";
import type { MonthSegment } from "../index/participationIndex";
import { Pacer } from "../pacer";
import type { Scope } from "./scope";

/** Resource usage of the groups that count. */
export interface UsageTotals {
  readonly users: number;
  readonly accesses: number;
  /** Different resources. */
  readonly resources: number;
  /** Per shown resource. */
  readonly byResource: {
    readonly users: Uint32Array;
    readonly accesses: Float64Array;
    /** Day numbers; 0 where there is no day. */
    readonly firstDay: Int32Array;
    readonly lastDay: Int32Array;
  };
  /** Per shown resource and day of the scope (`resource * days + day`): rows with a person. */
  readonly rows: Float64Array;
  /** Different resources per person, summed over people. */
  readonly bySchool: { readonly accesses: Float64Array; readonly pairs: Float64Array };
  readonly byGrade: { readonly pairs: Float64Array };
  /** Users per shown resource and school (`resource * schools + school`). */
  readonly bySchoolResource: Uint32Array;
  /** Per day of the scope: different resources, and accesses. */
  readonly byDay: Uint32Array;
  readonly accessesByDay: Float64Array;
}

/** Throws the signal's reason when aborted. */
export async function usageTotals(
  facts: Facts,
  groups: Groups,
  scope: Scope,
  signal: AbortSignal | undefined,
): Promise<UsageTotals> {
  const pacer = new Pacer(signal);
  const walk = new UsageWalk(facts, groups, scope);
  for (let shown = 0; shown < scope.resources.length; shown++) {
    if (scope.resources[shown] !== 1) continue;
    if (pacer.due) await pacer.pause();
    walk.addResource(shown);
  }
  walk.countSharedIdentities();
  return walk.result();
}

/** Rows with a person, per shown resource and day of a scope; computes nothing else. */
export async function usageRows(
  facts: Facts,
  groups: Groups,
  scope: Scope,
  signal: AbortSignal | undefined,
): Promise<Float64Array> {
  const pacer = new Pacer(signal);
  const walk = new UsageWalk(facts, groups, scope);
  for (let shown = 0; shown < scope.resources.length; shown++) {
    if (scope.resources[shown] !== 1) continue;
    if (pacer.due) await pacer.pause();
    walk.eachRun(shown, (segment, run, mask, start) => walk.addCells(shown, segment, run, mask, start));
  }
  return walk.rows;
}

export type VisitRun = (
  segment: MonthSegment,
  run: number,
  mask: number,
  start: number,
  month: number,
) => void;

/** The counting runs of one of the index's resources, as in `UsageWalk.eachRun`. */
export function eachRunOf(
  { index, days, firstRuns }: Facts,
  scope: Scope,
  resource: number,
  visit: VisitRun,
): void {
  const months = days.monthStarts.length;
  for (let month = 0; month < months; month++) {
    if ((scope.range[month] as number) === 0) continue;
    const segment = index.months[month] as MonthSegment;
    const starts = firstRuns[month] as Uint32Array;
    const { cohort, days: daysOf } = segment.usageRuns;
    const end = starts[resource + 1] as number;
    const start = (days.monthStarts[month] as number) - scope.from;
    for (let run = starts[resource] as number; run < end; run++) {
      const counted = scope.masks[(cohort[run] as number) * months + month] as number;
      const mask = (daysOf[run] as number) & counted;
      if (mask !== 0) visit(segment, run, mask, start, month);
    }
  }
}

/** Distinct people who used any of the given shown resources, whatever resources a scope has. */
export function usersOf(facts: Facts, groups: Groups, scope: Scope, shown: readonly number[]): number {
  const walk = new UsageWalk(facts, groups, scope);
  const people = new Set<number>();
  for (const each of shown) {
    walk.eachRun(each, ({ usageRuns, usage }, run, mask) => {
      const end = usageRuns.firstPerson[run + 1] as number;
      for (let at = usageRuns.firstPerson[run] as number; at < end; at++) {
        if (((usage.days[at] as number) & mask) === 0) continue;
        people.add(facts.index.members.person[usage.member[at] as number] as number);
      }
    });
  }
  return people.size;
}

/**
 * Walks through usage, one shown resource after another: millions of entries, so without objects or closures per
 * entry.
 */
class UsageWalk {
  readonly rows: Float64Array;
  private readonly length: number;
  private readonly byResource: UsageTotals["byResource"];
  private readonly bySchool: UsageTotals["bySchool"];
  private readonly byGrade: UsageTotals["byGrade"];
  private readonly bySchoolResource: Uint32Array;
  /** Days on which each different resource was used, by month. */
  private readonly identityDays: Uint32Array;
  private readonly identitySeen: Uint8Array;
  private readonly used: Uint8Array;
  /**
   * For each member, person, and member that represents a person at a school or in a grade: the last thing it was
   * counted for.
   */
  private readonly counted: Uint32Array;
  private readonly countedPerson: Uint32Array;
  private readonly countedAtSchool: Uint32Array;
  private readonly countedInGrade: Uint32Array;
  private readonly accessesByDay: Float64Array;
  private stamp = 0;
  private accesses = 0;

  constructor(
    private readonly facts: Facts,
    private readonly groups: Groups,
    private readonly scope: Scope,
  ) {
    const { names, index, days } = facts;
    const [shown, schools] = [names.shown.length, names.schools.length];
    const members = index.members.person.length;
    this.length = scope.to - scope.from + 1;
    this.rows = new Float64Array(shown * this.length);
    this.accessesByDay = new Float64Array(this.length);
    this.byResource = {
      users: new Uint32Array(shown),
      accesses: new Float64Array(shown),
      firstDay: new Int32Array(shown),
      lastDay: new Int32Array(shown),
    };
    this.bySchool = { accesses: new Float64Array(schools), pairs: new Float64Array(schools) };
    this.byGrade = { pairs: new Float64Array(names.grades.length) };
    this.bySchoolResource = new Uint32Array(shown * schools);
    this.identityDays = new Uint32Array(names.identities * days.monthStarts.length);
    this.identitySeen = new Uint8Array(names.identities);
    this.used = new Uint8Array(members);
    this.counted = new Uint32Array(members);
    this.countedPerson = new Uint32Array(index.people);
    this.countedAtSchool = new Uint32Array(members);
    this.countedInGrade = new Uint32Array(members);
  }

  /**
   * The counting runs of a shown resource, with their days; `start` is the month's first day, relative to the
   * scope's.
   */
  eachRun(shown: number, visit: VisitRun): void {
    for (const resource of this.facts.names.resourcesOf[shown] ?? [])
      eachRunOf(this.facts, this.scope, resource, visit);
  }

  addResource(shown: number): void {
    const { names, days } = this.facts;
    const isSimple = names.simple[shown] === 1;
    const months = days.monthStarts.length;
    this.stamp++;
    for (const resource of names.resourcesOf[shown] ?? []) {
      const identity = names.identityOf[resource] as number;
      eachRunOf(this.facts, this.scope, resource, (segment, run, mask, start, month) => {
        this.markDays(shown, start + this.scope.from, mask);
        if (identity >= 0) {
          const at = identity * months + month;
          this.identityDays[at] = (this.identityDays[at] as number) | mask;
          this.identitySeen[identity] = 1;
        }
        this.addCells(shown, segment, run, mask, start);
        this.countPeople(shown, segment, run, mask, isSimple);
      });
    }
  }

  private markDays(shown: number, start: number, mask: number): void {
    const { firstDay, lastDay } = this.byResource;
    const first = start + lowestBit(mask);
    const last = start + 31 - Math.clz32(mask);
    const known = firstDay[shown] as number;
    if (known === 0 || first < known) firstDay[shown] = first;
    if (last > (lastDay[shown] as number)) lastDay[shown] = last;
  }

  addCells(
    shown: number,
    { usageRuns, usageCells }: MonthSegment,
    run: number,
    mask: number,
    start: number,
  ): void {
    const { day, rows, accesses } = usageCells;
    const end = usageRuns.firstCell[run + 1] as number;
    const first = shown * this.length + start;
    let sum = 0;
    for (let cell = usageRuns.firstCell[run] as number; cell < end; cell++) {
      if ((mask & (1 << (day[cell] as number))) === 0) continue;
      const at = first + (day[cell] as number);
      this.rows[at] = (this.rows[at] as number) + (rows[cell] as number);
      sum += accesses[cell] as number;
      const ofDay = start + (day[cell] as number);
      this.accessesByDay[ofDay] = (this.accessesByDay[ofDay] as number) + (accesses[cell] as number);
    }
    const cohort = usageRuns.cohort[run] as number;
    this.accesses += sum;
    this.byResource.accesses[shown] = (this.byResource.accesses[shown] as number) + sum;
    if ((this.groups.schoolOf[this.groups.groupOf[cohort] as number] as number) < 0) return;
    const school = this.facts.names.schoolOf[cohort] as number;
    this.bySchool.accesses[school] = (this.bySchool.accesses[school] as number) + sum;
  }

  private countPeople(
    shown: number,
    { usageRuns, usage }: MonthSegment,
    run: number,
    mask: number,
    isSimple: boolean,
  ): void {
    const { names, people } = this.facts;
    const { counted, used, stamp } = this;
    const { moved } = people;
    const { member: members, days } = usage;
    const cohort = usageRuns.cohort[run] as number;
    const group = this.groups.groupOf[cohort] as number;
    const school = (this.groups.schoolOf[group] as number) >= 0 ? (names.schoolOf[cohort] as number) : -1;
    const grade = this.groups.gradeOf[group] as number;
    const end = usageRuns.firstPerson[run + 1] as number;
    let fresh = 0;
    for (let at = usageRuns.firstPerson[run] as number; at < end; at++) {
      if (((days[at] as number) & mask) === 0) continue;
      const member = members[at] as number;
      if (counted[member] === stamp) continue;
      counted[member] = stamp;
      used[member] = 1;
      if (moved[member] === 1) this.countMoved(shown, member, school, grade, isSimple);
      else fresh++;
    }
    if (fresh === 0) return;
    this.byResource.users[shown] = (this.byResource.users[shown] as number) + fresh;
    if (school >= 0) this.addAtSchool(shown, school, fresh, isSimple);
    if (grade >= 0 && isSimple) this.byGrade.pairs[grade] = (this.byGrade.pairs[grade] as number) + fresh;
  }

  private addAtSchool(shown: number, school: number, count: number, isSimple: boolean): void {
    const at = shown * this.facts.names.schools.length + school;
    this.bySchoolResource[at] = (this.bySchoolResource[at] as number) + count;
    if (isSimple) this.bySchool.pairs[school] = (this.bySchool.pairs[school] as number) + count;
  }

  private countMoved(shown: number, member: number, school: number, grade: number, isSimple: boolean): void {
    const { index, people } = this.facts;
    const { stamp, byResource, byGrade, groups } = this;
    if (stamped(this.countedPerson, index.members.person[member] as number, stamp))
      byResource.users[shown] = (byResource.users[shown] as number) + 1;
    if (school >= 0 && stamped(this.countedAtSchool, people.atSchool[member] as number, stamp)) {
      this.addAtSchool(shown, school, 1, isSimple);
    }
    if (grade < 0 || !isSimple) return;
    if (stamped(this.countedInGrade, groups.inGrade[member] as number, stamp)) {
      byGrade.pairs[grade] = (byGrade.pairs[grade] as number) + 1;
    }
  }

  /**
   * Counts people where one different resource has several shown ones, or one shown resource has several different
   * ones.
   */
  countSharedIdentities(): void {
    const { names } = this.facts;
    const shared = new Map<number, number[]>();
    names.resourcesOf.forEach((resources, shown) => {
      if (names.simple[shown] === 1 || this.scope.resources[shown] !== 1) return;
      for (const resource of resources) {
        const identity = names.identityOf[resource] as number;
        if (identity >= 0) shared.set(identity, [...(shared.get(identity) ?? []), resource]);
      }
    });
    for (const resources of shared.values()) {
      this.stamp++;
      for (const resource of resources) {
        eachRunOf(this.facts, this.scope, resource, (segment, run, mask) =>
          this.countPairs(segment, run, mask),
        );
      }
    }
  }

  private countPairs({ usageRuns, usage }: MonthSegment, run: number, mask: number): void {
    const { names, people } = this.facts;
    const { stamp, bySchool, byGrade, groups } = this;
    const cohort = usageRuns.cohort[run] as number;
    const group = groups.groupOf[cohort] as number;
    const isAtSchool = (groups.schoolOf[group] as number) >= 0;
    const school = names.schoolOf[cohort] as number;
    const grade = groups.gradeOf[group] as number;
    const end = usageRuns.firstPerson[run + 1] as number;
    for (let at = usageRuns.firstPerson[run] as number; at < end; at++) {
      if (((usage.days[at] as number) & mask) === 0) continue;
      const member = usage.member[at] as number;
      if (isAtSchool && stamped(this.countedAtSchool, people.atSchool[member] as number, stamp)) {
        bySchool.pairs[school] = (bySchool.pairs[school] as number) + 1;
      }
      if (grade >= 0 && stamped(this.countedInGrade, groups.inGrade[member] as number, stamp)) {
        byGrade.pairs[grade] = (byGrade.pairs[grade] as number) + 1;
      }
    }
  }

  result(): UsageTotals {
    const { rows, byResource, bySchool, byGrade, bySchoolResource, accesses } = this;
    const resources = this.identitySeen.reduce((sum, one) => sum + one, 0);
    return {
      users: this.countUsers(),
      accesses,
      resources,
      byResource,
      rows,
      bySchool,
      byGrade,
      bySchoolResource,
      byDay: this.resourcesByDay(),
      accessesByDay: this.accessesByDay,
    };
  }

  private countUsers(): number {
    const { person } = this.facts.index.members;
    const seen = new Uint8Array(this.facts.index.people);
    let users = 0;
    for (let member = 0; member < person.length; member++) {
      const number = person[member] as number;
      if (this.used[member] !== 1 || seen[number] === 1) continue;
      seen[number] = 1;
      users++;
    }
    return users;
  }

  private resourcesByDay(): Uint32Array {
    const { monthStarts } = this.facts.days;
    const resources = new Uint32Array(this.length);
    this.identityDays.forEach((mask, at) => {
      const start = (monthStarts[at % monthStarts.length] as number) - this.scope.from;
      for (let left = mask; left !== 0; left &= left - 1) {
        const day = start + lowestBit(left);
        resources[day] = (resources[day] as number) + 1;
      }
    });
    return resources;
  }
}

/** Returns whether the place did not have the stamp yet, and stamps it. */
function stamped(stamps: Uint32Array, place: number, stamp: number): boolean {
  if (stamps[place] === stamp) return false;
  stamps[place] = stamp;
  return true;
}
