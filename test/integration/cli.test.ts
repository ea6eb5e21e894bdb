import { createHash } from "node:crypto";
import { mkdir, readFile, rm, symlink, utimes, writeFile } from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import * as z from "zod";
import { sampleDistrict } from "../../src/sample/district";
import { writeDistrict } from "../../src/sample/reportFiles";
import { CommandLine } from "../helpers/cli";
import { filesBelow } from "../helpers/lakeFiles";
import { findSshd, type Sshd, startSshd } from "../helpers/sshd";
import { temporaryFolder } from "../helpers/temporaryFolder";

/** The built command line against OpenSSH: files from the server to the tables. */

/** By report and user type, from `status` and `run`. */
const freshness = z.array(
  z.strictObject({
    report: z.enum(["daily_participation", "resource_usage"]),
    userType: z.enum(["students", "teachers", "staff"]),
    newestDay: z.iso.date(),
    schoolDays: z.number(),
  }),
);

const statusDocument = z.strictObject({
  freshness,
  overdue: freshness,
  isNew: z.boolean(),
  needsAdoption: z.boolean(),
  changedByOthers: z.tuple([]),
  files: z.array(
    z.object({
      path: z.string(),
      report: z.enum(["daily_participation", "resource_usage"]).nullable(),
      userType: z.enum(["students", "teachers", "staff"]).nullable(),
      size: z.number(),
      modified: z.iso.datetime(),
      state: z.enum(["new", "landed", "anonymized", "changed", "quarantined", "dismissed", "ignored"]),
    }),
  ),
  /** Null before the first run. */
  identities: z
    .record(
      z.enum(["daily_participation", "resource_usage"]),
      z.strictObject({
        wordsForNothing: z.literal(0),
        sisIdsOfSeveral: z.literal(0),
        cleverIdsOfSeveral: z.literal(0),
      }),
    )
    .nullable(),
});

const runDocument = z.looseObject({
  runId: z.string().min(1),
  landed: z.number(),
  anonymized: z.number(),
  unchanged: z.number(),
  quarantined: z.array(
    z.object({
      path: z.string(),
      line: z.number().nullable(),
      column: z.string().nullable(),
      reason: z.string(),
    }),
  ),
  failed: z.array(z.object({ path: z.string(), reason: z.string() })),
  rows: z.strictObject({ daily_participation: z.number(), resource_usage: z.number() }),
});

const binary = findSshd();
const district = sampleDistrict({ students: 40, teachers: 6, staff: 3, schools: 2, days: 3 });
const corrected = "daily-participation/2025-08-25-daily-participation-students.csv";
const broken = "resource-usage/2025-08-26-resource-usage-teachers.csv";

