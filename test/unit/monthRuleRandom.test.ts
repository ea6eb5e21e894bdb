import { createHash } from "node:crypto";
import { stat } from "node:fs/promises";
import path from "node:path";
import fc from "fast-check";
import { afterEach, expect, test, vi } from "vitest";
import { CleverLakeError } from "../../src/basics/errors";
import { pseudoTable } from "../../src/clever/layout";
import { type ReportName, reportNames, reports } from "../../src/clever/reports";
import { compareCodePoints } from "../../src/delta/files/codePoints";
import { mergeSmallFiles } from "../../src/delta/merging/optimize";
import { readSnapshot } from "../../src/delta/snapshot";
import type { LogEntry } from "../../src/pipeline/log/ingestLog";
import { IngestLog } from "../../src/pipeline/log/logTable";
import { dismissQuarantined } from "../../src/pipeline/plan/dismiss";
import type { Landing } from "../../src/pipeline/plan/plan";
import type { RunRequest } from "../../src/pipeline/runRequest";
import { type Fault, FaultyLake } from "../helpers/faultyLake";
import { sharedDuck } from "../helpers/lakeRows";
import { dailyHeader, PipelineFixture, pseudonym, usageHeader } from "../helpers/pipelineFixture";

/**
 * The rule of the tables against a plain model, through random operations: redelivered, held back, accepted, dismissed,
 * touched and withdrawn files, runs that are killed anywhere, small chunks, and tables that another program has merged.
 */

const chunks = vi.hoisted(() => ({ files: 4096 }));

vi.mock(import("../../src/pipeline/plan/work"), async (original) => {
  const work = await original();
  return {
    ...work,
    chunksOf: (landings: readonly Landing[], pending: readonly LogEntry[]) => {
      const all = [
        ...pending.map((entry) => ({ landings: [], pending: [entry] })),
        ...landings.map((landing) => ({ landings: [landing], pending: [] })),
      ];
      const made: { landings: Landing[]; pending: LogEntry[] }[] = [];
      for (let from = 0; from < all.length; from += chunks.files) {
        const some = all.slice(from, from + chunks.files);
        made.push({
          landings: some.flatMap((each) => each.landings),
          pending: some.flatMap((each) => each.pending),
        });
      }
      return made;
    },
  };
});

afterEach(() => {
  chunks.files = 4096;
});

interface Row {
  /** Ids of the person; null if blank in the file. */
  readonly sis: string | null;
  readonly clever: string | null;
  readonly day: string;
  readonly count: number;
  /** Only in resource usage. */
  readonly resourceId: string | null;
  readonly resourceName: string | null;
}

const days = ["2024-09-02", "2024-09-03", "2024-10-31"];
const types = ["students", "teachers"] as const;
const files = reportNames.flatMap((report) =>
  types.flatMap((type) =>
    ["2024-09-02", "2024-09-03", "2024-10-31"].map((day) => {
      const name = report.replace("_", "-");
      return { report, type, path: `${name}/${day}-${name}-${type}.csv` };
    }),
  ),
);
type File = (typeof files)[number];

const row = fc
  .record({
    person: fc.integer({ min: 0, max: 3 }),
    ids: fc.constantFrom("both", "both", "both", "sis", "clever", "none"),
    day: fc.constantFrom(...days),
    count: fc.integer({ min: 1, max: 2 }),
    resource: fc.constantFrom<[string | null, string | null]>(
      ["id-a", "A"],
      ["id-a", "B"],
      ["id-b", "B"],
      [null, "A"],
      [null, "B"],
      ["id-a", null],
      [null, null],
    ),
  })
  .map(
    ({ person, ids, day, count, resource: [resourceId, resourceName] }): Row => ({
      sis: ids === "both" || ids === "sis" ? `sis-${person}` : null,
      clever: ids === "both" || ids === "clever" ? `clever-${person}` : null,
      day,
      count,
      resourceId,
      resourceName,
    }),
  );

type Operation =
  | { readonly kind: "put"; readonly file: File; readonly rows: readonly Row[]; readonly bad: number }
  | { readonly kind: "touch"; readonly file: File; readonly minutes: number }
  | { readonly kind: "run"; readonly accept: boolean; readonly chunk: number; readonly apart: boolean }
  | { readonly kind: "only"; readonly file: File }
  | { readonly kind: "fault"; readonly fault: Fault; readonly at: number; readonly chunk: number }
  | { readonly kind: "ingest" }
  | { readonly kind: "remove"; readonly file: File }
  | { readonly kind: "dismiss"; readonly file: File }
  | { readonly kind: "merge"; readonly report: ReportName };

