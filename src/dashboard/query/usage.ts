import { highestBit, lowestBit } from "../calendar";
import { addOn } from "../groups/days";
import type { Lists } from "../groups/groups";
import type { MonthSegment } from "../index/participationIndex";
import { forEachRepeat, peopleWith } from "./attendance";
import { choosesResources, type Scope } from "./scope";
import { forEachResource, forEachRun } from "./usageRuns";

/** Sums of resource usage over the groups that count, for a question or one of its entries. */
export class UsageSums {
  users = 0;
  /** Rows with a person. */
  personDays = 0;
  accesses = 0;
  /** Distinct resources; of a school or grade, those of each person, summed over its people. */
  resources = 0;
}

export interface UsageTotals {
  readonly total: UsageSums;
  readonly schools: readonly UsageSums[];
  readonly grades: readonly UsageSums[];
  /** Each calendar day of the scope; has `users` only if requested, and only if the scope selects resources. */
  readonly days: readonly UsageSums[];
  /** Per shown resource. */
  readonly byResource: {
    readonly users: Uint32Array;
    readonly accesses: Float64Array;
    /** Day numbers; 0 if there is no day. */
    readonly firstDay: Int32Array;
    readonly lastDay: Int32Array;
  };
  /** Per shown resource and day of the scope (`resource * days + day`): rows with a person. */
  readonly rows: Float64Array;
  /** Users per shown resource and school (`resource * schools + school`). */
  readonly bySchoolResource: Uint32Array;
}

/**
 * Throws the signal's reason when aborted.
 *
 * @param withDayUsers whether to count the users per day, which is slow
 */
export async function usageTotals(
  scope: Scope,
  signal: AbortSignal | undefined,
  withDayUsers: boolean,
): Promise<UsageTotals> {
  const walk = new UsageWalk(scope, withDayUsers && choosesResources(scope));
  await forEachResource(scope, signal, (shown) => walk.addResource(shown));
  return walk.totals();
}

const sums = (count: number) => Array.from({ length: count }, () => new UsageSums());

/**
 * Walks through usage, one shown resource after another: millions of entries, so without objects or closures per
 * entry.
 */
class UsageWalk {
  readonly rows: Float64Array;
  private readonly length: number;
  private readonly schools: UsageSums[];
  private readonly grades: UsageSums[];
  private readonly byResource: UsageTotals["byResource"];
  private readonly bySchoolResource: Uint32Array;
  private readonly accessesByDay: Float64Array;
  /** Days on which each shown resource was used, by month. */
  private readonly resourceDays: Uint32Array;
  /** Days on which each person used a selected resource, by month. */
  private readonly personDays: Uint32Array | undefined;
  /** Per member: the stamp of the last resource it was counted for. */
  private readonly counted: Uint32Array;
  private stamp = 0;

  constructor(
    private readonly scope: Scope,
    withDayUsers: boolean,
  ) {
    const { lists } = scope;
    const { names, index, days } = scope.facts;
    const shown = names.shown.length;
    const months = days.monthStarts.length;
    this.length = scope.to - scope.from + 1;
    this.rows = new Float64Array(shown * this.length);
    this.schools = sums(lists.schools.count);
    this.grades = sums(lists.grades.count);
    this.byResource = {
      users: new Uint32Array(shown),
      accesses: new Float64Array(shown),
      firstDay: new Int32Array(shown),
      lastDay: new Int32Array(shown),
    };
    this.bySchoolResource = new Uint32Array(shown * lists.schools.count);
    this.accessesByDay = new Float64Array(this.length);
    this.resourceDays = new Uint32Array(shown * months);
    if (withDayUsers) this.personDays = new Uint32Array(index.people * months);
    this.counted = new Uint32Array(index.members.person.length);
  }

  addResource(shown: number): void {
    const { names, days } = this.scope.facts;
    const months = days.monthStarts.length;
    this.stamp++;
    for (const resource of names.resourcesOf[shown] ?? []) {
      forEachRun(this.scope, resource, (segment, run, mask, start, month) => {
        this.markDays(shown, start + this.scope.from, mask);
        const at = shown * months + month;
        this.resourceDays[at] = (this.resourceDays[at] as number) | mask;
        this.addCells(shown, segment, run, mask, start);
        if (this.personDays) this.markPeople(this.personDays, segment, run, mask, month);
        this.countPeople(shown, segment, run, mask);
      });
    }
    this.removeRepeats(shown);
  }

  private markDays(shown: number, start: number, mask: number): void {
    const { firstDay, lastDay } = this.byResource;
    const first = start + lowestBit(mask);
    const last = start + highestBit(mask);
    const known = firstDay[shown] as number;
    if (known === 0 || first < known) firstDay[shown] = first;
    if (last > (lastDay[shown] as number)) lastDay[shown] = last;
  }

  private addCells(
    shown: number,
    { usageRuns, usageCells }: MonthSegment,
    run: number,
    mask: number,
    start: number,
  ): void {
    const { day, rows, accesses } = usageCells;
    const end = usageRuns.firstCell[run + 1] as number;
    const first = shown * this.length + start;
    let [personDays, sum] = [0, 0];
    for (let cell = usageRuns.firstCell[run] as number; cell < end; cell++) {
      if ((mask & (1 << (day[cell] as number))) === 0) continue;
      const at = first + (day[cell] as number);
      this.rows[at] = (this.rows[at] as number) + (rows[cell] as number);
      personDays += rows[cell] as number;
      sum += accesses[cell] as number;
      const ofDay = start + (day[cell] as number);
      this.accessesByDay[ofDay] = (this.accessesByDay[ofDay] as number) + (accesses[cell] as number);
    }
    this.byResource.accesses[shown] = (this.byResource.accesses[shown] as number) + sum;
    const { school, grade } = this.placesOf(usageRuns.cohort[run] as number);
    for (const part of [this.schools[school], this.grades[grade]]) {
      if (part === undefined) continue;
      part.personDays += personDays;
      part.accesses += sum;
    }
  }

