import { existsSync } from "node:fs";
import { readFile, rm, writeFile } from "node:fs/promises";
import { beforeEach, describe, expect, test } from "vitest";
import type { Division } from "../../src/clever/groupsTable";
import { groupsTable, runLockPath } from "../../src/clever/layout";
import { commitPath } from "../../src/delta/paths";
import { lakePathOf } from "../../src/delta/readQuery";
import { readSnapshot } from "../../src/delta/snapshot";
import { removeFile } from "../../src/delta/tableActions";
import { sqlString } from "../../src/duck/duck";
import { updateGroupsWithoutRun } from "../../src/pipeline/groups/updateGroups";
import { ForeignWriter } from "../helpers/foreignWriter";
import { lakeRows, sharedDuck } from "../helpers/lakeRows";
import { daily, dailyCsv, dailyPath, PipelineFixture } from "../helpers/pipelineFixture";

const cohort = (school: string | null, grade: string | null, group: number) => ({
  school,
  userType: "student",
  grade,
  group,
});
const division: Division = {
  minimumGroupSize: 5,
  cohorts: [cohort("North “High”", "1", 1), cohort("South", null, 2), cohort(null, "1", 1)],
  daysLeftOut: [
    { group: 1, day: "2024-09-03" },
    { group: 1, day: "2024-10-01" },
    { group: 2, day: "2024-09-04" },
  ],
  knownDays: { first: "2024-09-02", end: "2024-10-02" },
};

