import { spawnSync } from "node:child_process";
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { Readable } from "node:stream";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import * as z from "zod";
import { storedZip } from "../../src/basics/storedZip";
import { pseudonymName } from "../../src/clever/reports";
import { importRoster } from "../../src/pipeline/roster/importRoster";
import { rosterOnDisk } from "../../src/pipeline/roster/rosterFile";
import { sampleDistrict } from "../../src/sample/district";
import { writeDistrict } from "../../src/sample/reportFiles";
import { AdlsEmulator } from "../adls-emulator/emulator";
import { openLake } from "../helpers/adls";
import { CommandLine } from "../helpers/cli";
import { type RunNotebook, runNotebook } from "../helpers/notebook";
import {
  daily,
  dailyCsv,
  dailyPath,
  PipelineFixture,
  salt,
  usageCsv,
  usagePath,
} from "../helpers/pipelineFixture";
import { pythonWithJupyter } from "../helpers/python";
import { configuredSpark, sparkOnEmulator } from "../helpers/sparkOnEmulator";
import { wholeFile } from "../helpers/wholeFile";

/** The notebook on a lake that is hard to read and count, compared with the command line's numbers. */

const metrics = z.object({
  users: z.number(),
  days: z.number(),
  activeUsers: z.number(),
  bySchool: z.array(
    z.object({
      school_name: z.string(),
      users: z.number().nullable(),
      averageResources: z.number().nullable(),
      averageLogins: z.number().nullable(),
      averageDistinctResources: z.number().nullable(),
    }),
  ),
  byDay: z.array(
    z.object({
      date: z.string(),
      logins: z.number(),
      resources: z.number(),
      activeUsers: z.number(),
      distinctResources: z.number().nullable(),
    }),
  ),
  topResources: z.array(
    z.object({
      resource_name: z.string(),
      resource_type: z.string(),
      rows: z.number(),
      accesses: z.number(),
      users: z.number().nullable(),
    }),
  ),
});

const folder = await mkdtemp(path.join(tmpdir(), "clever-lake-test-"));
const fixture = await PipelineFixture.create(folder);
const lakeFolder = path.join(folder, "lake");
/** Matplotlib would take its end for a formula, and an invalid one. */
const loneSchool = "Lone $\\frac{School$";
/** For a lake that cannot be reached: the notebook's Spark is redirected to the emulator. */
const azure = "https://devaccount.dfs.core.windows.net";

afterAll(() => rm(folder, { recursive: true, force: true }));

beforeAll(async () => {
  const district = sampleDistrict({
    students: 90,
    teachers: 6,
    staff: 3,
    schools: 3,
    days: 6,
    firstDay: "2024-09-09",
  });
  await writeDistrict(district, fixture.server);
  const small = (id: string, day: string, logins: number, active = true, school = loneSchool) =>
    `${day},sis-${id},clever-${id},school-9,${school},${active},${logins},2`;
  // A school with few people that was renamed. One of them has only the school system's id, and an older export has different values for a day.
  await fixture.put(
    dailyPath("2024-09-20"),
    dailyCsv(
      small("a", "2024-09-20", 3, true, "Lone Schoolhouse"),
      small("b", "2024-09-20", 0, false, "Lone Schoolhouse"),
    ),
  );
  await fixture.put(
    dailyPath("2024-09-21"),
    dailyCsv(small("a", "2024-09-21", 1).replace("clever-a", ""), small("b", "2024-09-21", 2)),
  );
  await fixture.put(
    "daily-participation/2024-09-22-daily-participation-students.csv",
    dailyCsv(
      small("a", "2024-09-21", 1).replace("clever-a", ""),
      small("b", "2024-09-21", 2),
      small("c", "2024-09-22", 2),
    ),
  );
  // A resource that was renamed twice, the second time while the first new name was still used; a link without an id, and a file written by a spreadsheet.
  await fixture.put(
    usagePath("2024-09-21"),
    usageCsv(
      `2024-09-21,sis-a,,school-9,${loneSchool},app,Mathlark,id-1,4`,
      `2024-09-21,sis-b,clever-b,school-9,${loneSchool},app,Mathlark Plus,id-1,1`,
      `2024-09-21,sis-b,clever-b,school-9,${loneSchool},link,https://example.org,,2`,
    ),
  );
  await fixture.put(
    usagePath("2024-09-22"),
    usageCsv(
      `9/22/2024,sis-c,clever-c,school-9,${loneSchool},app,Mathlark Plus,id-1,1`,
      `9/22/2024,sis-c,clever-c,school-9,${loneSchool},app,Mathlark App,id-1,1`,
    ),
  );
  await fixture.put(
    dailyPath("2024-09-23"),
    dailyCsv(`2024-09-31,sis-d,clever-d,school-9,${loneSchool},true,1,1`),
  );
  const { quarantined } = await fixture.run();
  expect(quarantined.map(({ path: file }) => file)).toEqual([dailyPath("2024-09-23")]);
  const roster = path.join(folder, "roster.csv");
  const grades = district.people.students.map(
    ({ sisId }, place) => `${sisId},1,${place % 4 === 0 ? "K" : place % 4}`,
  );
  await writeFile(roster, ["Student_id,School_id,Grade", ...grades, ""].join("\n"));
  await importRoster({ lake: fixture.lake, salt, keepRaw: false, file: await rosterOnDisk(roster) });
});

