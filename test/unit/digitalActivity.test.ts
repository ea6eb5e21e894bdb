import { describe, expect, test } from "vitest";
import { CleverLakeError } from "../../src/basics/errors";
import { activityColumns } from "../../src/clever/digitalEngagement";
import { digitalActivityTable, lookupTable, pseudoTable } from "../../src/clever/layout";
import { partitionColumns, reports } from "../../src/clever/reports";
import { writeDataFile } from "../../src/delta/files/dataFile";
import type { Action } from "../../src/delta/log/actions";
import { commit } from "../../src/delta/log/commit";
import { readQuery } from "../../src/delta/readQuery";
import { readSnapshot } from "../../src/delta/snapshot";
import { removeFile, tableActions } from "../../src/delta/tableActions";
import { sqlString } from "../../src/duck/duck";
import { updateActivityWithoutRun, updateDigitalActivity } from "../../src/pipeline/activity/digitalActivity";
import { exportEngagement } from "../../src/pipeline/activity/exportEngagement";
import { repairLake } from "../../src/pipeline/repair/repair";
import { optimizeLake } from "../../src/pipeline/upkeep/optimizeLake";
import { readTables } from "../../src/pipeline/write/tables";
import { ForeignWriter } from "../helpers/foreignWriter";
import { lakeRows, sharedDuck } from "../helpers/lakeRows";
import {
  daily,
  dailyCsv,
  dailyPath,
  PipelineFixture,
  pseudonym,
  salt,
  usage,
  usageCsv,
  usagePath,
} from "../helpers/pipelineFixture";
import { temporaryFolder } from "../helpers/temporaryFolder";

const on = { digitalActivity: true };

/** The events as `object person day accesses`, behind the pseudonyms of these people. */
async function events({ lake }: PipelineFixture, ...people: string[]): Promise<string[]> {
  const names = new Map(people.map((person) => [pseudonym(`sis-${person}`), person]));
  const rows = await lakeRows(lake, digitalActivityTable);
  return rows
    .map((row) => {
      const what = String(row.entity_type ?? row.event_object).replace("Clever_Daily_Participation", "day");
      return `${what} ${names.get(String(row.event_actor)) ?? "?"} ${row.event_eventTime} ${row.generated_aggregateMeasure_metric_numAccess}`;
    })
    .sort();
}

const version = (fixture: PipelineFixture) => fixture.version(digitalActivityTable);

async function filesOf({ lake }: PipelineFixture): Promise<string[]> {
  const snapshot = await readSnapshot({ lake, duck: await sharedDuck() }, digitalActivityTable);
  return [...(snapshot?.files.keys() ?? [])].sort();
}

/** As by other programs: all data files of each month merged into one, without tags, and rows of another module. */
async function rewrite(
  { lake }: PipelineFixture,
  options: { readonly further?: string; readonly merge: boolean },
) {
  const duck = await sharedDuck();
  await commit({
    lake,
    duck,
    tablePath: digitalActivityTable,
    operation: { name: "WRITE" },
    attempt: async (snapshot) => {
      const actions: Action[] = snapshot ? [] : tableActions({ columns: activityColumns, partitionColumns });
      const files = options.merge && snapshot ? [...snapshot.files.values()] : [];
      const own =
        snapshot && files.length > 0
          ? [readQuery(snapshot, files, (lakePath) => lake.localPath(lakePath))]
          : [];
      const further = options.further === undefined ? [] : [options.further];
      await duck.session(async (session) => {
        const add = await writeDataFile({
          session,
          lake,
          tablePath: digitalActivityTable,
          columns: activityColumns,
          partitionValues: { year: 2024, month: 9 },
          query: [...own, ...further].join(" UNION ALL "),
        });
        if (add) actions.push({ add: { ...add, tags: undefined } });
      });
      return { actions: [...actions, ...files.map((file) => removeFile(file, { dataChange: false }))] };
    },
  });
}

const otherModule = `SELECT 'view' AS event_type, 'p9' AS event_actor, ${sqlString("Canvas")} AS event_object,
  DATE '2024-09-03' AS event_eventTime, 'Quiz' AS entity_type, 7 AS generated_aggregateMeasure_metric_numAccess,
  NULL AS generated_aggregateMeasure_metric_used, 2024 AS year, 9 AS month, NULL AS user_type`;

