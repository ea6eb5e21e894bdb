import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { lookupTable, oeaTable, pseudonymMapTable, pseudoTable } from "../../src/clever/layout";
import { reports } from "../../src/clever/reports";
import { FolderLake } from "../../src/lake/folder";
import type { Lake } from "../../src/lake/lake";
import { adoptLake } from "../../src/pipeline/adopt/adoptLake";
import { FaultyLake } from "../helpers/faultyLake";
import { lakeRows, sharedDuck } from "../helpers/lakeRows";
import { asSinkWrites, landAsOea, runOeaNotebook } from "../helpers/oeaLake";
import { daily, dailyCsv, PipelineFixture, salt, usage, usageCsv } from "../helpers/pipelineFixture";

/** An adoption that is interrupted anywhere can be continued, reaches the same state, and loses nothing. */

const { daily_participation: dailyReport, resource_usage: usageReport } = reports;
const adopt = (lake: Lake) => adoptLake({ lake, salt, dryRun: false, maxShrink: 50 });

/** OEA's lake, with a file that was published twice and one with OEA's quotes. */
let root: string;
let template: string;
let expected: Awaited<ReturnType<typeof stateOf>>;
let operations: number;

beforeAll(async () => {
  root = await mkdtemp(path.join(tmpdir(), "clever-lake-adopt-"));
  template = path.join(root, "template");
  const lake = await FolderLake.open(template);
  const name = "2024-09-02-daily-participation-students.csv";
  const quoted = '2024-09-02,sis-amy,clever-amy,school-1,North,app,"Maths, ""easy""",id-maths,3';
  const links = "2024-09-02-resource-usage-students.csv";
  await landAsOea(
    lake,
    dailyReport,
    `2024-09-10T01-00-00/Students/${name}`,
    dailyCsv(daily("amy"), daily("ben")),
  );
  await landAsOea(
    lake,
    usageReport,
    `2024-09-10T01-00-00/${links}`,
    asSinkWrites(usageCsv(quoted, usage("ben", "art"))),
  );
  await runOeaNotebook(lake, await sharedDuck());
  await landAsOea(
    lake,
    dailyReport,
    `2024-09-11T01-00-00/Students/${name}`,
    dailyCsv(daily("amy"), daily("ben", undefined, 4)),
  );
  await runOeaNotebook(lake, await sharedDuck());
  const undisturbed = await copy();
  const counting = new FaultyLake(undisturbed.lake, "before", Number.POSITIVE_INFINITY);
  await adopt(counting);
  operations = counting.operations;
  expected = await stateOf(undisturbed);
});

afterAll(() => rm(root, { recursive: true, force: true }));

async function copy(): Promise<PipelineFixture> {
  const folder = await mkdtemp(path.join(root, "copy-"));
  await cp(template, path.join(folder, "lake"), { recursive: true });
  return PipelineFixture.create(folder);
}

/** Rows of all tables, and the raw files. */
async function stateOf(fixture: PipelineFixture) {
  const tables = [dailyReport, usageReport].flatMap((report) => [pseudoTable(report), lookupTable(report)]);
  const rows: Record<string, unknown> = {};
  for (const table of [...tables, ...tables.map(oeaTable), pseudonymMapTable]) {
    rows[table] = await lakeRows(fixture.lake, table);
  }
  return { rows, raw: await fixture.landedFiles(), problems: (await fixture.verify()).problems };
}

test("the adoption without faults is consistent", () => {
  expect(expected.problems).toEqual([]);
  expect(expected.rows[pseudoTable(dailyReport)]).toHaveLength(2);
  expect(expected.rows[oeaTable(pseudoTable(dailyReport))]).toHaveLength(6);
  expect(operations).toBeGreaterThan(20);
});

/** Each operation fails in one of two ways. */
describe.each([
  ["dead", 1],
  ["after", 2],
] as const)("an operation fails (%s)", (fault, first) => {
  test("and runs are refused until the adoption is continued, which reaches the same state", {
    timeout: 300_000,
  }, async () => {
    for (let at = first; at <= operations; at += 2) {
      const fixture = await copy();
      const faulty = new FaultyLake(fixture.lake, fault, at);
      const done = await adopt(faulty).catch(() => undefined);
      const where = `${at} of ${operations}: ${faulty.failed}`;
      if (done === undefined) {
        const before = await fixture.tree();
        expect((await fixture.lakeStatus()).needsAdoption, where).toBe(true);
        await expect(fixture.run(), where).rejects.toMatchObject({ code: "notAdopted" });
        expect(withoutLock(await fixture.tree()), where).toEqual(withoutLock(before));
        await adopt(fixture.lake);
      } else if (done.run?.failed.length !== 0) await fixture.run({ command: "anonymize" });
      expect(await stateOf(fixture), where).toEqual(expected);
    }
  });
});

/** Files left by a run that takes over a dead run's lock. */
function withoutLock(tree: ReadonlyMap<string, string>): Record<string, string> {
  return Object.fromEntries([...tree].filter(([file]) => !file.includes("_run.lock")));
}
