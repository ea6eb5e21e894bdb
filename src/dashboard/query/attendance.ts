import { countBits, lowestBit, weekdayOf } from "../calendar";
import { type Days, monthDays } from "../days";
import type { Facts, Groups } from "../groups";
import type { MonthSegment } from "../index/participationIndex";
import type { Scope } from "./scope";

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
  /** Whether any group counts on any day; whether rows of either report were withheld. */
  counts = false;
  left = false;
  /** Whether there is a row of daily participation, withheld or not. */
  hasRows = false;

  /** Whether nothing is known because everything was withheld. */
  get isWithheld(): boolean {
    return this.left && !this.counts;
  }
}

export interface AttendanceTotals {
  readonly total: AttendanceSums;
  readonly schools: readonly AttendanceSums[];
  readonly grades: readonly AttendanceSums[];
  /** Each calendar day of the scope; `users` and `activeUsers` are not set. */
  readonly days: readonly AttendanceSums[];
  /** Index 0 is Monday; `users` and `activeUsers` are not set. */
  readonly weekdays: readonly AttendanceSums[];
  /** Days with rows that count. */
  readonly countedDays: number;
  /** Per school and day of the scope (`school * days + day`): active people. */
  readonly schoolDays: Float64Array;
}

const sums = (count: number) => Array.from({ length: count }, () => new AttendanceSums());

/** Daily participation of a whole question. */
export function attendanceTotals(facts: Facts, groups: Groups, scope: Scope): AttendanceTotals {
  const { index, names, days } = facts;
  const length = scope.to - scope.from + 1;
  const result = {
    total: new AttendanceSums(),
    schools: sums(names.schools.length),
    grades: sums(names.grades.length),
    days: sums(length),
    weekdays: sums(7),
    schoolDays: new Float64Array(names.schools.length * length),
  };
  const weekdays = weekdayDays(days, scope);
  const { countedDays } = markParts(facts, groups, scope, weekdays, result);
  index.months.forEach((segment, month) => {
    if ((scope.range[month] as number) !== 0)
      addCells(facts, groups, scope, weekdays, result, segment, month);
  });
  countPeople(facts, groups, scope, result);
  takeSeveralOnce(facts, groups, scope, weekdays, result);
  return { ...result, countedDays };
}

/**
 * Per month: the days used to compare weekdays, which are school days with participation of everyone in the question.
 */
export function weekdayDays({ kinds }: Days, { missing, range }: Scope): Uint32Array {
  return range.map(
    (mask, month) =>
      mask &
      (kinds.school[month] as number) &
      (kinds.participation[month] as number) &
      ~(missing.dailyParticipation[month] as number),
  );
}

type Parts = Omit<AttendanceTotals, "countedDays">;

/** Records for each part whether it counts and whether some of it is withheld. */
function markParts(facts: Facts, groups: Groups, scope: Scope, weekdays: Uint32Array, parts: Parts) {
  const { names, days } = facts;
  const months = days.monthStarts.length;
  let countedDays = 0;
  for (let month = 0; month < months; month++) {
    const range = scope.range[month] as number;
    if (range === 0) continue;
    let [counted, left, participated, withRows] = [0, 0, 0, 0];
    for (let cohort = 0; cohort < scope.cohorts.length; cohort++) {
      if (scope.cohorts[cohort] !== 1) continue;
      const at = cohort * months + month;
      const own = (days.participated[at] as number) & range;
      const rows = own | ((days.used[at] as number) & range);
      if (rows === 0) continue;
      const ofCohort = rows & (scope.masks[at] as number);
      counted |= ofCohort;
      left |= rows & ~ofCohort;
      participated |= own & ofCohort;
      withRows |= own;
      const group = groups.groupOf[cohort] as number;
      const markPart = (part: AttendanceSums | undefined, isWhole: boolean) => {
        if (part === undefined) return;
        if (isWhole && ofCohort !== 0) part.counts = true;
        if (!isWhole || ofCohort !== rows) part.left = true;
        if (own !== 0) part.hasRows = true;
      };
      markPart(parts.schools[names.schoolOf[cohort] as number], (groups.schoolOf[group] as number) >= 0);
      markPart(parts.grades[groups.countedGrade[cohort] as number], (groups.gradeOf[group] as number) >= 0);
    }
    countedDays += countBits(participated);
    const start = (days.monthStarts[month] as number) - scope.from;
    const school = weekdays[month] as number;
    for (let rest = counted | left; rest !== 0; rest &= rest - 1) {
      const bit = rest & -rest;
      const day = start + lowestBit(bit);
      const weekday = (school & bit) === 0 ? undefined : parts.weekdays[weekdayOf(scope.from + day) - 1];
      for (const part of [parts.total, parts.days[day], weekday]) {
        if (part === undefined) continue;
        if ((counted & bit) !== 0) part.counts = true;
        if ((left & bit) !== 0) part.left = true;
        if ((withRows & bit) !== 0) part.hasRows = true;
      }
    }
  }
  return { countedDays };
}

