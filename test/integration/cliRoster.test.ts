import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import * as z from "zod";
import { groupsTable, pseudoTable, rosterTable } from "../../src/clever/layout";
import { reports } from "../../src/clever/reports";
import { sampleDistrict } from "../../src/sample/district";
import { writeDistrict } from "../../src/sample/reportFiles";
import { writeRoster } from "../../src/sample/roster";
import { type RunningSftpServer, startSftpServer } from "../../src/sftp/server/server";
import { CommandLine } from "../helpers/cli";
import { filesBelow } from "../helpers/lakeFiles";
import { lakeRows } from "../helpers/lakeRows";
import { pythonWithDelta, runPython } from "../helpers/python";
import { foundIn, rosterIdentities } from "../helpers/rosterIdentities";
import { temporaryFolder } from "../helpers/temporaryFolder";

/** The built command line imports a roster from the server and from disk; delta-rs reads the result. */

const secrets = { CLEVER_SFTP_PASSWORD: "a password to search for", CLEVER_SALT: "a salt to search for" };
const district = sampleDistrict({ students: 80, teachers: 4, staff: 2, schools: 2, days: 2 });
const summaryDocument = z.looseObject({
  outcome: z.enum(["imported", "unchanged"]),
  rows: z.number(),
  students: z.number(),
  refused: z.number(),
  problems: z.array(z.object({ line: z.number(), column: z.string().nullable(), reason: z.string() })),
  grades: z.array(z.string()),
  inReports: z.number().nullable(),
  keptRaw: z.string().nullable(),
  version: z.number(),
});