async function commandLine(name: string, url: string, minimumGroupSize: number): Promise<CommandLine> {
  const place = await mkdtemp(path.join(folder, `${name}-`));
  const server = { host: "127.0.0.1", port: 1, username: "district", hostKey: `SHA256:${"A".repeat(43)}` };
  return CommandLine.create({ folder: place, server, lake: { url }, minimumGroupSize });
}

async function writtenNotebook(cli: CommandLine): Promise<string> {
  const out = path.join(path.dirname(cli.configFile), "assets");
  const { exitCode, stderr } = await cli.run("assets", "--only", "notebook", "--out", out);
  expect(exitCode, stderr).toBe(0);
  return path.join(out, "notebook", "clever-participation.ipynb");
}

async function metricsOf(cli: CommandLine) {
  const { json, exitCode, stderr } = await cli.run("metrics", "--json");
  expect(exitCode, stderr).toBe(0);
  return metrics.parse(json);
}

/** The table whose first column has this header. */
function table(notebook: RunNotebook, header: string) {
  const found = notebook.tables.find(([row]) => row !== undefined && Object.keys(row)[0] === header);
  if (found === undefined) throw new Error(`the notebook shows no table of ${header}`);
  return found;
}

test("is valid according to nbformat, and has no outputs", async () => {
  const jupyter = await pythonWithJupyter();
  if (jupyter === undefined) return;
  const file = await writtenNotebook(await commandLine("valid", pathToFileURL(lakeFolder).href, 10));
  const check =
    "import nbformat, sys; nbformat.validate(nbformat.read(sys.argv[1], as_version=nbformat.NO_CONVERT))";
  const validate = (name: string) =>
    spawnSync(jupyter.python, ["-W", "error", "-c", check, name], { encoding: "utf8" });
  const { status, stderr } = validate(file);
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  const text = await readFile(file, "utf8");
  const cells = z.array(z.object({ cell_type: z.string(), outputs: z.array(z.never()).optional() }));
  expect(cells.parse((JSON.parse(text) as { cells: unknown }).cells).length).toBeGreaterThan(20);
  await writeFile(file, text.replace('"cell_type": "code"', '"cell_type": "cody"'));
  expect(validate(file).status).toBe(1);
});

test("Python reads the module's archive, with the bytes of every file", async () => {
  const jupyter = await pythonWithJupyter();
  if (jupyter === undefined) return;
  const files = { "a/empty.py": "", "a/text.py": "x = 1\n".repeat(1_000), "a/ñ 学校.json": '{"é": 1}' };
  const archive = path.join(folder, "archive.zip");
  const zipped = Object.entries(files).map(([name, text]) => ({ name, bytes: Buffer.from(text) }));
  await writeFile(archive, storedZip(zipped));
  const read =
    "import json, sys, zipfile; z = zipfile.ZipFile(sys.argv[1]); print(json.dumps({n: z.read(n).decode() for n in z.namelist()}))";
  const { stdout, stderr } = spawnSync(jupyter.python, ["-c", read, archive], { encoding: "utf8" });
  expect(stderr).toBe("");
  expect(JSON.parse(stdout)).toEqual(files);
});

