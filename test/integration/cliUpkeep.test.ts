import { writeFile } from "node:fs/promises";
import path from "node:path";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import * as z from "zod";
import {
  digitalActivityTable,
  groupsTable,
  ingestLogTable,
  lookupTable,
  pseudoTable,
  rosterTable,
} from "../../src/clever/layout";
import { reportNames, reports } from "../../src/clever/reports";
import type { SqlRow } from "../../src/duck/duck";
import { sampleDistrict } from "../../src/sample/district";
import { writeDistrict } from "../../src/sample/reportFiles";
import { writeRoster } from "../../src/sample/roster";
import { startSftpServer } from "../../src/sftp/server/server";
import { agedBy } from "../helpers/agedLake";
import { CommandLine } from "../helpers/cli";
import { contentsBelow, filesBelow } from "../helpers/lakeFiles";
import { lakeRows, sharedDuck } from "../helpers/lakeRows";
import { pythonWithDelta, runPython } from "../helpers/python";
import { splitBySource } from "../helpers/splitFiles";
import { temporaryFolder } from "../helpers/temporaryFolder";

/** The built command line on a lake that was filled day by day, compared with delta-rs. */

const secrets = { CLEVER_SFTP_PASSWORD: "a password to search for", CLEVER_SALT: "a salt to search for" };
const district = sampleDistrict({
  students: 40,
  teachers: 6,
  staff: 3,
  schools: 2,
  days: 8,
  firstDay: "2025-08-25",
});
const usage = pseudoTable(reports.resource_usage);
const tables = [
  usage,
  pseudoTable(reports.daily_participation),
  lookupTable(reports.resource_usage),
  lookupTable(reports.daily_participation),
  rosterTable,
];

const sizes = z.object({ files: z.number(), bytes: z.number() });
const optimized = z.object({
  dryRun: z.boolean(),
  tables: z.array(
    z.object({
      table: z.string(),
      before: sizes,
      after: sizes,
      rewritten: z.number(),
      partitions: z.array(z.object({ partition: z.string(), before: sizes, after: sizes })),
      problem: z.string().nullable(),
    }),
  ),
});
const vacuumed = z.object({
  dryRun: z.boolean(),
  olderThanDays: z.number(),
  files: z.number(),
  bytes: z.number(),
  tables: z.array(
    z.object({
      table: z.string(),
      files: z.array(z.object({ path: z.string(), size: z.number(), modified: z.string() })),
      problem: z.string().nullable(),
    }),
  ),
});
const unused = z.object({ files: z.array(z.string()) });
const read = z.object({ files: z.number(), rows: z.array(z.record(z.string(), z.unknown())) });

