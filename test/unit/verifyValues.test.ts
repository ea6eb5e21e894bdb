import { randomUUID } from "node:crypto";
import { mkdir, readFile, rename, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { ingestLogTable, lookupTable, pseudoTable, runLeasePath, runLockPath } from "../../src/clever/layout";
import { reports } from "../../src/clever/reports";
import { hashTag } from "../../src/delta/files/dataFile";
import { formatCommit, parseCommit } from "../../src/delta/log/actions";
import { commitPath } from "../../src/delta/paths";
import { lakePathOf } from "../../src/delta/readQuery";
import { readSnapshot } from "../../src/delta/snapshot";
import { sqlString } from "../../src/duck/duck";
import type { Lake } from "../../src/lake/lake";
import { verifyLake } from "../../src/pipeline/verify/verify";
import { contentsOf } from "../../src/pipeline/write/fileContents";
import { sharedDuck } from "../helpers/lakeRows";
import { lakeTemplate } from "../helpers/lakeTemplate";
import {
  daily,
  dailyCsv,
  dailyPath,
  PipelineFixture,
  salt,
  usage,
  usageCsv,
  usagePath,
} from "../helpers/pipelineFixture";

const idRules = vi.hoisted(() => ({ areOn: true }));
vi.mock("../../src/clever/personIds", async (actual) => {
  const personIds = await actual<typeof import("../../src/clever/personIds")>();
  return {
    ...personIds,
    judgeId: (text: string) => (idRules.areOn ? personIds.judgeId(text) : undefined),
    suspectIdSql: (...given: Parameters<typeof personIds.suspectIdSql>) =>
      idRules.areOn ? personIds.suspectIdSql(...given) : "false",
  };
});

/** `verify` compares values, and reports no false problems during a run. */

const participation = pseudoTable(reports.daily_participation);
const useTable = pseudoTable(reports.resource_usage);
const dailyFile = dailyPath("2024-09-03");
const usageFile = usagePath("2024-09-03");
const differing = "Its rows in the table differ from its landed file.";

const lake = lakeTemplate(async (made) => {
  await made.put(dailyFile, dailyCsv(daily("amy"), daily("ben"), daily("cat", "2024-10-01", 3)));
  await made.put(usageFile, usageCsv(usage("amy", "Maths"), usage("ben", "Maths"), usage("ben", "Art")));
  await made.run();
  expect(await made.verify()).toMatchObject({ problems: [], leftovers: [] });
});
let fixture: PipelineFixture;
beforeEach(async () => {
  fixture = await lake();
});

/** The table's data files on this machine. */
async function dataFiles(table: string): Promise<{ readonly lakePath: string; readonly place: string }[]> {
  const snapshot = await readSnapshot({ lake: fixture.lake, duck: await sharedDuck() }, table);
  if (!snapshot) throw new Error("There is no table.");
  return [...snapshot.files.values()].map((file) => {
    const lakePath = lakePathOf(snapshot, file);
    return { lakePath, place: fixture.lake.localPath(lakePath) };
  });
}

describe("a flipped byte in a data file is found, wherever it is,", () => {
  test.each([participation, useTable, lookupTable(reports.resource_usage), ingestLogTable])(
    "in %s",
    async (table) => {
      const [file] = await dataFiles(table);
      if (!file) throw new Error("There is no data file.");
      const bytes = await readFile(file.place);
      for (let part = 0; part < 8; part++) {
        const at = Math.floor(((part + 0.5) / 8) * bytes.length);
        const flipped = Buffer.from(bytes);
        flipped[at] = (flipped[at] ?? 0) ^ 1;
        await writeFile(file.place, flipped);
        const { problems } = await fixture.verify();
        expect(problems).toContainEqual({
          subject: file.lakePath,
          problem: "The table's data file has changed since it was written.",
        });
      }
    },
  );
});

/** Changes rows of a table's data files like another writer: new bytes, a matching log, and no hash. */
async function changeRows(table: string, replace: string, change: (line: string) => string = (line) => line) {
  const duck = await sharedDuck();
  const sizes = new Map<string, number>();
  for (const { place, lakePath } of await dataFiles(table)) {
    await duck.session((session) =>
      session.query(
        `COPY (SELECT * REPLACE (${replace}) FROM read_parquet(${sqlString(place)}, hive_partitioning = false))
         TO ${sqlString(`${place}.new`)} (FORMAT parquet)`,
      ),
    );
    await rename(`${place}.new`, place);
    sizes.set(lakePath.slice(table.length + 1), (await stat(place)).size);
  }
  const log = fixture.lake.localPath(commitPath(table, 0));
  const actions = parseCommit(await readFile(log, "utf8"), log).map((action) => {
    if (!("add" in action)) return action;
    const { [hashTag]: _, ...tags } = action.add.tags ?? {};
    return { add: { ...action.add, tags, size: sizes.get(decodeURIComponent(action.add.path)) ?? 0 } };
  });
  await writeFile(log, change(formatCommit(actions)));
}

describe("a value that differs from the landed file is found,", () => {
  const swapped = "CASE num_logins WHEN 1 THEN 3 WHEN 3 THEN 1 END::INTEGER AS num_logins";
  const ofAmy = "row_number() OVER () = 1";
  test.each<[string, string, string, boolean]>([
    [
      "a number",
      participation,
      `CASE WHEN ${ofAmy} THEN 9 ELSE num_logins END::INTEGER AS num_logins`,
      false,
    ],
    ["numbers swapped between rows", participation, swapped, false],
    ["a flag", participation, "NOT active AS active", false],
    ["a date", participation, `("date" + 1)::DATE AS "date"`, false],
    ["a text", useTable, "'Maths ' AS resource_name", false],
    ["a null text", useTable, "NULL::VARCHAR AS school_name", false],
    ["a user type", participation, "'staff' AS user_type", false],
    ["another person's pseudonym", participation, "min(sis_id_pseudonym) OVER () AS sis_id_pseudonym", true],
  ])("%s", async (_, table, replace, needsSalt) => {
    await changeRows(table, replace);
    const reported = table === participation ? dailyFile : usageFile;
    const landed = expect.stringContaining(path.posix.basename(reported)) as string;
    expect((await fixture.verify()).problems).toContainEqual({ subject: landed, problem: differing });
    const { problems } = await verifyLake(fixture.lake, undefined);
    if (!needsSalt) expect(problems).toContainEqual({ subject: landed, problem: differing });
  });

  test("a month that does not match the date", async () => {
    await changeRows(participation, "active AS active", (log) =>
      log.replaceAll('"month":"9"', '"month":"8"'),
    );
    expect((await fixture.verify()).problems).toContainEqual({
      subject: expect.stringContaining(path.posix.basename(dailyFile)),
      problem: differing,
    });
  });

  test("but the same values in other bytes and another order are not", async () => {
    await changeRows(participation, "active AS active");
    expect((await fixture.verify()).problems).toEqual([]);
  });

  test("and another salt does not make every file wrong", async () => {
    const { problems } = await verifyLake(fixture.lake, "another salt");
    expect(problems.map(({ subject }) => subject)).toEqual([
      fixture.lake.url,
      lookupTable(reports.daily_participation),
      lookupTable(reports.resource_usage),
    ]);
    expect(problems[0]?.problem).toContain("Set CLEVER_SALT to the salt that was used before.");
  });
});

describe("of a file that was accepted without its bad rows", () => {
  const other = dailyPath("2024-09-04");

  beforeEach(async () => {
    await fixture.put(
      other,
      dailyCsv(daily("amy", "2024-09-04"), daily("ben", "no date"), daily("cat", "2024-09-04", 2)),
    );
    await fixture.run();
    expect(await fixture.run({ accept: [other] })).toMatchObject({ anonymized: 1, refused: 1 });
  });

  test("the others are compared", async () => {
    expect((await fixture.verify()).problems).toEqual([]);
    const duck = await sharedDuck();
    const snapshot = await readSnapshot({ lake: fixture.lake, duck }, participation);
    const file = [...(snapshot?.files.values() ?? [])].find((each) => contentsOf(each).sources?.has(other));
    if (!snapshot || !file) throw new Error("There is no data file.");
    const place = fixture.lake.localPath(lakePathOf(snapshot, file));
    const log = fixture.lake.localPath(commitPath(participation, snapshot.version));
    await duck.session((session) =>
      session.query(
        `COPY (SELECT * REPLACE (7 AS num_logins) FROM read_parquet(${sqlString(place)}, hive_partitioning = false))
         TO ${sqlString(`${place}.new`)} (FORMAT parquet)`,
      ),
    );
    await rename(`${place}.new`, place);
    const { size } = await stat(place);
    const text = (await readFile(log, "utf8")).replace(`"size":${file.size}`, `"size":${size}`);
    await writeFile(log, text.replace(/,?"clever\.sha256":"[0-9a-f]{64}"/, ""));
    expect((await fixture.verify()).problems).toEqual([
      { subject: expect.stringContaining(path.posix.basename(other)), problem: differing },
    ]);
  });
});

describe("of a file whose ids an earlier version did not check", () => {
  const row = (person: string, id: string, logins: number) =>
    daily(person, "2024-09-03", logins).replace(`sis-${person}`, id);

  beforeEach(async () => {
    fixture = await PipelineFixture.create();
    await fixture.put(dailyFile, dailyCsv(row("amy", "NULL", 1), row("ben", "12345.0", 2), daily("cat")));
    idRules.areOn = false;
    try {
      expect(await fixture.run()).toMatchObject({ anonymized: 1, quarantined: [] });
    } finally {
      idRules.areOn = true;
    }
  });

  test("a row with a different value is reported", async () => {
    await changeRows(participation, "(num_logins + 1)::INTEGER AS num_logins");
    expect((await fixture.verify()).problems).toMatchObject([{ problem: differing }]);
  });

  test("rows of a version that hashes its files are not treated this way", async () => {
    expect((await fixture.verify()).problems).toMatchObject([{ problem: differing }]);
  });
});

describe("during a run", () => {
  test("that begins in the meantime, its lock and unfinished files are not reported as a killed run's", async () => {
    const { lake } = fixture;
    const list = lake.list.bind(lake);
    lake.list = async function* (...given) {
      if (given[0] === participation) {
        const holder = { id: "other", runId: "theirs", host: "another-machine", space: "another", pid: 1 };
        const lock = { ...holder, expires: Date.now() + 60_000 };
        await writeFile(lake.localPath(runLockPath), JSON.stringify(lock));
        await writeFile(lake.localPath(`${participation}/part-0.snappy.parquet`), "not committed yet");
      }
      yield* list(...given);
    };
    expect(await fixture.verify()).toMatchObject({ problems: [], leftovers: [] });
  });

  const later = dailyPath("2024-09-05");
  const put = () => fixture.put(later, dailyCsv(daily("amy", "2024-09-05")));

  test("verify says that a run is active", async () => {
    await put();
    let reported: unknown;
    fixture.source.hooks = {
      beforeChunk: async () => {
        reported ??= await fixture.verify().catch((error: unknown) => error);
      },
    };
    await fixture.run();
    expect(reported).toMatchObject({
      code: "busy",
      message: expect.stringContaining("Another run is active"),
    });
  });

  test("that begins and ends in the meantime, verify says so and reports no problem", async () => {
    await put();
    let ran = false;
    const lake = new Proxy<Lake>(fixture.lake, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name);
        if (typeof value !== "function") return value;
        if (name !== "list") return value.bind(target) as unknown;
        return async function* (...args: Parameters<Lake["list"]>) {
          // The ingest log was read, the tables were not.
          if (!ran && args[0] === participation) {
            ran = true;
            await fixture.run();
          }
          yield* target.list(...args);
        };
      },
    });
    await expect(verifyLake(lake, salt)).rejects.toMatchObject({
      code: "busy",
      message: expect.stringContaining("A run is active, or was"),
    });
    expect(ran).toBe(true);
    expect((await fixture.verify()).problems).toEqual([]);
  });
});