const chunk = fc.constantFrom(1, 2, 4096);
const daily = files.filter(({ report }) => report === "daily_participation");
const someFile = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...daily.slice(0, 3)) },
  { weight: 2, arbitrary: fc.constantFrom(...files.slice(6, 9)) },
  { weight: 2, arbitrary: fc.constantFrom(...files) },
);
const operation: fc.Arbitrary<Operation> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant("put" as const),
      file: someFile,
      rows: fc.array(row, { maxLength: 5 }),
      bad: fc.constantFrom(0, 0, 0, 0, 1),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("touch" as const),
      file: someFile,
      minutes: fc.integer({ min: 0, max: 12 }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("run" as const),
      accept: fc.boolean(),
      chunk,
      apart: fc.constantFrom(false, false, true),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("only" as const), file: someFile }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("fault" as const),
      fault: fc.constantFrom<Fault>("before", "after", "dead"),
      at: fc.integer({ min: 1, max: 40 }),
      chunk,
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("ingest" as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("remove" as const), file: someFile }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("dismiss" as const), file: someFile }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant("merge" as const), report: fc.constantFrom(...reportNames) }),
  },
);

function isSame(report: ReportName, a: Row, b: Row): boolean {
  if (a.day !== b.day) return false;
  if (report === "resource_usage") {
    const both = a.resourceId !== null && b.resourceId !== null;
    if (both ? a.resourceId !== b.resourceId : a.resourceName !== b.resourceName) return false;
  }
  if (a.clever !== null && b.clever !== null) return a.clever === b.clever;
  return a.sis !== null && a.sis === b.sis;
}

interface Delivery {
  readonly source: string;
  readonly rows: readonly Row[];
}

/** The rows that count by the rule, from current deliveries of a report and user type, oldest first. */
function rowsThatCount(report: ReportName, current: readonly Delivery[]): Map<string, readonly Row[]> {
  const counting = current.map(({ source, rows }, rank): [string, readonly Row[]] => {
    const newer = current.slice(rank + 1);
    const supersedersOf = (one: Row) =>
      newer.filter((other) => other.rows.some((each) => isSame(report, one, each)));
    const own = rows.filter((mine) => {
      if (mine.sis !== null || mine.clever !== null) return supersedersOf(mine).length === 0;
      return !rows.some((other) => other.day === mine.day && supersedersOf(other).length > 0);
    });
    return [source, own];
  });
  return new Map(counting);
}

function textOf(report: ReportName, source: string, one: Row): string {
  const own = [source, pseudonym(one.sis), pseudonym(one.clever), one.day, one.count];
  return [...own, ...(report === "resource_usage" ? [one.resourceId, one.resourceName] : [])].join(" ");
}

async function tableRows(fixture: PipelineFixture, report: ReportName): Promise<string[]> {
  const rows = await fixture.rows(report);
  return rows
    .map((each) =>
      [
        each.source_file,
        each.sis_id_pseudonym,
        each.clever_user_id_pseudonym,
        each.date,
        ...(report === "resource_usage"
          ? [each.num_access, each.resource_id, each.resource_name]
          : [each.num_logins]),
      ].join(" "),
    )
    .sort();
}

function csv(report: ReportName, rows: readonly Row[], bad: number): string {
  const lines = rows.map(({ sis, clever, day, count, resourceId, resourceName }) => {
    const head = `${day},${sis ?? ""},${clever ?? ""},school-1,North High`;
    return report === "resource_usage"
      ? `${head},app,${resourceName ?? ""},${resourceId ?? ""},${count}`
      : `${head},true,${count},2`;
  });
  const broken =
    report === "resource_usage"
      ? "no day,sis-0,clever-0,school-1,North High,app,A,id-a,1"
      : "no day,sis-0,clever-0,school-1,North High,true,1,2";
  const header = report === "resource_usage" ? usageHeader : dailyHeader;
  return [header, ...lines, ...Array.from({ length: bad }, () => broken), ""].join("\n");
}

const begin = Date.UTC(2024, 10, 5);

/** The data files of each month of a report's table. */
type DataFiles = Map<ReportName, ReadonlyMap<string, readonly string[]>>;

class World {
  /** Good rows of every content that was ever on the server, by hash. */
  readonly contents = new Map<string, { readonly rows: readonly Row[]; readonly bad: number }>();
  readonly onServer = new Set<string>();
  private minute = 0;
  /** The months of all good rows that each file ever had. */
  private readonly monthsOf = new Map<string, Set<string>>();
  /** The files that were written or touched since the last check. */
  private readonly changed = new Set<string>();
  /** At the last check: the version of each source in the tables, and each month's data files. */
  private checked: { readonly versions: Map<string, number>; readonly files: DataFiles } | undefined;