describe("on a lake in a folder, with a group size of 0", () => {
  let notebook: RunNotebook | undefined;
  let cli: CommandLine;

  beforeAll(async () => {
    cli = await commandLine("folder", pathToFileURL(lakeFolder).href, 0);
    const spark = await configuredSpark(folder);
    if (spark === undefined) return;
    const before = await fixture.tree();
    // White space around the salt is ignored, as by a run.
    notebook = await runNotebook(await writtenNotebook(cli), {
      ...spark.environment,
      CLEVER_SALT: `${salt}\n`,
    });
    expect(await fixture.tree(), "the lake's files").toEqual(before);
  }, 1_200_000);

  test("shows what landed, problems, and what was read", () => {
    if (!notebook) return;
    const outcomes = table(notebook, "Report").map((row) => row.Outcome);
    expect(new Set(outcomes)).toEqual(new Set(["anonymized", "quarantined"]));
    expect(table(notebook, "File")).toMatchObject([
      { File: dailyPath("2024-09-23"), Line: 2, Column: "date" },
    ]);
    expect(table(notebook, "Left to the judge")).toEqual([
      { "Left to the judge": usagePath("2024-09-22"), Why: "values in another form" },
    ]);
  });

  test("proves that the tables' rows are those of the landed files", async () => {
    if (!notebook) return;
    const proof = notebook.tables.find(([row]) => row && "Superseded" in row) ?? [];
    const daily = await fixture.rows("daily_participation");
    const usage = (await fixture.rows("resource_usage")).filter(
      ({ source_file }) => source_file !== usagePath("2024-09-22"),
    );
    expect(proof).toEqual(
      [
        ["Daily participation", daily.length + 2, 2, daily.length],
        ["Resource usage", usage.length, 0, usage.length],
      ].map(([report, landed, superseded, rows]) => ({
        Report: report,
        "Rows landed": landed,
        Superseded: superseded,
        "Rows in the table": rows,
        "Only in the table": 0,
        "Missing in the table": 0,
      })),
    );
    expect(notebook.said.some((text) => text.startsWith("✓ No discrepancies found"))).toBe(true);
  });

  test("answers the questions with the same numbers as the command line", async () => {
    if (!notebook) return;
    const reported = await metricsOf(cli);
    expect(table(notebook, "People in the reports")).toEqual([
      {
        "People in the reports": reported.users,
        Days: reported.days,
        "Active at least once": reported.activeUsers,
      },
    ]);
    expect(table(notebook, "Day")).toEqual(
      reported.byDay.map((day) => ({
        Day: day.date,
        "Distinct resources": day.distinctResources ?? "–",
        Logins: day.logins,
        "Resources accessed": day.resources,
        "Active people": day.activeUsers,
      })),
    );
    expect(table(notebook, "School")).toEqual(
      reported.bySchool.map((school) => ({
        School: school.school_name,
        People: school.users,
        "Distinct resources per person": close(school.averageDistinctResources),
        "Logins per day": close(school.averageLogins),
        "Resources per day": close(school.averageResources),
      })),
    );
    const byName = (a: { Resource: unknown }, b: { Resource: unknown }) =>
      String(a.Resource) < String(b.Resource) ? -1 : 1;
    expect((table(notebook, "Resource") as { Resource: string }[]).toSorted(byName)).toEqual(
      reported.topResources
        .map((resource) => ({
          Resource: resource.resource_name,
          Type: resource.resource_type,
          People: resource.users,
          "Person-days": resource.rows,
          Accesses: resource.accesses,
          "Accesses per person": close(resource.accesses / (resource.users ?? 0)),
        }))
        .toSorted(byName),
    );
    expect(notebook.pictures).toBe(4);
  });

  test("shows the same numbers by grade as a separate count", async () => {
    if (!notebook) return;
    const grades = table(notebook, "Grade");
    expect(grades.map(({ Grade }) => Grade)).toEqual(["Kindergarten", "1", "2", "3", "no grade"]);
    const total = grades.reduce((sum, { Students }) => sum + Number(Students), 0);
    expect(total).toBe((await metricsOf(cli)).users);
  });

  test("shows neither ids nor pseudonyms nor the salt", async () => {
    if (!notebook) return;
    const lookup = [...(await fixture.lookup()), ...(await fixture.lookup("resource_usage"))];
    const columns = ["sis_id", "clever_user_id"].flatMap((name) => [name, pseudonymName(name)]);
    const secrets = lookup.flatMap((row) =>
      columns.flatMap((name) => (row[name] === null ? [] : [String(row[name])])),
    );
    expect(secrets.length).toBeGreaterThan(200);
    for (const secret of [salt, ...secrets]) expect(notebook.text.includes(secret), secret).toBe(false);
  });
});

