import { cp, mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { digitalActivityTable, groupsTable, pseudoTable } from "../../src/clever/layout";
import { reports } from "../../src/clever/reports";
import { repairLake } from "../../src/pipeline/repair/repair";
import { lakeRows } from "../helpers/lakeRows";
import { lakeTemplate } from "../helpers/lakeTemplate";
import {
  daily,
  dailyCsv,
  dailyPath,
  type PipelineFixture,
  salt,
  usage,
  usageCsv,
  usagePath,
} from "../helpers/pipelineFixture";
import { pythonWithDelta, runPython } from "../helpers/python";
import { Spark, sparkJars } from "../helpers/spark";
import { temporaryFolder } from "../helpers/temporaryFolder";

/**
 * Changes of real Spark and delta-rs to our tables between two of our runs: the result is correct, or the change is
 * reported with the hint to repair, which the test follows.
 */

const jars = await sparkJars();
const python = await pythonWithDelta();
const table = pseudoTable(reports.daily_participation);

/**
 * `right`: nothing is reported. `changed`: rows were changed, which is reported and repaired by month. `refused`: only this
 * table is refused, and rebuilt next to the old one.
 */
type Outcome = "right" | "changed" | "refused";

const before = [
  "amy 2024-09-03 1",
  "amy 2024-09-04 2",
  "amy 2024-10-01 1",
  "ben 2024-09-03 1",
  "ben 2024-10-01 1",
];
const nextDay = "2024-10-02";
const after = [...before, `amy ${nextDay} 7`].sort();

const folder = await mkdtemp(path.join(tmpdir(), "clever-lake-other-writers-"));
const sparkFolder = path.join(folder, "spark");
afterAll(() => rm(folder, { recursive: true, force: true }));

/** A lake with two runs. */
const lakeOfRuns = lakeTemplate(async (fixture) => {
  await fixture.put(dailyPath(), dailyCsv(daily("amy"), daily("ben")));
  await fixture.put(usagePath(), usageCsv(usage("amy", "Maths")));
  await fixture.run();
  await fixture.put(dailyPath("2024-09-04"), dailyCsv(daily("amy", "2024-09-04", 2)));
  await fixture.put(
    dailyPath("2024-10-01"),
    dailyCsv(daily("amy", "2024-10-01"), daily("ben", "2024-10-01")),
  );
  await fixture.run();
});

async function continues(fixture: PipelineFixture, outcome: Outcome): Promise<void> {
  const modified = new Date(Date.UTC(2024, 11, 1));
  await fixture.put(dailyPath(nextDay), dailyCsv(daily("amy", nextDay, 7)), modified);
  await fixture.put(usagePath(nextDay), usageCsv(usage("amy", "Maths", nextDay)), modified);
  const { changedByOthers } = await fixture.lakeStatus();
  const summary = await fixture.run();
  expect(summary.changedByOthers).toEqual(changedByOthers);
  // The other report continues, whatever happened to this one.
  expect(await fixture.rows("resource_usage")).toHaveLength(2);
  const hint = expect.stringContaining("clever-lake repair") as unknown;
  const expected = {
    right: { anonymized: 2, failed: [], changedByOthers: [] },
    changed: {
      anonymized: 2,
      failed: [],
      changedByOthers: [{ table, problem: expect.stringMatching(/^Another program/) }],
    },
    refused: {
      anonymized: 1,
      failed: expect.arrayContaining([{ path: dailyPath(nextDay), reason: hint }]) as unknown,
      changedByOthers: [{ table, months: [], problem: hint }],
    },
  };
  expect(summary).toMatchObject(expected[outcome]);
  if (outcome !== "right") {
    const { tables } = await repairLake({ lake: fixture.lake, salt, dryRun: false });
    const rebuilt = outcome === "changed" ? "months" : "table";
    expect(tables).toMatchObject([{ table, rebuilt, kept: [], problem: null }]);
  }
  if (outcome === "refused") expect(await fixture.run()).toMatchObject({ anonymized: 1, failed: [] });
  expect(await fixture.logins("amy", "ben")).toEqual(after);
  expect(await fixture.run()).toMatchObject({ landed: 0, anonymized: 0, changedByOthers: [] });
  expect((await fixture.verify()).problems).toEqual([]);
}

describe.skipIf(jars === undefined)("Apache Spark, between two runs of ours", { timeout: 300_000 }, () => {
  let spark: Spark;
  beforeAll(async () => {
    await mkdir(sparkFolder);
    spark = Spark.start(jars ?? "", sparkFolder);
    await spark.sql(
      "SET spark.databricks.delta.retentionDurationCheck.enabled = false",
      "SET spark.databricks.delta.allowArbitraryProperties.enabled = true",
    );
  }, 300_000);
  afterAll(() => spark[Symbol.asyncDispose]());

  const properties = (...set: string[]) => `ALTER TABLE $t SET TBLPROPERTIES (${set.join(", ")})`;
  const delta = (name: string, value: string) => `'delta.${name}' = '${value}'`;
  const values = "DATE'2024-09-03', 'a', 'b', 'school-1', 'North High', true, 3, 2, 2024, 9";
  const oeaColumns =
    "date, sis_id_pseudonym, clever_user_id_pseudonym, clever_school_id, school_name, active, num_logins, num_resources_accessed, year, month";

  test.each<[string, Outcome, ...string[]]>([
    ["append of the same rows", "changed", "INSERT INTO $t SELECT * FROM $t"],
    ["append as OEA's notebook does", "changed", `INSERT INTO $t (${oeaColumns}) VALUES (${values})`],
    ["OPTIMIZE", "right", "OPTIMIZE $t"],
    ["OPTIMIZE ZORDER BY", "right", "OPTIMIZE $t ZORDER BY (sis_id_pseudonym)"],
    ["VACUUM", "right", "OPTIMIZE $t", "VACUUM $t RETAIN 0 HOURS"],
    ["DELETE", "changed", "DELETE FROM $t WHERE num_logins = 2"],
    ["DELETE of everything", "changed", "DELETE FROM $t"],
    ["UPDATE", "changed", "UPDATE $t SET num_logins = 99 WHERE month = 10"],
    [
      "MERGE",
      "changed",
      "MERGE INTO $t t USING (SELECT 1 AS one) s ON t.num_logins = s.one WHEN MATCHED THEN UPDATE SET active = false",
    ],
    ["RESTORE", "changed", "RESTORE TABLE $t TO VERSION AS OF 0"],
    ["REORG", "right", "OPTIMIZE $t", "REORG TABLE $t APPLY (PURGE)"],
    ["deletion vectors that no file has", "right", properties(delta("enableDeletionVectors", "true"))],
    [
      "deletion vectors",
      "refused",
      properties(delta("enableDeletionVectors", "true")),
      "OPTIMIZE $t",
      "DELETE FROM $t WHERE num_logins = 2",
    ],
    [
      "deletion vectors that were purged",
      "changed",
      properties(delta("enableDeletionVectors", "true")),
      "OPTIMIZE $t",
      "DELETE FROM $t WHERE num_logins = 2",
      "REORG TABLE $t APPLY (PURGE)",
    ],
    [
      "column mapping",
      "refused",
      properties(
        delta("columnMapping.mode", "name"),
        delta("minReaderVersion", "2"),
        delta("minWriterVersion", "5"),
      ),
    ],
    [
      "v2 checkpoints with the earlier log",
      "right",
      properties(delta("checkpointPolicy", "v2"), delta("checkpointInterval", "1")),
      "OPTIMIZE $t",
    ],
    ["a change feed", "refused", properties(delta("enableChangeDataFeed", "true"))],
    [
      "a change feed that was turned off again",
      "right",
      properties(delta("enableChangeDataFeed", "true")),
      properties(delta("enableChangeDataFeed", "false")),
    ],
    ["CHECK", "refused", "ALTER TABLE $t ADD CONSTRAINT some CHECK (num_logins >= 0)"],
    [
      "CHECK that was dropped again",
      "right",
      "ALTER TABLE $t ADD CONSTRAINT some CHECK (num_logins >= 0)",
      "ALTER TABLE $t DROP CONSTRAINT some",
    ],
    ["ADD COLUMN", "right", "ALTER TABLE $t ADD COLUMN (note STRING)"],
    ["row tracking", "refused", properties(delta("enableRowTracking", "true"))],
    ["in-commit timestamps", "refused", properties(delta("enableInCommitTimestamps", "true"))],
    ["type widening that no column has", "right", properties(delta("enableTypeWidening", "true"))],
    [
      "properties that Fabric and Databricks set",
      "right",
      properties(
        delta("autoOptimize.autoCompact", "true"),
        delta("autoOptimize.optimizeWrite", "true"),
        delta("parquet.vorder.enabled", "true"),
        delta("targetFileSize", "128mb"),
        delta("tuneFileSizesForRewrites", "true"),
        delta("dataSkippingNumIndexedCols", "4"),
        delta("logRetentionDuration", "interval 30 days"),
        delta("deletedFileRetentionDuration", "interval 7 days"),
        delta("isolationLevel", "Serializable"),
      ),
      "OPTIMIZE $t",
    ],
    ["append-only", "right", properties(delta("appendOnly", "true"))],
    [
      "checkpoints in parts, without statistics as JSON",
      "right",
      "SET spark.databricks.delta.checkpoint.partSize = 1",
      properties(
        delta("checkpoint.writeStatsAsJson", "false"),
        delta("checkpoint.writeStatsAsStruct", "true"),
        delta("checkpointInterval", "1"),
      ),
      "OPTIMIZE $t",
      "RESET spark.databricks.delta.checkpoint.partSize",
    ],
    [
      "data files without statistics",
      "right",
      "SET spark.databricks.delta.stats.collect = false",
      "OPTIMIZE $t",
      "RESET spark.databricks.delta.stats.collect",
    ],
    ["overwrite by some rows", "changed", "INSERT OVERWRITE $t SELECT * FROM $t WHERE month = 9"],
  ])("%s: %s", async (_, outcome, ...statements) => {
    const fixture = await lakeOfRuns();
    const place = `delta.\`${fixture.lake.localPath(table)}\``;
    const named = (statement: string) => statement.replaceAll("$t", () => place);
    await spark.sql(...statements.map(named));
    await continues(fixture, outcome);
    const [rows = []] = await spark.sql(named("SELECT * FROM $t"));
    expect(rows).toHaveLength(after.length);
  });

  test.each(["CLUSTER BY", "PARTITIONED BY"])(
    "a table recreated with %s another column: refused",
    async (by) => {
      const fixture = await lakeOfRuns();
      const place = fixture.lake.localPath(table);
      const again = path.join(await temporaryFolder(), "again");
      const name = by.replaceAll(" ", "_");
      await spark.sql(
        `CREATE TABLE ${name} USING delta ${by} (date) LOCATION '${again}' AS SELECT * FROM delta.\`${place}\``,
      );
      await rm(place, { recursive: true });
      await cp(again, place, { recursive: true });
      await continues(fixture, "refused");
    },
  );

  test.each([
    [digitalActivityTable, "event_eventTime = DATE'2024-09-04'"],
    [groupsTable, "cohort = 1"],
  ])(
    "deletion vectors in %s, which follows from other tables: written again by the next run",
    async (follows, deleted) => {
      const fixture = await lakeOfRuns();
      const cohort = (grade: string, group: number) => ({
        school: "North",
        userType: "student",
        grade,
        group,
      });
      const cohorts = [cohort("1", 1), cohort("2", 2)];
      const division = { minimumGroupSize: 1, cohorts, daysLeftOut: [], knownDays: null };
      const update = () => fixture.run({ digitalActivity: true, divide: () => Promise.resolve(division) });
      await update();
      const expected = await lakeRows(fixture.lake, follows);
      const place = `delta.\`${fixture.lake.localPath(follows)}\``;
      await spark.sql(
        `ALTER TABLE ${place} SET TBLPROPERTIES (${delta("enableDeletionVectors", "true")})`,
        `DELETE FROM ${place} WHERE ${deleted}`,
      );
      expect((await fixture.verify()).problems).toMatchObject([{ subject: follows }]);
      expect(await update()).toMatchObject({ failed: [], notes: [{ path: follows }] });
      const sorted = (rows: readonly object[]) => rows.map((row) => JSON.stringify(row)).sort();
      expect(sorted(await lakeRows(fixture.lake, follows))).toEqual(sorted(expected));
      const [rows = []] = await spark.sql(`SELECT * FROM ${place}`);
      expect(rows).toHaveLength(expected.length);
      expect((await fixture.verify()).problems).toEqual([]);
    },
  );

  test("v2 checkpoints, with the log before them cleaned up: refused", async () => {
    const fixture = await lakeOfRuns();
    const place = `delta.\`${fixture.lake.localPath(table)}\``;
    await spark.sql(
      `ALTER TABLE ${place} SET TBLPROPERTIES (${delta("checkpointPolicy", "v2")}, ${delta("checkpointInterval", "1")})`,
      `OPTIMIZE ${place}`,
    );
    const log = path.join(fixture.lake.localPath(table), "_delta_log");
    const names = (await readdir(log)).filter((name) => /^\d+\.json$/.test(name)).sort();
    for (const name of names.slice(0, -1)) await rm(path.join(log, name));
    await continues(fixture, "refused");
  });
});

describe.skipIf(python === undefined)("delta-rs, between two runs of ours", { timeout: 60_000 }, () => {
  test.each<[string, Outcome, object]>([
    ["compaction", "right", { command: "optimize" }],
    ["delete", "changed", { command: "delete", predicate: "num_logins = 2" }],
    ["checkpoint", "right", { command: "checkpoint" }],
  ])("%s: %s", async (_, outcome, request) => {
    const fixture = await lakeOfRuns();
    await runPython(python ?? "", "delta.py", { ...request, table: fixture.lake.localPath(table) });
    await continues(fixture, outcome);
  });
});
