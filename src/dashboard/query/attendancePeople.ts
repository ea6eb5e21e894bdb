import { daysMask } from "../calendar";
import { monthDays } from "../release/attendanceLayout";
import { within } from "../release/frozenBlocks";
import type { Prepared } from "../release/prepared";
import type { AttendanceCover } from "./attendanceCover";
import type { AttendanceSums } from "./attendanceSums";

/** A bit per kind of count in which a member is seen. */
const seenThere = { total: 1, school: 2, grade: 4 } as const;
const seenActive = { total: 8, school: 16, grade: 32 } as const;

/** Counts the people of a question, of its schools and of its grades, each once. */
export function countPeople(
  prepared: Prepared,
  { scope, active, present }: AttendanceCover,
  to: {
    readonly total: AttendanceSums;
    readonly schools: readonly AttendanceSums[];
    readonly grades: readonly AttendanceSums[];
  },
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
