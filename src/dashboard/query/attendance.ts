import type { People, ReportKind, Shown } from "../answer";
import { countBits, countDays, lowestBit } from "../calendar";
import { monthDays } from "../groups/days";
import type { Facts, Lists, Places } from "../groups/groups";
import type { MonthSegment } from "../index/participationIndex";
import { absentReports, daysWithData, isNeverCounted, type Scope } from "./scope";

/** Sums of daily participation over the groups that count, for a question or one of its entries. */
export class AttendanceSums {
  users = 0;
  activeUsers = 0;
  logins = 0;
  loginRows = 0;
  resources = 0;
  resourceRows = 0;
  /** Active people, summed over the days. */
  personDays = 0;
  /** Whether a group is suppressed. */
  hasSuppressed = false;
  /** Whether the groups that count have a row of each report. */
  participated = false;
  used = false;
  /** Days of the question without those on which everything is suppressed; only for entries and the total. */
  knownDays = 0;
  /** In the month that is being marked: days on which a group is suppressed, and days with rows that count. */
  private suppressedDays = 0;
  private countedDays = 0;

  constructor(private readonly minimumGroupSize: number) {}

  /** Marks days of a month: those on which a group is suppressed, and those with rows of each report that count. */
  mark(suppressed: number, participated: number, used: number): void {
    this.hasSuppressed ||= suppressed !== 0;
    this.participated ||= participated !== 0;
    this.used ||= used !== 0;
    this.suppressedDays |= suppressed;
    this.countedDays |= participated | used;
  }

  /** Ends a month of the question with these days. */
  endMonth(asked: number): void {
    this.knownDays += countBits(asked & ~(this.suppressedDays & ~this.countedDays));
    this.suppressedDays = this.countedDays = 0;
  }

  /** Adds sums of daily participation over the groups that count. */
  add(logins: number, loginRows: number, resources: number, resourceRows: number, personDays: number): void {
    this.logins += logins;
    this.loginRows += loginRows;
    this.resources += resources;
    this.resourceRows += resourceRows;
    this.personDays += personDays;
  }

  /** Whether any group counts on any day. */
  get counts(): boolean {
    return this.participated || this.used;
  }

  /** Whether nothing is known because everything was suppressed. */
  get isSuppressed(): boolean {
    return this.hasSuppressed && !this.counts;
  }

  get absent(): ReportKind[] {
    const { participated, used, resources } = this;
    return absentReports({ participated, used, withUse: resources > 0 });
  }

  /** A sum or average, from either report. */
  shown(value: number): Shown {
    return this.isSuppressed ? null : value;
  }

  /** A number of people, from either report. */
  people(count: number): People {
    if (this.isSuppressed) return null;
    return count > 0 && count < this.minimumGroupSize ? "few" : count;
  }
}

export interface AttendanceTotals {
  readonly total: AttendanceSums;
  /** Without `personDays`. */
  readonly schools: readonly AttendanceSums[];
  readonly grades: readonly AttendanceSums[];
  /** Each calendar day of the scope; without `users` and `activeUsers`. */
  readonly days: readonly AttendanceSums[];
  /** Days with rows that count. */
  readonly countedDays: number;
  /** Per school and day of the scope (`school * days + day`): active people. */
  readonly schoolDays: Float64Array;
}

/** Daily participation of a whole question, without counts of people. */
export function attendanceSums(scope: Scope): AttendanceTotals {
  const { schools, grades } = scope.lists;
  const { minimumGroupSize } = scope.groups;
  const sums = (count: number) => Array.from({ length: count }, () => new AttendanceSums(minimumGroupSize));
  const length = scope.to - scope.from + 1;
  const parts = {
    schools: sums(schools.count),
    grades: sums(grades.count),
    days: sums(length),
    schoolDays: new Float64Array(schools.count * length),
  };
  markSuppressed(scope, parts);
  addCells(scope, parts);
  countSeveralOnce(scope, parts);
  const countedDays = parts.days.filter(({ participated }) => participated).length;
  const total = sumOfDays(parts.days, scope);
  total.knownDays = countDays(scope.range) - parts.days.filter(({ isSuppressed }) => isSuppressed).length;
  return { ...parts, total, countedDays };
}

/** Daily participation of a whole question. */
export function attendanceTotals(scope: Scope): AttendanceTotals {
  const totals = attendanceSums(scope);
  countPeople(scope, totals);
  return totals;
}

