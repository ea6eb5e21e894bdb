import { highestBit, lowestBit } from "../calendar";
import { addOn, countOn, eachDigit } from "../groups/days";
import type { MonthSegment } from "../index/participationIndex";
import { peopleWith } from "./attendance";
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
  /** Per member, and per first member of a person in an entry: the last thing it was counted for. */
  private readonly counted: Uint32Array;
  private readonly countedIn: Readonly<Record<"everyone" | "schools" | "grades", Uint32Array>>;
  private stamp = 0;

  constructor(
    private readonly scope: Scope,
    withDayUsers: boolean,
  ) {
    const { groups } = scope;
    const { names, index, days } = scope.facts;
    const shown = names.shown.length;
    const members = index.members.person.length;
    const months = days.monthStarts.length;
    this.length = scope.to - scope.from + 1;
    this.rows = new Float64Array(shown * this.length);
    this.schools = sums(groups.schools.count);
    this.grades = sums(groups.grades.count);
    this.byResource = {
      users: new Uint32Array(shown),
      accesses: new Float64Array(shown),
      firstDay: new Int32Array(shown),
      lastDay: new Int32Array(shown),
    };
    this.bySchoolResource = new Uint32Array(shown * groups.schools.count);
    this.accessesByDay = new Float64Array(this.length);
    this.resourceDays = new Uint32Array(shown * months);
    if (withDayUsers) this.personDays = new Uint32Array(index.people * months);
    this.counted = new Uint32Array(members);
    this.countedIn = {
      everyone: new Uint32Array(members),
      schools: new Uint32Array(members),
      grades: new Uint32Array(members),
    };
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
    const { schools, grades } = this.scope.groups;
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

  private countPeople(shown: number, { usageRuns, usage }: MonthSegment, run: number, mask: number): void {
    const { moved } = this.scope.facts.people;
    const { counted, stamp } = this;
    const { member: members, days } = usage;
    const isWhole = ((usageRuns.days[run] as number) & ~mask) === 0;
    const { school, grade } = this.placesOf(usageRuns.cohort[run] as number);
    const end = usageRuns.firstPerson[run + 1] as number;
    let [users, atSchool, inGrade] = [0, 0, 0];
    for (let at = usageRuns.firstPerson[run] as number; at < end; at++) {
      if (!isWhole && ((days[at] as number) & mask) === 0) continue;
      const member = members[at] as number;
      if (counted[member] === stamp) continue;
      counted[member] = stamp;
      const isOnly = moved[member] !== 1;
      if (isOnly || this.isNew("everyone", member)) users++;
      if (school >= 0 && (isOnly || this.isNew("schools", member))) atSchool++;
      if (grade >= 0 && (isOnly || this.isNew("grades", member))) inGrade++;
    }
    this.byResource.users[shown] = (this.byResource.users[shown] as number) + users;
    if (atSchool > 0) {
      const at = shown * this.schools.length + school;
      this.bySchoolResource[at] = (this.bySchoolResource[at] as number) + atSchool;
      (this.schools[school] as UsageSums).resources += atSchool;
    }
    if (inGrade > 0) (this.grades[grade] as UsageSums).resources += inGrade;
  }

  /** Whether a member's person was not counted yet for this stamp where the member counts; counts them. */
  private isNew(list: "everyone" | "schools" | "grades", member: number): boolean {
    const first = this.scope.groups[list].firstMember[member] as number;
    if (this.countedIn[list][first] === this.stamp) return false;
    this.countedIn[list][first] = this.stamp;
    return true;
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