test("each row is an event once, and a run with nothing new commits nothing", async () => {
  const fixture = await PipelineFixture.create();
  await fixture.put(dailyPath(), dailyCsv(daily("a"), daily("b", "2024-09-03", 4)));
  await fixture.put(usagePath(), usageCsv(usage("a", "Mathlark", "2024-09-03", 3)));
  await fixture.put(
    dailyPath("2024-09-04", "staff"),
    dailyCsv(daily("c", "2024-09-04")).replace("sis_id", "staff_id"),
  );
  const first = await fixture.run(on);
  expect(first.notes).toContainEqual({ path: digitalActivityTable, note: "1 month written, 4 rows" });
  const all = ["Mathlark a 2024-09-03 3", "day a 2024-09-03 1", "day b 2024-09-03 4", "day c 2024-09-04 1"];
  expect(await events(fixture, "a", "b", "c")).toEqual(all);
  const [row] = await lakeRows(fixture.lake, digitalActivityTable);
  expect(Object.keys(row ?? {})).toEqual(activityColumns.map(({ name }) => name));
  const rows = await lakeRows(fixture.lake, digitalActivityTable);
  expect(rows.map((each) => each.user_type).sort()).toEqual(["staff", "student", "student", "student"]);

  expect((await fixture.run(on)).notes).toEqual([]);
  expect(await updateActivityWithoutRun(fixture.lake)).toEqual({ months: [], rows: 0 });
  expect(await version(fixture)).toBe(0);
});

test("without the setting there is no table; the command creates it from everything", async () => {
  const fixture = await PipelineFixture.create();
  await fixture.put(dailyPath(), dailyCsv(daily("a")));
  await fixture.run();
  expect(await version(fixture)).toBe(-1);
  expect(await updateActivityWithoutRun(fixture.lake)).toEqual({ months: ["2024-09"], rows: 1 });
  expect(await events(fixture, "a")).toEqual(["day a 2024-09-03 1"]);
});

test("a correction replaces its month, and no other month is written", async () => {
  const fixture = await PipelineFixture.create();
  await fixture.put(dailyPath(), dailyCsv(daily("a"), daily("b")));
  await fixture.put(dailyPath("2024-10-01"), dailyCsv(daily("a", "2024-10-01")));
  await fixture.run(on);
  const [september, october] = await filesOf(fixture);
  await fixture.put(dailyPath("2024-10-01"), dailyCsv(daily("a", "2024-10-01", 9), daily("c", "2024-10-01")));
  await fixture.run(on);
  expect(await events(fixture, "a", "b", "c")).toEqual([
    "day a 2024-09-03 1",
    "day a 2024-10-01 9",
    "day b 2024-09-03 1",
    "day c 2024-10-01 1",
  ]);
  const after = await filesOf(fixture);
  expect(after).toHaveLength(2);
  expect([after.includes(String(september)), after.includes(String(october))].sort()).toEqual([false, true]);
});

test("a month that is no longer in any report is removed", async () => {
  const fixture = await PipelineFixture.create();
  await fixture.put(dailyPath(), dailyCsv(daily("a"), daily("b", "2024-10-01")));
  await fixture.run(on);
  await fixture.put(dailyPath(), dailyCsv(daily("a"), daily("b", "2024-09-02")));
  await fixture.run(on);
  await fixture.run({ ...on, accept: [dailyPath()] });
  expect(await events(fixture, "a", "b")).toEqual(["day a 2024-09-03 1", "day b 2024-09-02 1"]);
});

test("rows of other modules stay, even if another program merged them with ours and dropped the tags", async () => {
  const fixture = await PipelineFixture.create();
  await rewrite(fixture, { merge: false, further: otherModule });
  await fixture.put(dailyPath(), dailyCsv(daily("a")));
  await fixture.run(on);
  expect(await events(fixture, "a")).toEqual(["Quiz ? 2024-09-03 7", "day a 2024-09-03 1"]);

  await rewrite(fixture, { merge: true });
  expect(await filesOf(fixture)).toHaveLength(1);
  await fixture.run(on);
  expect(await events(fixture, "a")).toEqual(["Quiz ? 2024-09-03 7", "day a 2024-09-03 1"]);
  expect(await filesOf(fixture)).toHaveLength(2);

  const before = await version(fixture);
  await fixture.run(on);
  expect(await version(fixture)).toBe(before);
  await fixture.put(dailyPath(), dailyCsv(daily("a", "2024-09-03", 5)));
  await fixture.run(on);
  expect(await events(fixture, "a")).toEqual(["Quiz ? 2024-09-03 7", "day a 2024-09-03 5"]);
});

