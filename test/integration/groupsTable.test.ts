import { expect, test } from "vitest";
import { groupsTable } from "../../src/clever/layout";
import { divisionOf } from "../../src/dashboard/groups/divisionTable";
import { updateGroupsAlone } from "../../src/pipeline/groups/updateGroups";
import { lakeRows } from "../helpers/lakeRows";
import { daily, dailyCsv, dailyPath, PipelineFixture } from "../helpers/pipelineFixture";
import { indexOf } from "../helpers/sqlViews";
import { temporaryFolder } from "../helpers/temporaryFolder";

test("the table of groups follows the tables, and is written only if the division changed", async () => {
  const folder = await temporaryFolder();
  const fixture = await PipelineFixture.create(folder);
  const write = async (minimumGroupSize = 2) => {
    const index = await indexOf(fixture, folder);
    return updateGroupsAlone(fixture.lake, divisionOf(index, { minimumGroupSize, keepWhole: "schools" }));
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
  const inSchool = (person: string, school: string, date = "2024-09-03") =>
    daily(person, date).replace("North High", school);

  expect(await write()).toBe(true);
  expect(await rows()).toEqual([]);
  expect(await write()).toBe(false);

  // Two people at North on the first day, one on the second; one at South.
  await fixture.put(dailyPath(), dailyCsv(daily("a"), daily("b"), inSchool("c", "South High")));
  await fixture.put(dailyPath("2024-09-04"), dailyCsv(daily("a", "2024-09-04")));
  await fixture.run();
  expect(await write(0)).toBe(true);
  expect(await rows()).toEqual([
    [1, "North High", "student", 1, 1, null],
    [2, "South High", "student", 2, 1, null],
  ]);
  expect(await write(2)).toBe(true);
  expect(await rows()).toEqual([
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
});
