import { readFile, writeFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { CleverLakeError } from "../../src/basics/errors";
import { ingestLogTable, lookupTable, pseudoTable, runLockPath } from "../../src/clever/layout";
import { reports } from "../../src/clever/reports";
import type { Lake } from "../../src/lake/lake";
import type { LogEntry } from "../../src/pipeline/log/ingestLog";
import { IngestLog } from "../../src/pipeline/log/logTable";
import type { RunRequest } from "../../src/pipeline/runRequest";
import { FaultyLake } from "../helpers/faultyLake";
import { sharedDuck } from "../helpers/lakeRows";
import { lakeTemplate } from "../helpers/lakeTemplate";
import { daily, dailyCsv, dailyHeader, dailyPath, PipelineFixture } from "../helpers/pipelineFixture";

const first = dailyPath("2024-09-03");
const second = dailyPath("2024-09-04");

const finishedLake = lakeTemplate(async (fixture) => {
  await fixture.put(first, dailyCsv(daily("amy", "2024-09-03")));
  await fixture.put(second, dailyCsv(daily("ben", "2024-09-04")));
  await fixture.run();
});

const rows = ["amy 2024-09-03 1", "ben 2024-09-04 1"];

describe("a report whose landed file disappears before its rows are in the tables is ingested again", () => {
  async function withoutCopy(content: string, command: "ingest" | "run"): Promise<PipelineFixture> {
    const fixture = await PipelineFixture.create();
    await fixture.put(first, content);
    await fixture.run({ command });
    const { landedPath = "" } = (await fixture.lastLog()).get(first) ?? {};
    await fixture.lose(landedPath);
    return fixture;
  }

  async function expectThere(fixture: PipelineFixture): Promise<void> {
    expect(await fixture.logins("amy")).toEqual(["amy 2024-09-03 1"]);
    expect((await fixture.verify()).problems).toEqual([]);
    expect(await fixture.run()).toMatchObject({ landed: 0, anonymized: 0, failed: [] });
  }

  test("if it had only landed", async () => {
    const fixture = await withoutCopy(dailyCsv(daily("amy")), "ingest");
    expect(await fixture.run({ command: "anonymize" })).toMatchObject({ failed: [{ path: first }] });
    expect(await fixture.run()).toMatchObject({ landed: 1, anonymized: 1, failed: [] });
    await expectThere(fixture);
  });

  test.each(["as it was", "touched"])("if a person accepts it, %s on the server", async (how) => {
    const bad = daily("ben").replace("true", "maybe");
    const fixture = await withoutCopy(dailyCsv(daily("amy"), bad), "run");
    expect(await fixture.run()).toMatchObject({ landed: 0, failed: [], inQuarantine: [first] });
    if (how === "touched") await fixture.touch(first);
    expect(await fixture.run({ accept: [first] })).toMatchObject({ landed: 1, anonymized: 1, refused: 1 });
    await expectThere(fixture);
  });
});

describe("the tables decide what is applied:", () => {
  test("without the ingest log, each row is still in the table once", async () => {
    const fixture = await finishedLake();
    await fixture.lose(ingestLogTable);
    expect(await fixture.run()).toMatchObject({ quarantined: [], failed: [] });
    expect(await fixture.logins("amy", "ben")).toEqual(rows);
    expect((await fixture.lookup()).length).toBe(2);
    expect(await fixture.run()).toMatchObject({ landed: 0, anonymized: 0, unchanged: 2 });
  });

  test("even without the ingest log and with a duplicate", async () => {
    const fixture = await finishedLake();
    await fixture.put(dailyPath("2024-09-05"), dailyCsv(daily("amy", "2024-09-03")));
    await fixture.run();
    await fixture.lose(ingestLogTable);
    await fixture.run();
    expect(await fixture.logins("amy", "ben")).toEqual(rows);
  });

  test("a lost table is rebuilt from the landed files", async () => {
    const fixture = await finishedLake();
    const before = await fixture.rows();
    const table = pseudoTable(reports.daily_participation);
    await fixture.lose(table);
    const problem = "The table is gone. The next run rebuilds it from the landed files.";
    expect((await fixture.verify()).problems).toEqual([{ subject: table, problem }]);
    expect(await fixture.state(first)).toBe("landed");
    expect(await fixture.run()).toMatchObject({ landed: 0, anonymized: 2, failed: [] });
    expect(await fixture.rows()).toEqual(before);
    expect((await fixture.verify()).problems).toEqual([]);
  });

  test("lost tables and a lost log are rebuilt from the server", async () => {
    const fixture = await finishedLake();
    const before = await fixture.rows();
    for (const lost of ["stage1np", "stage2p", lookupTable(reports.daily_participation)]) {
      await fixture.lose(lost);
    }
    expect(await fixture.run()).toMatchObject({ landed: 2, anonymized: 2, failed: [] });
    expect(await fixture.rows()).toEqual(before);
    expect((await fixture.verify()).problems).toEqual([]);
  });
});

test("verify reports a lost lookup table", async () => {
  const fixture = await finishedLake();
  const lookup = lookupTable(reports.daily_participation);
  await fixture.lose(lookup);
  expect((await fixture.verify()).problems).toEqual([
    { subject: lookup, problem: "The lookup table is gone." },
  ]);
});

/** Lands the server's two files and dies before they are in the log. */
async function dieAfterLanding(fixture: PipelineFixture): Promise<void> {
  // The lock, the run's record, two landings: the fifth operation is the log's.
  const lake = new FaultyLake(fixture.lake, "dead", 6);
  await expect(fixture.run({ command: "ingest", lake })).rejects.toMatchObject({ code: "io" });
  expect({ landed: (await fixture.landedFiles()).length, log: await fixture.log() }).toEqual({
    landed: 2,
    log: [],
  });
}

describe("a file that a run landed before it died", () => {
  test("is adopted, and not ingested twice", async () => {
    const fixture = await PipelineFixture.create();
    await fixture.put(first, dailyCsv(daily("amy", "2024-09-03")));
    await fixture.put(second, dailyCsv(daily("ben", "2024-09-04")));
    await dieAfterLanding(fixture);
    fixture.source.reads.length = 0;
    expect(await fixture.run()).toMatchObject({ landed: 0, anonymized: 2, failed: [] });
    expect(fixture.source.reads).toEqual([]);
    expect(await fixture.landedFiles()).toHaveLength(2);
    expect(await fixture.logins("amy", "ben")).toEqual(rows);
  });

  test("is adopted even if the next run dies before it does so", async () => {
    const fixture = await PipelineFixture.create();
    await fixture.put(first, dailyCsv(daily("amy", "2024-09-03")));
    await fixture.put(second, dailyCsv(daily("ben", "2024-09-04")));
    await dieAfterLanding(fixture);
    for (const at of [1, 2, 3, 4, 5, 6]) {
      await fixture.run({ lake: new FaultyLake(fixture.lake, "dead", at) }).catch(() => undefined);
    }
    await fixture.run();
    expect(await fixture.landedFiles()).toHaveLength(2);
    expect(await fixture.logins("amy", "ben")).toEqual(rows);
    expect((await fixture.verify()).problems).toEqual([]);
  });

  test("is ingested again if the server has a newer version by then", async () => {
    const fixture = await PipelineFixture.create();
    await fixture.put(first, dailyCsv(daily("amy", "2024-09-03")));
    await fixture.put(second, dailyCsv(daily("ben", "2024-09-04")));
    await dieAfterLanding(fixture);
    await fixture.put(first, dailyCsv(daily("amy", "2024-09-03", 9)));
    // Both versions are judged, one after the other.
    expect(await fixture.run()).toMatchObject({ landed: 1, anonymized: 3, failed: [] });
    expect(await fixture.logins("amy", "ben")).toEqual(["amy 2024-09-03 9", "ben 2024-09-04 1"]);
    expect((await fixture.verify()).problems).toEqual([]);
  });
});

test("a second concurrent run is refused and does nothing", async () => {
  const fixture = await PipelineFixture.create();
  await fixture.put(first, dailyCsv(daily("amy", "2024-09-03")));
  let refusal: unknown;
  fixture.source.hooks = {
    beforeChunk: async () => {
      refusal ??= await fixture.run().catch((error: unknown) => error);
    },
  };
  expect(await fixture.run()).toMatchObject({ landed: 1, anonymized: 1 });
  expect(refusal).toMatchObject({ code: "busy" });
  expect(await fixture.logins("amy")).toEqual(["amy 2024-09-03 1"]);
});

test("the lock is released when a run ends, even if it fails", async () => {
  const fixture = await finishedLake();
  expect(await fixture.lake.stat(runLockPath)).toBeUndefined();
  await expect(fixture.run({ accept: ["nothing.csv"] })).rejects.toMatchObject({ code: "config" });
  expect(await fixture.lake.stat(runLockPath)).toBeUndefined();
});

test("two runs that start at the same time leave each row once", async () => {
  const fixture = await PipelineFixture.create();
  await fixture.put(first, dailyCsv(daily("amy", "2024-09-03")));
  await fixture.put(second, dailyCsv(daily("ben", "2024-09-04")));
  const settled = await Promise.allSettled([fixture.run(), fixture.run(), fixture.run()]);
  const refused = settled.flatMap((each) => (each.status === "rejected" ? [each.reason] : []));
  for (const error of refused) expect(error).toMatchObject({ code: "busy" });
  expect(refused.length).toBeLessThan(3);
  expect(await fixture.landedFiles()).toHaveLength(2);
  expect(await fixture.logins("amy", "ben")).toEqual(rows);
});

describe("a stalled run whose lock was taken over", () => {
  const overlapping = dailyCsv(daily("amy", "2024-09-03"), daily("amy", "2024-09-04"));

  /** A lake with a file on the server, and what another run does while the first one is stalled. */
  async function hanging() {
    const fixture = await PipelineFixture.create();
    await fixture.put(dailyPath("2024-09-02"), dailyCsv(daily("zed", "2024-09-02")));
    await fixture.run();
    await fixture.put(first, dailyCsv(daily("amy", "2024-09-03")));
    const takeOver = async () => {
      const lockFile = fixture.lake.localPath(runLockPath);
      const lock: unknown = JSON.parse(await readFile(lockFile, "utf8"));
      await writeFile(lockFile, JSON.stringify({ ...Object(lock), expires: Date.now() - 1 }));
      await fixture.put(second, overlapping);
      expect(await fixture.run({ only: [second] })).toMatchObject({ anonymized: 1, failed: [] });
    };
    return { fixture, takeOver };
  }

  async function requireOnce(fixture: PipelineFixture): Promise<void> {
    const once = ["amy 2024-09-03 1", "amy 2024-09-04 1", "zed 2024-09-02 1"];
    expect(await fixture.logins("amy", "zed")).toEqual(once);
    // Both have the same values for Amy's day, so the newer one counts.
    expect(await fixture.run()).toMatchObject({ anonymized: 1, superseded: 1, quarantined: [], failed: [] });
    expect(await fixture.logins("amy", "zed")).toEqual(once);
    expect((await fixture.verify()).problems).toEqual([]);
  }

  test("fails its files before it commits", async () => {
    const { fixture, takeOver } = await hanging();
    let hung = false;
    // When the other run starts, this run has already read the table's rows.
    const lake = lakeThat(fixture, "importFile", async (file) => {
      if (hung || !file.includes("_pseudo/")) return;
      hung = true;
      await takeOver();
    });
    expect(await fixture.run({ lake })).toMatchObject({ anonymized: 0, failed: [{ path: first }] });
    expect(hung).toBe(true);
    await requireOnce(fixture);
  });

  test.each(["_lookup/_delta_log", "_pseudo/_delta_log"])(
    "commits nothing that the other run ingested, even if it stalls just before %s",
    async (place) => {
      const { fixture, takeOver } = await hanging();
      let hung = false;
      const lake = lakeThat(fixture, "putIfAbsent", async (file) => {
        if (hung || !file.includes(place)) return;
        hung = true;
        await takeOver();
      });
      expect(await fixture.run({ lake })).toMatchObject({ anonymized: 0, failed: [{ path: first }] });
      expect(hung).toBe(true);
      await requireOnce(fixture);
    },
  );
});

describe("a run fails for its first reason, even if the ingest log cannot be written either,", () => {
  const bug = new Error("a bug");
  const failing = (fixture: PipelineFixture, where: (file: string) => boolean) =>
    lakeThat(fixture, "importFile", (file) => {
      if (file.startsWith(ingestLogTable)) throw new CleverLakeError("io", "The disk is gone.");
      if (where(file)) throw bug;
      return Promise.resolve();
    });

  test("while it writes rows", async () => {
    const fixture = await PipelineFixture.create();
    await fixture.put(first, dailyCsv(daily("amy", "2024-09-03")));
    const lake = failing(fixture, (file) => file.includes("_pseudo/"));
    await expect(fixture.run({ lake })).rejects.toBe(bug);
  });

  test("while it lands another file", async () => {
    const fixture = await PipelineFixture.create();
    await fixture.put(first, dailyCsv(daily("amy", "2024-09-03")));
    await fixture.put(second, dailyCsv(daily("ben", "2024-09-04")));
    fixture.source.hooks = {
      beforeChunk: (file) => {
        if (file === second) throw bug;
      },
    };
    const lake = failing(fixture, () => false);
    await expect(fixture.run({ lake })).rejects.toBe(bug);
  });
});

/** The fixture's lake, with something done before each call of a method. */
function lakeThat(
  { lake }: PipelineFixture,
  method: "importFile" | "putIfAbsent",
  before: (file: string) => Promise<void>,
): Lake {
  return new Proxy<Lake>(lake, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== "function") return value;
      if (name !== method) return value.bind(target) as unknown;
      return async (...args: unknown[]) => {
        await before(String(args[method === "importFile" ? 1 : 0]));
        return Reflect.apply(value, target, args) as unknown;
      };
    },
  });
}