/** The sums over several days; without people, who do not add up. */
export function sumOfDays(days: readonly AttendanceSums[], { groups }: Scope): AttendanceSums {
  const sum = new AttendanceSums(groups.minimumGroupSize);
  for (const day of days) {
    sum.add(day.logins, day.loginRows, day.resources, day.resourceRows, day.personDays);
    sum.hasSuppressed ||= day.hasSuppressed;
    sum.participated ||= day.participated;
    sum.used ||= day.used;
  }
  return sum;
}

type AttendanceParts = Pick<AttendanceTotals, "schools" | "grades" | "days" | "schoolDays">;

/** Records which sums count and of which some is suppressed. */
function markSuppressed(scope: Scope, parts: AttendanceParts): void {
  const { groups, lists } = scope;
  const { days } = scope.facts;
  const months = days.monthStarts.length;
  daysWithData(scope).forEach((all, month) => {
    let [allSuppressed, allCountedRows, allCountedUsage] = [0, 0, 0];
    for (let cohort = 0; cohort < scope.cohorts.length; cohort++) {
      if (scope.cohorts[cohort] !== 1) continue;
      const at = cohort * months + month;
      const rows = days.participated[at] as number;
      const used = days.used[at] as number;
      const mask = scope.masks[at] as number;
      const suppressed = isNeverCounted(scope, groups.groupOf[cohort] as number)
        ? all
        : (rows | used) & all & ~mask;
      const countedRows = rows & mask;
      const countedUsage = used & mask;
      allSuppressed |= suppressed;
      allCountedRows |= countedRows;
      allCountedUsage |= countedUsage;
      const markIn = (list: readonly AttendanceSums[], { of, countedIn }: Places) => {
        const sums = list[of[cohort] as number] as AttendanceSums;
        if ((countedIn[cohort] as number) < 0) sums.mark(all, 0, 0);
        else sums.mark(suppressed, countedRows, countedUsage);
      };
      markIn(parts.schools, lists.schools);
      markIn(parts.grades, lists.grades);
    }
    const start = (days.monthStarts[month] as number) - scope.from;
    for (let rest = allCountedRows | allCountedUsage | allSuppressed; rest !== 0; rest &= rest - 1) {
      const bit = rest & -rest;
      const day = parts.days[start + lowestBit(rest)] as AttendanceSums;
      day.mark(allSuppressed & bit, allCountedRows & bit, allCountedUsage & bit);
    }
    for (const sums of [...parts.schools, ...parts.grades]) sums.endMonth(scope.range[month] as number);
  });
}

function addCells(scope: Scope, { schools, grades, days: ofDays, schoolDays }: AttendanceParts): void {
  const { lists } = scope;
  const { index, days } = scope.facts;
  const months = days.monthStarts.length;
  const length = ofDays.length;
  index.months.forEach(({ attendanceCells: cells }, month) => {
    if (scope.range[month] === 0) return;
    const start = (days.monthStarts[month] as number) - scope.from;
    for (let cell = 0; cell < cells.cohort.length; cell++) {
      const cohort = cells.cohort[cell] as number;
      const bit = cells.day[cell] as number;
      const slot = cohort * months + month;
      if (((scope.masks[slot] as number) & (1 << bit)) === 0) continue;
      const active = days.active[slot * monthDays + bit] as number;
      const school = lists.schools.countedIn[cohort] as number;
      const grade = lists.grades.countedIn[cohort] as number;
      if (school >= 0) {
        const at = school * length + start + bit;
        schoolDays[at] = (schoolDays[at] as number) + active;
      }
      const logins = cells.logins[cell] as number;
      const loginRows = cells.loginRows[cell] as number;
      const resources = cells.resources[cell] as number;
      const resourceRows = cells.resourceRows[cell] as number;
      ofDays[start + bit]?.add(logins, loginRows, resources, resourceRows, active);
      schools[school]?.add(logins, loginRows, resources, resourceRows, active);
      grades[grade]?.add(logins, loginRows, resources, resourceRows, active);
    }
  });
}

const present = 1;
const active = 2;