  /** The school and the grade that count a cohort; -1 if none does. */
  private placesOf(cohort: number): { readonly school: number; readonly grade: number } {
    const { schools, grades } = this.scope.lists;
    return { school: schools.countedIn[cohort] as number, grade: grades.countedIn[cohort] as number };
  }

  private markPeople(
    personDays: Uint32Array,
    { usageRuns, usage }: MonthSegment,
    run: number,
    mask: number,
    month: number,
  ): void {
    const { index, days } = this.scope.facts;
    const months = days.monthStarts.length;
    const end = usageRuns.firstPerson[run + 1] as number;
    for (let at = usageRuns.firstPerson[run] as number; at < end; at++) {
      const place = (index.members.person[usage.member[at] as number] as number) * months + month;
      personDays[place] = (personDays[place] as number) | ((usage.days[at] as number) & mask);
    }
  }

  /** Counts members who are new for this stamp; without branches on them, which nobody can predict. */
  private countPeople(shown: number, { usageRuns, usage }: MonthSegment, run: number, mask: number): void {
    const { counted, stamp } = this;
    const { member: members, days } = usage;
    const isWhole = ((usageRuns.days[run] as number) & ~mask) === 0;
    const end = usageRuns.firstPerson[run + 1] as number;
    let users = 0;
    for (let at = usageRuns.firstPerson[run] as number; at < end; at++) {
      if (!isWhole && ((days[at] as number) & mask) === 0) continue;
      const member = members[at] as number;
      // A stamp is one more than the one before: the sign says whether the member has an older one.
      users += ((counted[member] as number) - stamp) >>> 31;
      counted[member] = stamp;
    }
    const { school, grade } = this.placesOf(usageRuns.cohort[run] as number);
    this.addUsers(shown, "everyone", 0, users);
    this.addUsers(shown, "schools", school, users);
    this.addUsers(shown, "grades", grade, users);
  }

  /** Counts each person once where several members of the person were counted for this stamp. */
  private removeRepeats(shown: number): void {
    const { facts, lists } = this.scope;
    const isUser = (member: number) => this.counted[member] === this.stamp;
    const repeats = facts.people.repeats.filter(isUser);
    for (const list of ["everyone", "schools", "grades"] as const)
      forEachRepeat(facts, lists[list], repeats, isUser, (entry) => this.addUsers(shown, list, entry, -1));
  }

  private addUsers(shown: number, list: keyof Lists, entry: number, users: number): void {
    const { byResource, bySchoolResource, schools, grades } = this;
    if (entry < 0) return;
    if (list === "everyone") byResource.users[shown] = (byResource.users[shown] as number) + users;
    else if (list === "grades") (grades[entry] as UsageSums).resources += users;
    else {
      (schools[entry] as UsageSums).resources += users;
      const at = shown * schools.length + entry;
      bySchoolResource[at] = (bySchoolResource[at] as number) + users;
    }
  }

  totals(): UsageTotals {
    const { rows, schools, grades, byResource, bySchoolResource, accessesByDay } = this;
    const total = new UsageSums();
    const users = peopleWith(this.scope, this.counted, ~0);
    total.users = users.everyone[0] as number;
    schools.forEach((sums, school) => {
      sums.users = users.schools[school] as number;
    });
    grades.forEach((sums, grade) => {
      sums.users = users.grades[grade] as number;
    });
    const days = sums(this.length);
    accessesByDay.forEach((accesses, day) => {
      (days[day] as UsageSums).accesses = accesses;
      total.accesses += accesses;
    });
    rows.forEach((count, at) => {
      (days[at % this.length] as UsageSums).personDays += count;
      total.personDays += count;
    });
    total.resources = byResource.firstDay.filter((day) => day !== 0).length;
    this.countByDay(this.resourceDays).forEach((resources, day) => {
      (days[day] as UsageSums).resources = resources;
    });
    if (this.personDays) {
      this.countByDay(this.personDays).forEach((people, day) => {
        (days[day] as UsageSums).users = people;
      });
    }
    return { total, schools, grades, days, byResource, rows, bySchoolResource };
  }

  /** How many masks contain each day; there is one mask per item and month. */
  private countByDay(masks: Uint32Array): Uint32Array {
    const { monthStarts } = this.scope.facts.days;
    const months = monthStarts.length;
    const digits = new Uint32Array(months * 32);
    for (let at = 0; at < masks.length; at++) countOn(digits, at % months, masks[at] as number);
    const counts = new Uint32Array(this.length);
    eachDigit(digits, (month, mask, count) => {
      addOn(counts, (monthStarts[month] as number) - this.scope.from, mask, count);
    });
    return counts;
  }
}

/**
 * Adds 1 to the count of each day of a mask, in one of several counters of 32 numbers each. Bit `day` of a counter's
 * n-th number is the n-th binary digit of that day's count, so all days are added in parallel.
 */
function countOn(digits: Uint32Array, counter: number, mask: number): void {
  let at = counter * 32;
  for (let carry = mask; carry !== 0; at++) {
    const digit = digits[at] as number;
    digits[at] = digit ^ carry;
    carry &= digit;
  }
}

/** Visits the digits of all counters: a day's count is the sum of `count` over the masks that contain the day. */
function eachDigit(digits: Uint32Array, visit: (counter: number, mask: number, count: number) => void): void {
  digits.forEach((mask, at) => {
    if (mask !== 0) visit(at >>> 5, mask, 1 << (at & 31));
  });
}
