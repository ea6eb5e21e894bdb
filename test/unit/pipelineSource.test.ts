import { appendFile } from "node:fs/promises";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { CleverLakeError } from "../../src/basics/errors";
import type { LogEntry } from "../../src/pipeline/log/ingestLog";
import { IngestLog } from "../../src/pipeline/log/logTable";
import type { ProgressState } from "../../src/pipeline/progress";
import { hasMissingReports } from "../../src/pipeline/runSummary";
import { sharedDuck } from "../helpers/lakeRows";
import { lakeTemplate } from "../helpers/lakeTemplate";
import {
  daily,
  dailyCsv,
  dailyPath,
  PipelineFixture,
  pseudonym,
  usage,
  usageCsv,
  usagePath,
} from "../helpers/pipelineFixture";

const first = dailyPath("2024-09-03");
const second = dailyPath("2024-09-04");

async function twoFiles(): Promise<PipelineFixture> {
  const fixture = await PipelineFixture.create();
  await fixture.put(first, dailyCsv(daily("amy", "2024-09-03")));
  await fixture.put(second, dailyCsv(daily("ben", "2024-09-04")));
  return fixture;
}

const bothDays = ["amy 2024-09-03 1", "ben 2024-09-04 1"];

test("a file below a folder that starts with a byte-order mark is ingested once", async () => {
  const fixture = await PipelineFixture.create();
  const file = `\ufeffold/${first}`;
  await fixture.put(file, dailyCsv(daily("amy", "2024-09-03")));
  expect(await fixture.run()).toMatchObject({ landed: 1, anonymized: 1, failed: [], quarantined: [] });
  expect(await fixture.run()).toMatchObject({ landed: 0, anonymized: 0, failed: [], quarantined: [] });
  expect(await fixture.state(file)).toBe("anonymized");
  expect(await fixture.landedFiles()).toHaveLength(1);
  expect([...(await fixture.lastLog()).keys()]).toEqual([file]);
  expect((await fixture.verify()).problems).toEqual([]);
});

describe("a file that cannot be ingested does not block others, and the next run ingests it:", () => {
  test("one that changes with every read", async () => {
    const fixture = await twoFiles();
    fixture.source.hooks = {
      beforeChunk: async (file, index) => {
        if (file !== first || index > 0) return;
        await appendFile(path.join(fixture.server, file), `${daily("amy", "2024-10-01")}\n`);
      },
    };
    const summary = await fixture.run();
    expect(summary).toMatchObject({ landed: 1, anonymized: 1, quarantined: [] });
    expect(summary.failed).toEqual([{ path: first, reason: expect.stringContaining("changed while") }]);
    expect(fixture.source.reads.filter((file) => file === first)).toHaveLength(3);
    expect(await fixture.logins("ben")).toEqual(["ben 2024-09-04 1"]);

    fixture.source.hooks = {};
    await fixture.put(first, dailyCsv(daily("amy", "2024-09-03")));
    expect(await fixture.run()).toMatchObject({ landed: 1, anonymized: 1, failed: [] });
    expect(await fixture.logins("amy", "ben")).toEqual(bothDays);
  });

  test("one that disappeared", async () => {
    const fixture = await twoFiles();
    const listing = await fixture.source.list();
    fixture.source.list = () => Promise.resolve(listing);
    await fixture.remove(first);
    const summary = await fixture.run();
    expect(summary.failed).toEqual([{ path: first, reason: expect.stringContaining("gone") }]);
    expect(await fixture.logins("ben")).toEqual(["ben 2024-09-04 1"]);
  });

  test("one during which the connection breaks", async () => {
    const fixture = await twoFiles();
    fixture.source.hooks = {
      chunkBytes: 16,
      beforeChunk: (file, index) => {
        if (file !== first || index < 3) return;
        throw new CleverLakeError("network", "The connection is lost.", { subject: file });
      },
    };
    const summary = await fixture.run();
    expect(summary.failed).toEqual([{ path: first, reason: expect.stringContaining("connection is lost") }]);
    expect(await fixture.landedFiles()).toHaveLength(1);
    fixture.source.hooks = {};
    expect(await fixture.run()).toMatchObject({ landed: 1, unchanged: 1, failed: [] });
    expect(await fixture.logins("amy", "ben")).toEqual(bothDays);
  });
});

