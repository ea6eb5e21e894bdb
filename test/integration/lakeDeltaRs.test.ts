import { readFile, rm, utimes, writeFile } from "node:fs/promises";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import * as z from "zod";
import { digitalActivityTable, ingestLogTable, lookupTable, pseudoTable } from "../../src/clever/layout";
import { reports } from "../../src/clever/reports";
import type { SqlRow } from "../../src/duck/duck";
import { sampleDistrict } from "../../src/sample/district";
import { writeDistrict } from "../../src/sample/reportFiles";
import { type RunningSftpServer, startSftpServer } from "../../src/sftp/server/server";
import { CommandLine } from "../helpers/cli";
import { filesBelow, runTables } from "../helpers/lakeFiles";
import { lakeRows } from "../helpers/lakeRows";
import { pythonWithDelta, runPython } from "../helpers/python";
import { temporaryFolder } from "../helpers/temporaryFolder";

/** A lake that the built command line writes, and that delta-rs reads, writes and maintains in between. */

const secrets = { CLEVER_SFTP_PASSWORD: "a password to search for", CLEVER_SALT: "a salt to search for" };
const district = sampleDistrict({
  students: 40,
  teachers: 6,
  staff: 3,
  schools: 2,
  days: 5,
  firstDay: "2025-08-28",
});
const [firstDay = "", , thirdDay = "", fourthDay = "", lastDay = ""] = district.days;
const usage = pseudoTable(reports.resource_usage);
const python = await pythonWithDelta();

const readAnswer = z.object({
  version: z.number(),
  schema: z.array(z.tuple([z.string(), z.string()])),
  partitionColumns: z.array(z.string()),
  rows: z.array(z.record(z.string(), z.unknown())),
  files: z.number(),
  filesInPartition: z.number().nullable(),
});