test("a file in quarantine whose earlier rows are in the table is reported as such", async () => {
  const fresh = dailyPath("2024-09-04");
  await fixture.put(dailyFile, dailyCsv(daily("amy"), "bad row"));
  await fixture.put(fresh, dailyCsv(daily("amy", "2024-09-04"), "bad row"));
  await fixture.run();
  const { problems, inQuarantine, withEarlierRows } = await fixture.verify();
  expect(problems).toEqual([]);
  expect([...inQuarantine].sort()).toEqual([dailyFile, fresh]);
  expect(withEarlierRows).toEqual([dailyFile]);
});

test("what killed runs left is listed, and is not a problem", async () => {
  const { lake } = fixture;
  const temporary = `.clever-lake-tmp/1@another@${randomUUID()}`;
  await mkdir(lake.localPath(temporary), { recursive: true });
  await writeFile(lake.localPath(runLeasePath("killed")), "{}");
  await writeFile(lake.localPath(runLockPath), "{");
  const unused = `${participation}/year=2024/month=9/part-0.snappy.parquet`;
  await writeFile(lake.localPath(unused), "never committed");
  const { problems, leftovers } = await fixture.verify();
  expect(problems).toEqual([]);
  expect(leftovers.map(({ subject }) => subject)).toEqual([
    participation,
    runLockPath,
    runLeasePath("killed"),
    temporary,
  ]);
  expect(leftovers.slice(1, 3).map(({ note }) => note)).toEqual([
    "The lock of a killed run: it is removed by the next run.",
    "A file of a killed run's lock: it is removed by a later run when it is a day old.",
  ]);
  expect(leftovers[0]?.note).toBe("1 data file that the table does not use (15 bytes): VACUUM removes them.");
});

test("a gap in a table's log is reported, however wide", async () => {
  const { lake } = fixture;
  await lake.putIfAbsent(commitPath(participation, 7), Buffer.from("{}"));
  expect((await fixture.verify()).problems).toContainEqual({
    subject: commitPath(participation, 1),
    problem: expect.stringContaining("The table's log lacks version 1."),
  });
});

test("a text with a masked identity counts as equal to the landed value", async () => {
  const link = "https://x.org/query?ref=sis-amy&lang=en";
  await fixture.put(usagePath("2024-09-04"), usageCsv(usage("amy", link, "2024-09-04")));
  await fixture.run();
  const rows = await fixture.rows("resource_usage");
  expect(rows.map(({ resource_name: name }) => name)).toContain(
    "https://x.org/query?ref=[pseudonym]&lang=en",
  );

  expect(await fixture.verify()).toMatchObject({ problems: [] });
});