test("a file that changes once is read again in its new state", async () => {
  const fixture = await twoFiles();
  let changed = false;
  fixture.source.hooks = {
    beforeChunk: async (file, index) => {
      if (file !== first || index > 0 || changed) return;
      changed = true;
      await appendFile(path.join(fixture.server, file), `${daily("cat", "2024-09-03")}\n`);
      await fixture.touch(file);
    },
  };
  expect(await fixture.run()).toMatchObject({ landed: 2, anonymized: 2, failed: [] });
  expect(await fixture.logins("amy", "ben", "cat")).toEqual([...bothDays, "cat 2024-09-03 1"]);
  expect(await fixture.run()).toMatchObject({ landed: 0, unchanged: 2 });
});

test("a lost landed file is reported, and does not block others", async () => {
  const fixture = await twoFiles();
  await fixture.run({ command: "ingest" });
  const [lost = ""] = await fixture.landedFiles();
  await fixture.lose(lost);
  // Without the server it cannot be ingested again.
  const summary = await fixture.run({ command: "anonymize" });
  expect(summary).toMatchObject({ anonymized: 1, failed: [{ path: first }] });
  expect(summary.failed[0]?.reason).toContain(lost);
  expect(await fixture.run()).toMatchObject({ landed: 1, anonymized: 1, failed: [] });
});

test("files of the same name in two folders of the server are one report: the newest counts, and the others are reported", async () => {
  const fixture = await PipelineFixture.create();
  const name = path.basename(first);
  await fixture.put(`archive/older/${name}`, dailyCsv(daily("cat", "2024-09-03", 10)));
  await fixture.put(first, dailyCsv(daily("amy")));
  const summary = await fixture.run();
  expect(summary).toMatchObject({ landed: 1, anonymized: 1, failed: [], quarantined: [] });
  expect(summary.notRead).toEqual([
    {
      path: `archive/older/${name}`,
      reason: expect.stringContaining(`${first} has the same name`),
      report: true,
    },
  ]);
  expect(await fixture.logins("amy", "cat")).toEqual(["amy 2024-09-03 1"]);
  expect((await fixture.verify()).problems).toEqual([]);
});

test("a file of the same name in another folder that was an earlier delivery is recognized, and not an error", async () => {
  const fixture = await PipelineFixture.create();
  const delivered = new Date("2024-09-04T05:00:00.400Z");
  await fixture.put(first, dailyCsv(daily("amy")), delivered);
  await fixture.run();
  // The server keeps the file in its archive, and a correction arrives.
  const archived = `archive/${path.basename(first)}`;
  await fixture.put(archived, dailyCsv(daily("amy")), new Date("2024-09-04T05:00:00.800Z"));
  await fixture.put(first, dailyCsv(daily("amy"), daily("ben")));
  const summary = await fixture.run();
  expect(summary).toMatchObject({ landed: 1, anonymized: 1, notRead: [] });
  expect(hasMissingReports(summary)).toBe(false);
  expect((await fixture.status()).find((file) => file.path === archived)).toMatchObject({
    state: "ignored",
    reason: `A delivery that is already in the log. An older copy of ${first}.`,
    unread: undefined,
  });

  // With a different size or second, it may have rows that the lake never had.
  const content = dailyCsv(daily("amy"));
  for (const [text, time] of [
    [`${content}\n`, delivered],
    [content, new Date("2024-09-04T05:00:01Z")],
  ] as const) {
    await fixture.put(archived, text, time);
    expect((await fixture.run()).notRead).toMatchObject([{ path: archived, report: true }]);
  }
  expect(await fixture.logins("amy", "ben")).toEqual(["amy 2024-09-03 1", "ben 2024-09-03 1"]);
});

