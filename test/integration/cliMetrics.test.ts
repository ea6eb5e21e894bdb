import { cp, mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { parse } from "csv-parse/sync";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import * as z from "zod";
import { recognizeReport } from "../../src/clever/fileNames";
import { sampleDistrict } from "../../src/sample/district";
import { writeDistrict } from "../../src/sample/reportFiles";
import { startSftpServer } from "../../src/sftp/server/server";
import { CommandLine } from "../helpers/cli";
import { filesBelow } from "../helpers/lakeFiles";
import {
  type PlainFilter,
  type PlainParticipation,
  type PlainUsage,
  plainMetrics,
} from "../helpers/plainMetrics";

/** `metrics` of the built command line on OEA's file, and on a district with usage and all user types. */

const oeaFile = path.join(import.meta.dirname, "../fixtures/oea/daily-participation-students.csv");

const published = z.number().nullable();
const document = z.object({
  withheld: z.object({
    filter: z.array(z.unknown()),
    schools: z.array(z.unknown()),
    days: z.array(z.unknown()),
  }),
  users: published,
  days: published,
  activeUsers: published,
  bySchool: z.array(
    z.object({
      school_name: z.string().nullable(),
      users: published,
      averageResources: published,
      averageLogins: published,
      averageDistinctResources: published,
    }),
  ),
  byDay: z.array(
    z.object({
      date: z.iso.date(),
      missing: z.array(z.string()).optional(),
      logins: published,
      resources: published,
      activeUsers: published,
      distinctResources: published,
    }),
  ),
  topResources: z.array(
    z.object({
      resource_name: z.string().nullable(),
      resource_type: z.string().nullable(),
      rows: published,
      accesses: published,
      users: published,
    }),
  ),
  topResourcesBySchool: z.array(
    z.object({
      school_name: z.string().nullable(),
      resource_name: z.string().nullable(),
      resource_type: z.string().nullable(),
      users: published,
    }),
  ),
});

describe("clever-lake metrics", () => {
  let folder: string;
  let cli: CommandLine;
  const participation: PlainParticipation[] = [];
  const usage: PlainUsage[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "clever-lake-metrics-"));
    const reports = path.join(folder, "reports");
    await writeDistrict(
      sampleDistrict({ students: 60, teachers: 25, staff: 4, schools: 3, days: 4, firstDay: "2022-01-24" }),
      reports,
    );
    // OEA's own naming: a folder for the report, one for the user type.
    await mkdir(path.join(reports, "daily_participation/Students"), { recursive: true });
    await cp(oeaFile, path.join(reports, "daily_participation/Students/Students.csv"));
    for (const file of await filesBelow(reports)) await readPlainly(reports, file);
    const secrets = { CLEVER_SFTP_PASSWORD: "a password to search for", CLEVER_SALT: "a salt to search for" };
    await using server = await startSftpServer({
      folder: reports,
      username: "district",
      password: secrets.CLEVER_SFTP_PASSWORD,
    });
    const { host, port, hostKeyFingerprint: hostKey } = server;
    cli = await CommandLine.create({
      folder,
      server: { host, port, username: "district", hostKey },
      secrets,
    });
    const { exitCode, stderr } = await cli.run("run");
    expect(exitCode, stderr).toBe(0);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  async function readPlainly(reports: string, file: string): Promise<void> {
    const recognized = recognizeReport(file);
    if (!recognized) throw new Error(`${file} is no report`);
    const rows: Record<string, string>[] = parse(await readFile(path.join(reports, file)), { columns: true });
    for (const row of rows) {
      const person = {
        userType: recognized.userType,
        date: row.date ?? "",
        person: row.sis_id || row.staff_id || null,
        school: row.school_name || null,
      };
      if (recognized.report.name === "daily_participation") {
        participation.push({
          ...person,
          active: row.active?.toLowerCase() === "true",
          logins: Number(row.num_logins),
          resources: Number(row.num_resources_accessed),
        });
      } else {
        usage.push({
          ...person,
          type: row.resource_type || null,
          name: row.resource_name || null,
          id: row.resource_id || null,
          accesses: Number(row.num_access),
        });
      }
    }
  }

  async function metrics(...options: string[]) {
    const { exitCode, json, stderr } = await cli.run("metrics", "--json", ...options);
    expect(exitCode, stderr).toBe(0);
    expect(stderr).toBe("");
    return document.parse(json);
  }

  const [school = "", otherSchool = ""] = ["Mitchell High", "Hampton High"];
  const all = ["--minimum-group-size", "0"];
  const questions: [string, string[], PlainFilter][] = [
    ["everything about students", [], {}],
    ["a day", ["--from", "2022-01-05", "--to", "2022-01-05"], { from: "2022-01-05", to: "2022-01-05" }],
    ["from a day", ["--from", "2022-01-25"], { from: "2022-01-25" }],
    ["to a day", ["--to", "2022-01-10"], { to: "2022-01-10" }],
    ["a school", ["--school", school], { schools: [school] }],
    ["two schools", ["--school", school, "--school", otherSchool], { schools: [school, otherSchool] }],
    ["teachers", ["--user-type", "teachers"], { userTypes: ["teachers"] }],
    [
      "all people",
      ["--user-type", "students", "--user-type", "teachers", "--user-type", "staff"],
      { userTypes: ["students", "teachers", "staff"] },
    ],
    ["a resource", ["--resource", "Mathlark"], { resources: ["Mathlark"] }],
    ["a resource type", ["--resource-type", "district-link"], { resourceTypes: ["district-link"] }],
  ];
  test.each(questions)("for %s equal a simple count", async (_, options, filter) => {
    const withheld = { filter: [], schools: [], days: [] };
    expect(await metrics(...options, ...all)).toEqual(
      document.parse({ withheld, ...plainMetrics(participation, usage, filter) }),
    );
  });

  test("of OEA's file match its description", async () => {
    const answer = await metrics("--to", "2022-01-23", ...all);
    expect(answer.users).toBe(600);
    expect(answer.bySchool).toHaveLength(5);
    // It comes without resource usage, so that is not known.
    for (const entry of answer.bySchool) expect(entry.averageDistinctResources).toBeNull();
    const { stdout } = await cli.run("metrics", "--to", "2022-01-23", ...all);
    expect(stdout).toContain("resource usage: no day of the range has this report for these people");
    expect(stdout).not.toContain("suppressed");
  });

  test("are about whole groups of at least the minimum size, and list what they suppress", async () => {
    // The few staff are shown only together with teachers.
    const people = ["--user-type", "teachers", "--user-type", "staff"];
    const plain = plainMetrics(participation, usage, { userTypes: ["teachers", "staff"] });
    const truth = new Map(plain.bySchool.map((each) => [each.school_name, each]));
    const sizes = [...truth.values()].map(({ users }) => users ?? 0);
    for (const minimum of [10, 20]) {
      const size = ["--minimum-group-size", String(minimum)];
      // The default is 10.
      const answer = await metrics(...people, ...(minimum === 10 ? [] : size));
      expect({
        ...answer,
        bySchool: [],
        byDay: [],
        topResources: [],
        topResourcesBySchool: [],
      }).toMatchObject({
        users: plain.users,
        withheld: { filter: [], days: [] },
      });
      expect(answer.topResources.map(({ rows, accesses }) => [rows, accesses])).toEqual(
        plain.topResources.map(({ rows, accesses }) => [rows, accesses]),
      );
      for (const each of answer.bySchool) {
        const same = truth.get(each.school_name);
        if (each.users !== null && each.users === same?.users) expect(each).toEqual(same);
        if ((same?.users ?? 0) >= minimum) continue;
        expect(each).toMatchObject({ users: null, averageLogins: null, averageResources: null });
        expect(JSON.stringify(answer.withheld.schools)).toContain(JSON.stringify(each.school_name));
      }
      expect(answer.bySchool.some(({ users }) => users === null)).toBe(
        sizes.some((users) => users < minimum),
      );
    }
    const small = plain.bySchool.find(({ users }) => (users ?? 0) < 10)?.school_name ?? "";
    const alone = await metrics(...people, "--school", small);
    expect(alone).toMatchObject({ users: null, withheld: { filter: [{ isSmall: true }] } });
    const reported = await cli.run("metrics", ...people, "--school", small);
    expect(reported.stdout).toContain(`${small}`);
    expect(reported.stdout).toContain("fewer than 10 people; shown only together with teachers, ");
  });

  test("compare two periods per school day", async () => {
    const periods = ["--from", "2022-01-26", "--to", "2022-01-27"];
    const options = [...periods, "--compare-from", "2022-01-24", "--compare-to", "2022-01-25", ...all];
    const { json } = await cli.run("metrics", "--json", ...options);
    const use = z.object({ personDaysPerDay: published, accessesPerDay: published, users: published });
    const entry = z.object({ before: use, now: use });
    const { comparison } = z
      .object({
        comparison: z.object({ total: entry, bySchool: z.array(entry.extend({ school: z.string() })) }),
      })
      .parse(json);
    const plain = (dates: readonly string[], school?: string) => {
      const rows = usage.filter(
        (row) =>
          row.userType === "students" && dates.includes(row.date) && (!school || row.school === school),
      );
      // The schools of OEA's file have daily participation only.
      if (rows.length === 0) return { personDaysPerDay: null, accessesPerDay: null, users: null };
      return {
        personDaysPerDay: rows.filter(({ person }) => person !== null).length / 2,
        accessesPerDay: rows.reduce((sum, { accesses }) => sum + accesses, 0) / 2,
        users: new Set(rows.flatMap(({ person }) => person ?? [])).size,
      };
    };
    const [before, now] = [
      ["2022-01-24", "2022-01-25"],
      ["2022-01-26", "2022-01-27"],
    ];
    expect(comparison.total).toEqual({ before: plain(before ?? []), now: plain(now ?? []) });
    for (const { school, ...each } of comparison.bySchool)
      expect(each).toEqual({ before: plain(before ?? [], school), now: plain(now ?? [], school) });
    const reported = await cli.run("metrics", ...options);
    expect(reported.stdout).toContain("Two periods: person-days of use per school day");
    expect(reported.stdout).toContain("Before: 2022-01-24 to 2022-01-25, 2 school days");
    // Days outside of the data have no report, and take no time.
    const old = await cli.run("metrics", "--from", "0022-01-24", "--to", "0022-01-25", ...all);
    expect([old.exitCode, old.stdout.split("\n", 1)]).toEqual([
      0,
      ["0 students, 0 active, over 0 days with daily participation"],
    ]);
    const { exitCode, stderr } = await cli.run("metrics", "--compare-from", "2022-01-24");
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining("given together")]);
  });

  test("refuse an invalid filter", async () => {
    for (const options of [
      ["--from", "24.1.2022"],
      ["--from", "2022-02-30"],
      ["--from", "2022-02-01", "--to", "2022-01-01"],
      ["--user-type", "parents"],
      ["--minimum-group-size", "-1"],
      ["--minimum-group-size", "ten"],
      ["--school", "' OR 1 = 1 --"],
    ]) {
      const { exitCode, stdout, stderr } = await cli.run("metrics", "--json", ...options);
      expect({ options, exitCode, stdout }).toEqual({ options, exitCode: 2, stdout: "" });
      expect(stderr).toMatch(/./);
    }
    const misspelt = await cli.run("metrics", "--resource", "Mathlrak");
    expect(misspelt).toMatchObject({ exitCode: 2, stdout: "" });
    expect(misspelt.stderr).toContain(
      'error: There is no resource "Mathlrak" in the tables, or all of its use is suppressed. The nearest to "Mathlrak": "Mathlark"',
    );
  });
});
