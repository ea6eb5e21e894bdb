import { writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { groupsTable } from "../../src/clever/layout";
import { divisionOf } from "../../src/dashboard/groups/divisionTable";
import { updateGroupsWithoutRun } from "../../src/pipeline/groups/updateGroups";
import { importRoster } from "../../src/pipeline/roster/importRoster";
import { rosterOnDisk } from "../../src/pipeline/roster/rosterFile";
import { lakeRows } from "../helpers/lakeRows";
import { daily, dailyCsv, dailyPath, PipelineFixture, salt } from "../helpers/pipelineFixture";
import { indexOf } from "../helpers/sqlViews";
import { temporaryFolder } from "../helpers/temporaryFolder";

test("the table of groups follows the tables, and is written only if the division changed", async () => {
  const folder = await temporaryFolder();
  const fixture = await PipelineFixture.create(folder);
  const write = async (minimumGroupSize = 2) => {
    const divide = async () =>
      divisionOf(await indexOf(fixture, folder), { minimumGroupSize, keepWhole: "schools" });
    return (await updateGroupsWithoutRun(fixture.lake, divide)).written;
  };
  const rows = async () =>
    (await lakeRows(fixture.lake, groupsTable))
      .map((row) => [
        row.cohort,
        row.school_name,
        row.user_type,
        row.group_number,
        row.cohorts_in_group,
        row.day_left_out && String(row.day_left_out).slice(0, 10),
      ])
      .sort();
  /** The rows that say which days the division knows. */
  const known = (first: string, end: string) =>
    [first, end].map((day) => [null, null, null, null, null, day]);
  const inSchool = (person: string, school: string, date = "2024-09-03") =>
    daily(person, date).replace("North High", school);

  await expect(write()).rejects.toMatchObject({ code: "notFound" });
  await fixture.run();
  expect(await write()).toBe(true);
  expect(await rows()).toEqual([]);
  expect(await write()).toBe(false);

  // Two people at North on the first day, one on the second; one at South.
  await fixture.put(dailyPath(), dailyCsv(daily("a"), daily("b"), inSchool("c", "South High")));
  await fixture.put(dailyPath("2024-09-04"), dailyCsv(daily("a", "2024-09-04")));
  await fixture.run();
  expect(await write(0)).toBe(true);
  expect(await rows()).toEqual([
    ...known("2024-09-03", "2024-09-05"),
    [1, "North High", "student", 1, 1, null],
    [2, "South High", "student", 2, 1, null],
  ]);
  expect(await write(2)).toBe(true);
  expect(await rows()).toEqual([
    ...known("2024-09-03", "2024-09-05"),
    [null, null, null, 1, null, "2024-09-04"],
    [1, "North High", "student", 1, 2, null],
    [2, "South High", "student", 1, 2, null],
  ]);
  expect(await write(2)).toBe(false);

  // With a second person at South, the school is a group.
  await fixture.put(
    dailyPath(),
    dailyCsv(daily("a"), daily("b"), inSchool("c", "South High"), inSchool("d", "South High")),
  );
  await fixture.put(dailyPath("2024-09-04"), dailyCsv(daily("a", "2024-09-04"), daily("b", "2024-09-04")));
  await fixture.run();
  expect(await write(2)).toBe(true);
  expect(await rows()).toEqual([
    ...known("2024-09-03", "2024-09-05"),
    // A report of that school for this day is still missing.
    [null, null, null, 2, null, "2024-09-04"],
    [1, "North High", "student", 1, 1, null],
    [2, "South High", "student", 2, 1, null],
  ]);

  // A run with the setting keeps the table up to date, and reports if it wrote it.
  await fixture.put(dailyPath("2024-09-05"), dailyCsv(daily("a", "2024-09-05")));
  const divide = async () =>
    divisionOf(await indexOf(fixture, folder), { minimumGroupSize: 2, keepWhole: "schools" });
  expect((await fixture.run({ divide })).notes).toEqual([{ path: groupsTable, note: "written, 2 cohorts" }]);
  expect(await rows()).toContainEqual([null, null, null, 1, null, "2024-09-05"]);
  expect((await fixture.run({ divide })).notes).toEqual([]);
  // A day without reports does not count either: one that comes late may have too few people.
  await fixture.put(dailyPath("2024-09-09"), dailyCsv(daily("a", "2024-09-09"), daily("b", "2024-09-09")));
  await fixture.run({ divide });
  const found = await rows();
  expect(found).toEqual(expect.arrayContaining(known("2024-09-03", "2024-09-10")));
  const suppressed = found.filter(([, , , group, cohorts]) => group === 1 && cohorts === null);
  expect(suppressed.map((row) => row.at(-1))).toEqual(
    ["05", "06", "07", "08"].map((day) => `2024-09-${day}`),
  );
});

/** School, user type, grade and group of each cohort in the table. */
async function cohortsIn({ lake }: PipelineFixture) {
  const rows = await lakeRows(lake, groupsTable);
  const cohorts = rows.filter(({ cohort }) => cohort !== null);
  return cohorts.map((row) => [row.school_name, row.user_type, row.grade, row.group_number]);
}

test("the table of groups has no group that is too small to count", async () => {
  const folder = await temporaryFolder();
  const fixture = await PipelineFixture.create(folder);
  await fixture.put(dailyPath(), dailyCsv(daily("a"), daily("b")));
  await fixture.put(dailyPath("2024-09-03", "staff"), dailyCsv(daily("s")));
  expect((await fixture.run()).anonymized).toBe(2);
  const divide = async (minimumGroupSize: number) =>
    divisionOf(await indexOf(fixture, folder), { minimumGroupSize, keepWhole: "schools" });
  await updateGroupsWithoutRun(fixture.lake, () => divide(2));
  expect(await cohortsIn(fixture)).toEqual([["North High", "student", null, 1]]);
  await updateGroupsWithoutRun(fixture.lake, () => divide(1));
  expect(await cohortsIn(fixture)).toEqual([
    ["North High", "student", null, 1],
    ["North High", "staff", null, 2],
  ]);
});

test("the table of groups follows a roster, with the minimum group size that it has", async () => {
  const folder = await temporaryFolder();
  const fixture = await PipelineFixture.create(folder);
  await fixture.put(dailyPath(), dailyCsv(...["a", "b", "c", "d"].map((person) => daily(person))));
  await fixture.run();
  const divide = async (minimumGroupSize: number) =>
    divisionOf(await indexOf(fixture, folder), { minimumGroupSize, keepWhole: "schools" });
  const importGrades = async (...grades: string[]) => {
    const file = path.join(folder, "students.csv");
    const lines = grades.map((grade, at) => `sis-${"abcd"[at]},1,${grade}\n`);
    await writeFile(file, `Student_id,School_id,Grade\n${lines.join("")}`);
    return importRoster({ lake: fixture.lake, salt, divide, file: await rosterOnDisk(file) });
  };
  await importGrades("3", "3", "4", "4");
  expect(await lakeRows(fixture.lake, groupsTable)).toEqual([]);

  await updateGroupsWithoutRun(fixture.lake, () => divide(2));
  await importGrades("3", "3", "3", "4");
  const joined = [
    ["North High", "student", "3", 1],
    ["North High", "student", "4", 1],
  ];
  expect(await cohortsIn(fixture)).toEqual(joined);

  // An import whose update of the groups failed is made good by the next one.
  await updateGroupsWithoutRun(fixture.lake, async () => ({
    ...(await divide(2)),
    cohorts: [{ school: "North High", userType: "student", grade: "9", group: 1 }],
  }));
  expect((await importGrades("3", "3", "3", "4")).outcome).toBe("unchanged");
  expect(await cohortsIn(fixture)).toEqual(joined);
});
