import { readFile } from "node:fs/promises";
import { parse } from "csv-parse/sync";
import { rowsOfFolder } from "./indexLines";
import { plainPeople } from "./plainPeople";
import type { RandomRows } from "./randomDistrict";

/** The rows of Clever's files in a folder, by person, with each person's grade in the roster. */
export async function districtRows(folder: string, roster?: string): Promise<RandomRows> {
  const { participation, usage } = await rowsOfFolder(folder, (id) => id);
  const personOf = plainPeople([...participation, ...usage]);
  const grades = await gradesIn(roster);
  const gradeOf = new Map<string | null, string>();
  for (const row of [...participation, ...usage]) {
    const grade = grades.get(row.person ?? "");
    if (grade !== undefined) gradeOf.set(personOf(row), grade);
  }
  const withGrade = <Row extends (typeof participation)[number] | (typeof usage)[number]>(row: Row) => {
    const person = personOf(row);
    const isStudent = row.userType === "students";
    return { ...row, person, grade: (isStudent && gradeOf.get(person)) || null };
  };
  return { participation: participation.map(withGrade), usage: usage.map(withGrade) };
}

async function gradesIn(roster: string | undefined): Promise<ReadonlyMap<string, string>> {
  if (roster === undefined) return new Map();
  const records: Readonly<Record<string, string>>[] = parse(await readFile(roster), { columns: true });
  return new Map(records.map(({ Student_id = "", Grade = "" }) => [Student_id, Grade]));
}
