import { daysMask, mondayOf, weekdayOf } from "../calendar";
import { monthDays } from "../release/attendanceLayout";
import { type FrozenCells, within } from "../release/frozenBlocks";
import type { Prepared } from "../release/prepared";
import type { Scope } from "./scope";

/** Sums of daily participation over the blocks that lie within a scope, or a part of it. */
export class AttendanceSums {
  users = 0;
  activeUsers = 0;
  logins = 0;
  loginRows = 0;
  resources = 0;
  resourceRows = 0;
  /** Active people, counted on each day. */
  personDays = 0;
  /** Whether there is any row, left out or not. */
  hasRows = false;
  /** Whether people, or things done, were left out because their blocks are cut. */
  usersCut = false;
  activityCut = false;
  /** Whether rows were left out of the averages. */
  rowsCut = false;
}

export interface AttendanceFacts {
  readonly total: AttendanceSums;
  readonly schools: readonly AttendanceSums[];
  readonly grades: readonly AttendanceSums[];
  /** One per calendar day of the scope; `users` and `activeUsers` are not filled. */
  readonly days: readonly AttendanceSums[];
  /** Index 0 is Monday. */
  readonly weekdays: readonly AttendanceSums[];
  /** Days with rows of people who are shown. */
  readonly shownDays: number;
  readonly daysCut: boolean;
  /** Per week of the scope: whether people were left out of the question narrowed to it. */
  readonly weekUsersCut: Uint8Array;
  /** Per school and day (`school * days + day`): active people; NaN where they must not be shown. */
  readonly schoolDays: Float64Array;
}

const sums = (count: number) => Array.from({ length: count }, () => new AttendanceSums());

/** What the blocks of cells say for a scope: per cell, within what it is covered (bits of `within`). */
function coveredCells(prepared: Prepared, blocks: FrozenCells, cells: Uint32Array): Uint8Array {
  const counts = new Uint32Array(blocks.size.length);
  for (const cell of cells) {
    const block = blocks.of[cell] as number;
    if (block >= 0) counts[block] = (counts[block] as number) + 1;
  }
  const covered = new Uint8Array(prepared.attendance.rowDays.length * monthDays);
  for (const cell of cells) {
    const block = blocks.of[cell] as number;
    if (block >= 0 && counts[block] === blocks.size[block]) covered[cell] = blocks.within[block] as number;
  }
  return covered;
}

/** The cells of the scope that are in a block. */
function cellsInScope({ attendance, monthStarts, activeBlocks }: Prepared, scope: Scope): Uint32Array {
  const cells: number[] = [];
  for (let rank = 0; rank < scope.ranks.length; rank++) {
    if (scope.ranks[rank] !== 1) continue;
    for (let month = 0; month < attendance.months; month++) {
      const start = monthStarts[month] as number;
      const first = Math.max(scope.from - start, 0);
      const last = Math.min(scope.to - start, monthDays - 1);
      const slot = rank * attendance.months + month;
      for (let day = first; day <= last; day++) {
        if ((activeBlocks.of[slot * monthDays + day] as number) >= 0) cells.push(slot * monthDays + day);
      }
    }
  }
  return Uint32Array.from(cells);
}