describe.skipIf(python === undefined)("a lake of clever-lake, with delta-rs", () => {
  let server: RunningSftpServer;
  let cli: CommandLine;
  let served: string;

  beforeEach(async () => {
    const folder = await temporaryFolder();
    served = path.join(folder, "reports");
    await writeDistrict(district, served, { to: thirdDay });
    server = await startSftpServer({
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
    expect(await cli.run("run", "--json")).toMatchObject({
      exitCode: 0,
      json: { landed: 18, anonymized: 18 },
    });
  });
  afterEach(() => server.close());

  const delta = (table: string, command: string, request: object = {}) =>
    runPython(python ?? "", "delta.py", { command, table: path.join(cli.lakeFolder, table), ...request });
  const theirs = async (table: string, request: object = {}) =>
    readAnswer.parse(await delta(table, "read", request));
  const upkeep = (table: string, ...steps: string[]) =>
    runPython(python ?? "", "compareUpkeep.py", { table: path.join(cli.lakeFolder, table), steps });
  const ours = async (table: string) => lakeRows(await cli.lake(), table);

  async function problems(): Promise<{ subject: string; problem: string }[]> {
    const { json } = await cli.run("verify", "--json");
    const found = z.object({ problems: z.array(z.object({ subject: z.string(), problem: z.string() })) });
    return found.parse(json).problems;
  }

  /** Rows in an order and form that do not depend on the reader. */
  const sorted = (rows: readonly SqlRow[]) =>
    rows
      .map((row) =>
        JSON.stringify(row, (_, value: unknown) => (typeof value === "bigint" ? Number(value) : value)),
      )
      .sort();

  /** Times such as `2025-01-02 03:04:05+00:00` as milliseconds since 1970. */
  const instant = (value: unknown) =>
    Date.parse(
      String(value)
        .replace(" ", "T")
        .replace(/([+-]\d\d)$/, "$1:00"),
    );
  const withInstants = (rows: readonly SqlRow[]) =>
    rows.map((row) => ({ ...row, modified: instant(row.modified), time: instant(row.time) }));

  async function expectSame(table: string): Promise<void> {
    expect(sorted((await theirs(table)).rows)).toEqual(sorted(await ours(table)));
  }

  test("delta-rs reads and merges the Digital Engagement table, which then still has each row once", async () => {
    const written = await cli.run("engagement", "--json");
    expect(written.json).toMatchObject({ months: ["2025-08", "2025-09"] });
    await expectSame(digitalActivityTable);
    const { schema, partitionColumns, rows } = await theirs(digitalActivityTable);
    expect(schema).toEqual([
      ["event_type", "string"],
      ["event_actor", "string"],
      ["event_object", "string"],
      ["event_eventTime", "date"],
      ["entity_type", "string"],
      ["generated_aggregateMeasure_metric_numAccess", "integer"],
      ["generated_aggregateMeasure_metric_used", "boolean"],
      ["year", "integer"],
      ["month", "integer"],
      ["user_type", "string"],
    ]);
    expect(partitionColumns).toEqual(["year", "month"]);
    const due = [...(await ours(pseudoTable(reports.daily_participation))), ...(await ours(usage))];
    expect(rows).toHaveLength(due.length);

    await upkeep(digitalActivityTable, "compact");
    expect((await cli.run("engagement")).exitCode).toBe(0);
    expect(sorted((await theirs(digitalActivityTable)).rows)).toEqual(sorted(rows));
    expect(await problems()).toEqual([]);
  });

  test("delta-rs reads every table's rows, types and partitions", async () => {
    for (const table of runTables) await expectSame(table);
    const log = await theirs(ingestLogTable);
    expect(sorted(withInstants(log.rows))).toEqual(sorted(withInstants(await ours(ingestLogTable))));
    expect(log.rows).toHaveLength(18);

    const person = [
      ["date", "date"],
      ["sis_id_pseudonym", "string"],
      ["clever_user_id_pseudonym", "string"],
      ["clever_school_id", "string"],
      ["school_name", "string"],
    ];
    const behind = [
      ["year", "integer"],
      ["month", "integer"],
      ["user_type", "string"],
      ["source_file", "string"],
    ];
    const participation = await theirs(pseudoTable(reports.daily_participation));
    expect(participation.schema).toEqual([
      ...person,
      ["active", "boolean"],
      ["num_logins", "integer"],
      ["num_resources_accessed", "integer"],
      ...behind,
    ]);
    const august = await theirs(usage, {
      filters: [
        ["year", "=", 2025],
        ["month", "=", 8],
      ],
    });
    expect(august.schema).toEqual([
      ...person,
      ["resource_type", "string"],
      ["resource_name", "string"],
      ["resource_id", "string"],
      ["num_access", "integer"],
      ...behind,
    ]);
    expect(august.partitionColumns).toEqual(["year", "month"]);
    expect(august.filesInPartition).toBeLessThan(august.files);
    expect(sorted(august.rows)).toEqual(sorted((await ours(usage)).filter(({ month }) => month === 8)));
    expect(august.rows.length).toBeGreaterThan(0);
    // By statistics of columns that are not partition columns, too: a file without bounds would count as one without rows.
    for (const active of [true, false]) {
      const filtered = await theirs(pseudoTable(reports.daily_participation), {
        filters: [["active", "=", active]],
      });
      const expected = participation.rows.filter((row) => row.active === active);
      expect(sorted(filtered.rows)).toEqual(sorted(expected));
      expect(expected.length).toBeGreaterThan(0);
    }
    const lookup = await theirs(lookupTable(reports.resource_usage));
    expect(lookup.schema.map(([name, type]) => `${name} ${type}`)).toEqual([
      "sis_id string",
      "clever_user_id string",
      "sis_id_pseudonym string",
      "clever_user_id_pseudonym string",
    ]);
  });

  /** Appends another program's row: a known person with an unknown resource. */
  async function appendForeignRow(): Promise<void> {
    const known = (await ours(usage)).find(
      (row) => row.user_type === "student" && row.sis_id_pseudonym !== null,
    );
    const text = (value: unknown) => ({ type: "string", values: [value] });
    const integer = (value: unknown) => ({ type: "integer", values: [value] });
    const columns = {
      date: { type: "date", values: [Date.UTC(2025, 7, 29) / 86_400_000] },
      sis_id_pseudonym: text(known?.sis_id_pseudonym),
      clever_user_id_pseudonym: text(known?.clever_user_id_pseudonym),
      clever_school_id: text(known?.clever_school_id),
      school_name: text(known?.school_name),
      resource_type: text("app"),
      resource_name: text("Another program's app"),
      resource_id: text("another"),
      num_access: integer(4711),
      year: integer(2025),
      month: integer(8),
      user_type: text("student"),
      source_file: text("another program"),
    };
    await delta(usage, "write", { mode: "append", columns });
  }

  test("reads a commit by delta-rs and builds on it", async () => {
    const before = await ours(usage);
    await appendForeignRow();
    expect(await ours(usage)).toHaveLength(before.length + 1);

    const status = await cli.run("status", "--json");
    expect(status.exitCode).toBe(0);
    expect(status.stdout.match(/"state": "anonymized"/g)).toHaveLength(18);
    await writeDistrict(district, served, { from: lastDay });
    expect(await cli.run("run", "--json")).toMatchObject({
      exitCode: 1,
      json: { anonymized: 6, unchanged: 18, failed: [], changedByOthers: [{ table: usage }] },
    });
    const { json } = await cli.run("metrics", "--json", "--minimum-group-size", "0");
    const { topResources } = z
      .object({ topResources: z.array(z.object({ resource_name: z.string(), accesses: z.number() })) })
      .parse(json);
    expect(topResources).toContainEqual({ resource_name: "Another program's app", accesses: 4711 });
    // `verify` must report rows that belong to no file.
    expect(await problems()).toEqual([
      {
        subject: "another program",
        problem:
          "The table has 1 row from it that is not in the ingest log. If a run was interrupted, the next one adds the entry.",
      },
    ]);
    await expectSame(usage);

    expect(await cli.run("repair")).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining("--dry-run"),
    });
    const planned = await cli.run("repair", "--dry-run");
    expect(planned).toMatchObject({ exitCode: 0, stdout: expect.stringContaining("Dry run: 1 table") });
    expect(planned.stdout).toContain("The table has 1 row that the ingest log does not have.");
    expect(await cli.run("repair", "--yes", "--json")).toMatchObject({
      exitCode: 0,
      json: { tables: [{ table: usage, rebuilt: "months", problem: null }] },
    });
    expect(await problems()).toEqual([]);
    await expectSame(usage);
    expect(await cli.run("run", "--json")).toMatchObject({ exitCode: 0, json: { changedByOthers: [] } });
  });

  test("is unchanged after delta-rs merged files and removed the old ones, also for a redelivery", async () => {
    await appendForeignRow();
    await upkeep(usage, "compact", "vacuum");
    const before = await ours(usage);
    expect((await theirs(usage)).files).toBe(2);
    expect(
      (await filesBelow(path.join(cli.lakeFolder, usage))).filter((file) => /^year=/.test(file)),
    ).toHaveLength(2);

    const redelivered = `resource-usage/${firstDay}-resource-usage-students.csv`;
    const place = path.join(served, redelivered);
    const lines = (await readFile(place, "utf8")).trimEnd().split("\n");
    const kept = lines.slice(0, -3).map((line, index) => (index === 1 ? line.replace(/\d+$/, "99") : line));
    await writeFile(place, `${kept.join("\n")}\n`);
    await utimes(place, 1_800_000_000, 1_800_000_000);
    // The other program's row, which is in no landed file, is reported until the lake is repaired.
    const reported = { landed: 1, anonymized: 1, failed: [], changedByOthers: [{ table: usage }] };
    expect(await cli.run("run", "--json")).toMatchObject({ exitCode: 1, json: reported });

    const after = await ours(usage);
    const others = (rows: readonly SqlRow[]) => sorted(rows.filter((row) => row.source_file !== redelivered));
    expect(others(after)).toEqual(others(before));
    const its = after.filter((row) => row.source_file === redelivered);
    expect(its).toHaveLength(kept.length - 1);
    expect(its.filter((row) => row.num_access === 99)).toHaveLength(1);
    expect((await problems()).map(({ subject }) => subject)).toEqual(["another program"]);
    await expectSame(usage);
  });

  test("continues from a checkpoint by delta-rs after the earlier commits were deleted", async () => {
    await writeDistrict(district, served, { from: fourthDay, to: fourthDay });
    expect(await cli.run("run", "--json")).toMatchObject({ exitCode: 0, json: { anonymized: 6 } });
    for (const table of [...runTables, ingestLogTable]) {
      await upkeep(table, "checkpoint");
      const { version } = await theirs(table);
      for (let gone = 0; gone < version; gone++) {
        const commit = `${String(gone).padStart(20, "0")}.json`;
        await rm(path.join(cli.lakeFolder, table, "_delta_log", commit));
      }
    }
    expect((await theirs(usage)).version).toBeGreaterThan(0);
    const before = await ours(usage);
    await writeDistrict(district, served, { from: lastDay });
    expect(await cli.run("run", "--json")).toMatchObject({
      exitCode: 0,
      json: { anonymized: 6, unchanged: 24 },
    });
    expect((await ours(usage)).length).toBeGreaterThan(before.length);
    expect(await problems()).toEqual([]);
    for (const table of runTables) await expectSame(table);
    expect(await cli.run("run", "--json")).toMatchObject({
      json: { landed: 0, anonymized: 0, unchanged: 30 },
    });
  });
});
