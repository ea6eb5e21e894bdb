import { readdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { writeDashboard } from "../../src/cli/dashboard";
import { parseConfig } from "../../src/config";
import { exportEngagement } from "../../src/pipeline/activity/exportEngagement";
import { lakeMetrics } from "../helpers/lakeMetrics";
import { sharedDuck } from "../helpers/lakeRows";
import { daily, dailyCsv, dailyPath, PipelineFixture, usageCsv, usagePath } from "../helpers/pipelineFixture";
import { temporaryFolder } from "../helpers/temporaryFolder";
import { unpackedParquet } from "../helpers/unpackedParquet";

const cleverId = "5f3a9c0b1d2e4f5a6b7c8d9e";
const sisId = "4711815";

/** Texts that identify the row's person, and their masked forms. */
const planted: readonly (readonly [text: string, masked: string])[] = [
  [`https://x.org/query?ref=${sisId}&lang=en`, "https://x.org/query?ref=[pseudonym]&lang=en"],
  ["https://x.org/unknown?student=98765432", "https://x.org/unknown?student=[pseudonym]"],
  [`https://x.org/path/${cleverId}/edit`, "https://x.org/path/[pseudonym]/edit"],
  [`https://x.org/capitals/${cleverId.toUpperCase()}`, "https://x.org/capitals/[pseudonym]"],
  ["https://x.org/users/4e1a9c0b1d2e4f5a6b7c8d90", "https://x.org/users/[pseudonym]"],
  ["mailto:amy.planted@school.example.org", "mailto:[pseudonym]"],
  ["Notes of amy.planted@school.example.org", "Notes of [pseudonym]"],
  ["https://x.org/encoded?a=amy.planted%40school.example.org", "https://x.org/encoded?a=[pseudonym]"],
  [`https://x.org/digits?a=%34${sisId.slice(1)}`, "https://x.org/digits?a=[pseudonym]"],
  [`Portfolio ${sisId}`, "Portfolio [pseudonym]"],
];
const traces = [
  ...[sisId, `%34${sisId.slice(1)}`, "98765432", cleverId, "4e1a9c0b1d2e4f5a6b7c8d90", "amy.planted"],
  "school.example.org",
];
const innocent = ["Algebra 1", "Room 101", "Khan Academy", "Grade 12 Math, 2024-25", "12"];

const usageLine = (name: string, number: number, ids = `${sisId},${cleverId}`) =>
  `2024-09-03,${ids},school-1,North High,app,"${name}",r${number},1`;

function expectNoTrace(text: string, what: string): void {
  for (const trace of traces) {
    expect(text.toLowerCase().includes(trace.toLowerCase()), `${trace} in ${what}`).toBe(false);
  }
}

/** Every file below a folder, as its bytes and, for Parquet, its values. */
async function contentsBelow(folder: string): Promise<Map<string, string>> {
  const contents = new Map<string, string>();
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const place = path.join(entry.parentPath, entry.name);
    const values = entry.name.endsWith(".parquet") ? await unpackedParquet(place) : "";
    contents.set(place, (await readFile(place, "latin1")) + values);
  }
  return contents;
}