describe("a delivery that is in the table but not in the ingest log", () => {
  const row = (day: string, sis: string, clever: string) => `${day},${sis},${clever},school-1,North,true,1,2`;

  async function dieBeforeLog(fixture: PipelineFixture, request: Partial<RunRequest> = {}): Promise<void> {
    const lake = lakeThat(fixture, "putIfAbsent", async (file) => {
      if (file.startsWith(`${ingestLogTable}/_delta_log`))
        throw new CleverLakeError("io", "The disk is gone.");
    });
    await expect(fixture.run({ lake, ...request })).rejects.toMatchObject({ code: "io" });
  }

  async function expectRefused(fixture: PipelineFixture, refused: number, rows: number): Promise<LogEntry> {
    expect(await fixture.run()).toMatchObject({ refused, quarantined: [], failed: [] });
    expect(await fixture.rows()).toHaveLength(rows);
    expect((await fixture.verify()).problems).toEqual([]);
    expect(await fixture.run()).toMatchObject({ anonymized: 0 });
    const entry = (await fixture.lastLog()).get(first);
    if (entry === undefined) throw new Error("not in the log");
    expect(entry).toMatchObject({ outcome: "anonymized", rowsRefused: refused });
    return entry;
  }

  test("keeps its rows, whatever is known about people's ids by then", async () => {
    const fixture = await PipelineFixture.create();
    const shorter = dailyHeader.replace("school_name,", "");
    const ids = ["123", "124", "200001", "200002", "200003"];
    const lines = ids.map((id) => row("2024-09-03", id, `clever-${id}`).replace("North,", ""));
    await fixture.put(first, [shorter, ...lines, ""].join("\n"));
    await fixture.put(
      second,
      dailyCsv(...["123", "124"].map((id) => row("2024-09-04", `000${id}`, `clever-${id}`))),
    );
    await dieBeforeLog(fixture);
    expect(await fixture.rows()).toHaveLength(7);
    expect((await expectRefused(fixture, 0, 7)).accepted).toBeUndefined();
  });

  test("keeps its rows even if a newer delivery of it is bad", async () => {
    const fixture = await PipelineFixture.create();
    await fixture.put(first, dailyCsv(daily("amy"), daily("ben")));
    await dieBeforeLog(fixture);
    await fixture.put(first, dailyCsv(daily("amy", "yesterday")));
    expect(await fixture.run()).toMatchObject({ anonymized: 1, quarantined: [{ path: first }], failed: [] });
    expect(await fixture.rows()).toHaveLength(2);
    expect((await fixture.verify()).problems).toEqual([]);
  });

  test("is not reported as another program's change, even if a newer delivery of it has landed", async () => {
    const fixture = await PipelineFixture.create();
    await fixture.put(first, dailyCsv(daily("amy")));
    await fixture.run();
    await fixture.put(first, dailyCsv(daily("amy"), daily("ben")));
    await dieBeforeLog(fixture);
    await fixture.put(first, dailyCsv(daily("amy"), daily("ben"), daily("cat")));
    await fixture.run({ command: "ingest" });
    expect((await fixture.lakeStatus()).changedByOthers).toEqual([]);
    expect(await fixture.run()).toMatchObject({ anonymized: 2, failed: [], changedByOthers: [] });
    expect(await fixture.rows()).toHaveLength(3);
  });

  test("lacks the rows that a person agreed to leave out", async () => {
    const fixture = await PipelineFixture.create();
    await fixture.put(second, dailyCsv(row("2024-09-04", "000123", "clever-1")));
    await fixture.run();
    const good = ["200001", "200002"].map((id) => row("2024-09-03", id, `clever-${id}`));
    const unreadable = row("yesterday", "200003", "clever-3");
    await fixture.put(first, dailyCsv(row("2024-09-03", "123", "clever-1"), ...good, unreadable));
    expect(await fixture.run()).toMatchObject({ quarantined: [{ path: first, acceptable: true }] });
    await dieBeforeLog(fixture, { accept: [first] });
    expect(await fixture.rows()).toHaveLength(3);
    expect((await expectRefused(fixture, 2, 3)).accepted).toBe(true);
  });
});

