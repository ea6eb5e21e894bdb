import type { ParticipationRow, UsageRow } from "../helpers/plainIndex";
import type { RandomRows } from "../helpers/randomDistrict";

/** The correct answers to the dashboard's six questions, computed only from the rows of the district's files. */

type Row = ParticipationRow | UsageRow;

const people = (rows: readonly Row[]) => new Set(rows.flatMap(({ person }) => person ?? []));
const isStudent = ({ userType }: Row) => userType === "students";

function by<K, R>(rows: readonly R[], keyOf: (row: R) => K): Map<K, R[]> {
  const groups = new Map<K, R[]>();
  for (const row of rows) {
    const key = keyOf(row);
    const group = groups.get(key) ?? [];
    groups.set(key, group);
    group.push(row);
  }
  return groups;
}

/** Which apps are used most at the elementary schools: students who used each, most first. */
export function elementaryApps({ usage }: RandomRows): { name: string; users: number }[] {
  const used = usage.filter((row) => isStudent(row) && /Elementary|K-5/.test(row.school ?? ""));
  return [...by(used, ({ id }) => id).values()]
    .map((rows) => ({ name: newestName(rows), users: people(rows).size }))
    .sort((a, b) => b.users - a.users);
}

/** The name in a resource's newest rows. */
function newestName(rows: readonly UsageRow[]): string {
  return rows.reduce((last, row) => (row.date >= last.date ? row : last)).name ?? "";
}

/** Students' use of a resource in a period: per school day, and how many used it. */
interface Use {
  readonly personDaysPerDay: number;
  readonly accessesPerDay: number;
  readonly users: number;
}

/**
 * Students' use of a resource before and after a break, over as many school days on both sides: in total, and by school
 * (`null` is a row without a school).
 *
 * @param after the first school day after the break
 */
export function useAroundBreak({ participation, usage }: RandomRows, name: string, after: string) {
  const days = [...new Set(participation.map(({ date }) => date))].sort();
  const now = days.filter((date) => date >= after);
  const before = days.filter((date) => date < after).slice(-now.length);
  const ofStudents = usage.filter((row) => isStudent(row) && row.name === name);
  const useOn = (rows: readonly UsageRow[], dates: readonly string[]): Use => {
    const own = rows.filter(({ date }) => dates.includes(date));
    return {
      personDaysPerDay: new Set(own.map(({ person, date }) => `${person} ${date}`)).size / dates.length,
      accessesPerDay: own.reduce((sum, { accesses }) => sum + (accesses ?? 0), 0) / dates.length,
      users: people(own).size,
    };
  };
  const around = (rows: readonly UsageRow[]) => ({ before: useOn(rows, before), now: useOn(rows, now) });
  return {
    total: around(ofStudents),
    bySchool: new Map(
      [...by(ofStudents, ({ school }) => school)].map(([school, rows]) => [school, around(rows)]),
    ),
  };
}

/** How many different resources a student of a grade uses, by school. */
export function resourcesOfGrade(
  { participation, usage }: RandomRows,
  grade: string,
): Map<string | null, number> {
  const there = participation.filter((row) => row.grade === grade);
  const used = usage.filter((row) => row.grade === grade && row.person !== null);
  return new Map(
    [...by(there, ({ school }) => school)].map(([school, rows]) => {
      const pairs = new Set(
        used.filter((row) => row.school === school).map(({ person, id, name }) => `${person} ${id ?? name}`),
      );
      return [school, pairs.size / people(rows).size];
    }),
  );
}

/** The users of a paid resource, of all user types. */
export function usersOf({ usage }: RandomRows, name: string): number {
  const ids = new Set(usage.filter((row) => row.name === name).map(({ id }) => id));
  return people(usage.filter(({ id }) => ids.has(id))).size;
}

/** Students who were never active, and all students, by school or grade. */
export function neverActive({ participation }: RandomRows, of: "school" | "grade") {
  const students = participation.filter(isStudent);
  return new Map(
    [...by(students, (row) => row[of])].map(([key, rows]) => {
      const all = people(rows);
      const active = people(rows.filter((row) => row.active));
      return [key, { never: all.size - active.size, users: all.size }] as const;
    }),
  );
}