test("no text identifies a person, in stage2p, the dashboard, its cache and every export", async () => {
  const fixture = await PipelineFixture.create();
  const names = [...planted.map(([text]) => text), ...innocent];
  await fixture.put(usagePath(), usageCsv(...names.map((name, number) => usageLine(name, number))));
  const school = `2024-09-03,${sisId},${cleverId},school-1,North amy.planted@school.example.org,true,1,2`;
  await fixture.put(dailyPath(), dailyCsv(school));
  const summary = await fixture.run();
  expect(summary).toMatchObject({ anonymized: 2, quarantined: [], failed: [] });

  const rows = await fixture.rows("resource_usage");
  expect(rows.map(({ resource_name }) => resource_name).sort()).toEqual(
    [...planted.map(([, masked]) => masked), ...innocent].sort(),
  );
  expect((await fixture.rows()).map(({ school_name }) => school_name)).toEqual(["North [pseudonym]"]);
  const note = "contained a person's id or address, which was masked.";
  expect(summary.notes).toEqual([
    { path: dailyPath(), note: `1 text in 1 row ${note}` },
    {
      path: usagePath(),
      note: `${planted.length} texts in ${planted.length} rows ${note}`,
    },
  ]);
  expect((await fixture.lastLog()).get(usagePath())?.notes).toContain(note);
  expectNoTrace(JSON.stringify([summary, await fixture.log()]), "summary and log");

  const duck = await sharedDuck();
  const folder = await temporaryFolder();
  for (const name of ["dashboard.js", "dashboard.css"]) await writeFile(path.join(folder, name), "");
  const out = path.join(folder, "usage.html");
  const config = parseConfig(
    { sftp: { host: "localhost", username: "u" }, lake: { url: fixture.lake.url } },
    "test",
  );
  const options = { out, cache: path.join(folder, "cache"), range: "all" as const, minimumGroupSize: 0 };
  const l10n = path.join(import.meta.dirname, "../../l10n");
  await writeDashboard(config, {}, options, { media: folder, l10n }, new AbortController().signal);
  expect(await readFile(out, "utf8")).toContain("x.org/query?ref=[pseudonym]");
  await exportEngagement(fixture.lake, duck, path.join(folder, "engagement.parquet"));
  const metrics = await lakeMetrics(fixture.lake, {}, { minimumGroupSize: 0 });
  expectNoTrace(JSON.stringify(metrics), "metrics");
  for (const place of [fixture.lake.localPath("stage2p"), folder]) {
    const contents = await contentsBelow(place);
    expect([...contents.keys()].filter((file) => file.endsWith(".parquet")).length).toBeGreaterThan(0);
    for (const [file, content] of contents) expectNoTrace(content, file);
  }
  expect((await fixture.verify()).problems).toEqual([]);
});

test("ids that are only in the lookups are masked, and ids of later people are not known yet", async () => {
  const fixture = await PipelineFixture.create();
  await fixture.put(dailyPath("2024-09-02"), dailyCsv(`2024-09-02,${sisId},${cleverId},s,North,true,1,2`));
  await fixture.run();
  const names = [`Portfolio ${sisId}`, `https://x.org/${cleverId}`, "Portfolio 4711999"];
  await fixture.put(usagePath(), usageCsv(...names.map((name, n) => usageLine(name, n, "other,someone"))));
  await fixture.run();
  const texts = async () => (await fixture.rows("resource_usage")).map((row) => row.resource_name).sort();
  expect(await texts()).toEqual(["Portfolio 4711999", "Portfolio [pseudonym]", "https://x.org/[pseudonym]"]);

  // A redelivered file is masked with what is known then.
  await fixture.put(dailyPath("2024-09-04"), dailyCsv("2024-09-04,4711999,late,s,North,true,1,2"));
  await fixture.run();
  await fixture.put(usagePath(), usageCsv(...names.map((name, n) => usageLine(name, n, "other,anybody"))));
  await fixture.run();
  expect(await texts()).toEqual([
    "Portfolio [pseudonym]",
    "Portfolio [pseudonym]",
    "https://x.org/[pseudonym]",
  ]);
});

test("ids that are only in the other report of the same run are masked", async () => {
  const fixture = await PipelineFixture.create();
  await fixture.put(usagePath(), usageCsv(usageLine(`Portfolio ${sisId}`, 1, "other,someone")));
  await fixture.put(dailyPath(), dailyCsv(`2024-09-03,${sisId},${cleverId},s,North,true,1,2`));
  await fixture.run();
  expect(await fixture.rows("resource_usage")).toMatchObject([{ resource_name: "Portfolio [pseudonym]" }]);
});