test("files with OEA's undated names in two folders both land, and both count", async () => {
  const fixture = await PipelineFixture.create();
  await fixture.put("daily-participation/1/Students.csv", dailyCsv(daily("amy")));
  await fixture.put("daily-participation/2/Students.csv", dailyCsv(daily("ben")));
  expect(await fixture.run()).toMatchObject({ landed: 2, anonymized: 2, quarantined: [] });
  expect(new Set(await fixture.landedFiles()).size).toBe(2);
  expect(await fixture.logins("amy", "ben")).toHaveLength(2);
  expect(await fixture.run()).toMatchObject({ landed: 0, unchanged: 2 });
});

test("files without a date in their names in daily folders are a report each, whether or not the earlier ones stay", async () => {
  const fixture = await PipelineFixture.create();
  const [one, two, three] = ["02", "03", "04"].map(
    (day) => `2024-09-${day}/daily-participation/Students.csv`,
  );
  await fixture.put(one ?? "", dailyCsv(daily("amy", "2024-09-02")));
  await fixture.run();
  await fixture.put(two ?? "", dailyCsv(daily("amy", "2024-09-03"), daily("ben", "2024-09-03")));
  expect(await fixture.run()).toMatchObject({ landed: 1, anonymized: 1, unchanged: 1, notRead: [] });
  await fixture.remove(two ?? "");
  await fixture.put(three ?? "", dailyCsv(daily("ben", "2024-09-04")));
  expect(await fixture.run()).toMatchObject({ landed: 1, anonymized: 1, unchanged: 1, notRead: [] });
  expect(await fixture.logins("amy", "ben")).toEqual([
    "amy 2024-09-02 1",
    "amy 2024-09-03 1",
    "ben 2024-09-03 1",
    "ben 2024-09-04 1",
  ]);
});

test("a file without a date in its name counts once if it was moved", async () => {
  const fixture = await PipelineFixture.create();
  await fixture.put("a/daily-participation/Students.csv", dailyCsv(daily("amy")));
  await fixture.run();
  await fixture.remove("a/daily-participation/Students.csv");
  await fixture.put("daily-participation/Students.csv", dailyCsv(daily("amy")));
  expect(await fixture.run()).toMatchObject({ anonymized: 1, quarantined: [], failed: [] });
  expect(await fixture.logins("amy")).toEqual(["amy 2024-09-03 1"]);
  expect((await fixture.lastLog()).get("a/daily-participation/Students.csv")).toMatchObject({
    rowsWritten: 0,
    rowsSuperseded: 1,
    supersededBy: { "daily-participation/Students.csv": 1 },
  });
  expect((await fixture.verify()).problems).toEqual([]);
});

