import { spanOf } from "../calendar";
import { addOn } from "../groups/days";
import type { Places } from "../groups/groups";
import type { MonthSegment, MonthUse } from "../index/participationIndex";
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

  add(personDays: number, accesses: number): void {
    this.personDays += personDays;
    this.accesses += accesses;
  }
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

type Runs = MonthSegment["usageRuns"];

/** An entry of a list; undefined for -1, which would be looked up as a name. */
const entryAt = (list: readonly UsageSums[], entry: number): UsageSums | undefined =>
  entry < 0 ? undefined : list[entry];

const sums = (count: number) => Array.from({ length: count }, () => new UsageSums());

/**
 * Walks through usage, one shown resource after another: millions of entries, so without objects or closures per
 * entry.
 */
class UsageWalk {
  readonly rows: Float64Array;
  private readonly length: number;
  /** The scope's first month, by its place in the index, and the first days of all months of the scope. */
  private readonly firstMonth: number;
  private readonly monthStarts: Int32Array;
  private readonly schools: UsageSums[];
  private readonly grades: UsageSums[];
  private readonly byResource: Pick<UsageTotals["byResource"], "users" | "accesses">;
  private readonly bySchoolResource: Uint32Array;
  private readonly accessesByDay: Float64Array;
  /** Days on which each shown resource was used, by month. */
  private readonly resourceDays: Uint32Array;
  /** Days on which each person used a selected resource, by month. */
  private readonly personDays: Uint32Array | undefined;
  /** Per member: the stamp of the last resource it was counted for. */
  private readonly counted: Uint32Array;
  private stamp = 0;
  /** How many entries of members were visited for this stamp. */
  private visited = 0;

  constructor(
    private readonly scope: Scope,
    withDayUsers: boolean,
  ) {
    const { lists } = scope;
    const { names, index, days } = scope.facts;
    const shown = names.shown.length;
    const isIn = (mask: number) => mask !== 0;
    this.firstMonth = Math.max(scope.range.findIndex(isIn), 0);
    this.monthStarts = days.monthStarts.subarray(this.firstMonth, scope.range.findLastIndex(isIn) + 1);
    const months = this.monthStarts.length;
    this.length = scope.to - scope.from + 1;
    this.rows = new Float64Array(shown * this.length);
    this.schools = sums(lists.schools.count);
    this.grades = sums(lists.grades.count);
    this.byResource = {
      users: new Uint32Array(shown),
      accesses: new Float64Array(shown),
    };
    this.bySchoolResource = new Uint32Array(shown * lists.schools.count);
    this.accessesByDay = new Float64Array(this.length);
    this.resourceDays = new Uint32Array(shown * months);
    if (withDayUsers) this.personDays = new Uint32Array(index.people * months);
    this.counted = new Uint32Array(index.members.person.length);
  }

  addResource(shown: number): void {
    const { names } = this.scope.facts;
    const months = this.monthStarts.length;
    this.stamp++;
    this.visited = 0;
    for (const resource of names.resourcesOf[shown] ?? []) {
      forEachRun(this.scope, resource, (runs, use, run, mask, start, month) => {
        const at = shown * months + month - this.firstMonth;
        this.resourceDays[at] = (this.resourceDays[at] as number) | mask;
        this.addCells(shown, runs, use, run, mask, start);
        if (this.personDays) this.markPeople(this.personDays, runs, use, run, mask, month);
        this.countPeople(shown, runs, use, run, mask);
      });
    }
    this.removeRepeats(shown);
  }

  private addCells(
    shown: number,
    runs: Runs,
    { cells: { day, rows, accesses } }: MonthUse,
    run: number,
    mask: number,
    start: number,
  ): void {
    const end = runs.firstCell[run + 1] as number;
    const first = shown * this.length + start;
    let personDays = 0;
    let sum = 0;
    for (let cell = runs.firstCell[run] as number; cell < end; cell++) {
      if ((mask & (1 << (day[cell] as number))) === 0) continue;
      const at = first + (day[cell] as number);
      this.rows[at] = (this.rows[at] as number) + (rows[cell] as number);
      personDays += rows[cell] as number;
      sum += accesses[cell] as number;
      const ofDay = start + (day[cell] as number);
      this.accessesByDay[ofDay] = (this.accessesByDay[ofDay] as number) + (accesses[cell] as number);
    }
    this.byResource.accesses[shown] = (this.byResource.accesses[shown] as number) + sum;
    const { schools, grades } = this.scope.lists;
    const cohort = runs.cohort[run] as number;
    entryAt(this.schools, schools.countedIn[cohort] as number)?.add(personDays, sum);
    entryAt(this.grades, grades.countedIn[cohort] as number)?.add(personDays, sum);
  }

