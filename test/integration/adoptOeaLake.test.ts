import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import * as z from "zod";
import {
  ingestLogTable,
  lookupTable,
  oeaTable,
  pseudonymMapTable,
  pseudoTable,
} from "../../src/clever/layout";
import { idNames, type Report, reports } from "../../src/clever/reports";
import { FolderLake } from "../../src/lake/folder";
import { verifyLake } from "../../src/pipeline/verify/verify";
import { type RunningSftpServer, startSftpServer } from "../../src/sftp/server/server";
import { CommandLine } from "../helpers/cli";
import { appears } from "../helpers/killedRuns";
import { contentsBelow } from "../helpers/lakeFiles";
import { lakeRows } from "../helpers/lakeRows";
import { asSinkWrites, landAsOea } from "../helpers/oeaLake";
import { daily, dailyCsv, usage, usageCsv } from "../helpers/pipelineFixture";
import { pythonWithDelta, runPython } from "../helpers/python";
import { Spark, sparkJars } from "../helpers/spark";

/**
 * A lake as OEA writes it, with Apache Spark, adopted by the built command line. `notebook` states what OEA's notebook
 * computes; it contains none of its code.
 */

const jars = await sparkJars();
const python = await pythonWithDelta();
const secrets = { CLEVER_SFTP_PASSWORD: "a password to search for", CLEVER_SALT: "a salt to search for" };
const { daily_participation: dailyReport, resource_usage: usageReport } = reports;
const all = [dailyReport, usageReport];

const days = ["02", "03", "04", "05"].map((day) => `2024-09-${day}`);
const people = Array.from({ length: 40 }, (_, index) => `p${index}`);
const dailyOf = (day: string, logins = 1) => dailyCsv(...people.map((person) => daily(person, day, logins)));
const name = (day: string, report: Report, type = "students") => `${day}-${report.slug}-${type}.csv`;
const hard = (day: string) =>
  `${day},sis-p0,clever-p0,school-1,"North ""A"" High",app,"Maths, ""easy"", 5th",id-maths,3`;
const usageOf = (day: string) =>
  usageCsv(hard(day), ...people.slice(1).map((person) => usage(person, "art", day)));
/** From before Clever included the school's name. */
const oldDaily = (day: string) =>
  [
    "date,sis_id,clever_user_id,clever_school_id,active,num_logins,num_resources_accessed",
    ...people.map((person) => `${day},sis-${person},clever-${person},school-1,true,4,2`),
    "",
  ].join("\n");

let root: string;
/** A lake with OEA's published sample, and one without, to be killed. */
let template: string;
let small: string;
let server: RunningSftpServer;
/** OEA's tables as delta-rs read them after OEA had written them. */
const rowsOfOea = new Map<string, unknown>();

/** The statements of one run of OEA's notebook on a report: every landed file is read by position and appended again. */
function notebook(folder: string, report: Report, isFirst: boolean): string[] {
  const columns = report.columns.map(({ name, type }) => `${name} ${type}`).join(", ");
  const view = (name: string, glob: string) =>
    `CREATE OR REPLACE TEMPORARY VIEW ${name} (${columns}) USING csv OPTIONS (path '${folder}/stage1np/clever/${report.slug}/${glob}', header 'true')`;
  const named = report.columns.map(({ name, pseudonymization }) =>
    pseudonymization === "hash" ? `sha2(${name}, 256) AS ${name}_pseudonym` : name,
  );
  const landed = "(SELECT * FROM in_folders UNION ALL SELECT * FROM by_sink)";
  const pseudo = `SELECT ${named.join(", ")}, year(date) AS year, month(date) AS month FROM ${landed}`;
  const lookup = `SELECT ${idNames.join(", ")}, ${idNames.map((id) => `sha2(${id}, 256) AS ${id}_pseudonym`).join(", ")} FROM ${landed}`;
  const write = (table: string, partitions: string, select: string) =>
    isFirst
      ? `CREATE TABLE delta.\`${folder}/${table}\` USING DELTA ${partitions} AS ${select}`
      : `INSERT INTO delta.\`${folder}/${table}\` ${select}`;
  return [
    view("in_folders", "*/*/*.csv"),
    view("by_sink", "*/*.csv"),
    write(pseudoTable(report), "PARTITIONED BY (year, month)", pseudo),
    write(lookupTable(report), "", lookup),
  ];
}

async function readByDeltaRs(folder: string, table: string): Promise<unknown> {
  const answer = await runPython(python ?? "", "delta.py", {
    command: "read",
    table: path.join(folder, table),
  });
  const { rows, files } = z
    .object({ rows: z.array(z.record(z.string(), z.unknown())), files: z.number() })
    .parse(answer);
  return { files, rows: rows.map((row) => JSON.stringify(Object.entries(row).sort())).sort() };
}