test("each run leaves a record without any of the files' contents", async () => {
  const fixture = await finishedLake();
  const names = [...(await fixture.tree()).keys()].filter((file) => file.includes("/_runs/"));
  expect(names).toHaveLength(1);
  const text = await readFile(fixture.lake.localPath(names[0] ?? ""), "utf8");
  expect(JSON.parse(text)).toMatchObject({ command: "run", outcome: "done", summary: { anonymized: 2 } });
  expect(text).not.toMatch(/sis-|pepper/);
});

test("the next run corrects the log for a delivery that the table has and the log calls landed", async () => {
  const fixture = await finishedLake();
  const entries = (await fixture.log()).filter(({ outcome }) => outcome === "anonymized");
  await fixture.lose(ingestLogTable);
  const log = new IngestLog(fixture.lake, await sharedDuck());
  await log.append(entries.map((entry) => ({ ...entry, outcome: "landed" as const })));
  const before = await fixture.rows();
  // They are read and applied again, so that the log has the row counts that it would have had.
  expect(await fixture.run()).toMatchObject({ landed: 0, anonymized: 2, quarantined: [], failed: [] });
  expect([...(await fixture.lastLog()).values()].map(({ outcome }) => outcome)).toEqual([
    "anonymized",
    "anonymized",
  ]);
  expect(await fixture.rows()).toEqual(before);
  expect((await fixture.verify()).problems).toEqual([]);
  expect(await fixture.run()).toMatchObject({ landed: 0, anonymized: 0 });
});