function addCells(
  { names, days }: Facts,
  groups: Groups,
  scope: Scope,
  weekdays: Uint32Array,
  parts: Parts,
  { attendanceCells: cells }: MonthSegment,
  month: number,
): void {
  const months = days.monthStarts.length;
  const start = (days.monthStarts[month] as number) - scope.from;
  const school = weekdays[month] as number;
  const length = parts.days.length;
  const add = (part: AttendanceSums | undefined, cell: number, people: number) => {
    if (part === undefined) return;
    part.logins += cells.logins[cell] as number;
    part.loginRows += cells.loginRows[cell] as number;
    part.resources += cells.resources[cell] as number;
    part.resourceRows += cells.resourceRows[cell] as number;
    part.personDays += people;
  };
  for (let cell = 0; cell < cells.cohort.length; cell++) {
    const cohort = cells.cohort[cell] as number;
    const bit = 1 << (cells.day[cell] as number);
    if (((scope.masks[cohort * months + month] as number) & bit) === 0) continue;
    const day = start + (cells.day[cell] as number);
    const people = days.active[(cohort * months + month) * monthDays + (cells.day[cell] as number)] as number;
    const group = groups.groupOf[cohort] as number;
    add(parts.total, cell, people);
    add(parts.days[day], cell, people);
    if ((school & bit) !== 0) add(parts.weekdays[weekdayOf(scope.from + day) - 1], cell, people);
    if ((groups.schoolOf[group] as number) >= 0) {
      const number = names.schoolOf[cohort] as number;
      add(parts.schools[number], cell, people);
      const at = number * length + day;
      parts.schoolDays[at] = (parts.schoolDays[at] as number) + people;
    }
    if ((groups.gradeOf[group] as number) >= 0)
      add(parts.grades[groups.countedGrade[cohort] as number], cell, people);
  }
}

const present = 1;
const active = 2;

/** Counts the people of a question, of its schools and of its grades, each person once. */
function countPeople(
  { index, names, people, days }: Facts,
  groups: Groups,
  scope: Scope,
  parts: Parts,
): void {
  const months = days.monthStarts.length;
  const { person: personOf, cohort: cohortOf } = index.members;
  const seen = new Uint8Array(personOf.length);
  index.months.forEach(({ attendance }, month) => {
    if ((scope.range[month] as number) === 0) return;
    for (let entry = 0; entry < attendance.member.length; entry++) {
      const member = attendance.member[entry] as number;
      const mask = scope.masks[(cohortOf[member] as number) * months + month] as number;
      if ((mask & (attendance.present[entry] as number)) === 0) continue;
      const used = (mask & (attendance.active[entry] as number)) !== 0;
      seen[member] = (seen[member] as number) | (used ? present | active : present);
    }
  });
  const persons = new Uint8Array(index.people);
  const atSchool = new Uint8Array(seen.length);
  const inGrade = new Uint8Array(seen.length);
  const mark = (marks: Uint8Array, at: number, bits: number) => {
    marks[at] = (marks[at] as number) | bits;
  };
  for (let member = 0; member < seen.length; member++) {
    const bits = seen[member] as number;
    if (bits === 0) continue;
    const group = groups.groupOf[cohortOf[member] as number] as number;
    mark(persons, personOf[member] as number, bits);
    if ((groups.schoolOf[group] as number) >= 0) mark(atSchool, people.atSchool[member] as number, bits);
    if ((groups.gradeOf[group] as number) >= 0) mark(inGrade, groups.inGrade[member] as number, bits);
  }
  const count = (marks: Uint8Array, partOf: (at: number) => AttendanceSums | undefined) => {
    for (let at = 0; at < marks.length; at++) {
      const bits = marks[at] as number;
      const part = bits === 0 ? undefined : partOf(at);
      if (part === undefined) continue;
      part.users++;
      if ((bits & active) !== 0) part.activeUsers++;
    }
  };
  count(persons, () => parts.total);
  count(atSchool, (member) => parts.schools[names.schoolOf[cohortOf[member] as number] as number]);
  count(inGrade, (member) => parts.grades[groups.countedGrade[cohortOf[member] as number] as number]);
}

/** Cells count members; a person who is active in several cohorts on one day must count once. */
function takeSeveralOnce(
  facts: Facts,
  groups: Groups,
  scope: Scope,
  weekdays: Uint32Array,
  parts: Parts,
): void {
  const { index, names, days } = facts;
  const { several } = facts.people;
  const months = days.monthStarts.length;
  const length = parts.days.length;
  for (let at = 0; at < several.month.length; at++) {
    const month = several.month[at] as number;
    if ((scope.range[month] as number) === 0) continue;
    const { attendance } = index.months[month] as MonthSegment;
    const start = (days.monthStarts[month] as number) - scope.from;
    const school = weekdays[month] as number;
    let seen = 0;
    const seenAt = new Map<number, number>();
    for (let place = several.first[at] as number; place < (several.first[at + 1] as number); place++) {
      const entry = several.entry[place] as number;
      const cohort = index.members.cohort[attendance.member[entry] as number] as number;
      const done = (attendance.active[entry] as number) & (scope.masks[cohort * months + month] as number);
      for (let left = done & seen; left !== 0; left &= left - 1) {
        const day = start + lowestBit(left);
        const weekday = parts.weekdays[weekdayOf(scope.from + day) - 1];
        const isSchool = (school & left & -left) !== 0;
        for (const part of [parts.total, parts.days[day], isSchool ? weekday : undefined]) {
          if (part) part.personDays--;
        }
      }
      seen |= done;
      if ((groups.schoolOf[groups.groupOf[cohort] as number] as number) < 0) continue;
      const number = names.schoolOf[cohort] as number;
      const before = seenAt.get(number) ?? 0;
      for (let left = done & before; left !== 0; left &= left - 1) {
        const day = number * length + start + lowestBit(left);
        parts.schoolDays[day] = (parts.schoolDays[day] as number) - 1;
      }
      seenAt.set(number, before | done);
    }
  }
}