describe("clever-lake roster", () => {
  let server: RunningSftpServer;
  let cli: CommandLine;
  let file: string;
  let identities: ReadonlySet<string>;
  let python: string | undefined;

  beforeAll(async () => {
    python = await pythonWithDelta();
  });
  beforeEach(async () => {
    const folder = await temporaryFolder();
    const served = path.join(folder, "reports");
    await writeDistrict(district, served);
    file = path.join(served, await writeRoster(district, served));
    identities = rosterIdentities(await readFile(file, "utf8"));
    server = await startSftpServer({
      folder: served,
      username: "district",
      password: secrets.CLEVER_SFTP_PASSWORD,
    });
    const { host, port, hostKeyFingerprint: hostKey } = server;
    const connection = { host, port, username: "district", hostKey };
    cli = await CommandLine.create({ folder, server: connection, secrets });
    return () => server.close();
  });

  async function roster(...args: string[]) {
    const { json, exitCode, stdout, stderr } = await cli.run("roster", "--json", ...args);
    expect(foundIn(stdout + stderr, identities)).toEqual([]);
    return { exitCode, stderr, summary: json === undefined ? undefined : summaryDocument.parse(json) };
  }

  test("imports from the server what joins with the reports, and finds the same roster on disk unchanged", async () => {
    expect((await cli.run("run")).exitCode).toBe(0);
    const first = await roster("--sftp", "roster/students.csv");
    expect(first).toMatchObject({ exitCode: 0, summary: { outcome: "imported", refused: 0, version: 0 } });
    const students = first.summary?.students ?? 0;
    expect(students).toBeGreaterThan(60);
    expect(first.summary?.inReports).toBe(students);
    const second = await roster("--file", file);
    expect(second).toMatchObject({ exitCode: 0, summary: { outcome: "unchanged", version: 0 } });

    const lake = await cli.lake();
    const grades = new Map(
      (await lakeRows(lake, rosterTable)).map((row) => [row.sis_id_pseudonym, row.grade]),
    );
    expect(grades.size).toBe(students);
    const present = (await lakeRows(lake, pseudoTable(reports.daily_participation))).filter(
      (row) => row.user_type === "student" && row.sis_id_pseudonym !== null,
    );
    const joined = present.filter((row) => grades.has(row.sis_id_pseudonym));
    // All except the few who left: the roster has the last day's students.
    expect(joined.length / present.length).toBeGreaterThan(0.9);
    for (const name of await filesBelow(cli.lakeFolder)) {
      if (name.startsWith("stage1np") || name.startsWith("stage2np")) continue;
      const text = await readFile(path.join(cli.lakeFolder, name), "utf8");
      expect(foundIn(text, identities), name).toEqual([]);
    }

    if (python === undefined) return;
    const read = z.object({
      version: z.number(),
      schema: z.array(z.tuple([z.string(), z.string()])),
      rows: z.array(z.record(z.string(), z.unknown())),
    });
    const table = path.join(cli.lakeFolder, rosterTable);
    const theirs = read.parse(await runPython(python, "delta.py", { command: "read", table }));
    expect(theirs.schema).toEqual([
      ["sis_id_pseudonym", "string"],
      ["school_id", "string"],
      ["grade", "string"],
    ]);
    expect(new Map(theirs.rows.map((row) => [row.sis_id_pseudonym, row.grade]))).toEqual(grades);
    // A roster rearranged by another program is still the same; the next one replaces it there too.
    await runPython(python, "delta.py", { command: "checkpoint", table });
    const [header = "", ...lines] = (await readFile(file, "utf8")).trimEnd().split("\n");
    await writeFile(file, [header, ...lines.slice(10), ""].join("\n"));
    const third = await roster("--file", file);
    expect(third.summary).toMatchObject({ outcome: "imported", version: 1 });
    const after = read.parse(await runPython(python, "delta.py", { command: "read", table }));
    expect(after.version).toBe(1);
    expect(after.rows).toHaveLength(third.summary?.students ?? 0);
  });

  test("takes a path below the server's root with or without a slash at its start", async () => {
    for (const path of ["roster/students.csv", "/roster/students.csv"]) {
      expect((await roster("--sftp", path)).summary).toMatchObject({ path: "roster/students.csv" });
    }
  });

  test("refuses a folder on the server in plain words", async () => {
    const folder = await roster("--sftp", "roster");
    expect(folder).toMatchObject({ exitCode: 2, summary: undefined });
    expect(folder.stderr).toContain("roster is a folder on the SFTP server.");
  });

  test("updates the table of groups, with the minimum group size that it has", async () => {
    expect((await cli.run("run")).exitCode).toBe(0);
    const divided = ["groups", "--json", "--minimum-group-size", "5"];
    expect((await cli.run(...divided)).json).toMatchObject({ written: true });
    expect((await roster("--file", file)).exitCode).toBe(0);
    const cohorts = (await lakeRows(await cli.lake(), groupsTable)).filter(({ cohort }) => cohort !== null);
    expect(cohorts.filter(({ grade }) => grade !== null).length).toBeGreaterThan(5);
    expect(new Set(cohorts.map(({ minimum_group_size }) => minimum_group_size))).toEqual(new Set([5]));
    expect((await cli.run(...divided)).json).toMatchObject({ written: false });
  });

  test("reports in words what it did and what it keeps", async () => {
    const { exitCode, stdout } = await cli.run("roster", "--file", file, "--keep-raw");
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/Imported: \d+ students with school and grade\.\n/);
    expect(stdout).toMatch(/grades: Kindergarten, 1, 2, 3, 4, 5/);
    expect(stdout).toMatch(/kept unchanged: stage1np\/clever\/roster\//);
    expect(foundIn(stdout, identities)).toEqual([]);
    const again = await cli.run("roster", "--file", file);
    expect(again.stdout).toMatch(/^Unchanged: the lake already has exactly these \d+ students\./);
  });

  test("lists refused rows with their line and exits with 1", async () => {
    const text = (await readFile(file, "utf8")).trimEnd();
    await writeFile(file, `${text}\n101,,5,x\n`);
    const { exitCode, summary } = await roster("--file", file);
    expect(exitCode).toBe(1);
    expect(summary?.problems).toEqual([
      {
        line: text.split("\n").length + 1,
        column: null,
        reason: "The row has 4 cells where the header has 27.",
      },
    ]);
    const printed = await cli.run("roster", "--file", file);
    expect(printed.exitCode).toBe(1);
    expect(printed.stdout).toMatch(/Refused \(not imported\): 1 row\n {2}line \d+: The row has 4 cells/);
  });

  test.each([
    ["no place", [], /Pass either --file or --sftp/],
    ["two places", ["--file", "a.csv", "--sftp", "b.csv"], /Pass either --file or --sftp/],
    ["a missing file", ["--file", "nowhere.csv"], /There is no such file/],
    ["a path that is not on the server", ["--sftp", "nowhere.csv"], /nowhere\.csv/],
    ["a report", ["--sftp", `resource-usage/${district.days[0]}-resource-usage-students.csv`], /as a roster/],
  ])("exits with 2 and writes nothing for %s", async (_what, args, message) => {
    const { exitCode, stderr, summary } = await roster(...args);
    expect({ exitCode, summary }).toEqual({ exitCode: 2, summary: undefined });
    expect(stderr).toMatch(message);
    expect((await filesBelow(cli.lakeFolder)).filter((name) => name.startsWith("stage2p"))).toEqual([]);
  });
});
