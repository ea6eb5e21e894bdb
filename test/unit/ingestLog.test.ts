import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { diskFull } from "../../src/basics/errors";
import { ingestLogTable } from "../../src/clever/layout";
import { Duck } from "../../src/duck/duck";
import { entriesFromLists, type LogEntry } from "../../src/pipeline/log/ingestLog";
import { IngestLog } from "../../src/pipeline/log/logTable";
import { MemoryLake } from "../helpers/memoryLake";

let duck: Duck;
beforeAll(async () => {
  duck = await Duck.open({ threads: 1 });
});
afterAll(() => duck.close());

const time = (seconds: number) => new Date(Date.UTC(2024, 8, 3, 0, 0, seconds, 123));

function entry(of: Partial<LogEntry> = {}): LogEntry {
  return {
    path: "daily-participation/a.csv",
    source: "daily-participation/a.csv",
    report: "daily_participation",
    userType: "students",
    size: 2 ** 40,
    modified: time(1),
    sha256: "ab".repeat(32),
    landedPath: "stage1np/clever/daily-participation/x/Students/a.csv",
    version: 1_725_000_000,
    runId: "2024-09-03T00-00-00-abcd",
    time: time(2),
    outcome: "landed",
    ...of,
  };
}

const full = entry({
  path: 'folder with "quotes"/O\'Hare, 数学 🧮\n.csv',
  source: "z",
  outcome: "quarantined",
  rowsRead: 0,
  rowsWritten: 2 ** 33,
  rowsRefused: 5,
  line: 3,
  column: "date",
  reason: "Not a date (the cell looks like “aaa”).",
  notes: "Unknown columns, not read: x.",
});

test("an entry is read back as written", async () => {
  const lake = new MemoryLake();
  const log = new IngestLog(lake, duck);
  expect(await log.all()).toEqual([]);
  await log.append([entry(), full]);
  expect(await log.all()).toEqual([entry(), full]);
  expect(await new IngestLog(lake, duck).all()).toEqual([entry(), full]);
});

test("the entries of a delivery that was replaced are not read", async () => {
  const log = new IngestLog(new MemoryLake(), duck);
  const version = entry().version;
  const first = entry({ outcome: "anonymized", rowsRead: 1 });
  const second = entry({ outcome: "anonymized", version: version + 1, rowsRead: 2 });
  const third = entry({ outcome: "quarantined", version: version + 2, time: time(5) });
  await log.append([first, { ...second, outcome: "landed" }, second, { ...third, outcome: "landed" }, third]);
  const { last, anonymized, deliveries } = await log.sources();
  const { source } = entry();
  expect([last.get(source), anonymized.get(source)]).toEqual([third, second]);
  expect(deliveries.get(source)).toEqual([second, third]);
});

test("nothing to write writes nothing", async () => {
  const lake = new MemoryLake();
  await new IngestLog(lake, duck).append([]);
  expect(lake.files.size).toBe(0);
});

describe("the current entry of a source is", () => {
  async function last(...entries: LogEntry[]): Promise<LogEntry | undefined> {
    const log = new IngestLog(new MemoryLake(), duck);
    for (const each of entries) await log.append([each]);
    return (await log.sources()).last.get(entry().source);
  }
  const applied = entry({ outcome: "anonymized", time: time(9) });

  test("the one written last of its delivery", async () => {
    expect(await last(entry(), applied)).toEqual(applied);
    expect(await last(applied, entry())).toEqual(applied);
  });

  test("that of the newest delivery, in any order of writing", async () => {
    const redelivered = entry({ version: entry().version + 1, time: time(5) });
    expect(await last(redelivered, applied)).toEqual(redelivered);
  });

  test("the one written last, even by a machine whose clock is behind", async () => {
    const log = new IngestLog(new MemoryLake(), duck);
    await log.append([applied]);
    for (const rowsWritten of [1, 2]) await log.append([{ ...applied, rowsWritten, time: time(5) }]);
    expect((await log.sources()).last.get(applied.source)).toMatchObject({ rowsWritten: 2 });
    expect(await log.all()).toHaveLength(3);
  });

  test("the outcome, even if a stalled run writes its landing later", async () => {
    const late = entry({ time: time(10) });
    expect(await last(applied, late)).toEqual(applied);
  });

  test("the outcome, if landing and outcome have the same time", async () => {
    const atOnce = entry({ outcome: "anonymized" });
    expect(await last(atOnce, entry())).toEqual(atOnce);
    expect(await last(entry(), atOnce)).toEqual(atOnce);
  });
});