describe("the table of groups", () => {
  let fixture: PipelineFixture;
  beforeEach(async () => {
    fixture = await PipelineFixture.create();
    await fixture.put(dailyPath(), dailyCsv(daily("amy")));
    await fixture.run();
    expect(await update()).toBe(true);
  });

  const update = async (to = division) =>
    (await updateGroupsWithoutRun(fixture.lake, () => Promise.resolve(to))).written;
  const problems = async () =>
    (await fixture.verify()).problems.filter(({ subject }) => subject.startsWith(groupsTable));
  async function placeOfFile(): Promise<string> {
    const snapshot = await readSnapshot({ lake: fixture.lake, duck: await sharedDuck() }, groupsTable);
    const [file] = snapshot?.files.values() ?? [];
    if (!snapshot || !file) throw new Error("There is no data file.");
    return fixture.lake.localPath(lakePathOf(snapshot, file));
  }

  /** Changes a row of the data file. */
  async function changeRow(): Promise<void> {
    const place = await placeOfFile();
    const changed = `${place}.changed`;
    const duck = await sharedDuck();
    await duck.session((session) =>
      session.query(
        `COPY (SELECT * REPLACE (coalesce(cohort, 9) AS group_number) FROM read_parquet(${sqlString(place)}))
         TO ${sqlString(changed)} (FORMAT parquet)`,
      ),
    );
    await writeFile(place, await readFile(changed));
    await rm(changed);
  }

  async function expectHealed(): Promise<void> {
    expect(await update()).toBe(true);
    expect(await problems()).toEqual([]);
    expect(await lakeRows(fixture.lake, groupsTable)).toHaveLength(8);
    expect(await update()).toBe(false);
  }

  test("is verified, and not written again if it is as it was written", async () => {
    const verified = await fixture.verify();
    expect(verified.problems).toEqual([]);
    expect(verified.tables).toContainEqual({ table: groupsTable, version: 0, files: 1, rows: 8 });
    expect(await update()).toBe(false);
    expect(await update({ minimumGroupSize: 5, cohorts: [], daysLeftOut: [], knownDays: null })).toBe(true);
    expect(await problems()).toEqual([]);
  });

  test("is divided under the lock", async () => {
    const lock = fixture.lake.localPath(runLockPath);
    const isLocked: boolean[] = [];
    await updateGroupsWithoutRun(fixture.lake, () => {
      isLocked.push(existsSync(lock));
      return Promise.resolve(division);
    });
    expect([...isLocked, existsSync(lock)]).toEqual([true, false]);
  });

  test("with changed bytes is reported by verify, and written again by the next update", async () => {
    await changeRow();
    expect(await problems()).toHaveLength(1);
    await expectHealed();
  });

  test("without its data file is reported by verify, and written again by the next update", async () => {
    await rm(await placeOfFile());
    expect(await problems()).toHaveLength(1);
    await expectHealed();
  });

  test("whose rows another program deleted is reported by verify, and written again by the next update", async () => {
    const writer = new ForeignWriter(fixture.lake, groupsTable);
    const files = [...(await writer.snapshot()).files.values()];
    await writer.commit(
      "DELETE",
      files.map((file) => removeFile(file, { dataChange: true })),
    );
    const problem = "Another program (Apache-Spark/3.5.3) changed its rows: DELETE. Update the table.";
    expect(await problems()).toEqual([{ subject: groupsTable, problem }]);
    await expectHealed();
  });

  test("is written again after many commits of other programs, so that an update never reads more of them", async () => {
    const writer = new ForeignWriter(fixture.lake, groupsTable);
    for (let commits = 0; commits < 10; commits++) await writer.commit("VACUUM END", []);
    expect(await update()).toBe(false);
    await writer.commit("VACUUM END", []);
    expect(await update()).toBe(true);
    expect(await update()).toBe(false);
    expect(await problems()).toEqual([]);
  });

  test("that another program changed before its log was cleaned up is reported by verify, and written again", async () => {
    const writer = new ForeignWriter(fixture.lake, groupsTable);
    const files = [...(await writer.snapshot()).files.values()];
    const add = await writer.file((rows) => `SELECT * REPLACE (99::INTEGER AS group_number) FROM ${rows}`);
    await writer.commit("UPDATE", [...files.map((file) => removeFile(file, { dataChange: true })), { add }]);
    await writer.cleanUp();
    const problem = "Another program wrote its data files, and its log no longer says why. Update the table.";
    expect(await problems()).toEqual([{ subject: groupsTable, problem }]);
    await expectHealed();
  });

  test.each([
    ["deleted rows by a deletion vector", (writer: ForeignWriter) => writer.deleteByVector()],
    ["dropped a column", (writer: ForeignWriter) => writer.dropColumn("grade")],
  ] as const)(
    "from which another program %s is reported by verify, and written again by the next update",
    async (_, change) => {
      await change(new ForeignWriter(fixture.lake, groupsTable));
      expect(await problems()).toHaveLength(1);
      await expectHealed();
      expect(await fixture.version(groupsTable)).toBe(0);
    },
  );

  test("to which another program added a column keeps it", async () => {
    const note = { name: "note", type: "string", nullable: true, metadata: {} };
    const writer = new ForeignWriter(fixture.lake, groupsTable);
    await writer.changeColumns((fields) => [...fields, note]);
    expect(await update()).toBe(false);
    expect(await update({ ...division, daysLeftOut: [] })).toBe(true);
    expect((await writer.snapshot()).metadata.columns.at(-1)?.name).toBe("note");
    expect(await problems()).toEqual([]);
  });

  test("without its log is listed by verify, and written again by the next update", async () => {
    await rm(fixture.lake.localPath(commitPath(groupsTable, 0)));
    const { tables, problems, leftovers } = await fixture.verify();
    expect(tables.map(({ table }) => table)).not.toContain(groupsTable);
    expect(problems).toEqual([]);
    const note = expect.stringMatching(
      /^1 data file but no Delta log, so the table counts as missing: .* Write the table/,
    );
    expect(leftovers).toEqual([{ subject: groupsTable, note }]);
    await expectHealed();
  });

  test("whose data file another program compacted is neither reported nor written again", async () => {
    await new ForeignWriter(fixture.lake, groupsTable).compact();
    expect(await problems()).toEqual([]);
    expect(await update()).toBe(false);
  });
});