describe("reports that were moved to another folder or root", () => {
  const moved = `reports/2024/${first}`;

  async function withMoved(content: string, modified?: Date): Promise<PipelineFixture> {
    const fixture = await twoFiles();
    await fixture.run();
    await fixture.remove(first);
    await fixture.put(moved, content, modified);
    return fixture;
  }

  test("are recognized if unchanged, whatever their time", async () => {
    const fixture = await withMoved(dailyCsv(daily("amy", "2024-09-03")));
    const summary = await fixture.run();
    expect(summary).toMatchObject({
      landed: 0,
      anonymized: 0,
      quarantined: [],
      unchanged: 2,
    });
    expect(await fixture.state(moved)).toBe("anonymized");
    expect(await fixture.logins("amy", "ben")).toEqual(bothDays);
    expect((await fixture.verify()).problems).toEqual([]);
  });

  test("replace their rows if corrected, and again when moved back", async () => {
    const fixture = await withMoved(dailyCsv(daily("amy", "2024-09-03", 5)));
    expect(await fixture.run()).toMatchObject({ landed: 1, anonymized: 1, quarantined: [] });
    expect(await fixture.logins("amy", "ben")).toEqual(["amy 2024-09-03 5", "ben 2024-09-04 1"]);
    await fixture.remove(moved);
    await fixture.put(first, dailyCsv(daily("amy", "2024-09-03", 6)));
    expect(await fixture.run()).toMatchObject({ landed: 1, anonymized: 1, quarantined: [] });
    expect(await fixture.logins("amy", "ben")).toEqual(["amy 2024-09-03 6", "ben 2024-09-04 1"]);
    expect((await fixture.verify()).problems).toEqual([]);
    expect(await fixture.run()).toMatchObject({ landed: 0, unchanged: 2 });
  });

  describe("in a lake of an earlier version, which treated them as separate sources", () => {
    async function withAside(of: Partial<LogEntry>): Promise<PipelineFixture> {
      const fixture = await withMoved(dailyCsv(daily("amy", "2024-09-03")), new Date("2025-02-02"));
      const before = (await fixture.lastLog()).get(first);
      if (before === undefined) throw new Error("The log has no entry.");
      const log = new IngestLog(fixture.lake, await sharedDuck());
      const version = before.version + 1;
      await log.append([{ ...before, path: moved, source: moved, version, time: new Date(), ...of }]);
      return fixture;
    }

    test.each([
      ["set aside as duplicates", { outcome: "duplicate", reason: "The same bytes." }],
      ["in quarantine", { outcome: "quarantined", sha256: "ab", reason: "They are not older.", size: 9 }],
    ] as const)("replace their rows if corrected (%s)", async (_, of) => {
      const fixture = await withAside(of);
      await fixture.put(moved, dailyCsv(daily("amy", "2024-09-03", 5)));
      expect(await fixture.run()).toMatchObject({
        landed: 1,
        anonymized: 1,
        quarantined: [],
        failed: [],
        inQuarantine: [],
      });
      const rows = ["amy 2024-09-03 5", "ben 2024-09-04 1"];
      expect(await fixture.logins("amy", "ben")).toEqual(rows);
      expect(await fixture.run()).toMatchObject({ landed: 0, anonymized: 0, unchanged: 2, inQuarantine: [] });
      await fixture.remove(moved);
      expect(await fixture.run()).toMatchObject({ landed: 0, anonymized: 0, inQuarantine: [] });
      expect((await fixture.status()).filter(({ state }) => state === "quarantined")).toEqual([]);
      expect(await fixture.logins("amy", "ben")).toEqual(rows);
    });
  });

  describe("while waiting", () => {
    const bad = dailyCsv(daily("amy", "2024-09-03"), daily("eve", "no day"));

    async function waiting(content: string, command: "run" | "ingest"): Promise<PipelineFixture> {
      const fixture = await twoFiles();
      await fixture.put(first, content, time);
      await fixture.run({ command });
      await fixture.remove(first);
      await fixture.put(moved, content, time);
      return fixture;
    }
    const time = new Date("2025-02-01T12:00:00Z");

    test("in quarantine are accepted by their current path on the server", async () => {
      const fixture = await waiting(bad, "run");
      expect(await fixture.state(moved)).toBe("quarantined");
      expect(await fixture.run()).toMatchObject({ inQuarantine: [moved] });
      expect(await fixture.run({ only: [moved], accept: [moved] })).toMatchObject({
        landed: 0,
        anonymized: 1,
        refused: 1,
        quarantined: [],
        inQuarantine: [],
      });
      expect(await fixture.logins("amy", "ben")).toEqual(bothDays);
      expect(await fixture.state(moved)).toBe("anonymized");
      expect((await fixture.verify()).problems).toEqual([]);
    });

    test("for `anonymize` are run by that path", async () => {
      const fixture = await waiting(dailyCsv(daily("amy", "2024-09-03")), "ingest");
      expect(await fixture.state(moved)).toBe("landed");
      expect(await fixture.run({ only: [moved] })).toMatchObject({ landed: 0, anonymized: 1 });
      expect(await fixture.logins("amy", "ben")).toEqual(["amy 2024-09-03 1"]);
    });

    test("without being read are not accepted, since nobody can have seen them", async () => {
      const fixture = await waiting(bad, "ingest");
      const summary = await fixture.run({ only: [moved], accept: [moved] });
      expect(summary).toMatchObject({ anonymized: 0, quarantined: [{ path: moved }] });
      expect(summary.notes.map(({ note }) => note)).toEqual([expect.stringContaining("It was not accepted")]);
    });

    test("are not mistaken for an older copy on the server", async () => {
      const fixture = await twoFiles();
      const copy = first.replace(".csv", " (1).csv");
      await fixture.put(copy, dailyCsv(daily("amy", "2024-09-03", 8)));
      await fixture.run({ command: "ingest" });
      await fixture.remove(copy);
      expect(await fixture.run({ only: [first] })).toMatchObject({ landed: 0, anonymized: 0 });
      expect(await fixture.run()).toMatchObject({ landed: 0, anonymized: 2 });
      expect(await fixture.logins("amy", "ben")).toEqual(["amy 2024-09-03 8", "ben 2024-09-04 1"]);
      expect(await fixture.run()).toMatchObject({ landed: 0, anonymized: 0 });
    });
  });

  test("replace their rows even if the log was lost", async () => {
    const fixture = await withMoved(dailyCsv(daily("amy", "2024-09-03", 5)));
    await fixture.lose(fixture.logFolder);
    expect(await fixture.run()).toMatchObject({ landed: 2, anonymized: 2, quarantined: [] });
    expect(await fixture.logins("amy", "ben")).toEqual(["amy 2024-09-03 5", "ben 2024-09-04 1"]);
  });
});