test("on a lake without resource usage and a roster, in a folder with an odd name, shows the command line's numbers", async () => {
  const spark = await configuredSpark(folder);
  if (spark === undefined) return;
  const odd = await PipelineFixture.create(await mkdtemp(path.join(folder, "[a] {b} 100% #1 'é' \"")));
  const school = (place: number) => (place % 2 === 0 ? '"O\'Brien ""A"" \\ ] $1"' : "\u05D0\u{1F393} <b>");
  const lines = Array.from({ length: 24 }, (_, place) =>
    daily(`p${place}`, "2024-02-29", place).replace("North High", school(place)),
  );
  await odd.put(dailyPath("2024-02-29"), dailyCsv(...lines));
  expect((await odd.run()).quarantined).toEqual([]);
  const cli = await commandLine("odd", odd.lake.url, 10);
  const notebook = await runNotebook(await writtenNotebook(cli), { ...spark.environment, CLEVER_SALT: salt });
  if (notebook === undefined) return;
  expect(notebook.said.filter((text) => text.startsWith("✓ No discrepancies found"))).toHaveLength(1);
  const { bySchool, byDay } = await metricsOf(cli);
  expect(byDay).toMatchObject([{ date: "2024-02-29", distinctResources: null }]);
  expect(bySchool.map((each) => each.averageDistinctResources)).toEqual([null, null]);
  expect(table(notebook, "School")).toEqual(
    bySchool.map((each) => ({
      School: each.school_name,
      People: each.users,
      "Distinct resources per person": "–",
      "Logins per day": close(each.averageLogins),
      "Resources per day": close(each.averageResources),
    })),
  );
}, 600_000);

test("without CHECK_LANDED, stage2p is enough", async () => {
  const spark = await configuredSpark(folder);
  if (spark === undefined) return;
  const place = path.join(await mkdtemp(path.join(folder, "readable-")), "lake");
  const stage = "stage2p";
  await cp(path.join(lakeFolder, stage), path.join(place, stage), { recursive: true });
  const file = await writtenNotebook(await commandLine("unchecked", pathToFileURL(lakeFolder).href, 0));
  const text = await readFile(file, "utf8");
  const changed = text
    .replace("CHECK_LANDED = True", "CHECK_LANDED = False")
    .replaceAll(pathToFileURL(lakeFolder).pathname, pathToFileURL(place).pathname);
  await writeFile(file, changed);
  const notebook = await runNotebook(file, spark.environment);
  if (notebook === undefined) return;
  expect(notebook.said.filter((said) => said.startsWith("Skipped"))).toHaveLength(4);
  expect(table(notebook, "School").length).toBeGreaterThan(2);
});

test("generated for an Azure account, runs through abfss://, finds a changed row, and leaves small groups out", async () => {
  await using emulator = await AdlsEmulator.start({ fileSystems: ["stage1np", "stage2np", "stage2p"] });
  const spark = await sparkOnEmulator(emulator, folder);
  if (spark === undefined) return;
  const lake = openLake(emulator, { auth: "sharedKey" });
  for (const file of (await fixture.tree()).keys()) {
    if (file.includes("/.")) continue;
    const content = await wholeFile(fixture.lake, file);
    // One landed file is changed after the run.
    const changed = file.endsWith("2024-09-20-daily-participation-students.csv")
      ? Buffer.from(content.toString().replace(",true,3,", ",true,4,"))
      : content;
    await lake.write(file, Readable.from([changed]));
  }
  const file = await writtenNotebook(await commandLine("azure", azure, 10));
  const writes = () => emulator.requests.filter(({ method }) => method !== "GET" && method !== "HEAD").length;
  const before = writes();
  const notebook = await runNotebook(file, { ...spark.environment, CLEVER_SALT: salt });
  if (notebook === undefined) return;
  expect(writes(), "requests that write").toBe(before);
  expect(notebook.tables.find(([row]) => row && "Superseded" in row)).toMatchObject([
    { Report: "Daily participation", "Only in the table": 1, "Missing in the table": 1 },
    { Report: "Resource usage", "Only in the table": 0, "Missing in the table": 0 },
  ]);
  expect(notebook.said.some((text) => text.startsWith("✗ The tables and the landed files differ"))).toBe(
    true,
  );
  expect(notebook.said).toContain(`Suppressed, with fewer than 10 people: ${loneSchool}.`);
  expect(notebook.said).toContain(
    "Suppressed, with fewer than 10 people: 2024-09-20, 2024-09-21, 2024-09-22.",
  );
  const reported = await metricsOf(await commandLine("same", pathToFileURL(lakeFolder).href, 0));
  expect(table(notebook, "School")).toEqual(
    reported.bySchool
      .filter(({ users }) => (users ?? 0) >= 10)
      .map((school) => ({
        School: school.school_name,
        People: school.users,
        "Distinct resources per person": close(school.averageDistinctResources),
        "Logins per day": close(school.averageLogins),
        "Resources per day": close(school.averageResources),
      })),
  );
}, 1_200_000);

/** Allows for sums of the same numbers in another order. */
function close(value: number | null): unknown {
  return expect.closeTo(value ?? Number.NaN, 9);
}