export function attendanceFacts(prepared: Prepared, scope: Scope): AttendanceFacts {
  const { names, attendance, monthStarts } = prepared;
  const cells = cellsInScope(prepared, scope);
  const active = coveredCells(prepared, prepared.activeBlocks, cells);
  const present = coveredCells(prepared, prepared.presentBlocks, cells);
  const length = scope.to - scope.from + 1;
  const total = new AttendanceSums();
  const schools = sums(names.schools.length);
  const grades = sums(names.grades.length);
  const days = sums(length);
  const weekdays = sums(7);
  const shown = new Uint8Array(length);
  const cutDays = new Uint8Array(length);
  const weekUsersCut = new Uint8Array((mondayOf(scope.to) - mondayOf(scope.from)) / 7 + 1);
  const schoolDays = new Float64Array(names.schools.length * length);
  const schoolDaysCut = new Uint8Array(names.schools.length * length);
  for (const cell of cells) {
    const slot = Math.floor(cell / monthDays);
    const rank = Math.floor(slot / attendance.months);
    const day = (monthStarts[slot % attendance.months] as number) + (cell % monthDays);
    const place = day - scope.from;
    const school = names.schoolOfRank[rank] as number;
    const [done, there] = [active[cell] as number, present[cell] as number];
    const bit = 1 << (cell % monthDays);
    const busy = ((attendance.busyDays[slot] as number) & bit) !== 0;
    const rows = ((attendance.rowDays[slot] as number) & bit) !== 0;
    const parts = [
      [total, within.scope],
      [schools[school], within.school],
      [grades[names.gradeOfRank[rank] as number], within.grade],
      [days[place], within.day],
      [isSchoolDay(prepared, cell) ? weekdays[weekdayOf(day) - 1] : undefined, within.weekday],
    ] as const;
    for (const [part, kind] of parts) {
      if (part === undefined) continue;
      if ((done & kind) !== 0) addCell(part, prepared, cell);
      else {
        part.activityCut ||= busy;
        part.rowsCut ||= rows;
      }
      part.hasRows ||= rows;
      part.usersCut ||= rows && (there & kind) === 0;
    }
    if (rows && (there & within.scope) !== 0) shown[place] = 1;
    else if (rows) cutDays[place] = 1;
    if (rows && (there & within.week) === 0) {
      weekUsersCut[(mondayOf(day) - mondayOf(scope.from)) / 7] = 1;
    }
    const schoolDay = school * length + place;
    if ((done & within.school) !== 0 && (done & within.day) !== 0) {
      schoolDays[schoolDay] = (schoolDays[schoolDay] as number) + (attendance.activeMembers[cell] as number);
    } else if (busy) schoolDaysCut[schoolDay] = 1;
  }
  countPeople(prepared, scope, active, present, { total, schools, grades });
  takeOutDoubles(prepared, scope, active, { days, weekdays, schoolDays });
  schoolDays.forEach((people, at) => {
    if (people === 0 && schoolDaysCut[at] === 1) schoolDays[at] = Number.NaN;
  });
  return {
    total,
    schools,
    grades,
    days,
    weekdays,
    shownDays: shown.reduce((count, one) => count + one, 0),
    daysCut: cutDays.some((cut, place) => cut === 1 && shown[place] === 0),
    weekUsersCut,
    schoolDays,
  };
}

function isSchoolDay({ attendance, dayKinds }: Prepared, cell: number): boolean {
  const month = Math.floor(cell / monthDays) % attendance.months;
  return (((dayKinds.school[month] as number) >>> (cell % monthDays)) & 1) === 1;
}

function addCell(part: AttendanceSums, { attendance }: Prepared, cell: number): void {
  part.logins += attendance.logins[cell] as number;
  part.loginRows += attendance.loginRows[cell] as number;
  part.resources += attendance.resources[cell] as number;
  part.resourceRows += attendance.resourceRows[cell] as number;
  part.personDays += attendance.activeMembers[cell] as number;
}

/** A bit per kind of count in which a member is seen. */
const seenThere = { total: 1, school: 2, grade: 4 } as const;
const seenActive = { total: 8, school: 16, grade: 32 } as const;

