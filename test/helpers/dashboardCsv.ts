import { readFileSync } from "node:fs";
import { parse } from "csv-parse/sync";
import type { UserType } from "../../src/clever/reports";
import { type SampleOptions, sampleDistrict } from "../../src/sample/district";
import { districtFiles } from "../../src/sample/reportFiles";
import type { ParticipationRow, UsageRow } from "./plainIndex";
import type { RandomRows } from "./randomDistrict";

type Record = Readonly<{ [column: string]: string }>;

const text = (value: string | undefined) => (value === undefined || value === "" ? null : value);
const number = (value: string | undefined) => (text(value) === null ? null : Number(value));

function person(record: Record, userType: UserType) {
  return {
    userType,
    date: record.date ?? "",
    person: text(record.sis_id ?? record.staff_id),
    school: text(record.school_name),
    grade: null,
  };
}

const participationRow = (record: Record, userType: UserType): ParticipationRow => ({
  ...person(record, userType),
  active: record.active?.toLowerCase() === "true",
  logins: number(record.num_logins),
  resources: number(record.num_resources_accessed),
});

const usageRow = (record: Record, userType: UserType): UsageRow => ({
  ...person(record, userType),
  id: text(record.resource_id),
  name: text(record.resource_name),
  type: text(record.resource_type),
  accesses: number(record.num_access),
});

const records = (csv: string) => parse(csv, { columns: true, bom: true }) as Record[];

/** The file that OEA published. */
export function oeaRows(): RandomRows {
  const csv = readFileSync(
    new URL("../fixtures/oea/daily-participation-students.csv", import.meta.url),
    "utf8",
  );
  return { participation: records(csv).map((record) => participationRow(record, "students")), usage: [] };
}

/** The rows of a sample district's files, with a grade for each student, as a roster would give it. */
export function sampleRows(options: SampleOptions, grades: readonly string[]): RandomRows {
  const participation: ParticipationRow[] = [];
  const usage: UsageRow[] = [];
  const known = new Map<string, string>();
  const graded = <R extends ParticipationRow | UsageRow>(row: R): R => {
    if (row.person === null || row.userType !== "students") return row;
    const grade = known.get(row.person) ?? grades[known.size % grades.length] ?? "1";
    known.set(row.person, grade);
    return { ...row, grade };
  };
  for (const { report, userType, rows } of districtFiles(sampleDistrict(options))) {
    for (const record of records([...rows()].join(""))) {
      if (report === "daily_participation") participation.push(graded(participationRow(record, userType)));
      else usage.push(graded(usageRow(record, userType)));
    }
  }
  return { participation, usage };
}