test("sources are independent of each other", async () => {
  const log = new IngestLog(new MemoryLake(), duck);
  await log.append([entry(), entry({ source: "other" }), full]);
  expect([...(await log.sources()).last.keys()].sort()).toEqual(["daily-participation/a.csv", "other", "z"]);
});

test("two concurrent writers both write their entries", async () => {
  const lake = new MemoryLake();
  await Promise.all(
    Array.from({ length: 5 }, (_, index) =>
      new IngestLog(lake, duck).append([entry({ source: `source${index}` })]),
    ),
  );
  expect(await new IngestLog(lake, duck).all()).toHaveLength(5);
});

const isHeld = () => Promise.resolve();

test("many runs leave few data files", async () => {
  const lake = new MemoryLake();
  const log = new IngestLog(lake, duck);
  for (let run = 0; run < 45; run++) {
    await log.append([entry({ source: `source${run}`, time: time(run) })]);
    await log.mergeFiles(isHeld, () => expect.unreachable());
  }
  expect((await new IngestLog(lake, duck).all()).map(({ source }) => source)).toEqual(
    Array.from({ length: 45 }, (_, run) => `source${run}`),
  );
  lake.calls.length = 0;
  await new IngestLog(lake, duck).sources();
  const dataFiles = lake.calls.filter((call) => call.includes(".parquet") && !call.includes("_delta_log"));
  expect(new Set(dataFiles).size).toBeLessThan(25);
});

test("small files that cannot be merged stay as they are, with the reason", async () => {
  class FullLake extends MemoryLake {
    isFull = false;
    override async importFile(local: string, file: string): Promise<void> {
      if (this.isFull) throw diskFull();
      await super.importFile(local, file);
    }
  }
  const lake = new FullLake();
  const log = new IngestLog(lake, duck);
  const reasons: string[] = [];
  for (let run = 0; run < 25; run++) {
    lake.isFull = false;
    await log.append([entry({ source: `source${run}`, time: time(run) })]);
    lake.isFull = true;
    await log.mergeFiles(isHeld, ({ message }) => reasons.push(message));
  }
  expect(new Set(reasons)).toEqual(new Set(["The disk is full."]));
  expect(await new IngestLog(lake, duck).all()).toHaveLength(25);
});

describe("a row that cannot be an entry is reported as damage:", () => {
  const row = {
    path: "a",
    source: "a",
    report: "daily_participation",
    user_type: "students",
    size: 1,
    modified: 1,
    sha256: "x",
    landed_path: "l",
    version: 1,
    run_id: "r",
    time: 1,
    outcome: "landed",
  };

  const entriesIn = (cells: Readonly<Record<string, unknown>>) =>
    entriesFromLists(
      Object.fromEntries(Object.entries(cells).map(([name, cell]) => [name, `[${JSON.stringify(cell)}]`])),
    );

  test("a valid one is not", () => {
    expect(entriesIn(row)).toEqual([expect.objectContaining({ path: "a", modified: new Date(1) })]);
  });

  test.each([
    ["report", "grades"],
    ["user_type", null],
    ["outcome", "gone"],
    ["size", "1"],
    ["source", null],
    ["time", null],
  ])("%s", (column, value) => {
    expect(() => entriesIn({ ...row, [column]: value })).toThrow(
      expect.objectContaining({ code: "corrupt", subject: ingestLogTable }),
    );
  });
});