test("user types that the configuration excludes are ignored until it includes them", async () => {
  const fixture = await twoFiles();
  await fixture.put(dailyPath("2024-09-03", "staff"), dailyCsv(daily("sam")));
  expect(await fixture.run({ userTypes: ["students"] })).toMatchObject({ landed: 2, anonymized: 2 });
  expect(await fixture.run()).toMatchObject({ landed: 1, anonymized: 1, unchanged: 2 });
  expect(await fixture.run({ userTypes: ["students"] })).toMatchObject({ landed: 0, unchanged: 2 });
});

test("files that are not reports stay on the server", async () => {
  const fixture = await twoFiles();
  await fixture.put("readme.txt", "hello");
  await fixture.put("students.csv", "Student_id,Grade\n1,2\n");
  expect(await fixture.run()).toMatchObject({ landed: 2, failed: [], quarantined: [] });
  expect(await fixture.state("students.csv")).toBe("ignored");
});

test("`only` ingests the named files and no others", async () => {
  const fixture = await twoFiles();
  expect(await fixture.run({ only: [second] })).toMatchObject({ landed: 1, anonymized: 1, unchanged: 0 });
  expect(await fixture.logins("ben")).toEqual(["ben 2024-09-04 1"]);
  expect(await fixture.state(first)).toBe("new");
  await fixture.run({ command: "ingest" });
  expect(await fixture.run({ command: "anonymize", only: [second] })).toMatchObject({ anonymized: 0 });
  expect(await fixture.run({ command: "anonymize", only: [first] })).toMatchObject({ anonymized: 1 });
});

test("ingest followed by anonymize, without the server, equals run", async () => {
  const apart = await twoFiles();
  await apart.put(usagePath(), usageCsv(usage("amy", "Maths")));
  const ingested = await apart.run({ command: "ingest", salt: undefined });
  expect(ingested).toMatchObject({ landed: 3, anonymized: 0, failed: [] });
  expect(await apart.rows()).toEqual([]);
  expect(await apart.state(first)).toBe("landed");
  expect(await apart.run({ command: "anonymize", source: undefined })).toMatchObject({
    landed: 0,
    anonymized: 3,
    rows: { daily_participation: 2, resource_usage: 1 },
  });
  const together = await twoFiles();
  await together.put(usagePath(), usageCsv(usage("amy", "Maths")));
  await together.run();
  expect(await apart.rows()).toEqual(await together.rows());
  expect(await apart.rows("resource_usage")).toEqual(await together.rows("resource_usage"));
  expect(await apart.lookup()).toEqual(await together.lookup());
  expect(await apart.state(first)).toBe("anonymized");
});

