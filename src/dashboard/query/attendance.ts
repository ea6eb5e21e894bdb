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
  eachDouble(prepared, cover, within.weekday, (ranks, day, isSchoolDay) => {
    const part = isSchoolDay ? weekdays[weekdayOf(day) - 1] : undefined;
    if (part) part.personDays -= ranks.length - 1;
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

/** Daily participation of each calendar day of the scope; `users` and `activeUsers` are not filled. */
export function attendanceDays(prepared: Prepared, cover: AttendanceCover): readonly AttendanceSums[] {
  const { from, to } = cover.scope;
  const days = sums(to - from + 1);
  const cell = new CellReader(prepared, cover);
  for (let at = 0; at < cover.cells.length; at++) {
    cell.read(at);
    cell.addTo(days[cell.day - from], within.day);
  }
  eachDouble(prepared, cover, within.day, (ranks, day) => {
    const part = days[day - from];
    if (part) part.personDays -= ranks.length - 1;
  });
  return days;
}

/**
 * Cells count members; a person who is active in several cohorts on one day is one person of the day. Calls `visit` for
 * each such person and day with the ranks of the cohorts that are shown by blocks within `kind`, two at least.
 */
export function eachDouble(
  { doubles, monthStarts, attendance, dayKinds }: Prepared,
  { active }: AttendanceCover,
  kind: number,
  visit: (ranks: readonly number[], day: number, isSchoolDay: boolean) => void,
): void {
  for (const cells of doubles) {
    const shown = cells.filter((cell) => ((active[cell] as number) & kind) === kind);
    if (shown.length < 2) continue;
    const cell = shown[0] as number;
    const month = Math.floor(cell / monthDays) % attendance.months;
    const bit = cell % monthDays;
    const isSchoolDay = (((dayKinds.school[month] as number) >>> bit) & 1) === 1;
    const ranks = shown.map((each) => Math.floor(each / monthDays / attendance.months));
    visit(ranks, (monthStarts[month] as number) + bit, isSchoolDay);
  }
}
