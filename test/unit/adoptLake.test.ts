import { readFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { lookupTable, oeaTable, pseudonymMapTable, pseudoTable } from "../../src/clever/layout";
import { reports } from "../../src/clever/reports";
import { updateActivityWithoutRun } from "../../src/pipeline/activity/digitalActivity";
import { exportEngagement } from "../../src/pipeline/activity/exportEngagement";
import { type AdoptRequest, adoptLake } from "../../src/pipeline/adopt/adoptLake";
import type { AdoptSummary } from "../../src/pipeline/adopt/adoptSummary";
import { repairLake } from "../../src/pipeline/repair/repair";
import { lakeMetrics } from "../helpers/lakeMetrics";
import { lakeRows, sharedDuck } from "../helpers/lakeRows";
import { lakeTemplate } from "../helpers/lakeTemplate";
import { asSinkWrites, landAsOea, runOeaNotebook } from "../helpers/oeaLake";
import {
  daily,
  dailyCsv,
  dailyPath,
  PipelineFixture,
  pseudonym,
  salt,
  usage,
  usageCsv,
} from "../helpers/pipelineFixture";
import { temporaryFolder } from "../helpers/temporaryFolder";

/** A lake that OEA's own notebooks wrote, before and after its adoption. */

const { daily_participation: dailyReport, resource_usage: usageReport } = reports;
const monday = "2024-09-02-daily-participation-students.csv";
const tuesday = "2024-09-03-daily-participation-students.csv";
const links = "2024-09-03-resource-usage-students.csv";
const mondayCsv = dailyCsv(daily("amy", "2024-09-02"), daily("ben", "2024-09-02"));
const tuesdayCsv = dailyCsv(daily("amy"), daily("ben"), daily("cat"));
const quoted = `2024-09-03,sis-amy,clever-amy,school-1,"North ""A"" High",app,"Maths, ""easy""",id-maths,3`;

/** Two of OEA's runs: each copied all files, and its notebook read all copies each time. */
async function runOeaTwice({ lake }: PipelineFixture, oeaSalt: string): Promise<void> {
  const duck = await sharedDuck();
  await landAsOea(lake, dailyReport, `2024-09-10T01-00-00/Students/${monday}`, mondayCsv);
  await landAsOea(
    lake,
    usageReport,
    `2024-09-10T01-00-00/${links}`,
    asSinkWrites(usageCsv(quoted, usage("ben", "art"))),
  );
  await runOeaNotebook(lake, duck, { salt: oeaSalt });
  await landAsOea(lake, dailyReport, `2024-09-11T01-00-00/Students/${monday}`, mondayCsv);
  await landAsOea(lake, dailyReport, `2024-09-11T01-00-00/Students/${tuesday}`, tuesdayCsv);
  await landAsOea(
    lake,
    usageReport,
    `2024-09-11T01-00-00/${links}`,
    asSinkWrites(usageCsv(quoted, usage("ben", "art"))),
  );
  await runOeaNotebook(lake, duck, { salt: oeaSalt });
}

const oeaLake = lakeTemplate((fixture) => runOeaTwice(fixture, ""));

function adopt({ lake }: PipelineFixture, request: Partial<AdoptRequest> = {}): Promise<AdoptSummary> {
  return adoptLake({ lake, salt, dryRun: false, maxShrink: 50, ...request });
}

describe("before it is adopted", () => {
  test("it is not counted, and not reported as another program's table to move away", async () => {
    const { lake } = await oeaLake();
    await expect(lakeMetrics(lake, {}, { minimumGroupSize: 10 })).rejects.toMatchObject({
      code: "notAdopted",
      hint: expect.stringContaining("clever-lake adopt"),
    });
  });

  test("its rows, which are there once per run of OEA's, do not become Digital Engagement events", async () => {
    const { lake } = await oeaLake();
    const place = path.join(await temporaryFolder(), "events.parquet");
    const refused = { code: "notAdopted", subject: pseudoTable(dailyReport) };
    await expect(exportEngagement(lake, await sharedDuck(), place)).rejects.toMatchObject(refused);
    await expect(updateActivityWithoutRun(lake)).rejects.toMatchObject(refused);
  });

  test.each(["run", "ingest", "anonymize"] as const)("%s is refused and changes nothing", async (command) => {
    const fixture = await oeaLake();
    await fixture.put(dailyPath("2024-09-04"), dailyCsv(daily("amy", "2024-09-04")));
    const before = await fixture.tree();
    await expect(fixture.run({ command })).rejects.toMatchObject({
      code: "notAdopted",
      subject: pseudoTable(dailyReport),
      hint: expect.stringContaining("clever-lake adopt"),
    });
    expect(await fixture.tree()).toEqual(before);
  });

  test("repair is refused and changes nothing: by our log, the tables would be empty", async () => {
    const fixture = await oeaLake();
    const before = await fixture.tree();
    for (const dryRun of [true, false]) {
      await expect(repairLake({ lake: fixture.lake, salt, dryRun })).rejects.toMatchObject({
        code: "notAdopted",
        subject: pseudoTable(dailyReport),
      });
    }
    expect(await fixture.tree()).toEqual(before);
  });

  test("status says that the lake must be adopted, offers no repair and changes nothing", async () => {
    const fixture = await oeaLake();
    const before = await fixture.tree();
    expect(await fixture.lakeStatus()).toMatchObject({ needsAdoption: true, changedByOthers: [] });
    expect(await fixture.tree()).toEqual(before);
  });

  test("a dry run shows what exists and what would be done, and changes nothing", async () => {
    const fixture = await oeaLake();
    const before = await fixture.tree();
    const plan = await adopt(fixture, { dryRun: true, salt: undefined });
    expect(await fixture.tree()).toEqual(before);
    expect(plan).toMatchObject({
      state: "planned",
      files: { landed: 5, bySink: 2, distinct: 3, sources: 3, redelivered: [], escaped: 1, notTaken: [] },
      pseudonyms: { ids: 6, unsalted: 6, map: pseudonymMapTable },
      run: null,
      comparison: [],
    });
    expect(plan.tables.find(({ table }) => table === pseudoTable(dailyReport))).toMatchObject({
      movedTo: oeaTable(pseudoTable(dailyReport)),
      rows: 2 + 2 + 2 + 3,
      distinctRows: 5,
    });
  });
});

test("each of OEA's files is ingested once, its tables stay next to ours, and runs continue", async () => {
  const fixture = await oeaLake();
  const before = await fixture.tree();
  const oeaRows = await fixture.rows();
  const done = await adopt(fixture);
  expect(done.run).toMatchObject({ quarantined: [], failed: [], anonymized: 3 });
  expect(await fixture.lakeStatus()).toMatchObject({ needsAdoption: false, changedByOthers: [] });
  expect(await fixture.logins("amy", "ben", "cat")).toEqual([
    "amy 2024-09-02 1",
    "amy 2024-09-03 1",
    "ben 2024-09-02 1",
    "ben 2024-09-03 1",
    "cat 2024-09-03 1",
  ]);
  const names = (await fixture.rows("resource_usage")).map((row) => [row.school_name, row.resource_name]);
  expect(names.sort()).toEqual([
    ['North "A" High', 'Maths, "easy"'],
    ["North High", "art"],
  ]);
  expect(done.comparison.flatMap(({ months }) => months)).toEqual([
    expect.objectContaining({ month: "2024-09", oeaRows: 9, oeaDistinct: 5, rows: 5, same: 5, onlyOurs: 0 }),
    expect.objectContaining({ month: "2024-09", oeaRows: 6, oeaDistinct: 2, rows: 2, same: 2, onlyOurs: 0 }),
  ]);
  expect(await lakeRows(fixture.lake, oeaTable(pseudoTable(dailyReport)))).toEqual(oeaRows);
  const after = await fixture.tree();
  for (const [file, hash] of before) {
    const table = [dailyReport, usageReport]
      .flatMap((report) => [pseudoTable(report), lookupTable(report)])
      .find((each) => file.startsWith(`${each}/`));
    expect(after.get(table ? file.replace(table, oeaTable(table)) : file), file).toBe(hash);
  }
  expect((await fixture.verify()).problems).toEqual([]);

  await fixture.put(`daily-participation/${monday}`, mondayCsv);
  await fixture.put(`daily-participation/${tuesday}`, tuesdayCsv);
  await fixture.put(`resource-usage/${links}`, usageCsv(quoted, usage("ben", "art")));
  await fixture.put(dailyPath("2024-09-04"), dailyCsv(daily("amy", "2024-09-04")));
  expect(await fixture.run()).toMatchObject({
    quarantined: [],
    failed: [],
    notRead: [],
    landed: 2,
    unchanged: 2,
  });
  expect(await fixture.rows()).toHaveLength(6);
  expect(await fixture.rows("resource_usage")).toHaveLength(2);
  expect((await fixture.verify()).problems).toEqual([]);
  expect(await fixture.run()).toMatchObject({ landed: 0, anonymized: 0 });
  expect(await adopt(fixture)).toMatchObject({ state: "adoptedBefore", warnings: [] });
});

test("OEA's unsalted pseudonyms are replaced by salted ones, and the map relates them", async () => {
  const fixture = await oeaLake();
  await expect(adopt(fixture, { salt: "short" })).rejects.toMatchObject({ code: "salt" });
  await adopt(fixture);
  const map = await lakeRows(fixture.lake, pseudonymMapTable);
  expect(map).toHaveLength(6);
  expect(map).toContainEqual({
    id_column: "clever_user_id",
    oea_pseudonym: pseudonym("clever-amy", ""),
    pseudonym: pseudonym("clever-amy"),
  });
});

test("OEA's salt is kept, and any other one is refused", async () => {
  const fixture = await PipelineFixture.create();
  await runOeaTwice(fixture, "oea's salt");
  const before = await fixture.tree();
  await expect(adopt(fixture)).rejects.toMatchObject({ code: "salt" });
  expect(await fixture.tree()).toEqual(before);
  const done = await adopt(fixture, { salt: "oea's salt" });
  expect(done).toMatchObject({ state: "adopted", pseudonyms: { ids: 6, unsalted: 0, map: null } });
  expect(done.comparison[0]?.months[0]).toMatchObject({ oeaDistinct: 5, same: 5 });
  expect(await lakeRows(fixture.lake, pseudonymMapTable)).toEqual([]);
});

test("OEA's published sample is ingested completely, even if its pipeline landed it twice", async () => {
  const fixture = await PipelineFixture.create();
  const sample = await readFile(
    path.join(import.meta.dirname, "../fixtures/oea/daily-participation-students.csv"),
  );
  for (const time of ["2022-03-01T09-00-00", "2022-03-02T09-00-00"]) {
    await landAsOea(fixture.lake, dailyReport, `${time}/Students/Students.csv`, sample);
    await runOeaNotebook(fixture.lake, await sharedDuck());
  }
  const done = await adopt(fixture);
  expect(done.run).toMatchObject({ quarantined: [], failed: [], rows: { daily_participation: 15_000 } });
  expect(done.files).toMatchObject({ landed: 2, distinct: 1, sources: 1 });
  const months = done.comparison[0]?.months ?? [];
  expect(months.reduce((sum, { same }) => sum + same, 0)).toBe(15_000);
  expect(months.reduce((sum, { oeaRows }) => sum + oeaRows, 0)).toBe(45_000);
  expect((await fixture.verify()).problems).toEqual([]);
});

describe("what OEA landed", () => {
  /** A lake with these raw files, which OEA's notebook read once. */
  async function lakeOf(files: Readonly<Record<string, string>>): Promise<PipelineFixture> {
    const fixture = await PipelineFixture.create();
    for (const [place, content] of Object.entries(files))
      await landAsOea(fixture.lake, dailyReport, place, content);
    await runOeaNotebook(fixture.lake, await sharedDuck());
    return fixture;
  }

  test("different bytes under one of Clever's names are a later delivery", async () => {
    const fixture = await lakeOf({
      [`2024-09-10T01-00-00/Students/${monday}`]: mondayCsv,
      [`2024-09-11T01-00-00/Students/${monday}`]: mondayCsv,
      [`2024-09-12T01-00-00/Students/${monday}`]: dailyCsv(
        daily("amy", "2024-09-02", 7),
        daily("ben", "2024-09-02"),
      ),
    });
    const done = await adopt(fixture);
    expect(done.files.redelivered).toEqual([`daily-participation/${monday}`]);
    expect(await fixture.logins("amy", "ben")).toEqual(["amy 2024-09-02 7", "ben 2024-09-02 1"]);
    expect(done.comparison[0]?.months[0]).toMatchObject({ same: 2, superseded: 1, unexplained: 0 });
    expect((await fixture.verify()).problems).toEqual([]);
  });

  test("a later delivery that removes most rows, or cannot be read, is quarantined; the earlier rows stay", async () => {
    const people = ["amy", "ben", "cat", "dan"].map((person) => daily(person, "2024-09-02"));
    const fixture = await lakeOf({
      [`2024-09-10T01-00-00/Students/${monday}`]: dailyCsv(...people),
      [`2024-09-10T01-00-00/Students/${tuesday}`]: tuesdayCsv,
      [`2024-09-11T01-00-00/Students/${monday}`]: dailyCsv(daily("amy", "2024-09-02")),
      [`2024-09-11T01-00-00/Students/${tuesday}`]: dailyCsv(daily("amy"), "2024-09-03,sis-ben,clever-ben"),
    });
    const done = await adopt(fixture);
    expect(done.run?.quarantined.map(({ hasEarlierRows }) => hasEarlierRows)).toEqual([true, true]);
    expect(await fixture.rows()).toHaveLength(4 + 3);
    expect(done.comparison[0]?.months[0]).toMatchObject({ same: 7, unexplained: 0 });
    expect((await fixture.verify()).problems).toEqual([]);
  });

  test("rows that only a quarantined file has, that an earlier delivery had, or that OEA misread are distinguished", async () => {
    const old = "date,sis_id,clever_user_id,clever_school_id,active,num_logins,num_resources_accessed";
    const fixture = await lakeOf({
      [`2024-09-10T01-00-00/Students/${monday}`]: dailyCsv(
        ...["amy", "ben", "cat", "dan"].map((person) => daily(person, "2024-09-02")),
      ),
      [`2024-09-11T01-00-00/Students/${monday}`]: dailyCsv(
        ...["amy", "ben", "cat"].map((person) => daily(person, "2024-09-02")),
      ),
      [`2024-09-11T01-00-00/Students/${tuesday}`]: dailyCsv(daily("eve"), "2024-09-03,sis-ben,clever-ben"),
      "2024-10-05T01-00-00/Students/2024-10-01-daily-participation-students.csv": `${old}\n2024-10-01,sis-amy,clever-amy,school-1,true,1,2\n`,
      "2024-10-05T01-00-00/Teachers/2024-10-01-daily-participation-teachers.csv": dailyCsv(
        daily("tim", "2024-10-01"),
      ),
    });
    const done = await adopt(fixture);
    expect(done.comparison[0]?.months).toEqual([
      {
        ...counts,
        month: "2024-09",
        oeaRows: 9,
        oeaDistinct: 6,
        rows: 3,
        distinct: 3,
        same: 3,
        misread: 1,
        quarantined: 1,
        withdrawn: 1,
      },
      {
        ...counts,
        month: "2024-10",
        oeaRows: 2,
        oeaDistinct: 2,
        rows: 2,
        distinct: 2,
        same: 1,
        misread: 1,
        onlyOurs: 1,
      },
    ]);
  });
  const counts = {
    same: 0,
    misread: 0,
    superseded: 0,
    quarantined: 0,
    withdrawn: 0,
    unexplained: 0,
    onlyOurs: 0,
  };

  test("files without a date in their names are separate sources if their bytes differ", async () => {
    const fixture = await lakeOf({
      "2024-09-10T01-00-00/Students/Students.csv": mondayCsv,
      "2024-09-11T01-00-00/Students/Students.csv": mondayCsv,
      "2024-09-12T01-00-00/Students/Students.csv": tuesdayCsv,
    });
    await adopt(fixture);
    expect(new Set((await fixture.rows()).map((row) => row.source_file))).toEqual(
      new Set([
        "daily-participation/2024-09-10T01-00-00/Students/Students.csv",
        "daily-participation/2024-09-12T01-00-00/Students/Students.csv",
      ]),
    );
    expect(await fixture.rows()).toHaveLength(5);
    expect((await fixture.verify()).problems).toEqual([]);
  });

  test("the user type comes from the name, a staff header, the folder, else it is students", async () => {
    const staffHeader = dailyCsv(daily("pat", "2024-09-04")).replace("sis_id", "staff_id");
    const fixture = await lakeOf({
      "2024-09-10T01-00-00/2024-09-02-daily-participation-teachers.csv": dailyCsv(daily("tim", "2024-09-02")),
      "2024-09-10T01-00-00/export.csv": staffHeader,
      "2024-09-10T01-00-00/Teachers/export.csv": dailyCsv(daily("una", "2024-09-05")),
      "2024-09-10T01-00-00/more.csv": dailyCsv(daily("amy", "2024-09-06")),
    });
    await adopt(fixture);
    const rows = (await fixture.rows()).map((row) => `${row.date} ${row.user_type}`);
    expect(rows.sort()).toEqual([
      "2024-09-02 teacher",
      "2024-09-04 staff",
      "2024-09-05 teacher",
      "2024-09-06 student",
    ]);
    expect((await fixture.verify()).problems).toEqual([]);
  });

  test("a copy in Clever's format does not replace OEA's file", async () => {
    const name = "2024-09-03-resource-usage-students.csv";
    const fixture = await PipelineFixture.create();
    const { lake } = fixture;
    const time = "2024-09-10T01-00-00";
    const theirs = await landAsOea(lake, usageReport, `${time}/Students/${name}`, usageCsv(quoted));
    await landAsOea(
      lake,
      usageReport,
      `${time}/${name}`,
      asSinkWrites(usageCsv(quoted, usage("ben", "art"))),
    );
    await runOeaNotebook(lake, await sharedDuck());
    const before = (await fixture.tree()).get(theirs);
    await adopt(fixture);
    expect((await fixture.tree()).get(theirs)).toBe(before);
    expect(await fixture.rows("resource_usage")).toHaveLength(2);
    expect((await fixture.verify()).problems).toEqual([]);
  });

  test("raw files in other places are reported and stay", async () => {
    const fixture = await lakeOf({
      [`2024-09-10T01-00-00/Students/${monday}`]: mondayCsv,
      "archive/2023/old.csv": tuesdayCsv,
    });
    const done = await adopt(fixture);
    expect(done.files.notTaken).toEqual(["stage1np/clever/daily-participation/archive/2023/old.csv"]);
  });
});

describe("OEA's job, if still active,", () => {
  test("is detected before the adoption by a recent commit or landing", async () => {
    const fixture = await PipelineFixture.create();
    const today = `${new Date().toISOString().slice(0, 19).replaceAll(":", "-")}`;
    await landAsOea(fixture.lake, dailyReport, `${today}/Students/${monday}`, mondayCsv);
    await runOeaNotebook(fixture.lake, await sharedDuck());
    const { warnings } = await adopt(fixture, { dryRun: true });
    expect(warnings.map(({ kind, subject }) => `${kind} ${subject}`).sort()).toEqual([
      `recentCommit ${pseudoTable(dailyReport)}`,
      `recentLanding stage1np/clever/daily-participation/${today}/Students/${monday}`,
    ]);
  });

  test("is detected afterwards by rows and landed files that are not ours", async () => {
    const fixture = await oeaLake();
    await adopt(fixture);
    const again = `2024-09-12T01-00-00/Students/${monday}`;
    const path = await landAsOea(fixture.lake, dailyReport, again, mondayCsv);
    await runOeaNotebook(fixture.lake, await sharedDuck(), { names: [dailyReport] });
    const { state, warnings } = await adopt(fixture, { salt: undefined });
    expect(state).toBe("adoptedBefore");
    expect(warnings).toEqual([
      { kind: "rowsSince", subject: pseudoTable(dailyReport), count: 9 },
      { kind: "landingsSince", subject: path, count: 1 },
    ]);
  });

  test("does not cause its recreated table to replace the older one", async () => {
    const fixture = await oeaLake();
    const moved = oeaTable(pseudoTable(dailyReport));
    await fixture.lake.rename(pseudoTable(dailyReport), moved);
    await runOeaNotebook(fixture.lake, await sharedDuck(), { names: [dailyReport] });
    await expect(adopt(fixture)).rejects.toMatchObject({ code: "conflict", subject: moved });
  });
});

test("a regular lake has nothing to adopt", async () => {
  const fixture = await PipelineFixture.create();
  await expect(adopt(fixture, { salt: undefined })).rejects.toMatchObject({ code: "notFound" });
  await fixture.put(dailyPath(), tuesdayCsv);
  await fixture.run();
  const before = await fixture.tree();
  expect(await adopt(fixture, { salt: undefined })).toMatchObject({
    state: "nothing",
    tables: [],
    warnings: [],
  });
  expect(await fixture.tree()).toEqual(before);
});