  private markPeople(
    personDays: Uint32Array,
    runs: Runs,
    { people: { member, days: daysOf } }: MonthUse,
    run: number,
    mask: number,
    month: number,
  ): void {
    const { index } = this.scope.facts;
    const months = this.monthStarts.length;
    const end = runs.firstPerson[run + 1] as number;
    for (let at = runs.firstPerson[run] as number; at < end; at++) {
      const person = index.members.person[member[at] as number] as number;
      const place = person * months + month - this.firstMonth;
      personDays[place] = (personDays[place] as number) | ((daysOf[at] as number) & mask);
    }
  }

  /** Counts members who are new for this stamp; without branches on them, which nobody can predict. */
  private countPeople(shown: number, runs: Runs, { people }: MonthUse, run: number, mask: number): void {
    const { counted, stamp } = this;
    const { member: members, days } = people;
    const isWhole = ((runs.days[run] as number) & ~mask) === 0;
    const end = runs.firstPerson[run + 1] as number;
    let users = 0;
    for (let at = runs.firstPerson[run] as number; at < end; at++) {
      if (!isWhole && ((days[at] as number) & mask) === 0) continue;
      const member = members[at] as number;
      // A stamp is one more than the one before: the sign says whether the member has an older one.
      users += ((counted[member] as number) - stamp) >>> 31;
      counted[member] = stamp;
    }
    this.visited += end - (runs.firstPerson[run] as number);
    this.addUsers(shown, users);
    const { schools, grades } = this.scope.lists;
    const cohort = runs.cohort[run] as number;
    this.addSchoolUsers(shown, schools.countedIn[cohort] as number, users);
    this.addGradeUsers(grades.countedIn[cohort] as number, users);
  }

  /** Counts each person once where several members of the person were counted for this stamp. */
  private removeRepeats(shown: number): void {
    const { facts, lists } = this.scope;
    const isUser = (member: number) => this.counted[member] === this.stamp;
    const repeats = this.repeatsOf(shown, isUser);
    const forEach = (places: Places, visit: (entry: number) => void) =>
      forEachRepeat(facts, places, repeats, isUser, visit);
    forEach(lists.everyone, () => this.addUsers(shown, -1));
    forEach(lists.schools, (school) => this.addSchoolUsers(shown, school, -1));
    forEach(lists.grades, (grade) => this.addGradeUsers(grade, -1));
  }

  /** The counted members whose person has an earlier one, from the shorter of two lists. */
  private repeatsOf(shown: number, isUser: (member: number) => boolean): Iterable<number> {
    const { names, people } = this.scope.facts;
    if (this.visited >= people.repeats.length) return people.repeats.filter(isUser);
    const found = new Set<number>();
    for (const resource of names.resourcesOf[shown] ?? []) {
      forEachRun(this.scope, resource, ({ firstPerson }, { people: { member: members } }, run) => {
        const end = firstPerson[run + 1] as number;
        for (let at = firstPerson[run] as number; at < end; at++) {
          const member = members[at] as number;
          if ((people.previous[member] as number) >= 0 && isUser(member)) found.add(member);
        }
      });
    }
    return found;
  }

  private addUsers(shown: number, users: number): void {
    const { users: all } = this.byResource;
    all[shown] = (all[shown] as number) + users;
  }

  private addSchoolUsers(shown: number, school: number, users: number): void {
    if (school < 0) return;
    (this.schools[school] as UsageSums).resources += users;
    const at = shown * this.schools.length + school;
    this.bySchoolResource[at] = (this.bySchoolResource[at] as number) + users;
  }

  private addGradeUsers(grade: number, users: number): void {
    const sums = entryAt(this.grades, grade);
    if (sums) sums.resources += users;
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
    const { firstDay, lastDay } = this.spans();
    total.resources = firstDay.filter((day) => day !== 0).length;
    this.countByDay(this.resourceDays).forEach((resources, day) => {
      (days[day] as UsageSums).resources = resources;
    });
    if (this.personDays) {
      this.countByDay(this.personDays).forEach((people, day) => {
        (days[day] as UsageSums).users = people;
      });
    }
    return {
      total,
      schools,
      grades,
      days,
      byResource: { ...byResource, firstDay, lastDay },
      rows,
      bySchoolResource,
    };
  }

  /** The first and the last day of each shown resource. */
  private spans(): Pick<UsageTotals["byResource"], "firstDay" | "lastDay"> {
    const { monthStarts } = this;
    const months = monthStarts.length;
    const spans = Array.from(this.byResource.users, (_, shown) =>
      spanOf(monthStarts, this.resourceDays.subarray(shown * months, (shown + 1) * months)),
    );
    return {
      firstDay: Int32Array.from(spans, (span) => span?.first ?? 0),
      lastDay: Int32Array.from(spans, (span) => span?.last ?? 0),
    };
  }

  /** How many masks contain each day; there is one mask per item and month. */
  private countByDay(masks: Uint32Array): Uint32Array {
    const { monthStarts } = this;
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
