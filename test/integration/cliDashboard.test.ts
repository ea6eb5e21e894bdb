import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { type Browser, chromium } from "playwright-core";
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import * as z from "zod";
import { showcase } from "../../src/sample/showcase";
import { CommandLine, runPlain } from "../helpers/cli";
import { chromiumPath } from "../helpers/dashboardBrowser";
import { contentsBelow } from "../helpers/lakeFiles";

/** `dashboard` of the built command line, on the lake that `demo` keeps: what new users see. */

const frozenSchema = z.object({
  texts: z.object({ language: z.string() }),
  view: z.object({ units: z.string() }),
  answer: z.object({
    from: z.string(),
    to: z.string(),
    minimumGroupSize: z.number(),
    withheld: z.object({ ungraded: z.array(z.unknown()) }),
    quarantined: z.array(z.string()),
    cards: z.object({ users: z.object({ value: z.number().nullable() }) }),
    bySchool: z.array(z.object({ school: z.string(), users: z.number().nullable() })),
    byGrade: z.array(z.object({ grade: z.string().nullable(), users: z.number().nullable() })),
    resources: z.array(z.object({ rows: z.number().nullable() })),
    changes: z.object({ entries: z.array(z.object({ name: z.string(), direction: z.string() })) }),
  }),
});