test("columns that another module added stay, also in rows that it merged with ours", async () => {
  const fixture = await PipelineFixture.create();
  await rewrite(fixture, { merge: false, further: otherModule });
  await fixture.put(dailyPath(), dailyCsv(daily("a")));
  await fixture.run(on);
  const writer = new ForeignWriter(fixture.lake, digitalActivityTable);
  const note = { name: "note", type: "string", nullable: true, metadata: {} };
  await writer.changeColumns((fields) => [...fields, note]);
  const files = [...(await writer.snapshot()).files.values()];
  const add = await writer.file((rows) => `SELECT * REPLACE ('kept' AS note) FROM ${rows}`, {
    year: 2024,
    month: 9,
  });
  await writer.commit("WRITE", [...files.map((file) => removeFile(file, { dataChange: true })), { add }]);
  await fixture.put(dailyPath(), dailyCsv(daily("a", "2024-09-03", 5)));
  expect((await fixture.run(on)).failed).toEqual([]);
  expect(await events(fixture, "a")).toEqual(["Quiz ? 2024-09-03 7", "day a 2024-09-03 5"]);
  const rows = await lakeRows(fixture.lake, digitalActivityTable);
  expect(rows.map((row) => row.note).sort()).toEqual(["kept", null].sort());
});

test("a file of another module is read only if it may have our rows, by its statistics", async () => {
  const fixture = await PipelineFixture.create();
  await rewrite(fixture, { merge: false, further: otherModule });
  const [file = ""] = await filesOf(fixture);
  await fixture.lose(`${digitalActivityTable}/${file}`);
  await fixture.put(dailyPath(), dailyCsv(daily("a")));
  const { failed, notes } = await fixture.run(on);
  expect(failed).toEqual([]);
  expect(notes).toContainEqual({ path: digitalActivityTable, note: "1 month written, 1 row" });
  expect(await filesOf(fixture)).toContain(file);
});

test("a table with a different schema is left unchanged and reported, and the run's rows are written", async () => {
  const fixture = await PipelineFixture.create();
  const duck = await sharedDuck();
  await commit({
    lake: fixture.lake,
    duck,
    tablePath: digitalActivityTable,
    operation: { name: "CREATE TABLE" },
    attempt: () => Promise.resolve({ actions: tableActions({ columns: [{ name: "x", type: "string" }] }) }),
  });
  await fixture.put(dailyPath(), dailyCsv(daily("a")));
  const summary = await fixture.run(on);
  expect(summary.failed).toHaveLength(1);
  expect(summary.failed[0]?.path).toBe(digitalActivityTable);
  expect(summary.failed[0]?.reason).toMatch(/not as this program creates it/);
  expect(await fixture.rows()).toHaveLength(1);
  expect(await version(fixture)).toBe(0);
});

describe("a table with deletion vectors of another program", () => {
  async function withVectors(further?: string): Promise<PipelineFixture> {
    const fixture = await PipelineFixture.create();
    await fixture.put(dailyPath(), dailyCsv(daily("a"), daily("b")));
    await fixture.run(on);
    if (further !== undefined) await rewrite(fixture, { merge: false, further });
    await new ForeignWriter(fixture.lake, digitalActivityTable).deleteByVector();
    expect((await fixture.verify()).problems).toMatchObject([
      { subject: digitalActivityTable, problem: expect.stringMatching(/deletionVectors/) },
    ]);
    return fixture;
  }
  const repair = ({ lake }: PipelineFixture, dryRun: boolean) => repairLake({ lake, salt, dryRun });
  const both = ["day a 2024-09-03 1", "day b 2024-09-03 1"];

  test("is written again by a run", async () => {
    const fixture = await withVectors();
    const note = "1 month written, 2 rows";
    const notes = [{ path: digitalActivityTable, note }];
    expect(await fixture.run(on)).toMatchObject({ failed: [], notes });
    expect(await events(fixture, "a", "b")).toEqual(both);
    expect((await fixture.verify()).problems).toEqual([]);
  });

  test("is written again by a repair", async () => {
    const fixture = await withVectors();
    const tables = [{ table: digitalActivityTable, problem: null }];
    const before = await fixture.tree();
    expect(await repair(fixture, true)).toMatchObject({ tables });
    expect(await fixture.tree()).toEqual(before);
    expect(await repair(fixture, false)).toMatchObject({ tables });
    expect(await events(fixture, "a", "b")).toEqual(both);
    expect((await fixture.verify()).problems).toEqual([]);
  });

  test("stays if it has rows of other modules", async () => {
    const fixture = await withVectors(otherModule);
    const before = await version(fixture);
    const reason = expect.stringMatching(/deletionVectors.* Drop them from any other table/) as unknown;
    expect(await fixture.run(on)).toMatchObject({ failed: [{ path: digitalActivityTable, reason }] });
    expect(await repair(fixture, false)).toMatchObject({ tables: [{ problem: reason }] });
    expect(await version(fixture)).toBe(before);
  });
});