beforeAll(async () => {
  if (jars === undefined || python === undefined) return;
  root = await mkdtemp(path.join(tmpdir(), "clever-lake-oea-"));
  template = path.join(root, "template");
  small = path.join(root, "small");
  const sample = await readFile(
    path.join(import.meta.dirname, "../fixtures/oea/daily-participation-students.csv"),
  );
  const corrected = dailyOf(days[1] ?? "", 9);
  const landAll = async (time: string, known: readonly string[], second: string) => {
    for (const folder of [template, small]) {
      const lake = await FolderLake.open(folder);
      const land = (report: Report, place: string, content: string | Buffer) =>
        landAsOea(lake, report, `${time}/${place}`, content);
      if (folder === template) await land(dailyReport, "Students/Students.csv", sample);
      for (const day of known) {
        const rows = day === days[1] ? second : dailyOf(day);
        await land(dailyReport, `Students/${name(day, dailyReport)}`, rows);
        await land(usageReport, `Students/${name(day, usageReport)}`, usageOf(day));
      }
      // As the production pipeline lands, without the folder.
      await land(usageReport, name("2024-10-01", usageReport), asSinkWrites(usageOf("2024-10-01")));
      await land(dailyReport, name("2024-10-01", dailyReport), asSinkWrites(dailyOf("2024-10-01")));
      await land(dailyReport, `Students/${name("2024-08-30", dailyReport)}`, oldDaily("2024-08-30"));
    }
  };
  await using spark = Spark.start(jars, await mkdtemp(path.join(root, "spark-")));
  const run = (isFirst: boolean) =>
    spark.sql(
      ...[template, small].flatMap((folder) => all.flatMap((report) => notebook(folder, report, isFirst))),
    );
  await landAll("2024-10-03T05-00-00", days.slice(0, 2), dailyOf(days[1] ?? ""));
  await run(true);
  await landAll("2024-10-04T05-00-00", days.slice(0, 3), corrected);
  await run(false);
  for (const table of all.flatMap((report) => [pseudoTable(report), lookupTable(report)])) {
    rowsOfOea.set(table, await readByDeltaRs(template, table));
  }

  const files = path.join(root, "server");
  const put = async (folder: string, file: string, content: string) => {
    await mkdir(path.join(files, folder), { recursive: true });
    await writeFile(path.join(files, folder, file), content);
  };
  for (const day of days) {
    const content = day === days[1] ? corrected : dailyOf(day);
    await put("daily-participation", name(day, dailyReport), content);
    await put("resource-usage", name(day, usageReport), usageOf(day));
  }
  await put(
    "daily-participation",
    name(days[0] ?? "", dailyReport, "teachers"),
    dailyCsv(daily("tim", days[0])),
  );
  server = await startSftpServer({
    folder: files,
    username: "district",
    password: secrets.CLEVER_SFTP_PASSWORD,
  });
}, 300_000);

afterAll(async () => {
  await server?.close();
  if (root) await rm(root, { recursive: true, force: true });
});

async function withLake(from: string, work: (cli: CommandLine) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(path.join(root, "lake-"));
  await cp(from, path.join(folder, "lake"), { recursive: true });
  const { host, port, hostKeyFingerprint: hostKey } = server;
  await work(
    await CommandLine.create({ folder, server: { host, port, username: "district", hostKey }, secrets }),
  );
  await rm(folder, { recursive: true });
}

const tablesOfOurs = [
  ...all.flatMap((report) => [pseudoTable(report), lookupTable(report)]),
  pseudonymMapTable,
];

async function stateOf(folder: string): Promise<Record<string, unknown>> {
  const lake = await FolderLake.open(folder);
  const rows: Record<string, unknown> = {};
  for (const table of tablesOfOurs) rows[table] = await lakeRows(lake, table);
  expect((await verifyLake(lake, secrets.CLEVER_SALT)).problems).toEqual([]);
  return rows;
}

const summarySchema = z.object({
  state: z.string(),
  files: z.record(z.string(), z.unknown()),
  pseudonyms: z.record(z.string(), z.unknown()),
  run: z.object({ quarantined: z.array(z.unknown()), failed: z.array(z.unknown()) }).nullable(),
  comparison: z.array(z.object({ table: z.string(), months: z.array(z.record(z.string(), z.unknown())) })),
});