describe("clever-lake optimize and vacuum", () => {
  let cli: CommandLine;
  let python: string | undefined;

  beforeAll(async () => {
    python = await pythonWithDelta();
  });
  beforeEach(async () => {
    const folder = await temporaryFolder();
    const served = path.join(folder, "reports");
    await writeDistrict(district, served);
    const roster = path.join(served, await writeRoster(district, served));
    const server = await startSftpServer({
      folder: served,
      username: "district",
      password: secrets.CLEVER_SFTP_PASSWORD,
    });
    const { host, port, hostKeyFingerprint: hostKey } = server;
    cli = await CommandLine.create({
      folder,
      server: { host, port, username: "district", hostKey },
      secrets,
    });
    expect((await cli.run("run")).exitCode).toBe(0);
    expect((await cli.run("roster", "--file", roster)).exitCode).toBe(0);
    // One run writes many files together; a lake that was filled day by day has a data file for each.
    for (const report of reportNames) {
      await splitBySource(await cli.lake(), await sharedDuck(), pseudoTable(reports[report]));
    }
    return () => server.close();
  });

  const rows = async () => {
    const lake = await cli.lake();
    return Promise.all(tables.map((table) => lakeRows(lake, table)));
  };
  const files = () => filesBelow(cli.lakeFolder);
  const place = (table: string) => path.join(cli.lakeFolder, table);
  const sorted = (all: readonly SqlRow[]) =>
    all
      .map((row) =>
        JSON.stringify(row, (_, value: unknown) => (typeof value === "bigint" ? Number(value) : value)),
      )
      .sort();
  async function verified(): Promise<void> {
    expect(await cli.run("verify", "--json")).toMatchObject({ exitCode: 0, json: { problems: [] } });
  }

  test("merge small files and remove them a week later; delta-rs agrees on both", async () => {
    const before = await rows();
    const stored = await contentsBelow(cli.lakeFolder);
    const dryRun = await cli.run("optimize", "--dry-run", "--json");
    expect(dryRun).toMatchObject({ exitCode: 0, stderr: "" });
    const reported = optimized.parse(dryRun.json);
    const text = await cli.run("optimize", "--dry-run");
    expect(text.stdout).toMatch(/resource_usage_pseudo +23 +4 /);
    expect(text.stdout).toMatch(/ {2}year=2025, month=8 +15 +2 /);
    expect(text.stdout).toMatch(/Dry run: \d+ data files would become \d+, .* nothing was written\./);
    expect(await contentsBelow(cli.lakeFolder)).toEqual(stored);

    const { json, exitCode, stderr } = await cli.run("optimize", "--json");
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    const done = optimized.parse(json);
    const counts = ({ tables: all }: typeof done) =>
      all.map(({ table, before: were, after, partitions }) => [
        table,
        were.files,
        after.files,
        partitions.map((each) => [each.partition, each.before.files, each.after.files]),
      ]);
    expect(counts(done)).toEqual(counts(reported));
    expect(done.tables.map(({ table }) => table)).toContain(ingestLogTable);
    expect(done.tables.flatMap(({ partitions }) => partitions).every(({ after }) => after.files <= 4)).toBe(
      true,
    );
    expect(await rows()).toEqual(before);
    await verified();
    expect((await cli.run("optimize")).stdout).toMatch(/Nothing to merge\./);

    if (python !== undefined) {
      for (const [index, table] of tables.entries()) {
        const theirs = read.parse(
          await runPython(python, "delta.py", { command: "read", table: place(table) }),
        );
        expect(sorted(theirs.rows)).toEqual(sorted(before[index] ?? []));
        expect(theirs.files).toBe(done.tables.find((each) => each.table === table)?.after.files);
      }
    }

    expect((await cli.run("vacuum")).stdout).toMatch(
      /^Nothing to remove\. Every data file is newer than 7 days/,
    );
    // Files left by killed runs, of which only the older one may be removed.
    const left = (name: string) => writeFile(path.join(place(usage), "year=2025", "month=8", name), "left");
    await left("part-old.snappy.parquet");
    await agedBy(await cli.lake(), 8);
    await left("part-new.snappy.parquet");
    const all = await files();
    const asked = await cli.run("vacuum", "--older-than", "7", "--dry-run", "--json");
    const listed = vacuumed.parse(asked.json);
    expect(listed).toMatchObject({ dryRun: true, olderThanDays: 7 });
    expect(listed.files).toBeGreaterThan(20);
    expect(asked.stdout).toMatch(/part-old\.snappy/);
    expect(asked.stdout).not.toMatch(/part-new\.snappy/);
    if (python !== undefined) {
      // This lake has no optional tables.
      const wanted = new Set([digitalActivityTable, groupsTable]);
      for (const { table, files: ours } of listed.tables.filter((each) => !wanted.has(each.table))) {
        const request = { command: "unused", table: place(table), hours: 7 * 24 };
        const theirs = unused.parse(await runPython(python, "delta.py", request));
        const paths = ours.map((file) => file.path.slice(table.length + 1));
        expect(theirs.files.map(decodeURIComponent).sort(), table).toEqual(paths.sort());
      }
    }
    expect((await cli.run("vacuum", "--dry-run")).stdout).toMatch(
      /stage2p\/clever\/resource_usage_pseudo\/year=2025\/month=8\/part-[-0-9a-f]+\.snappy\.parquet +[0-9.]+ kB\n/,
    );
    expect(await files()).toEqual(all);

    const removed = vacuumed.parse((await cli.run("vacuum", "--json")).json);
    expect({ ...removed, dryRun: true }).toEqual(listed);
    const gone = new Set(removed.tables.flatMap((table) => table.files.map((file) => file.path)));
    expect(await files()).toEqual(all.filter((file) => !gone.has(file.split(path.sep).join("/"))));
    expect(await rows()).toEqual(before);
    await verified();
    expect(await cli.run("run", "--json")).toMatchObject({ exitCode: 0, json: { landed: 0 } });
  });

  test("refuse a retention of less than a week, and a lake with an active run", async () => {
    const early = await cli.run("vacuum", "--older-than", "6");
    expect(early).toMatchObject({ exitCode: 2, stdout: "" });
    expect(early.stderr).toMatch(/Data files of the last 7 days are always kept.* Give 7 days or more\./);
    expect((await cli.run("vacuum", "--older-than", "soon")).exitCode).toBe(2);
    await writeFile(
      path.join(cli.lakeFolder, "stage1np", "clever", "_run.lock"),
      JSON.stringify({ id: "a", runId: "b", host: "other", pid: 1, expires: Date.now() + 60_000 }),
    );
    for (const command of ["optimize", "vacuum"]) {
      const refused = await cli.run(command);
      expect(refused).toMatchObject({ exitCode: 2, stdout: "" });
      expect(refused.stderr).toMatch(/Another run is active on this lake/);
      expect((await cli.run(command, "--dry-run")).exitCode).toBe(0);
    }
  });

  test("exit with 1 and report a table that is left unchanged", async () => {
    await writeFile(path.join(place(rosterTable), "_delta_log", "00000000000000000001.json"), "no JSON\n");
    for (const command of ["optimize", "vacuum"]) {
      const { exitCode, stdout } = await cli.run(command);
      expect(exitCode).toBe(1);
      expect(stdout).toMatch(
        /Not changed:\n {2}stage2p\/clever\/students_pseudo: .*Line 1 of the table's log/,
      );
    }
  });
});