test("merged data files of the tables give the same events", async () => {
  const fixture = await PipelineFixture.create();
  for (let day = 1; day <= 12; day++) {
    const date = `2024-09-${String(day).padStart(2, "0")}`;
    await fixture.put(dailyPath(date), dailyCsv(daily("a", date)));
    await fixture.run({ digitalActivity: true });
  }
  const before = await events(fixture, "a");
  expect(before).toHaveLength(12);
  await optimizeLake({ lake: fixture.lake, dryRun: false });
  await updateActivityWithoutRun(fixture.lake);
  expect(await events(fixture, "a")).toEqual(before);
  expect(await filesOf(fixture)).toHaveLength(1);
});

test.each([
  ["", undefined],
  [" next to rows of another module", otherModule],
])("verify reports a missing event%s", async (_, further) => {
  const fixture = await PipelineFixture.create();
  if (further !== undefined) await rewrite(fixture, { merge: false, further });
  await fixture.put(dailyPath(), dailyCsv(daily("a"), daily("b")));
  await fixture.run(on);
  expect((await fixture.verify()).problems).toEqual([]);
  const duck = await sharedDuck();
  await commit({
    lake: fixture.lake,
    duck,
    tablePath: digitalActivityTable,
    operation: { name: "DELETE" },
    attempt: async (snapshot) => {
      const file = [...(snapshot?.files.values() ?? [])].find(({ tags }) => tags !== undefined);
      if (snapshot === undefined || file === undefined) return undefined;
      const rows = readQuery(snapshot, [file], (lakePath) => fixture.lake.localPath(lakePath));
      const query = `SELECT * FROM (${rows}) LIMIT 1`;
      const add = await duck.session((session) =>
        writeDataFile({
          session,
          lake: fixture.lake,
          tablePath: digitalActivityTable,
          columns: activityColumns,
          partitionValues: { year: 2024, month: 9 },
          query,
          tags: file.tags ?? {},
        }),
      );
      return { actions: [...(add ? [{ add }] : []), removeFile(file, { dataChange: true })] };
    },
  });
  expect((await fixture.verify()).problems).toEqual([
    { subject: digitalActivityTable, problem: "It has 1 row of reports where the reports' tables have 2." },
  ]);
});

test.each([
  ["all of our events", (rows: string) => `SELECT * FROM ${rows} WHERE false`],
  ["one of our events", (rows: string) => `SELECT * FROM ${rows} WHERE event_object <> 'Canvas' LIMIT 1`],
])(
  "verify reports that another program deleted %s of a month, until they are written again",
  async (_, left) => {
    const fixture = await PipelineFixture.create();
    await rewrite(fixture, { merge: false, further: otherModule });
    await fixture.put(dailyPath(), dailyCsv(daily("a"), daily("b")));
    await fixture.run(on);
    const writer = new ForeignWriter(fixture.lake, digitalActivityTable);
    const deleted = [...(await writer.snapshot()).files.values()].filter(
      ({ tags }) => tags?.["clever.madeOf"],
    );
    expect(deleted).toHaveLength(1);
    const add = await writer.file(left, { year: 2024, month: 9 }).catch(() => undefined);
    // As delta-rs, which drops the tags.
    const removed = deleted.map(({ tags: _, ...file }) => removeFile(file, { dataChange: true }));
    await writer.commit("DELETE", [...(add ? [{ add }] : []), ...removed]);
    const problem =
      "Another program (Apache-Spark/3.5.3) changed its rows: DELETE. Rows of reports are missing; update the table.";
    expect((await fixture.verify()).problems).toEqual([{ subject: digitalActivityTable, problem }]);
    await updateActivityWithoutRun(fixture.lake);
    expect((await fixture.verify()).problems).toEqual([]);
    // A month that is not in the table yet is no problem, whatever other modules do to their own rows of it.
    await fixture.put(dailyPath("2024-10-01"), dailyCsv(daily("a", "2024-10-01")));
    await fixture.run();
    const others = () =>
      writer.file((rows) => `SELECT * FROM ${rows} WHERE event_object = 'Canvas'`, { year: 2024, month: 10 });
    const first = await others();
    await writer.commit("WRITE", [{ add: first }]);
    await writer.commit("WRITE", [removeFile(first, { dataChange: true }), { add: await others() }]);
    expect((await fixture.verify()).problems).toEqual([]);
  },
);