test("the next `run` also reads what waits for `anonymize`", async () => {
  const fixture = await twoFiles();
  await fixture.run({ command: "ingest" });
  await fixture.touch(first);
  expect(await fixture.run()).toMatchObject({ landed: 0, anonymized: 2 });
  expect(await fixture.logins("amy", "ben")).toEqual(bothDays);
});

test("progress is reported from start to end", async () => {
  const fixture = await twoFiles();
  const states: ProgressState[] = [];
  await fixture.run({ onProgress: (state) => states.push(state) });
  expect([...new Set(states.map(({ phase }) => phase))]).toEqual(["listing", "working", "merging"]);
  expect(states.at(-1)).toMatchObject({ files: 2, filesLanded: 2, filesAnonymized: 2, rows: 2 });
  const last = states.at(-1);
  expect(last?.bytesLanded).toBe(last?.bytes);
});

test("progress names each table that is derived from the others while it is written", async () => {
  const fixture = await twoFiles();
  const phases = new Set<string>();
  const divide = () => Promise.reject(new CleverLakeError("io", "The test has no groups."));
  await fixture.run({ digitalActivity: true, divide, onProgress: ({ phase }) => phases.add(phase) });
  expect([...phases]).toEqual(["listing", "working", "merging", "activity", "groups"]);
});

describe("an aborted run", () => {
  test("ends without waiting for a hanging operation, and the next one completes it", async () => {
    const fixture = await twoFiles();
    const abort = new AbortController();
    const reason = new Error("Stopped by the test.");
    fixture.source.hooks = {
      beforeChunk: async (file, index, signal) => {
        if (file !== second || index > 0) return;
        // The other file has landed in the meantime; this one is stalled.
        await sleep(200);
        abort.abort(reason);
        await sleep(60_000, undefined, signal ? { signal } : {}).catch(() => undefined);
      },
    };
    // A run that waited for it would outlast the test's own time.
    await expect(fixture.run({ signal: abort.signal })).rejects.toBe(reason);
    expect((await fixture.log()).map(({ path: file }) => file)).toEqual([first]);

    fixture.source.hooks = {};
    expect(await fixture.run()).toMatchObject({ landed: 1, anonymized: 2, failed: [] });
    expect(await fixture.logins("amy", "ben")).toEqual(bothDays);
    expect((await fixture.verify()).problems).toEqual([]);
  });

  test("at any moment is completed by the next", async () => {
    for (const bytes of [1, 20, 60, 100, 150, 200, 300]) {
      const fixture = await twoFiles();
      const abort = new AbortController();
      fixture.source.hooks = { chunkBytes: 16 };
      let left = bytes;
      const onProgress = () => {
        if (--left === 0) abort.abort();
      };
      await fixture.run({ signal: abort.signal, onProgress }).catch((error: unknown) => {
        if (!abort.signal.aborted) throw error;
      });
      fixture.source.hooks = {};
      await fixture.run();
      expect(await fixture.logins("amy", "ben")).toEqual(bothDays);
      expect((await fixture.verify()).problems).toEqual([]);
    }
  });

  test("before its start does nothing", async () => {
    const fixture = await twoFiles();
    await expect(fixture.run({ signal: AbortSignal.abort() })).rejects.toThrow();
    expect([...(await fixture.tree()).keys()]).toEqual([]);
  });
});

