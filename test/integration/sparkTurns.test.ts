import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { pseudoTable } from "../../src/clever/layout";
import { reportNames, reports } from "../../src/clever/reports";
import { verifyLake } from "../../src/pipeline/verify/verify";
import { openLake, startEmulator } from "../helpers/adls";
import { runInto } from "../helpers/adlsPipeline";
import { eventfulDays } from "../helpers/eventfulDistrict";
import { lakeRows } from "../helpers/lakeRows";
import { lakeState } from "../helpers/lakeState";
import { PipelineFixture, salt } from "../helpers/pipelineFixture";
import { sparkEngine } from "../helpers/sparkEngine";
import { sparkOnEmulator } from "../helpers/sparkOnEmulator";
import { temporaryFolder } from "../helpers/temporaryFolder";

/**
 * The number of days on which the two engines alternate. From the fourth on, each day has one of five events; a day takes
 * half a minute. Use CLEVER_LAKE_SPARK_DAYS=30 after changing the scripts: then each event occurs with both engines.
 */
const days = Number(process.env.CLEVER_LAKE_SPARK_DAYS ?? 5);

test(`Spark and the embedded engine take turns over ${days} days; each ends as if the embedded engine were alone`, async () => {
  await using spark = await sparkEngine();
  if (!spark) return;
  const [alone, mixed] = [await PipelineFixture.create(), await PipelineFixture.create()];
  const quarantined = new Set<string>();
  for (const [day, changes] of eventfulDays(days).entries()) {
    for (const [file, content] of changes) {
      for (const fixture of [alone, mixed]) await fixture.put(file, content);
    }
    const isSpark = day % 2 === 1;
    const { runId: _, milliseconds: __, ...messages } = await alone.run();
    const theirs = await mixed.run(isSpark ? { engine: spark.open } : {});
    expect(theirs, `day ${day}`).toMatchObject(messages);
    expect(await lakeState(mixed.lake), `day ${day}`).toEqual(await lakeState(alone.lake));
    for (const { path: file } of messages.quarantined) quarantined.add(file);
  }
  expect((await mixed.verify()).problems).toEqual([]);
  // One in five events is a file in quarantine.
  expect(quarantined.size).toBe(events((day) => day % 5 === 0));
  const superseded = (await alone.log()).filter(({ rowsSuperseded = 0 }) => rowsSuperseded > 0);
  expect(superseded.length > 0).toBe(events((day) => day % 5 === 3) > 0);
}, 3_600_000);

/** The number of days with an event of a kind. */
function events(isKind: (day: number) => boolean): number {
  return Array.from({ length: days }, (_, day) => day).filter((day) => day >= 3 && isKind(day)).length;
}

const reader = `
import sys
from pyspark.sql import SparkSession

spark = SparkSession.builder.getOrCreate()
for table in sys.argv[1:]:
    rows = spark.read.format("delta").load(table)
    for row in rows.selectExpr("to_json(struct(date, sis_id_pseudonym, source_file)) AS row").collect():
        print(row["row"])
`;

test("the same in Azure, where Spark then reads the tables through abfs://", async () => {
  const folder = await temporaryFolder();
  const emulator = await startEmulator();
  const onEmulator = await sparkOnEmulator(emulator, folder);
  if (!onEmulator) return;
  const before = process.env.SPARK_CONF_DIR;
  onTestFinished(() => {
    if (before === undefined) delete process.env.SPARK_CONF_DIR;
    else process.env.SPARK_CONF_DIR = before;
  });
  Object.assign(process.env, onEmulator.environment);
  const lake = openLake(emulator);
  const alone = await PipelineFixture.create();
  {
    await using spark = await sparkEngine();
    if (!spark) return;
    for (const [day, changes] of eventfulDays(7).entries()) {
      for (const [file, content] of changes) await alone.put(file, content);
      if (day < 5) continue;
      // With Spark, the sixth day with a file in quarantine.
      await runInto(lake, alone.source, day === 5 ? { engine: spark.open } : {});
      await alone.run();
      expect(await lakeState(lake), `day ${day}`).toEqual(await lakeState(alone.lake));
    }
  }
  expect((await verifyLake(lake, salt)).problems).toEqual([]);

  const tables = reportNames.map((name) => pseudoTable(reports[name]));
  const script = path.join(folder, "read.py");
  await writeFile(script, reader);
  const places = tables.map((table) => {
    const [fileSystem, ...rest] = table.split("/");
    return `abfs://${fileSystem}@${emulator.account}.dfs.core.windows.net/${rest.join("/")}`;
  });
  const child = spawn(onEmulator.program, [script, ...places], { env: process.env });
  onTestFinished(() => void child.kill());
  const [messages, errors]: string[][] = [[], []];
  child.stdout.setEncoding("utf8").on("data", (text: string) => messages?.push(text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => errors?.push(text));
  await once(child, "close");
  const ours: string[] = [];
  for (const table of tables) {
    for (const { date, sis_id_pseudonym, source_file } of await lakeRows(alone.lake, table)) {
      ours.push(
        JSON.stringify({ date, ...(sis_id_pseudonym === null ? {} : { sis_id_pseudonym }), source_file }),
      );
    }
  }
  expect((messages ?? []).join("").trim().split("\n").sort(), errors?.join("").slice(-2_000)).toEqual(
    ours.sort(),
  );
}, 1_200_000);