test("verify reports copies of our events that another program added, and the next update removes them", async () => {
  const fixture = await PipelineFixture.create();
  await fixture.put(dailyPath(), dailyCsv(daily("a"), daily("b")));
  await fixture.run(on);
  const writer = new ForeignWriter(fixture.lake, digitalActivityTable);
  const add = await writer.file((rows) => `SELECT * FROM ${rows} LIMIT 1`, { year: 2024, month: 9 });
  await writer.commit("WRITE", [{ add }]);
  expect((await fixture.verify()).problems).toEqual([
    { subject: digitalActivityTable, problem: "It has 3 rows of reports where the reports' tables have 2." },
  ]);
  await updateActivityWithoutRun(fixture.lake);
  expect((await fixture.verify()).problems).toEqual([]);
});

test("an update that lost its lock commits nothing", async () => {
  const fixture = await PipelineFixture.create();
  await fixture.put(dailyPath(), dailyCsv(daily("a"), daily("b", "2024-10-01")));
  await fixture.run();
  const duck = await sharedDuck();
  const lost = new CleverLakeError("conflict", "Another run took over.");
  const update = updateDigitalActivity({
    lake: fixture.lake,
    duck,
    tables: (await readTables({ lake: fixture.lake, duck })).pseudo,
    requireHeld: () => Promise.reject(lost),
  });
  await expect(update).rejects.toBe(lost);
  const committed = [...(await fixture.tree()).keys()].filter((file) =>
    file.startsWith(`${digitalActivityTable}/_delta_log`),
  );
  expect(committed).toEqual([]);
});

test("two concurrent updates write each event once", async () => {
  const fixture = await PipelineFixture.create();
  await fixture.put(dailyPath(), dailyCsv(daily("a"), daily("b")));
  await fixture.run();
  const outcomes = await Promise.allSettled([
    updateActivityWithoutRun(fixture.lake),
    updateActivityWithoutRun(fixture.lake),
  ]);
  expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  expect(await events(fixture, "a", "b")).toEqual(["day a 2024-09-03 1", "day b 2024-09-03 1"]);
});

test("an update whose lock another run took over after the last check writes no month twice", async () => {
  const fixture = await PipelineFixture.create();
  await fixture.put(dailyPath(), dailyCsv(daily("a")));
  await fixture.run(on);
  await fixture.put(dailyPath("2024-10-01"), dailyCsv(daily("b", "2024-10-01")));
  await fixture.run();
  const duck = await sharedDuck();
  const { pseudo: tables } = await readTables({ lake: fixture.lake, duck });
  const update = (requireHeld: () => Promise<void>) =>
    updateDigitalActivity({ lake: fixture.lake, duck, tables, requireHeld });
  // The new month adds a file and removes none, so nothing but what was read contradicts the other run's commit.
  let checks = 0;
  const late = update(async () => {
    if (++checks > 1) throw new CleverLakeError("conflict", "Another run took over.");
    await update(() => Promise.resolve());
  });
  expect(await late).toEqual({ months: [], rows: 0 });
  expect(checks).toBe(1);
  expect(await events(fixture, "a", "b")).toEqual(["day a 2024-09-03 1", "day b 2024-10-01 1"]);
});

