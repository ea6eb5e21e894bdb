import { readdirSync, rmSync } from "node:fs";
import { copyFile, mkdir, readdir, readFile, rm, stat, truncate, utimes, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { isCleverLakeError } from "../../src/basics/errors";
import { ingestLogTable, lookupTable, pseudoTable } from "../../src/clever/layout";
import { reports } from "../../src/clever/reports";
import { openingFilter } from "../../src/dashboard/filter";
import { IndexKeeper } from "../../src/dashboard/index/indexKeeper";
import { answer } from "../../src/dashboard/query/answer";
import { sqlString } from "../../src/duck/duck";
import { FolderLake } from "../../src/lake/folder";
import type { Lake, LakeOptions } from "../../src/lake/lake";
import { repairLake } from "../../src/pipeline/repair/repair";
import { cachedPeople, indexLines, lakeFolders, plainLines, rowsOfFolder } from "../helpers/indexLines";
import { filesBelow } from "../helpers/lakeFiles";
import { sharedDuck } from "../helpers/lakeRows";
import { lakeTemplate } from "../helpers/lakeTemplate";
import { MemoryLake } from "../helpers/memoryLake";
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
import { PseudoTables } from "../helpers/pseudoTables";
import { temporaryFolder } from "../helpers/temporaryFolder";

/** A lake with two months of three people. */
const someLake = lakeTemplate(async (fixture) => {
  for (const date of ["2024-09-03", "2024-10-03"]) {
    const people = ["amy", "ben", "eve"];
    await fixture.put(dailyPath(date), dailyCsv(...people.map((person, n) => daily(person, date, n))));
    await fixture.put(
      usagePath(date),
      usageCsv(...people.map((person, n) => usage(person, "Maths", date, n))),
    );
  }
  await fixture.run();
});

const linesOf = (keeper: IndexKeeper, lake: Lake, cacheFolder: string) =>
  keeper.ask(lake, async (index) => indexLines(index, await cachedPeople(cacheFolder)));

async function readLines(lake: Lake, cacheFolder: string): Promise<string[]> {
  await using keeper = new IndexKeeper({ cacheFolder });
  return await linesOf(keeper, lake, cacheFolder);
}

test.each([
  ["table", ""],
  ["table's log", "/_delta_log"],
])(
  "a lost %s is an error, also for an index in memory or in the cache, until a run rebuilds it",
  async (_, part) => {
    const fixture = await someLake();
    const cacheFolder = await temporaryFolder();
    const before = await readLines(fixture.lake, cacheFolder);
    await using keeper = new IndexKeeper({ cacheFolder, recheckMilliseconds: 0 });
    await keeper.current(fixture.lake);
    for (const report of Object.values(reports)) {
      const subject = pseudoTable(report);
      await fixture.lose(`${subject}${part}`);
      const gone = { code: "corrupt", subject };
      await expect(keeper.current(fixture.lake)).rejects.toMatchObject(gone);
      await expect(readLines(fixture.lake, cacheFolder)).rejects.toMatchObject(gone);
      await expect(readLines(fixture.lake, await temporaryFolder())).rejects.toMatchObject(gone);
      await fixture.run();
      expect(await readLines(fixture.lake, cacheFolder)).toEqual(before);
    }
  },
);

test("a table that is lost with its lookup table is an error until a run rebuilds both", async () => {
  const fixture = await someLake();
  const before = await readLines(fixture.lake, await temporaryFolder());
  for (const report of Object.values(reports)) {
    const subject = pseudoTable(report);
    for (const lost of [subject, lookupTable(report)]) await fixture.lose(lost);
    const cacheFolder = await temporaryFolder();
    await expect(readLines(fixture.lake, cacheFolder)).rejects.toMatchObject({ code: "corrupt", subject });
    expect((await fixture.verify()).problems).toEqual([
      { subject, problem: "The table is gone. The next run rebuilds it from the landed files." },
    ]);
    await fixture.run();
    expect(await readLines(fixture.lake, cacheFolder)).toEqual(before);
  }
});

test("a table that a first run has not written yet is not gone, though its people are there", async () => {
  const fixture = await PipelineFixture.create();
  await fixture.put(dailyPath(), dailyCsv(daily("amy")));
  await fixture.run();
  await fixture.lose(pseudoTable(reports.daily_participation));
  // The ingest log is written after the tables.
  await fixture.lose(ingestLogTable);
  await using keeper = new IndexKeeper({ cacheFolder: await temporaryFolder() });
  expect(await keeper.current(fixture.lake)).toBeUndefined();
});

test("the table of a report whose files have no rows is not gone", async () => {
  const fixture = await PipelineFixture.create();
  await fixture.put(dailyPath(), dailyCsv(daily("amy")));
  await fixture.put(usagePath(), usageCsv());
  expect(await fixture.run()).toMatchObject({ anonymized: 2, failed: [], quarantined: [] });
  expect(await readLines(fixture.lake, await temporaryFolder())).not.toEqual([]);
});

/** A remote lake with the tables of a fixture's lake. */
async function inMemory({ lake }: PipelineFixture): Promise<MemoryLake> {
  const copy = new MemoryLake();
  const folder = lake.localPath("stage2p");
  for (const name of await filesBelow(folder)) {
    copy.files.set(`stage2p/${name.replaceAll(path.sep, "/")}`, await readFile(path.join(folder, name)));
  }
  return copy;
}

test.each(["on this machine", "in Azure"])(
  "a data file with a flipped bit in a lake %s is an error until it is repaired, though it can be read",
  async (place) => {
    const fixture = await someLake();
    const expected = await readLines(fixture.lake, await temporaryFolder());
    const folder = fixture.lake.localPath(pseudoTable(reports.resource_usage));
    const [name = ""] = (await filesBelow(folder)).filter((file) => file.endsWith(".parquet"));
    const file = path.join(folder, name);
    const bytes = await readFile(file);
    // The writer's name; the rows are as before.
    bytes[bytes.lastIndexOf("DuckDB")] = "d".charCodeAt(0);
    await writeFile(file, bytes);
    const lake = () => (place === "in Azure" ? inMemory(fixture) : Promise.resolve(fixture.lake));
    const cacheFolder = await temporaryFolder();
    await expect(readLines(await lake(), cacheFolder)).rejects.toMatchObject({
      code: "corrupt",
      message: "The table's data file has changed since it was written.",
      subject: `${pseudoTable(reports.resource_usage)}/${name.replaceAll(path.sep, "/")}`,
      hint: expect.stringContaining("clever-lake repair"),
    });
    await repairLake({ lake: fixture.lake, salt, dryRun: false });
    expect(await readLines(await lake(), cacheFolder)).toEqual(expected);
  },
);

const damages: Readonly<Record<string, (file: string, other: string) => Promise<void>>> = {
  "has a flipped bit": async (file) => {
    const bytes = await readFile(file);
    const middle = Math.floor(bytes.length / 2);
    bytes[middle] = (bytes[middle] ?? 0) ^ 4;
    await writeFile(file, bytes);
  },
  "is truncated": async (file) => truncate(file, Math.floor((await stat(file)).size / 2)),
  "is empty": (file) => truncate(file, 0),
  "is lost": (file) => rm(file),
  "is a different one": (file, other) => copyFile(other, file),
};

test.each(Object.keys(damages))(
  "a cache file that %s is rejected",
  async (damage) => {
    const fixture = await someLake();
    const cacheFolder = await temporaryFolder();
    const expected = await readLines(fixture.lake, cacheFolder);
    expect(expected).toEqual(plainLines(await rowsOfFolder(fixture.server)));
    const [folder = ""] = await lakeFolders(cacheFolder);
    const kinds = await Promise.all(
      ["manifest.json", /segment$/, /use$/, /(parquet|members|ids)$/].map(async (pattern) =>
        (await filesBelow(folder)).filter((file) => file.match(pattern)),
      ),
    );
    expect(kinds.map(({ length }) => length)).toEqual([1, 2, 2, 4]);
    const [manifests = [], segments = [], uses = [], others = []] = kinds;
    const damaged = [...manifests, ...segments.slice(1), ...uses.slice(1), ...others];
    for (const [number, kind] of damaged.entries()) {
      // The names change when segments are rebuilt, but not their number.
      const files = await filesBelow(folder);
      const same = files.filter((file) => path.extname(file) === path.extname(kind));
      const file = files.includes(kind) ? kind : (same[0] ?? "");
      const other = files.find((each) => each !== file) ?? "";
      await damages[damage]?.(path.join(folder, file), path.join(folder, other));
      expect(await readLines(fixture.lake, cacheFolder)).toEqual(expected);
      // A new day is added, or everything is rebuilt: both must give the same result.
      const day = `2024-10-${10 + number}`;
      await fixture.put(dailyPath(day), dailyCsv(daily("amy", day), daily(`new-${day}`, day)));
      await fixture.run();
      expected.splice(0, expected.length, ...plainLines(await rowsOfFolder(fixture.server)));
      expect(await readLines(fixture.lake, cacheFolder)).toEqual(expected);
    }
    // Unreferenced files may be another process's work, so they are kept for a while.
    for (const name of await filesBelow(folder)) await utimes(path.join(folder, name), 1, 1);
    await fixture.put(dailyPath("2024-10-30"), dailyCsv(daily("amy", "2024-10-30")));
    await fixture.run();
    await readLines(fixture.lake, cacheFolder);
    expect((await filesBelow(folder)).length).toBe(9);
  },
  120_000,
);

/** The folder of a cache, and the names of the files in it that questions read. */
async function useFiles(cacheFolder: string) {
  const [folder = ""] = await lakeFolders(cacheFolder);
  return (await readdir(folder))
    .filter((name) => name.endsWith(".use"))
    .map((name) => path.join(folder, name));
}

test("a question reads only the months that it is about", async () => {
  const fixture = await someLake();
  const cacheFolder = await temporaryFolder();
  const options = { minimumGroupSize: 0, keepWhole: "schools", schoolYearStart: "08-01" } as const;
  const ask = (keeper: IndexKeeper, month: string) =>
    keeper.ask(fixture.lake, (index) => {
      const range = { from: `${month}-01`, to: `${month}-30` };
      return answer(index, { ...openingFilter, range }, { ...options, now: new Date(0) });
    });
  {
    await using keeper = new IndexKeeper({ cacheFolder });
    await keeper.current(fixture.lake);
  }
  for (const name of await useFiles(cacheFolder)) await truncate(name, 0);
  await using keeper = new IndexKeeper({ cacheFolder });
  const index = await keeper.current(fixture.lake);
  for (const [number, month] of ["2024-09", "2024-10"].entries()) {
    expect(await ask(keeper, month)).toMatchObject({ cards: { resourceUsers: { value: 3 } } });
    const rebuilt = await keeper.current(fixture.lake);
    expect(rebuilt).not.toBe(index);
    // The month that nobody has asked about is still the damaged one.
    expect(rebuilt?.months[1] === index?.months[1]).toBe(number === 0);
  }
});

test("a question about months that another process replaces is about the new ones alone", async () => {
  const fixture = await someLake();
  const cacheFolder = await temporaryFolder();
  await readLines(fixture.lake, cacheFolder);
  const options = { cacheFolder, recheckMilliseconds: Number.POSITIVE_INFINITY };
  await using unread = new IndexKeeper(options);
  await using read = new IndexKeeper(options);
  await unread.current(fixture.lake);
  const before = await linesOf(read, fixture.lake, cacheFolder);
  const corrected = ["amy", "ben", "eve"].map((person) => usage(person, "Maths", "2024-10-03", 9));
  await fixture.put(usagePath("2024-10-03"), usageCsv(...corrected));
  await fixture.run();
  const after = await readLines(fixture.lake, cacheFolder);
  expect(after).not.toEqual(before);
  const both = [linesOf(unread, fixture.lake, cacheFolder), linesOf(unread, fixture.lake, cacheFolder)];
  expect(await Promise.all(both)).toEqual([after, after]);
  expect(await linesOf(read, fixture.lake, cacheFolder)).toEqual(before);
});

test("a cache that is removed while its index is in memory is written again", async () => {
  const fixture = await someLake();
  const cacheFolder = await temporaryFolder();
  const expected = await readLines(fixture.lake, cacheFolder);
  await using keeper = new IndexKeeper({ cacheFolder });
  await keeper.current(fixture.lake);
  await rm(path.join(cacheFolder, "dashboard"), { recursive: true });
  expect(
    await keeper.ask(fixture.lake, async (index) => {
      for (const { use } of index?.months ?? []) await use.read();
      return indexLines(index, await cachedPeople(cacheFolder));
    }),
  ).toEqual(expected);
  expect(await useFiles(cacheFolder)).toHaveLength(2);
});

test("a file of the cache that another process removes while it is needed is written again", async () => {
  const fixture = await someLake();
  const { lake } = fixture;
  const cacheFolder = await temporaryFolder();
  await readLines(lake, cacheFolder);
  await fixture.put(dailyPath("2024-10-04"), dailyCsv(daily("amy", "2024-10-04")));
  await fixture.run();
  const expected = await readLines(lake, await temporaryFolder());
  const [folder = ""] = await lakeFolders(cacheFolder);
  const localPath = lake.localPath.bind(lake);
  const removed: string[] = [];
  // The ids of September have been found when the rows of October are read.
  lake.localPath = (lakePath) => {
    const names = removed.length === 0 ? readdirSync(folder).filter((name) => name.endsWith(".ids")) : [];
    for (const name of names) rmSync(path.join(folder, name));
    removed.push(...names);
    return localPath(lakePath);
  };
  expect(await readLines(lake, cacheFolder)).toEqual(expected);
  expect(removed).toHaveLength(2);
});

test("the index follows the pipeline: a redelivery, refused and accepted rows", async () => {
  const fixture = await someLake();
  const cacheFolder = await temporaryFolder();
  await using keeper = new IndexKeeper({ cacheFolder, recheckMilliseconds: 0 });
  const lines = () => linesOf(keeper, fixture.lake, cacheFolder);
  await lines();
  // Ben is not in the corrected file, and Eve is at another school.
  const moved = (line: string) => line.replace("North High", "South High");
  const corrected = [daily("amy", "2024-10-03", 7), moved(daily("eve", "2024-10-03"))];
  await fixture.put(dailyPath("2024-10-03"), dailyCsv(...corrected));
  await fixture.run();
  expect(await lines()).toEqual(plainLines(await rowsOfFolder(fixture.server)));
  // And back, so that the other school has no rows any more.
  await fixture.put(dailyPath("2024-10-03"), dailyCsv(daily("amy", "2024-10-03")));
  const name = dailyPath("2024-10-04");
  await fixture.put(name, dailyCsv(daily("amy", "2024-10-04"), daily("ben", "no date")));
  await fixture.run();
  expect((await keeper.current(fixture.lake))?.cohorts.map(({ school }) => school)).toEqual(["North High"]);
  await fixture.run({ accept: [name] });
  await writeFile(path.join(fixture.server, name), dailyCsv(daily("amy", "2024-10-04")));
  expect(await lines()).toEqual(plainLines(await rowsOfFolder(fixture.server)));
});

test("the cache has pseudonyms but no identities, and only its owner can read it", async () => {
  const fixture = await someLake();
  const cacheFolder = await temporaryFolder();
  await readLines(fixture.lake, cacheFolder);
  const duck = await sharedDuck();
  const files = await filesBelow(path.join(cacheFolder, "dashboard"));
  expect(files.length).toBe(9);
  for (const file of files) {
    const place = path.join(cacheFolder, "dashboard", file);
    const rows = /\.(parquet|ids)$/.test(file)
      ? await duck.session((session) =>
          session.query(`SELECT to_json(row_)::VARCHAR AS json FROM read_parquet(${sqlString(place)}) row_`),
        )
      : [];
    const text = `${await readFile(place, "latin1")}${rows.map(({ json }) => String(json)).join("\n")}`;
    for (const secret of [
      salt,
      ...["amy", "ben", "eve"].flatMap((name) => [`sis-${name}`, `clever-${name}`]),
    ]) {
      expect(text.includes(secret), `${secret} in ${file}`).toBe(false);
    }
    if (process.platform === "win32") continue;
    expect((await stat(place)).mode & 0o077).toBe(0);
    expect((await stat(path.dirname(place))).mode & 0o077).toBe(0);
  }
});

test("each lake has its own cache, and the least recently used ones are removed", async () => {
  const [first, second] = [await someLake(), await someLake()];
  await second.put(dailyPath("2024-11-03"), dailyCsv(daily("zoe", "2024-11-03")));
  await second.run();
  const cacheFolder = await temporaryFolder();
  await using one = new IndexKeeper({ cacheFolder });
  await using two = new IndexKeeper({ cacheFolder });
  expect((await one.current(first.lake))?.months).toHaveLength(2);
  expect((await two.current(second.lake))?.months).toHaveLength(3);
  const folders = await lakeFolders(cacheFolder);
  expect(folders).toHaveLength(2);
  for (const [age, folder] of folders.entries()) await utimes(folder, age + 1, age + 1);
  for (let number = 0; number < 3; number++) {
    await using keeper = new IndexKeeper({ cacheFolder });
    await keeper.current(await FolderLake.open(await temporaryFolder()));
  }
  const left = await lakeFolders(cacheFolder);
  expect(left).toHaveLength(4);
  expect(left).not.toContain(folders[0]);
  expect(left).toContain(folders[1]);
});

test("only caches are removed from a folder that has other things in it", async () => {
  const cacheFolder = await temporaryFolder();
  const all = path.join(cacheFolder, "dashboard");
  const others = ["page.html", "exports", "0123456789abcdef0123456789abcdef.zip"];
  await mkdir(path.join(all, "exports"), { recursive: true, mode: 0o755 });
  for (const name of ["page.html", "0123456789abcdef0123456789abcdef.zip"]) {
    await writeFile(path.join(all, name), "");
  }
  for (const name of others) await utimes(path.join(all, name), 1, 1);
  for (let number = 0; number < 5; number++) {
    await using keeper = new IndexKeeper({ cacheFolder });
    await keeper.current(await FolderLake.open(await temporaryFolder()));
  }
  const left = await readdir(all);
  expect(left).toEqual(expect.arrayContaining(others));
  expect(left).toHaveLength(4 + others.length);
  if (process.platform !== "win32") expect((await stat(all)).mode & 0o777).toBe(0o755);
});

test("what an ended process left behind is removed, and recent files stay", async () => {
  const fixture = await someLake();
  const cacheFolder = await temporaryFolder();
  await readLines(fixture.lake, cacheFolder);
  const [folder = ""] = await lakeFolders(cacheFolder);
  await writeFile(path.join(folder, "old.tmp"), "");
  await utimes(path.join(folder, "old.tmp"), 1, 1);
  await writeFile(path.join(folder, "new.tmp"), "");
  await fixture.put(dailyPath("2024-11-03"), dailyCsv(daily("zoe", "2024-11-03")));
  await fixture.run();
  await readLines(fixture.lake, cacheFolder);
  expect((await readdir(folder)).filter((name) => name.endsWith(".tmp"))).toEqual(["new.tmp"]);
});

test("a cache that cannot be created or written is reported, and does not prevent answers", async () => {
  const fixture = await someLake();
  const folder = await temporaryFolder();
  const file = path.join(folder, "file");
  await writeFile(file, "");
  const problems: unknown[] = [];
  {
    await using impossible = new IndexKeeper({
      cacheFolder: file,
      onProblem: (problem) => problems.push(problem),
    });
    expect(await impossible.current(fixture.lake)).toMatchObject({ people: 3 });
    expect(problems).toMatchObject([{ code: "io", subject: expect.stringContaining(file) }]);
  }
  problems.length = 0;
  await using keeper = new IndexKeeper({
    cacheFolder: folder,
    recheckMilliseconds: 0,
    onProblem: (problem) => problems.push(problem),
  });
  await keeper.current(fixture.lake);
  await rm(path.join(folder, "dashboard"), { recursive: true });
  await writeFile(path.join(folder, "dashboard"), "");
  await fixture.put(dailyPath("2024-11-03"), dailyCsv(daily("zoe", "2024-11-03")));
  await fixture.run();
  expect(await keeper.current(fixture.lake)).toMatchObject({ people: 4 });
  expect(problems.length).toBeGreaterThan(0);
  await fixture.put(dailyPath("2024-11-04"), dailyCsv(daily("max", "2024-11-04")));
  await fixture.run();
  expect(await keeper.current(fixture.lake)).toMatchObject({ people: 5 });
});

class Gate {
  open: () => void = () => undefined;
  readonly opened = new Promise<void>((resolve) => {
    this.open = resolve;
  });
}

/** A remote lake whose data files are returned only once the gate is open. */
class GatedLake extends MemoryLake {
  readonly waiting = new Gate();
  readonly gate = new Gate();
  aborted = 0;

  override async read(file: string, options: LakeOptions = {}): Promise<Buffer> {
    const content = await super.read(file, options);
    if (!file.endsWith(".parquet")) return content;
    this.waiting.open();
    const { signal } = options;
    await new Promise<void>((resolve, reject) => {
      signal?.addEventListener("abort", () => {
        this.aborted++;
        reject(signal.reason);
      });
      this.gate.opened.then(resolve, reject);
    });
    return content;
  }
}

async function gatedLake(): Promise<GatedLake> {
  const lake = new GatedLake();
  const row = { date: "2026-01-05", sis_id_pseudonym: "a", user_type: "student", active: true };
  await new PseudoTables(lake).put("daily_participation", "1", [row]);
  return lake;
}

test("callers share the work, and one that gives up does not cancel it for the others", async () => {
  const lake = await gatedLake();
  await using keeper = new IndexKeeper({ cacheFolder: await temporaryFolder() });
  const giveUp = new AbortController();
  const reason = new Error("another question");
  const progress: unknown[] = [];
  const first = keeper.current(lake, giveUp.signal);
  const second = keeper.current(lake, undefined, (state) => progress.push(state));
  await lake.waiting.opened;
  giveUp.abort(reason);
  await expect(first).rejects.toBe(reason);
  const third = keeper.current(lake);
  lake.gate.open();
  expect(await second).toMatchObject({ people: 1 });
  expect(await third).toBe(await second);
  expect(lake.aborted).toBe(0);
  expect(progress.at(-1)).toEqual({ ready: 1, months: 1 });
});

test("work that nobody waits for is cancelled, and restarted on the next request", async () => {
  const lake = await gatedLake();
  await using keeper = new IndexKeeper({ cacheFolder: await temporaryFolder(), graceMilliseconds: 0 });
  const giveUp = new AbortController();
  const first = keeper.current(lake, giveUp.signal);
  await lake.waiting.opened;
  giveUp.abort();
  await expect(first).rejects.toBe(giveUp.signal.reason);
  lake.gate.open();
  expect(await keeper.current(lake)).toMatchObject({ people: 1 });
});

test("a query after a recheck is not answered by work from before it", async () => {
  const lake = await gatedLake();
  const options = { cacheFolder: await temporaryFolder(), recheckMilliseconds: Number.POSITIVE_INFINITY };
  await using keeper = new IndexKeeper(options);
  const first = keeper.current(lake);
  await lake.waiting.opened;
  const row = { date: "2026-01-06", sis_id_pseudonym: "b", user_type: "student", active: true };
  await new PseudoTables(lake).put("daily_participation", "2", [row]);
  keeper.recheck();
  const second = keeper.current(lake);
  lake.gate.open();
  expect(await first).toMatchObject({ people: 1 });
  expect(await second).toMatchObject({ people: 2 });
  expect(await keeper.current(lake)).toBe(await second);
});

test("closing cancels every pending query, even if one waits for another", async () => {
  const lake = await gatedLake();
  const keeper = new IndexKeeper({ cacheFolder: await temporaryFolder() });
  const questions = [keeper.current(lake), keeper.current(lake)].map((question) =>
    expect(question).rejects.toSatisfy((error) => isCleverLakeError(error, "busy")),
  );
  await lake.waiting.opened;
  await keeper[Symbol.asyncDispose]();
  await Promise.all(questions);
  expect(lake.aborted).toBe(1);
});

test("closing cancels pending work and leaves no partial file", async () => {
  const lake = await gatedLake();
  const cacheFolder = await temporaryFolder();
  const keeper = new IndexKeeper({ cacheFolder });
  const question = keeper.current(lake);
  const refused = expect(question).rejects.toSatisfy((error) => isCleverLakeError(error, "busy"));
  await lake.waiting.opened;
  await keeper[Symbol.asyncDispose]();
  await refused;
  expect(lake.aborted).toBe(1);
  expect(await filesBelow(cacheFolder)).toEqual([]);
  await expect(keeper.current(lake)).rejects.toSatisfy((error) => isCleverLakeError(error, "busy"));
});

test("unchanged months are kept, and a new process reads only the cache", async () => {
  const fixture = await someLake();
  const cacheFolder = await temporaryFolder();
  const segments = async () => (await filesBelow(cacheFolder)).filter((name) => name.endsWith(".segment"));
  const expected = async () => plainLines(await rowsOfFolder(fixture.server));
  await using keeper = new IndexKeeper({ cacheFolder, recheckMilliseconds: 0 });
  const first = await keeper.current(fixture.lake);
  expect(await keeper.current(fixture.lake)).toBe(first);
  const before = await segments();
  expect(before.length).toBe(2);

  await fixture.put(dailyPath("2024-11-04"), dailyCsv(daily("amy", "2024-11-04")));
  await fixture.run();
  const second = await keeper.current(fixture.lake);
  expect(second?.months.map(({ month }) => month)).toEqual(["2024-09", "2024-10", "2024-11"]);
  expect(await segments()).toEqual(expect.arrayContaining(before));
  await keeper[Symbol.asyncDispose]();

  // The tables' data files cannot be read, so the cache must be enough.
  const data = path.join(fixture.lake.localPath("stage2p"), "clever");
  const hidden = (await filesBelow(data)).filter((file) => file.endsWith(".parquet"));
  for (const file of hidden) await writeFile(path.join(data, file), "");
  await using later = new IndexKeeper({ cacheFolder });
  const third = await later.current(fixture.lake);
  expect(await indexLines(third, await cachedPeople(cacheFolder))).toEqual(await expected());
});

test("after tables become empty, no name of their contents is kept", async () => {
  const tables = new PseudoTables(new MemoryLake());
  const cacheFolder = await temporaryFolder();
  const row = { date: "2026-01-05", sis_id_pseudonym: "a", user_type: "student", active: true };
  await tables.put("daily_participation", "1", [{ ...row, school_name: "Closed School" }]);
  await using keeper = new IndexKeeper({ cacheFolder, recheckMilliseconds: 0 });
  expect((await keeper.current(tables.lake))?.cohorts).toMatchObject([{ school: "Closed School" }]);
  await tables.put("daily_participation", "1", []);
  expect(await keeper.current(tables.lake)).toBeUndefined();
  // Copies of a remote lake's files stay for a while; they are not searched for names.
  const files = (await filesBelow(cacheFolder)).filter((file) => !file.includes("copies"));
  expect(files.length).toBeGreaterThan(0);
  for (const file of files) {
    const content = await readFile(path.join(cacheFolder, file));
    expect([file, content.includes("Closed School")]).toEqual([file, false]);
  }
});