describe.skipIf(binary === undefined)("clever-lake, against OpenSSH", () => {
  let sshd: Sshd;
  let reports: string;
  let paths: string[];
  let cli: CommandLine;

  beforeAll(async () => {
    sshd = await startSshd(binary ?? "");
  });
  afterAll(() => sshd.stop());
  beforeEach(async () => {
    const folder = await temporaryFolder();
    reports = path.join(folder, "reports");
    paths = (await writeDistrict(district, reports)).sort();
    cli = await commandLine(folder);
  });

  const commandLine = (
    folder: string,
    userTypes?: string[],
    server = sshd,
    further: { readonly expectReportsWithin?: number } = {},
  ) => {
    const { host, port, username, privateKeyPath, hostKeyFingerprint: hostKey } = server;
    return CommandLine.create({
      folder,
      server: { host, port, username, root: reports, privateKeyPath, hostKey },
      secrets: { CLEVER_SALT: "a salt to search for" },
      ...(userTypes ? { userTypes } : {}),
      ...further,
    });
  };

  async function states(): Promise<Record<string, string>> {
    const { exitCode, json, stderr } = await cli.run("status", "--json");
    expect(exitCode, stderr).toBe(0);
    return Object.fromEntries(statusDocument.parse(json).files.map(({ path: file, state }) => [file, state]));
  }
  const all = (state: string) => Object.fromEntries(paths.map((file) => [file, state]));

  async function run(exitCode: number, command: string, ...options: string[]) {
    const result = await cli.run(command, "--json", ...options);
    expect(result.exitCode, result.stderr).toBe(exitCode);
    return runDocument.parse(result.json);
  }

  /** Rows of a report's files on the server, without headers. */
  async function rowsOnServer(slug: string): Promise<number> {
    const files = paths.filter((file) => file.startsWith(`${slug}/`));
    const texts = await Promise.all(files.map((file) => readFile(path.join(reports, file), "utf8")));
    return texts.reduce((sum, text) => sum + text.trimEnd().split("\n").length - 1, 0);
  }

  /** Changes a file's contents and time. */
  async function rewrite(file: string, change: (lines: string[]) => string[]): Promise<void> {
    const place = path.join(reports, file);
    const lines = (await readFile(place, "utf8")).trimEnd().split("\n");
    await writeFile(place, `${change(lines).join("\n")}\n`);
    await utimes(place, 1_800_000_000, 1_800_000_000);
  }

  test("lands files unchanged, pseudonymizes them, and then finds nothing new", async () => {
    expect(await states()).toEqual(all("new"));
    expect(await filesBelow(cli.lakeFolder)).toEqual([]);

    const ingested = await run(0, "ingest");
    expect(ingested).toMatchObject({
      landed: paths.length,
      anonymized: 0,
      unchanged: 0,
      quarantined: [],
      failed: [],
    });
    expect(ingested.rows).toEqual({ daily_participation: 0, resource_usage: 0 });
    expect(await states()).toEqual(all("landed"));
    const raw = path.join(cli.lakeFolder, "stage1np", "clever");
    const landed = (await filesBelow(raw)).filter((file) => file.endsWith(".csv"));
    const sha256 = async (file: string) =>
      createHash("sha256")
        .update(await readFile(file))
        .digest("hex");
    expect(landed).toHaveLength(paths.length);
    for (const file of landed) {
      const place =
        /^([a-z-]+)\/\d{4}-\d{2}-\d{2}T\d{2}-\d{2}-\d{2}\/(Students|Teachers|Staff)\/([^/]+)$/.exec(file);
      const original = `${place?.[1]}/${place?.[3]}`;
      expect(original.toLowerCase()).toContain(`${place?.[2]}.csv`.toLowerCase());
      expect(await sha256(path.join(raw, file))).toBe(await sha256(path.join(reports, original)));
    }

    const rows = {
      daily_participation: await rowsOnServer("daily-participation"),
      resource_usage: await rowsOnServer("resource-usage"),
    };
    expect(await run(0, "anonymize")).toMatchObject({ landed: 0, anonymized: paths.length, rows });
    expect(await states()).toEqual(all("anonymized"));

    const second = await run(0, "run");
    expect(second).toMatchObject({ landed: 0, anonymized: 0, unchanged: paths.length });
    expect(second.rows).toEqual({ daily_participation: 0, resource_usage: 0 });
    const reported = await cli.run("run");
    expect(reported).toMatchObject({ exitCode: 0, stderr: "" });
    expect(reported.stdout).toBe(
      `Nothing new. ${paths.length} reports on the server are in the lake already.\n`,
    );
    expect(await cli.run("verify")).toMatchObject({ exitCode: 0, stderr: "" });
  });

  test("ingests corrected files, quarantines invalid ones, and reads them once accepted", async () => {
    await run(0, "run");
    const before = await rowsOnServer("daily-participation");
    await rewrite(corrected, (lines) => lines.slice(0, -2));
    await rewrite(broken, (lines) => lines.with(4, lines[4]?.replace(/\d+$/, "many") ?? ""));
    expect(await states()).toEqual({ ...all("anonymized"), [corrected]: "changed", [broken]: "changed" });

    const summary = await run(1, "run");
    expect(summary).toMatchObject({ landed: 2, anonymized: 1, unchanged: paths.length - 2, failed: [] });
    expect(summary.quarantined).toEqual([
      { path: broken, line: 5, column: "num_access", reason: expect.stringMatching(/./) },
    ]);
    expect(JSON.stringify(summary)).not.toContain("many");
    expect(await states()).toEqual({ ...all("anonymized"), [broken]: "quarantined" });
    const verified = await cli.run("verify", "--json");
    expect(verified.exitCode, verified.stdout).toBe(0);
    expect(await participationRows()).toBe(before - 2);

    const reported = await cli.run("run");
    expect(reported.stdout).toContain("1 file from earlier runs still in quarantine");
    const page = path.join(reports, "..", "page.html");
    expect(
      await cli.run("dashboard", "--out", page, "--range", "all", "--user-type", "teachers"),
    ).toMatchObject({ exitCode: 0 });
    expect(await readFile(page, "utf8")).toContain(`"quarantined":["${path.basename(broken)}"]`);
    const metrics = await cli.run("metrics", "--json", "--user-type", "teachers");
    expect(metrics.json).toMatchObject({ quarantined: [path.basename(broken)] });
    const ofStudents = await cli.run("metrics", "--json");
    expect(ofStudents.json).toMatchObject({ quarantined: [] });
    expect(await run(0, "run", "--accept", broken)).toMatchObject({ landed: 0, anonymized: 1, refused: 1 });
    expect(await states()).toEqual(all("anonymized"));
    const refused = (await filesBelow(cli.lakeFolder)).filter((file) => file.endsWith(".refused"));
    expect(refused).toHaveLength(1);
    expect((await cli.run("verify")).exitCode).toBe(0);
  });

  async function participationRows(): Promise<number> {
    const { json } = await cli.run("verify", "--json");
    const { tables } = z
      .object({ tables: z.array(z.object({ table: z.string(), rows: z.number() })) })
      .parse(json);
    return tables.find(({ table }) => table.endsWith("daily_participation_pseudo"))?.rows ?? 0;
  }

  test("ignores files that are not reports, whatever their names", async () => {
    const hostile = [
      "readme.txt",
      "daily-participation/\u001b[2J\u001b[31mowned.csv",
      "daily-participation/line\nbreak-daily-participation-students.csv",
      "daily-participation/\u009b2J.csv",
      "resource-usage/\u202efdp.exe.csv",
      "resource-usage/'; DROP TABLE raw; --.csv",
      "resource-usage/$(touch owned) `touch owned`.csv",
    ];
    for (const file of hostile) await writeFile(path.join(reports, file), "secret,cells\n");
    const strange = 'it\'s "$HOME" & {x} %41/resource-usage';
    await mkdir(path.join(reports, strange), { recursive: true });
    await rm(path.join(reports, broken));
    const quoted = "it's & {x} %41 #1/resource_usage/Teachers.csv";
    await mkdir(path.dirname(path.join(reports, quoted)), { recursive: true });
    const [donor = ""] = paths.filter((file) => file.includes("usage-teachers"));
    await writeFile(path.join(reports, quoted), await readFile(path.join(reports, donor)));
    await rm(path.join(reports, donor));
    paths = paths.filter((file) => file !== broken && file !== donor).concat(quoted);

    const listed = await cli.run("status");
    expect(listed.exitCode, listed.stderr).toBe(0);
    const lines = listed.stdout.split("\n");
    expect(lines.filter((line) => /^ {2}ignored /.test(line))).toHaveLength(hostile.length + 1);
    expect(listed.stdout).not.toMatch(/[\u202a-\u202e\u2066-\u2069]/);

    expect(await run(0, "run")).toMatchObject({ landed: paths.length, anonymized: paths.length, failed: [] });
    const after = await states();
    for (const file of paths) expect(after[file], file).toBe("anonymized");
    expect(Object.values(after).filter((state) => state === "ignored")).toHaveLength(hostile.length + 1);
    expect((await cli.run("verify")).exitCode).toBe(0);
    expect(await run(0, "run")).toMatchObject({ landed: 0, anonymized: 0, unchanged: paths.length });
  });

  test("lists unreadable and overdue reports, and exits with 1 for them and if there is no report", async () => {
    cli = await commandLine(await temporaryFolder(), undefined, sshd, { expectReportsWithin: 5 });
    await symlink("/etc/hostname", path.join(reports, "latest"));
    const late = [{ report: "daily_participation", userType: "students", newestDay: "2025-08-27" }];
    const notRead = [{ path: "latest", reason: expect.stringContaining("link"), report: false }];
    expect(await run(0, "ingest")).toMatchObject({ landed: paths.length, notRead, overdue: [] });
    const summary = await run(1, "run");
    expect(summary).toMatchObject({ anonymized: paths.length, notRead, failed: [] });
    expect(summary.overdue).toEqual(
      expect.arrayContaining(late.map((each) => expect.objectContaining(each))),
    );
    const reported = await cli.run("run");
    expect(reported).toMatchObject({ exitCode: 1, stderr: "" });
    expect(reported.stdout).toMatch(
      /^Nothing new\.[\s\S]*the newest day is 2025-08-27[\s\S]*latest: a link that leads outside the folder with the reports/,
    );
    expect((await cli.run("status")).stdout).toMatch(/daily participation of students +2025-08-27/);

    for (const file of paths) await rm(path.join(reports, file));
    expect(await run(1, "ingest")).toMatchObject({ landed: 0, reportsOnServer: 0 });
    const none = await cli.run("ingest");
    expect(none).toMatchObject({ exitCode: 1, stderr: "" });
    expect(none.stdout).toMatch(/^There are no reports on the server\./);
  });

  test("skips user types that are not in the configuration", async () => {
    const folder = await temporaryFolder();
    cli = await commandLine(folder, ["students", "staff"]);
    const expected = Object.fromEntries(
      paths.map((file) => [file, file.includes("teachers") ? "ignored" : "new"]),
    );
    expect(await states()).toEqual(expected);
    expect(await run(0, "run")).toMatchObject({ landed: 12, anonymized: 12 });
  });

  test("reports a file that keeps changing, ingests the others, and ingests it once it is stable", async () => {
    const folder = await temporaryFolder();
    const note = path.join(folder, "restless");
    const script = path.join(import.meta.dirname, "..", "helpers", "restlessSftp.mjs");
    const restless = await startSshd(binary ?? "", `${process.execPath} ${script} ${note}`);
    try {
      cli = await commandLine(folder, undefined, restless);
      const text = await readFile(path.join(reports, corrected), "utf8");
      await writeFile(note, path.join(reports, corrected));
      const summary = await run(1, "run");
      expect(summary).toMatchObject({ landed: paths.length - 1, anonymized: paths.length - 1 });
      expect(summary.failed).toEqual([{ path: corrected, reason: expect.stringContaining("changed") }]);

      await rm(note);
      await writeFile(path.join(reports, corrected), text);
      expect(await run(0, "run")).toMatchObject({ landed: 1, anonymized: 1 });
      expect(await states()).toEqual(all("anonymized"));
    } finally {
      await restless.stop();
    }
  });
});