  constructor(readonly fixture: PipelineFixture) {}

  async apply(op: Operation): Promise<void> {
    const { fixture } = this;
    chunks.files = "chunk" in op ? op.chunk : 4096;
    switch (op.kind) {
      case "put": {
        const text = csv(op.file.report, op.rows, op.bad);
        this.contents.set(createHash("sha256").update(text).digest("hex"), { rows: op.rows, bad: op.bad });
        this.onServer.add(op.file.path);
        this.changed.add(op.file.path);
        const months = this.monthsOf.get(op.file.path) ?? new Set();
        this.monthsOf.set(op.file.path, new Set([...months, ...op.rows.map(({ day }) => day.slice(0, 7))]));
        await fixture.put(op.file.path, text, this.time(++this.minute));
        return;
      }
      case "touch":
        if (!this.onServer.has(op.file.path)) return;
        this.changed.add(op.file.path);
        await fixture.touch(op.file.path, this.time(op.minutes));
        return;
      case "remove":
        if (this.onServer.delete(op.file.path)) await fixture.remove(op.file.path);
        return;
      case "dismiss": {
        const inQuarantine = (await fixture.log()).findLast(({ path: each }) => each === op.file.path);
        if (inQuarantine?.outcome !== "quarantined") return;
        await dismissQuarantined({ lake: fixture.lake, files: [op.file.path] }).catch((error: unknown) => {
          // The tables have its rows: a run was killed before it recorded that.
          expect(error).toMatchObject({ code: "config" });
        });
        return;
      }
      case "ingest":
        await fixture.run({ command: "ingest", salt: undefined });
        return;
      case "only":
        await fixture.run({ only: [op.file.path] });
        return;
      case "merge":
        return this.merge(op.report);
      case "fault": {
        const lake = new FaultyLake(fixture.lake, op.fault, op.at);
        await fixture.run({ lake }).catch((error: unknown) => {
          expect(error).toBeInstanceOf(CleverLakeError);
        });
        return;
      }
      case "run":
        return this.settle(op.accept, op.apart);
    }
  }

  private time(minute: number): Date {
    return new Date(begin + minute * 60_000);
  }

  private async merge(report: ReportName): Promise<void> {
    const duck = await sharedDuck();
    const { lake } = this.fixture;
    const tablePath = pseudoTable(reports[report]);
    const snapshot = await readSnapshot({ lake, duck }, tablePath);
    if (snapshot) await mergeSmallFiles({ lake, duck, tablePath, snapshot, maxFiles: 1 });
    this.checked?.files.delete(report);
  }

  private async dataFiles(): Promise<DataFiles> {
    const duck = await sharedDuck();
    const found: DataFiles = new Map();
    for (const report of reportNames) {
      const snapshot = await readSnapshot({ lake: this.fixture.lake, duck }, pseudoTable(reports[report]));
      const months = new Map<string, string[]>();
      for (const { path: file, partitionValues } of snapshot?.files.values() ?? []) {
        const month = `${partitionValues.year}-${String(partitionValues.month).padStart(2, "0")}`;
        months.set(month, [...(months.get(month) ?? []), file].sort());
      }
      found.set(report, months);
    }
    return found;
  }

  /** A month without rows of a delivery that came or went keeps its data files. */
  private async checkUntouchedMonths(current: ReadonlyMap<string, LogEntry>): Promise<void> {
    const versions = new Map([...current].map(([source, { version }]) => [source, version]));
    const files = await this.dataFiles();
    const before = this.checked;
    const different = [...versions].filter(([source, version]) => before?.versions.get(source) !== version);
    const touched = [...this.changed, ...different.map(([source]) => source)];
    for (const [report, months] of before?.files ?? []) {
      for (const [month, earlier] of months) {
        if (touched.some((source) => this.monthsOf.get(source)?.has(month))) continue;
        expect(files.get(report)?.get(month), `${report} ${month}`).toEqual(earlier);
      }
    }
    this.checked = { versions, files };
    this.changed.clear();
  }

  private async run(apart: boolean, request: Partial<RunRequest> = {}) {
    if (!apart) return this.fixture.run(request);
    const ingested = await this.fixture.run({ command: "ingest", salt: undefined });
    expect(ingested.failed).toEqual([]);
    return this.fixture.run({ ...request, command: "anonymize", source: undefined });
  }