describe("clever-lake dashboard", () => {
  let folder: string;
  let cli: CommandLine;
  let demoText: string;

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "clever-lake-dashboard-"));
    const server = { host: "127.0.0.1", port: 9, username: "nobody", hostKey: `SHA256:${"A".repeat(43)}` };
    cli = await CommandLine.create({ folder, server });
    const { exitCode, stdout, stderr } = await runPlain("demo", "--keep", cli.lakeFolder);
    expect(exitCode, stderr).toBe(0);
    demoText = stdout;
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const write = async (...args: string[]) => {
    const out = path.join(folder, "page.html");
    const { exitCode, stdout, stderr } = await cli.run("dashboard", "--out", out, ...args);
    expect(exitCode, stderr).toBe(0);
    const html = await readFile(out, "utf8");
    const data = /<script type="application\/json" id="frozen">(.*?)<\/script>/s.exec(html)?.[1] ?? "";
    return { out, stdout, html, ...frozenSchema.parse(JSON.parse(data)) };
  };

  test("is preceded by a demo that says how other commands use its lake", async () => {
    const [, config = ""] = /`--config (.*)`/.exec(demoText) ?? [];
    const [, salt = ""] = /CLEVER_SALT: (\S+)/.exec(demoText) ?? [];
    vi.stubEnv("CLEVER_SALT", salt);
    onTestFinished(() => void vi.unstubAllEnvs());
    const { exitCode, stdout, stderr } = await runPlain("--config", config, "verify");
    expect(exitCode, stderr).toBe(0);
    expect(stdout).toContain("No discrepancies found.");
  });

  test("keeps a cache that only its owner can read, and none with --no-cache", async () => {
    const caches = path.join(folder, "other-caches");
    const other = cli.inEnvironment({ XDG_CACHE_HOME: caches });
    const without = await other.run("metrics", "--no-cache");
    expect(without.exitCode, without.stderr).toBe(0);
    await expect(readdir(caches)).rejects.toThrow("ENOENT");
    const cached = await other.run("metrics");
    expect(cached.exitCode, cached.stderr).toBe(0);
    expect(cached.stdout).toBe(without.stdout);
    const { mode } = await stat(path.join(caches, "clever-lake"));
    expect((mode & 0o777).toString(8)).toBe("700");
  });

  test("shows the demo district's numbers and changes, but nothing about the small school", async () => {
    const { answer, stdout, out } = await write();
    expect(stdout).toBe(`${out}: the dashboard from ${answer.from} to 2025-10-31.\n`);
    expect(answer.minimumGroupSize).toBe(10);
    // With all students in scope, nobody is suppressed.
    expect(answer.cards.users).toMatchObject({ value: showcase.students });
    expect(answer.changes.entries).toMatchObject([
      { name: "Bookburrow", direction: "rose" },
      { name: "Dunmere Elementary School", direction: "fell" },
    ]);
    const hidden = answer.bySchool.flatMap(({ school, users }) => (users === null ? [school] : []));
    expect(hidden).toEqual(["Eastfield Elementary School"]);
    // The few students without a grade are not shown alone. They count with a grade of their school, and the page says so.
    expect(answer.byGrade.flatMap(({ grade, users }) => (users === null ? [grade] : []))).toEqual([null]);
    expect(answer.byGrade.length).toBeGreaterThanOrEqual(13);
    expect(answer.withheld.ungraded.length).toBeGreaterThan(0);
    expect(answer.quarantined).toEqual([]);
    const { resources } = answer;
    expect(resources.filter(({ rows }) => rows === null).length).toBeLessThan(resources.length / 10);
  });

  test("applies filters and replaces an existing file", async () => {
    const school = "Cedar Hollow High School";
    const out = path.join(folder, "page.html");
    await writeFile(out, "yesterday's");
    const { answer, view } = await write(
      ...["--school", school, "--from", "2025-10-01", "--to", "2025-10-10", "--percent"],
    );
    expect(answer).toMatchObject({ from: "2025-10-01", to: "2025-10-10", bySchool: [{ school }] });
    expect(view.units).toBe("percent");
    expect((await readdir(folder)).filter((name) => name.startsWith("page"))).toEqual(["page.html"]);
  });

  test("says which days the tables have where the first or last day is outside of the data", async () => {
    const after = await write("--from", "2031-01-05", "--to", "2031-02-01");
    expect(after.answer).toMatchObject({ from: "2031-01-05", to: "2031-02-01", bySchool: [] });
    expect(after.stdout).toContain("the dashboard from 2031-01-05 to 2031-02-01.");
    const before = await write("--to", "2001-01-05");
    expect(before.answer).toMatchObject({ from: "2001-01-05", to: "2001-01-05", bySchool: [] });
    const only = /The tables have rows from (\d{4}-\d\d-\d\d) to (\d{4}-\d\d-\d\d) only\./;
    for (const { stdout } of [after, before]) expect(stdout).toMatch(only);
    const [, first = "", last = ""] = only.exec(after.stdout) ?? [];
    const cut = await write("--from", "2001-01-05", "--to", "2031-01-05");
    expect(cut.stdout).toContain(
      `from ${first} to ${last}. The tables have rows from ${first} to ${last} only.`,
    );
    expect((await write("--from", first, "--to", last)).stdout).not.toMatch(only);
  });

  test("goes on without a cache that cannot be written, and warns once", async () => {
    const file = path.join(folder, "not a folder");
    await writeFile(file, "");
    const out = path.join(folder, "page.html");
    for (const command of [["metrics"], ["dashboard", "--out", out]]) {
      const { exitCode, stdout, stderr } = await cli.run(...command, "--cache", file);
      expect(exitCode).toBe(0);
      expect(stdout).toMatch(/./);
      expect(stderr).toMatch(/^warning: There is no cache, .*not a folder.*\n$/);
    }
  });

  test("warns of schools in the district's file that the tables do not have", async () => {
    const file = path.join(folder, "levels.csv");
    const out = path.join(folder, "page.html");
    await writeFile(file, "school,level\nCedar Hollow High School,middle\nCedar Hollow Hihg School,high\n");
    for (const command of [["metrics"], ["dashboard", "--out", out]]) {
      const { exitCode, stderr } = await cli.run(...command, "--school-levels", file);
      expect(exitCode).toBe(0);
      expect(stderr).toBe(
        `warning: ${file}: The tables do not have the school "Cedar Hollow Hihg School" (nearest: "Cedar Hollow High School").\n`,
      );
    }
    await writeFile(file, "school,level\nCedar Hollow High School,middle\n");
    expect((await cli.run("metrics", "--school-levels", file)).stderr).toBe("");
  });

  test("warns of resources in the licence file that the tables do not have", async () => {
    const file = path.join(folder, "licences.csv");
    await writeFile(file, "resource,seats,cost,end\nBookburrow,10,,\nBookburow,10,,\n");
    const { stderr } = await cli.run(
      "dashboard",
      "--out",
      path.join(folder, "page.html"),
      "--licences",
      file,
    );
    expect(stderr).toBe(
      `warning: ${file}: The tables do not have the resource "Bookburow" (nearest: "Bookburrow"), or all use is suppressed.\n`,
    );
  });

  test("is not made of another demo in the same folder", async () => {
    const before = await contentsBelow(cli.lakeFolder);
    const { exitCode, stdout, stderr } = await runPlain("demo", "--days", "2", "--keep", cli.lakeFolder);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
    expect(stderr).toContain("There is a lake here already; nothing was done. Name another folder");
    expect(await contentsBelow(cli.lakeFolder)).toEqual(before);
  });

  test("uses the requested language, otherwise that of the locale", async () => {
    const spanish = await write("--range", "last7", "--language", "es");
    expect(spanish.html).toContain('<html lang="es">');
    expect(spanish.html).toContain("<title>Panel de participación");
    expect(spanish.texts.language).toBe("es");
    expect((await write("--range", "last7")).texts.language).toBe("en");
  });

  test.skipIf(!chromiumPath)("opens offline, with its charts", async () => {
    const { out, answer } = await write();
    const browser: Browser = await chromium.launch({
      executablePath: chromiumPath ?? "",
      args: ["--no-sandbox", "--disable-gpu"],
    });
    onTestFinished(() => browser.close());
    const page = await browser.newPage({ viewport: { width: 1400, height: 900 }, reducedMotion: "reduce" });
    const complaints: string[] = [];
    const requests: string[] = [];
    page.on("console", (message) => complaints.push(message.text()));
    page.on("pageerror", (error) => complaints.push(String(error)));
    page.on("request", (request) => requests.push(request.url()));
    await page.context().setOffline(true);
    await page.goto(pathToFileURL(out).href);
    await page.locator("#panel-treemap .chart svg").waitFor();
    expect(await page.locator("#card-users .card-value").textContent()).toBe(
      answer.cards.users.value?.toLocaleString("en"),
    );
    expect(await page.locator("body").textContent()).toContain("Bookburrow");
    expect(await page.locator(".chart svg").count()).toBeGreaterThanOrEqual(9);
    expect(complaints).toEqual([]);
    expect(requests).toEqual([pathToFileURL(out).href]);
  });

  test("refuses a missing or empty lake, and a path that cannot be written", async () => {
    const empty = path.join(folder, "empty");
    await mkdir(empty);
    const other = await CommandLine.create({
      folder: empty,
      server: { host: "127.0.0.1", username: "nobody", port: 9, hostKey: `SHA256:${"A".repeat(43)}` },
    });
    const out = path.join(empty, "page.html");
    const nothing = await other.run("dashboard", "--out", out);
    expect(nothing.exitCode).toBe(2);
    expect(nothing.stderr).toContain(
      "There are no rows in this lake's tables. If it is new, fill it first: clever-lake run.",
    );
    const nowhere = path.join(folder, "no such folder", "page.html");
    const unwritten = await cli.run("dashboard", "--out", nowhere);
    expect(unwritten.exitCode).toBe(2);
    expect(unwritten.stderr).toContain("The dashboard could not be written.");
    expect(unwritten.stderr).toContain(nowhere);
    const refused = [
      ["--from 2025-10-02 --to 2025-10-01", "The first day must not be after the last one."],
      ["--compare-from 2025-10-02 --compare-to 2025-10-01", "The first day must not be after the last one."],
      ["--from 2.10.2025", "--from: A day must be given as yyyy-MM-dd."],
      ["--from 2025-02-29", "--from: The calendar has no such day."],
      ["--compare-to 2025-10-01", "must be given together."],
      ["--range last7 --from 2025-10-01", "cannot be used with option '--from <yyyy-MM-dd>'"],
    ] as const;
    for (const [days, message] of refused) {
      const wrong = await cli.run("dashboard", "--out", out, ...days.split(" "));
      expect(wrong.stderr).toContain(message);
      expect(wrong.exitCode).toBe(2);
    }
    const misspelt = ["--school", "Cedar Holow High School", "--grade", "14"];
    const unknown = await cli.run("dashboard", "--out", out, ...misspelt);
    expect(unknown.stderr).toContain('There is no school "Cedar Holow High School" in the tables.');
    expect(unknown.stderr).toContain('The nearest to "Cedar Holow High School": "Cedar Hollow High School"');
    expect(unknown.stderr).toContain('There is no grade "14" in the tables.');
    expect(unknown.exitCode).toBe(2);
    const noDay = await cli.run("dashboard", "--out", out, "--school-year-start", "9-1");
    expect(noDay.stderr).toContain("It must be a month and a day, like 08-01.");
    expect(noDay.exitCode).toBe(2);
    expect((await readdir(empty)).filter((name) => name.startsWith("page"))).toEqual([]);
  });
});