test("more files than fit in one commit are written in as few commits as possible", async () => {
  const fixture = await PipelineFixture.create();
  const days = Array.from(
    { length: 70 },
    (_, index) => `2024-0${Math.floor(index / 30) + 3}-${String((index % 30) + 1).padStart(2, "0")}`,
  );
  for (const [index, day] of days.entries()) {
    await fixture.put(
      `folder${Math.floor(index / 30)}/${path.basename(dailyPath(day))}`,
      dailyCsv(daily(`p${index}`, day)),
    );
  }
  expect(await fixture.run()).toMatchObject({ landed: 70, anonymized: 70, quarantined: [], failed: [] });
  const rows = await fixture.rows();
  expect(rows).toHaveLength(70);
  expect(new Set(rows.map(({ sis_id_pseudonym: id }) => id))).toEqual(
    new Set(days.map((_, index) => pseudonym(`sis-p${index}`))),
  );
  expect(await fixture.version("stage2p/clever/daily_participation_pseudo")).toBe(0);
  expect(await fixture.lookup()).toHaveLength(70);
});

describe("a report republished with the same size and time", () => {
  const time = new Date("2024-09-10T00:00:00Z");

  const withSameFacts = lakeTemplate(async (fixture) => {
    await fixture.put(first, dailyCsv(daily("amy", "2024-09-03")), time);
    await fixture.put(second, dailyCsv(daily("ben", "2024-09-04")), time);
    await fixture.run();
    await fixture.put(first, dailyCsv(daily("amy", "2024-09-03", 7)), time);
  });

  test("is not detected by size and time, which read nothing", async () => {
    const fixture = await withSameFacts();
    expect(await fixture.run()).toMatchObject({ landed: 0, unchanged: 2 });
    expect(fixture.source.reads).toEqual([]);
  });

  test("is detected by its content, and no other file is rewritten", async () => {
    const fixture = await withSameFacts();
    const summary = await fixture.run({ compare: "hash" });
    expect(summary).toMatchObject({ landed: 1, anonymized: 1, unchanged: 1, failed: [], quarantined: [] });
    expect(fixture.source.reads.toSorted()).toEqual([first, first, second]);
    expect(await fixture.logins("amy", "ben")).toEqual(["amy 2024-09-03 7", "ben 2024-09-04 1"]);
    const before = await fixture.tree();
    expect(await fixture.run({ compare: "hash" })).toMatchObject({ landed: 0, anonymized: 0, unchanged: 2 });
    expect(await fixture.tree()).toEqual(before);
    expect((await fixture.verify()).problems).toEqual([]);
  });

  test("is detected even if it had superseded a file with the same bytes, whose rows count again", async () => {
    const fixture = await withSameFacts();
    const third = dailyPath("2024-09-05");
    await fixture.put(third, dailyCsv(daily("ben", "2024-09-04")), time);
    expect(await fixture.run()).toMatchObject({ landed: 1, anonymized: 1, quarantined: [] });
    expect((await fixture.lastLog()).get(second)).toMatchObject({ rowsWritten: 0, rowsSuperseded: 1 });
    await fixture.put(third, dailyCsv(daily("cat", "2024-09-05")), time);
    expect(await fixture.run({ compare: "hash" })).toMatchObject({ landed: 2, anonymized: 2 });
    expect(await fixture.logins("amy", "ben", "cat")).toEqual([
      "amy 2024-09-03 7",
      "ben 2024-09-04 1",
      "cat 2024-09-05 1",
    ]);
    expect((await fixture.lastLog()).get(second)).toMatchObject({ rowsWritten: 1, rowsSuperseded: 0 });
    expect((await fixture.verify()).problems).toEqual([]);
  });

  test("fails alone if it cannot be read for the comparison", async () => {
    const fixture = await withSameFacts();
    fixture.source.hooks = {
      beforeChunk: (file) => {
        if (file === second) throw new CleverLakeError("network", "The connection is lost.");
      },
    };
    const summary = await fixture.run({ compare: "hash" });
    expect(summary).toMatchObject({ landed: 1, anonymized: 1, failed: [{ path: second }] });
  });
});