describe.skipIf(jars === undefined || python === undefined)(
  "clever-lake adopt, on a lake written by Spark",
  () => {
    let undisturbed: Record<string, unknown>;

    beforeAll(() =>
      withLake(small, async (cli) => {
        expect((await cli.run("adopt", "--yes")).exitCode).toBe(0);
        undisturbed = await stateOf(cli.lakeFolder);
      }),
    );

    test("proves the adoption, keeps OEA's tables, and continues with the server's files", {
      timeout: 180_000,
    }, async () => {
      await withLake(template, async (cli) => {
        const before = await contentsBelow(cli.lakeFolder);
        const refused = await cli.run("run");
        expect(refused.exitCode).toBe(2);
        expect(refused.stderr).toMatch(/OEA's own notebooks wrote this table.*clever-lake adopt/);
        expect((await cli.run("adopt", "--dry-run")).exitCode).toBe(0);
        const unasked = await cli.run("adopt");
        expect(unasked.exitCode).toBe(2);
        expect(unasked.stderr).toMatch(/Plan:.*was not adopted.*--yes/s);
        expect(await contentsBelow(cli.lakeFolder)).toEqual(before);

        const { exitCode, stderr, json } = await cli.run("adopt", "--yes", "--json");
        expect(exitCode, stderr).toBe(0);
        const done = summarySchema.parse(json);
        expect(done.run).toMatchObject({ quarantined: [], failed: [] });
        expect(done.files).toMatchObject({ landed: 18, bySink: 4, distinct: 11, sources: 10, escaped: 1 });
        expect(done.pseudonyms).toMatchObject({ map: pseudonymMapTable });
        const months = new Map(
          done.comparison.flatMap(({ table, months }) =>
            months.map((month) => [`${table} ${month.month}`, month]),
          ),
        );
        const daily = pseudoTable(dailyReport);
        const usages = pseudoTable(usageReport);
        expect(months.get(`${daily} 2022-01`)).toMatchObject({
          oeaRows: 45_000,
          oeaDistinct: 15_000,
          same: 15_000,
          rows: 15_000,
        });
        // Corrected after OEA's first run had read it.
        expect(months.get(`${daily} 2024-09`)).toMatchObject({
          oeaDistinct: 160,
          same: 120,
          superseded: 40,
          rows: 120,
        });
        // By position, the flag is in place of the school's name.
        expect(months.get(`${daily} 2024-08`)).toMatchObject({
          same: 0,
          misread: 40,
          rows: 40,
          unexplained: 0,
        });
        expect(months.get(`${daily} 2024-10`)).toMatchObject({ same: 40, rows: 40 });
        expect(months.get(`${usages} 2024-10`)).toMatchObject({ same: 40, rows: 40 });
        // A comma after a doubled quote shifts the cells.
        expect(months.get(`${usages} 2024-09`)).toMatchObject({
          same: 117,
          misread: 3,
          rows: 120,
          unexplained: 0,
        });

        for (const [table, rows] of rowsOfOea) {
          expect(await readByDeltaRs(cli.lakeFolder, oeaTable(table))).toEqual(rows);
        }
        const after = await contentsBelow(cli.lakeFolder);
        for (const [file, hash] of Object.entries(before)) {
          const table = [...rowsOfOea.keys()].find((each) => file.startsWith(`${each}/`));
          expect(after[table ? file.replace(table, oeaTable(table)) : file], file).toBe(hash);
        }
        expect((await verifyLake(await cli.lake(), secrets.CLEVER_SALT)).problems).toEqual([]);

        const further = await cli.run("run", "--json");
        expect(further.exitCode, further.stderr).toBe(0);
        const logins = (await lakeRows(await cli.lake(), daily)).filter(
          ({ date }) => String(date) >= "2024-09-01",
        );
        expect(logins).toHaveLength(40 * 4 + 40 + 1);
        expect((await verifyLake(await cli.lake(), secrets.CLEVER_SALT)).problems).toEqual([]);
        expect((await cli.run("run", "--json")).json).toMatchObject({ landed: 0, anonymized: 0 });
      });
    });

    const commit = (table: string, version = 0) =>
      `${table}/_delta_log/${String(version).padStart(20, "0")}.json`;
    const moved = commit(oeaTable(pseudoTable(usageReport)));
    // OEA's own tables have such commits too: those after the first one are ours only once OEA's were moved.
    test.each([
      { file: "stage2np/clever/_salt_fingerprint.json" },
      { file: commit(ingestLogTable) },
      { file: commit(pseudonymMapTable) },
      { file: commit(oeaTable(lookupTable(dailyReport))) },
      { file: moved },
      { first: moved, file: commit(lookupTable(dailyReport)) },
      { first: moved, file: commit(pseudoTable(dailyReport)) },
      { first: moved, file: commit(pseudoTable(usageReport)) },
    ])(
      "ends in the same state if killed as soon as $file exists",
      {
        timeout: 120_000,
      },
      async ({ first, file }) => {
        await withLake(small, async (cli) => {
          const killed = cli.start("adopt", "--yes");
          for (const each of first ? [first, file] : [file]) {
            await Promise.race([appears(path.join(cli.lakeFolder, each), killed), killed.ended]);
          }
          killed.process.kill("SIGKILL");
          const wasAlive = (await killed.ended).exitCode === null;
          if (wasAlive) {
            const refused = await cli.run("run");
            expect(refused.stderr).toMatch(/clever-lake adopt/);
            const { exitCode, stderr } = await cli.run("adopt", "--yes");
            expect(exitCode, stderr).toBe(0);
          }
          expect(await stateOf(cli.lakeFolder)).toEqual(undisturbed);
        });
      },
    );

    test("can be stopped by Ctrl-C and continued", { timeout: 120_000 }, async () => {
      await withLake(small, async (cli) => {
        const stopped = cli.start("adopt", "--yes");
        await Promise.race([
          appears(path.join(cli.lakeFolder, commit(ingestLogTable)), stopped),
          stopped.ended,
        ]);
        stopped.process.kill("SIGINT");
        expect((await stopped.ended).exitCode).toBe(130);
        await sleep(1);
        expect((await cli.run("adopt", "--yes")).exitCode).toBe(0);
        expect(await stateOf(cli.lakeFolder)).toEqual(undisturbed);
      });
    });
  },
);