  private async settle(accept: boolean, apart: boolean): Promise<void> {
    for (let turn = 0; turn < 5; turn++) {
      const { failed, inQuarantine, quarantined } = await this.run(apart);
      expect(failed).toEqual([]);
      await this.check();
      const held = [...quarantined.map((each) => each.path), ...inQuarantine];
      if (!accept || held.length === 0) break;
      expect((await this.run(apart, { accept: held })).failed).toEqual([]);
      await this.check();
    }
    const before = await this.versions();
    const again = await this.run(apart);
    expect([again.landed, again.anonymized, again.failed]).toEqual([0, 0, []]);
    expect(await this.versions()).toEqual(before);
  }

  private versions(): Promise<number[]> {
    return Promise.all(reportNames.map((name) => this.fixture.version(pseudoTable(reports[name]))));
  }

  /** The tables follow from the current deliveries in the log, which are those on the server or held back. */
  private async check(): Promise<void> {
    const { fixture } = this;
    const { last, anonymized, deliveries } = await new IngestLog(fixture.lake, await sharedDuck()).sources();
    // The current delivery is the newest one that is not quarantined, so none is left without a judgement.
    for (const [source, entries] of deliveries) {
      const outcomes = entries.map(({ outcome }) => outcome);
      const judged = outcomes.filter((outcome) => outcome !== "quarantined" && outcome !== "dismissed");
      expect(judged.at(-1) ?? "anonymized", source).toBe("anonymized");
    }
    for (const file of this.onServer) {
      const entry = last.get(file);
      const { mtime } = await stat(path.join(fixture.server, file));
      expect(entry?.modified, file).toEqual(mtime);
      expect(["anonymized", "quarantined", "dismissed"], file).toContain(entry?.outcome);
    }
    const ordered = [...anonymized.values()].sort(
      (a, b) => a.modified.getTime() - b.modified.getTime() || compareCodePoints(a.source, b.source),
    );
    for (const report of reportNames) {
      const expected: string[] = [];
      for (const type of types) {
        const current = ordered.filter((each) => each.report === report && each.userType === type);
        const deliveries = current.map(({ source, sha256 }) => ({
          source,
          rows: this.contents.get(sha256)?.rows ?? [],
        }));
        for (const [source, rows] of rowsThatCount(report, deliveries)) {
          expected.push(...rows.map((each) => textOf(report, source, each)));
          const entry = anonymized.get(source);
          const content = this.contents.get(entry?.sha256 ?? "");
          expect(
            [entry?.rowsRead, entry?.rowsWritten, entry?.rowsRefused, entry?.rowsSuperseded],
            source,
          ).toEqual([
            (content?.rows.length ?? 0) + (content?.bad ?? 0),
            rows.length,
            content?.bad,
            (content?.rows.length ?? 0) - rows.length,
          ]);
        }
      }
      expect(await tableRows(fixture, report)).toEqual(expected.sort());
    }
    await this.checkUntouchedMonths(anonymized);
    if (last.size === 0) await expect(fixture.verify()).rejects.toMatchObject({ code: "notFound" });
    else expect((await fixture.verify()).problems).toEqual([]);
  }
}

const [someDay] = daily;
const oneRow: Row = {
  sis: "sis-0",
  clever: "clever-0",
  day: "2024-09-02",
  count: 1,
  resourceId: null,
  resourceName: null,
};
const put = (rows: readonly Row[], bad: number): Operation[] =>
  someDay ? [{ kind: "put", file: someDay, rows, bad }] : [];
const anonymize: Operation = { kind: "run", accept: false, chunk: 4096, apart: false };
/** Good deliveries that have only landed when a bad one arrives. */
const examples: [Operation[]][] = [
  [[...put([oneRow], 0), { kind: "ingest" }, ...put([], 1), anonymize]],
  [[...put([], 0), anonymize, ...put([oneRow], 0), { kind: "ingest" }, ...put([], 1), anonymize]],
];

const numRuns = Number(process.env.RANDOM_RUNS ?? 12);
const timeLimit = 900_000 + numRuns * 60_000;

test(
  "the tables are a function of the current deliveries, whatever happens to runs and files",
  async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(operation, { minLength: 4, maxLength: 14 }), async (operations) => {
        const world = new World(await PipelineFixture.create());
        for (const each of operations) await world.apply(each);
        await world.apply({ kind: "run", accept: true, chunk: 4096, apart: false });
      }),
      {
        numRuns: numRuns + examples.length,
        examples,
        interruptAfterTimeLimit: timeLimit,
        markInterruptAsFailure: true,
      },
    );
  },
  timeLimit + 20_000,
);