/** Counts the people of a question, of its schools and of its grades, each person once. */
function countPeople(scope: Scope, totals: AttendanceTotals): void {
  const { index, days } = scope.facts;
  const months = days.monthStarts.length;
  const { cohort: cohortOf } = index.members;
  const seen = new Uint8Array(cohortOf.length);
  index.months.forEach(({ attendance }, month) => {
    if (scope.range[month] === 0) return;
    for (let entry = 0; entry < attendance.member.length; entry++) {
      const member = attendance.member[entry] as number;
      const mask = scope.masks[(cohortOf[member] as number) * months + month] as number;
      const isPresent = Number((mask & (attendance.present[entry] as number)) !== 0);
      const isActive = Number((mask & (attendance.active[entry] as number)) !== 0);
      seen[member] = (seen[member] as number) | (isPresent * present) | (isActive * active);
    }
  });
  const [users, activeUsers] = [peopleWith(scope, seen, present), peopleWith(scope, seen, active)];
  const lists = { everyone: [totals.total], schools: totals.schools, grades: totals.grades };
  for (const list of ["everyone", "schools", "grades"] as const) {
    lists[list].forEach((sums, entry) => {
      sums.users = users[list][entry] as number;
      sums.activeUsers = activeUsers[list][entry] as number;
    });
  }
}

/**
 * How many people with a marked member each entry of the lists counts; each person once, even with several marked
 * members.
 */
export function peopleWith(
  { facts, lists }: Scope,
  marks: Uint8Array | Uint32Array,
  mark: number,
): Readonly<Record<keyof Lists, Uint32Array>> {
  const { cohort: cohortOf } = facts.index.members;
  const ofCohorts = new Uint32Array(facts.index.cohorts.length);
  const isMarked = (member: number) => ((marks[member] as number) & mark) !== 0;
  for (let member = 0; member < marks.length; member++) {
    const cohort = cohortOf[member] as number;
    ofCohorts[cohort] = (ofCohorts[cohort] as number) + Number(isMarked(member));
  }
  const repeats = facts.people.repeats.filter(isMarked);
  const countIn = (places: Places) => {
    const counts = new Uint32Array(places.count);
    ofCohorts.forEach((number, cohort) => {
      const entry = places.countedIn[cohort] as number;
      if (entry >= 0) counts[entry] = (counts[entry] as number) + number;
    });
    forEachRepeat(facts, places, repeats, isMarked, (entry) => {
      counts[entry] = (counts[entry] as number) - 1;
    });
    return counts;
  };
  return {
    everyone: countIn(lists.everyone),
    schools: countIn(lists.schools),
    grades: countIn(lists.grades),
  };
}

/** Visits the entries of members whose person an earlier marked member has counted there already. */
export function forEachRepeat(
  { index, people }: Facts,
  { countedIn }: Places,
  members: Iterable<number>,
  isMarked: (member: number) => boolean,
  visit: (entry: number) => void,
): void {
  const { cohort: cohortOf } = index.members;
  for (const member of members) {
    const entry = countedIn[cohortOf[member] as number] as number;
    let other = entry < 0 ? -1 : (people.previous[member] as number);
    while (other >= 0 && !(isMarked(other) && countedIn[cohortOf[other] as number] === entry))
      other = people.previous[other] as number;
    if (other >= 0) visit(entry);
  }
}

/** Cells count members; a person who is active in several cohorts on one day must count once. */
function countSeveralOnce(scope: Scope, parts: AttendanceParts): void {
  const { schools } = scope.lists;
  const { index, days, people } = scope.facts;
  const months = days.monthStarts.length;
  const length = parts.days.length;
  for (const { month, entries } of people.several) {
    if (scope.range[month] === 0) continue;
    const { attendance } = index.months[month] as MonthSegment;
    const start = (days.monthStarts[month] as number) - scope.from;
    let seen = 0;
    const seenAt = new Map<number, number>();
    for (const entry of entries) {
      const cohort = index.members.cohort[attendance.member[entry] as number] as number;
      const done = (attendance.active[entry] as number) & (scope.masks[cohort * months + month] as number);
      for (let again = done & seen; again !== 0; again &= again - 1) {
        (parts.days[start + lowestBit(again)] as AttendanceSums).personDays--;
      }
      seen |= done;
      const school = schools.countedIn[cohort] as number;
      if (school < 0) continue;
      const before = seenAt.get(school) ?? 0;
      for (let again = done & before; again !== 0; again &= again - 1) {
        const day = school * length + start + lowestBit(again);
        parts.schoolDays[day] = (parts.schoolDays[day] as number) - 1;
      }
      seenAt.set(school, before | done);
    }
  }
}
