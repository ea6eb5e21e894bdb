import { readFile, stat } from "node:fs/promises";
import path from "node:path";
import { parse } from "csv-parse/sync";
import { expect, test } from "vitest";
import { isKnownGrade } from "../../src/clever/grades";
import { sampleDistrict } from "../../src/sample/district";
import { writeRoster } from "../../src/sample/roster";
import { temporaryFolder } from "../helpers/temporaryFolder";

const options = { students: 400, teachers: 5, staff: 2, schools: 4, days: 30 };
const district = sampleDistrict(options);

async function written(of = district): Promise<string> {
  const folder = await temporaryFolder();
  const file = path.join(folder, await writeRoster(of, folder));
  // Dated like the reports of its district's last day, so that it does not depend on a clock.
  expect((await stat(file)).mtimeMs).toBe(Date.parse(of.days.at(-1) ?? "") + 29 * 3_600_000);
  return readFile(file, "utf8");
}

async function rowsOf(): Promise<Record<string, string>[]> {
  return parse(await written(), { columns: true });
}

test("has each enrolled student with school and grade, some twice for another contact", async () => {
  const rows = await rowsOf();
  const last = options.days - 1;
  const enrolled = district.people.students.filter(
    ({ joinsAt, leavesAt }) => joinsAt <= last && (leavesAt === undefined || leavesAt > last),
  );
  expect(enrolled.length).toBeLessThan(options.students);
  const grades = new Map(rows.map((row) => [row.Student_id, row.Grade]));
  expect(grades).toEqual(new Map(enrolled.map(({ sisId, grade }) => [sisId, grade])));
  expect([...grades.values()].every((grade) => isKnownGrade(grade ?? ""))).toBe(true);
  expect(rows.length).toBeGreaterThan(enrolled.length);
  expect(new Set(rows.map((row) => row.School_id)).size).toBe(4);
});

test("gives invented people plausible lives", async () => {
  for (const row of await rowsOf()) {
    const [month, day, year] = (row.DOB ?? "").split("/").map(Number);
    const grade = row.Grade === "Kindergarten" ? 0 : Number(row.Grade);
    const age = 2025 - (year ?? 0);
    expect(age - grade === 5 || age - grade === 6, `${age} years in grade ${grade}`).toBe(true);
    expect(month && month <= 12 && day && day <= 28).toBeTruthy();
    expect(row.Student_email).toMatch(/^[\w.-]+@students\.example\.org$/);
    expect(row.Last_name).not.toBe("");
  }
});

test("is the same for the same district, and for a student in a longer one", async () => {
  expect(await written(sampleDistrict(options))).toBe(await written());
  expect(await written(sampleDistrict({ ...options, seed: 2 }))).not.toBe(await written());
  const longer = await written(sampleDistrict({ ...options, days: 60 }));
  const [, line = ""] = longer.split("\n");
  expect(await written()).toContain(line);
});

test("stops when aborted", async () => {
  const signal = AbortSignal.abort(new Error("Enough."));
  await expect(writeRoster(district, await temporaryFolder(), { signal })).rejects.toThrow("Enough.");
});