test("the events of a report whose table another program made unreadable stay", async () => {
  const fixture = await PipelineFixture.create();
  await fixture.put(dailyPath(), dailyCsv(daily("a")));
  await fixture.put(usagePath(), usageCsv(usage("a", "Mathlark")));
  await fixture.run(on);
  const before = await events(fixture, "a");
  const table = pseudoTable(reports.resource_usage);
  await new ForeignWriter(fixture.lake, table).requireFeature("aFutureFeature");
  const unsupported = { code: "unsupportedTable", subject: table };

  await expect(updateActivityWithoutRun(fixture.lake)).rejects.toMatchObject(unsupported);
  const { failed } = await fixture.run(on);
  expect(failed).toMatchObject([{ path: digitalActivityTable, reason: expect.stringMatching(table) }]);
  expect(await events(fixture, "a")).toEqual(before);
  const place = `${await temporaryFolder()}/events.parquet`;
  const duck = await sharedDuck();
  await expect(exportEngagement(fixture.lake, duck, place)).rejects.toMatchObject(unsupported);
  // The rest of the lake is verified all the same.
  const { problems, tables } = await fixture.verify();
  expect(problems).toMatchObject([
    { subject: table, problem: expect.stringMatching(/^It could not be read/) },
  ]);
  expect(tables.map((each) => each.table)).toContain(pseudoTable(reports.daily_participation));
});

test("the events of a month stay if a data file of it has other bytes than were written", async () => {
  const fixture = await PipelineFixture.create();
  await fixture.put(dailyPath(), dailyCsv(daily("a")));
  await fixture.run(on);
  const table = pseudoTable(reports.daily_participation);
  const snapshot = await readSnapshot({ lake: fixture.lake, duck: await sharedDuck() }, table);
  const [file] = snapshot?.files.keys() ?? [];
  const place = fixture.lake.localPath(`${table}/${file}`);
  const duck = await sharedDuck();
  const other = `SELECT * REPLACE (7 AS num_logins) FROM read_parquet(${sqlString(place)}, hive_partitioning = false)`;
  await duck.session(async (session) => {
    await session.query(`CREATE TEMP TABLE changed AS ${other}`);
    await session.query(`COPY changed TO ${sqlString(place)} (FORMAT parquet)`);
  });
  await fixture.put(usagePath(), usageCsv(usage("a", "Mathlark")));
  const { failed } = await fixture.run(on);
  expect(failed).toEqual([
    { path: digitalActivityTable, reason: expect.stringMatching(/has changed since/) },
  ]);
  expect(await events(fixture, "a")).toEqual(["day a 2024-09-03 1"]);
});

const table = pseudoTable(reports.resource_usage);

describe.each([
  ["table is gone", [table]],
  ["table and lookup table are gone", [table, lookupTable(reports.resource_usage)]],
])("the events of a report whose %s stay", (_lost, lost) => {
  async function withoutTable(): Promise<{ fixture: PipelineFixture; before: readonly string[] }> {
    const fixture = await PipelineFixture.create();
    await fixture.put(dailyPath(), dailyCsv(daily("a")));
    await fixture.put(usagePath(), usageCsv(usage("a", "Mathlark")));
    await fixture.run(on);
    const before = await events(fixture, "a");
    expect(before).toHaveLength(2);
    // As between the two renames of an interrupted repair.
    for (const each of lost) await fixture.lose(each);
    return { fixture, before };
  }

  test("until a run rebuilds it", async () => {
    const { fixture, before } = await withoutTable();
    const gone = { code: "corrupt", subject: table };
    await expect(updateActivityWithoutRun(fixture.lake)).rejects.toMatchObject(gone);
    const place = `${await temporaryFolder()}/events.parquet`;
    await expect(exportEngagement(fixture.lake, await sharedDuck(), place)).rejects.toMatchObject(gone);
    expect(await events(fixture, "a")).toEqual(before);
    expect(await fixture.run(on)).toMatchObject({ anonymized: 1, failed: [] });
    expect(await events(fixture, "a")).toEqual(before);
  });

  test("if no run can rebuild it", async () => {
    const { fixture, before } = await withoutTable();
    await fixture.remove(usagePath());
    const landed = (await fixture.lastLog()).get(usagePath())?.landedPath ?? "";
    await fixture.lake.delete(landed);
    const { failed } = await fixture.run(on);
    expect(failed).toContainEqual({ path: digitalActivityTable, reason: expect.stringMatching(table) });
    expect(await events(fixture, "a")).toEqual(before);
  });
});
