import { mondayOf, weekdayOf } from "../calendar";
import { monthDays } from "../release/attendanceLayout";
import { within } from "../release/frozenBlocks";
import type { Prepared } from "../release/prepared";
import type { AttendanceCover } from "./attendanceCover";
import { countPeople } from "./attendancePeople";
import { AttendanceSums, CellReader } from "./attendanceSums";

export interface AttendanceFacts {
  readonly total: AttendanceSums;
  readonly schools: readonly AttendanceSums[];
  readonly grades: readonly AttendanceSums[];
  /** Index 0 is Monday; `users` and `activeUsers` are not filled. */
  readonly weekdays: readonly AttendanceSums[];
  /** Days with rows of people who are shown. */
  readonly shownDays: number;
  readonly daysCut: boolean;
  /** Per week of the scope: whether people were left out of the question narrowed to it. */
  readonly weekUsersCut: Uint8Array;
}

export interface AttendanceDays {
  /** One per calendar day of the scope; `users` and `activeUsers` are not filled. */
  readonly days: readonly AttendanceSums[];
  /** Per school and day (`school * days + day`): active people; NaN where they must not be shown. */
  readonly schoolDays: Float64Array;
}

const sums = (count: number) => Array.from({ length: count }, () => new AttendanceSums());

/** Daily participation in all of a question. */
export function attendanceFacts(prepared: Prepared, cover: AttendanceCover): AttendanceFacts {
  const { names } = prepared;
  const { from, to } = cover.scope;
  const total = new AttendanceSums();
  const schools = sums(names.schools.length);
  const grades = sums(names.grades.length);
  const weekdays = sums(7);
  const shown = new Uint8Array(to - from + 1);
  const cutDays = new Uint8Array(shown.length);
  const firstMonday = mondayOf(from);
  const weekUsersCut = new Uint8Array((mondayOf(to) - firstMonday) / 7 + 1);
  const cell = new CellReader(prepared, cover);
  for (let at = 0; at < cover.cells.length; at++) {
    cell.read(at);
    cell.addTo(total, within.scope);
    cell.addTo(schools[cell.school], within.school);
    cell.addTo(grades[cell.grade], within.grade);
    if (cell.isSchoolDay) cell.addTo(weekdays[cell.weekday], within.weekday);
    if (!cell.hasRows) continue;
    if ((cell.present & within.scope) !== 0) shown[cell.day - from] = 1;
    else cutDays[cell.day - from] = 1;
    if ((cell.present & within.week) === 0) weekUsersCut[Math.floor((cell.day - firstMonday) / 7)] = 1;
  }
  countPeople(prepared, cover, { total, schools, grades });
  eachDouble(prepared, (cells, day, isSchoolDay) => {
    const part = isSchoolDay ? weekdays[weekdayOf(day) - 1] : undefined;
    if (part) part.personDays -= repeated(cells, cover.active, within.weekday);
  });
  return {
    total,
    schools,
    grades,
    weekdays,
    shownDays: shown.reduce((count, one) => count + one, 0),
    daysCut: cutDays.some((cut, place) => cut === 1 && shown[place] === 0),
    weekUsersCut,
  };
}

/** Daily participation day by day. */
export function attendanceDays(prepared: Prepared, cover: AttendanceCover): AttendanceDays {
  const { names, attendance } = prepared;
  const { from, to } = cover.scope;
  const days = sums(to - from + 1);
  const schoolDays = new Float64Array(names.schools.length * days.length);
  const schoolDaysCut = new Uint8Array(schoolDays.length);
  const schoolDay = within.school | within.day;
  const cell = new CellReader(prepared, cover);
  for (let at = 0; at < cover.cells.length; at++) {
    cell.read(at);
    const place = cell.day - from;
    cell.addTo(days[place], within.day);
    const atSchool = cell.school * days.length + place;
    if ((cell.active & schoolDay) === schoolDay) {
      schoolDays[atSchool] = (schoolDays[atSchool] as number) + cell.activeMembers;
    } else if (cell.isBusy) schoolDaysCut[atSchool] = 1;
  }
  eachDouble(prepared, (cells, day) => {
    const part = days[day - from];
    if (part === undefined) return;
    part.personDays -= repeated(cells, cover.active, within.day);
    const seen = new Set<number>();
    for (const each of cells) {
      if (((cover.active[each] as number) & schoolDay) !== schoolDay) continue;
      const school = names.schoolOfRank[Math.floor(each / monthDays / attendance.months)] as number;
      const at = school * days.length + day - from;
      if (seen.has(school)) schoolDays[at] = (schoolDays[at] as number) - 1;
      seen.add(school);
    }
  });
  schoolDaysCut.forEach((cut, at) => {
    if (cut === 1 && schoolDays[at] === 0) schoolDays[at] = Number.NaN;
  });
  return { days, schoolDays };
}

/** Cells count members; a person who is active in several cohorts on one day is one person of the day. */
function eachDouble(
  { doubles, monthStarts, attendance, dayKinds }: Prepared,
  visit: (cells: readonly number[], day: number, isSchoolDay: boolean) => void,
): void {
  for (const cells of doubles) {
    const cell = cells[0] as number;
    const month = Math.floor(cell / monthDays) % attendance.months;
    const bit = cell % monthDays;
    const isSchoolDay = (((dayKinds.school[month] as number) >>> bit) & 1) === 1;
    visit(cells, (monthStarts[month] as number) + bit, isSchoolDay);
  }
}

/** How often too many a person of these cells was counted in blocks within `kind`. */
function repeated(cells: readonly number[], active: Uint8Array, kind: number): number {
  const counted = cells.filter((cell) => ((active[cell] as number) & kind) !== 0).length;
  return Math.max(counted - 1, 0);
}