// A file with a bad row is read after the others.
for (const last of ["text", "person"]) {
  test(`ids that are only in another usage file of the run are masked if the file of the ${last} is read last`, async () => {
    const fixture = await PipelineFixture.create();
    const names = ["Portfolio of zoe-1234567", "Algebra 1", "Notes, zoe-1234567"];
    const bad = (file: string) => (file === last ? ["99/99/9999,sis-ben,clever-ben,s,North,app,M,id,1"] : []);
    const texts = names.map((name, number) => usageLine(name, number, "other,someone"));
    await fixture.put(usagePath(), usageCsv(...texts, ...bad("text")));
    const person = usageLine("Maths", 4, "zoe-1234567,clever-zoe");
    await fixture.put(usagePath("2024-09-04"), usageCsv(person, ...bad("person")));
    const accept = [usagePath(), usagePath("2024-09-04")];
    const summary = await fixture.run({ accept });
    expect(summary).toMatchObject({ anonymized: 2, refused: 1, quarantined: [], failed: [] });
    const rows = await fixture.rows("resource_usage");
    expect(rows.map((row) => row.resource_name).sort()).toEqual([
      "Algebra 1",
      "Maths",
      "Notes, [pseudonym]",
      "Portfolio of [pseudonym]",
    ]);
    const note = "2 texts in 2 rows contained a person's id or address, which was masked.";
    expect(summary.notes).toContainEqual({ path: usagePath(), note });
    expect((await fixture.verify()).problems).toEqual([]);
  });
}

test("ids of the other report are masked in rows that a changed file no longer supersedes", async () => {
  const fixture = await PipelineFixture.create();
  const text = "https://x.org/path/zoe-1234567/edit";
  const other = usageLine("Algebra 1", 2);
  await fixture.put(usagePath(), usageCsv(usageLine(text, 1)));
  await fixture.put(usagePath("2024-09-04"), usageCsv(usageLine(text, 1), other));
  expect(await fixture.run()).toMatchObject({ anonymized: 2, superseded: 1 });
  const texts = async () => (await fixture.rows("resource_usage")).map((row) => row.resource_name).sort();
  expect(await texts()).toEqual(["Algebra 1", text]);
  await fixture.put(usagePath("2024-09-04"), usageCsv(other));
  await fixture.put(dailyPath(), dailyCsv("2024-09-03,zoe-1234567,clever-zoe,school-1,North,true,1,2"));
  expect(await fixture.run()).toMatchObject({ anonymized: 2, quarantined: [], failed: [] });
  expect(await texts()).toEqual(["Algebra 1", "https://x.org/path/[pseudonym]/edit"]);
});

test("texts of accepted files are masked too", async () => {
  const fixture = await PipelineFixture.create();
  const [text, masked] = planted[0] ?? ["", ""];
  // The second row has its cells shifted by one.
  await fixture.put(
    usagePath(),
    usageCsv(
      usageLine(text, 1),
      `2024-09-03,North,sis-ben,clever-ben,s,app,M,id,1`,
      usageLine("M", 2, "sis-ben,clever-ben"),
    ),
  );
  expect(await fixture.run()).toMatchObject({ anonymized: 0 });
  expect(await fixture.run({ accept: [usagePath()] })).toMatchObject({ anonymized: 1, refused: 1 });
  const rows = await fixture.rows("resource_usage");
  expect(rows.map(({ resource_name }) => resource_name).sort()).toEqual(["M", masked]);
});

test("a report without texts to mask has no note about them", async () => {
  const fixture = await PipelineFixture.create();
  await fixture.put(dailyPath(), dailyCsv(daily("amy")));
  expect((await fixture.run()).notes).toEqual([]);
});

test("ids are masked in each of thousands of texts", async () => {
  const fixture = await PipelineFixture.create();
  const lines = Array.from({ length: 4321 }, (_, number) => usageLine(`Notes ${sisId} ${number}`, number));
  await fixture.put(usagePath(), usageCsv(...lines));
  await fixture.run();
  const rows = await fixture.rows("resource_usage");
  expect(rows.map(({ resource_name }) => String(resource_name)).sort()).toEqual(
    lines.map((_, number) => `Notes [pseudonym] ${number}`).sort(),
  );
  expect((await fixture.verify()).problems).toEqual([]);
});