function countPeople(
  prepared: Prepared,
  scope: Scope,
  active: Uint8Array,
  present: Uint8Array,
  to: Pick<AttendanceFacts, "total" | "schools" | "grades">,
): void {
  const { names, people, attendance, monthStarts } = prepared;
  const seen = new Uint8Array(people.members);
  for (let rank = 0; rank < scope.ranks.length; rank++) {
    if (scope.ranks[rank] !== 1) continue;
    for (let month = 0; month < attendance.months; month++) {
      const start = monthStarts[month] as number;
      const days = daysMask(scope.from - start, scope.to - start);
      const slot = rank * attendance.months + month;
      if (days === 0) continue;
      const there = masksOf(present, slot, days);
      const done = masksOf(active, slot, days);
      const end = attendance.firstEntry[slot + 1] as number;
      for (let entry = attendance.firstEntry[slot] as number; entry < end; entry++) {
        const rows = attendance.present[entry] as number;
        const used = attendance.active[entry] as number;
        const member = attendance.member[entry] as number;
        seen[member] =
          (seen[member] as number) |
          ((rows & there.scope) !== 0 ? seenThere.total : 0) |
          ((rows & there.school) !== 0 ? seenThere.school : 0) |
          ((rows & there.grade) !== 0 ? seenThere.grade : 0) |
          ((used & done.scope) !== 0 ? seenActive.total : 0) |
          ((used & done.school) !== 0 ? seenActive.school : 0) |
          ((used & done.grade) !== 0 ? seenActive.grade : 0);
      }
    }
  }
  const counted = (of: Uint32Array, size: number): Uint8Array => {
    const joined = new Uint8Array(size);
    seen.forEach((bits, member) => {
      const at = of[member] as number;
      joined[at] = (joined[at] as number) | bits;
    });
    return joined;
  };
  const add = (part: AttendanceSums | undefined, bits: number, there: number, done: number): void => {
    if (part === undefined) return;
    if ((bits & there) !== 0) part.users++;
    if ((bits & done) !== 0) part.activeUsers++;
  };
  for (const bits of counted(people.person, people.count)) {
    add(to.total, bits, seenThere.total, seenActive.total);
  }
  counted(people.atSchool, people.members).forEach((bits, member) => {
    const school = names.schoolOfRank[people.rank[member] as number] as number;
    add(to.schools[school], bits, seenThere.school, seenActive.school);
  });
  counted(people.inGrade, people.members).forEach((bits, member) => {
    const grade = names.gradeOfRank[people.rank[member] as number] as number;
    add(to.grades[grade], bits, seenThere.grade, seenActive.grade);
  });
}

/** The days of a slot that are covered within the scope, a school, a grade. */
function masksOf(covered: Uint8Array, slot: number, days: number) {
  let [scope, school, grade] = [0, 0, 0];
  for (let left = days; left !== 0; left &= left - 1) {
    const bit = left & -left;
    const bits = covered[slot * monthDays + 31 - Math.clz32(bit)] as number;
    if ((bits & within.scope) !== 0) scope |= bit;
    if ((bits & within.school) !== 0) school |= bit;
    if ((bits & within.grade) !== 0) grade |= bit;
  }
  return { scope, school, grade };
}

/** Cells count members; a person who is active in several cohorts on one day is one person of the day. */
function takeOutDoubles(
  prepared: Prepared,
  scope: Scope,
  active: Uint8Array,
  { days, weekdays, schoolDays }: Pick<AttendanceFacts, "days" | "weekdays" | "schoolDays">,
): void {
  const { doubles, monthStarts, attendance, names } = prepared;
  for (const cells of doubles) {
    const cell = cells[0] as number;
    const month = Math.floor(cell / monthDays) % attendance.months;
    const day = (monthStarts[month] as number) + (cell % monthDays);
    const parts = [
      [days[day - scope.from], within.day],
      [isSchoolDay(prepared, cell) ? weekdays[weekdayOf(day) - 1] : undefined, within.weekday],
    ] as const;
    for (const [part, kind] of parts) {
      const counted = cells.filter((each) => ((active[each] as number) & kind) !== 0).length;
      if (part !== undefined && counted > 1) part.personDays -= counted - 1;
    }
    const seen = new Set<number>();
    for (const each of cells) {
      const kind = within.school | within.day;
      if (((active[each] as number) & kind) !== kind) continue;
      const school = names.schoolOfRank[Math.floor(each / monthDays / attendance.months)] as number;
      const at = school * days.length + day - scope.from;
      if (seen.has(school)) schoolDays[at] = (schoolDays[at] as number) - 1;
      seen.add(school);
    }
  }
}
