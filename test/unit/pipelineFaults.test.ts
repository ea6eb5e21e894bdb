import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CleverLakeError } from "../../src/basics/errors";
import { refusedRowsPath } from "../../src/clever/layout";
import type { RunRequest } from "../../src/pipeline/runRequest";
import { type Fault, FaultyLake } from "../helpers/faultyLake";
import {
  daily,
  dailyCsv,
  dailyPath,
  PipelineFixture,
  usage,
  usageCsv,
  usagePath,
} from "../helpers/pipelineFixture";
import { wholeFile } from "../helpers/wholeFile";

let folders: string;
beforeAll(async () => {
  folders = await mkdtemp(path.join(tmpdir(), "clever-lake-test-"));
});
afterAll(() => rm(folders, { recursive: true, force: true }));

function newFolder(): Promise<string> {
  return mkdtemp(path.join(folders, "lake-"));
}

/** The state that must be the same regardless of faults. */
async function lakeState(fixture: PipelineFixture) {
  const log = await fixture.lastLog();
  const refused = await Promise.all(
    [...log.values()].map(async ({ landedPath, source }) => {
      const place = refusedRowsPath(landedPath);
      return (await fixture.lake.stat(place)) ? [`${source} ${await wholeFile(fixture.lake, place)}`] : [];
    }),
  );
  return {
    daily: await fixture.rows("daily_participation"),
    usage: await fixture.rows("resource_usage"),
    lookups: [await fixture.lookup("daily_participation"), await fixture.lookup("resource_usage")],
    refused: refused.flat().sort(),
    log: [...log.values()]
      .map(({ path: file, outcome, sha256, rowsWritten }) => ({ file, outcome, sha256, rowsWritten }))
      .sort((a, b) => (a.file < b.file ? -1 : 1)),
  };
}

async function unknownRawFiles(fixture: PipelineFixture): Promise<string[]> {
  const known = new Set((await fixture.log()).map(({ landedPath }) => landedPath));
  return (await fixture.landedFiles()).filter((file) => !known.has(file));
}

interface Scenario {
  readonly name: string;
  /** Prepares the lake for the run with faults. */
  readonly prepare: (fixture: PipelineFixture) => Promise<void>;
  readonly request?: Partial<RunRequest>;
}

const scenarios: readonly Scenario[] = [
  {
    name: "a first run",
    prepare: async (fixture) => {
      await fixture.put(dailyPath(), dailyCsv(daily("amy"), daily("ben")));
      await fixture.put(usagePath(), usageCsv(usage("amy", "Maths")));
    },
  },
  {
    name: "a run with a redelivered, a bad, a repeated, a moved and an accepted file",
    prepare: async (fixture) => {
      await fixture.put(dailyPath("2024-09-02"), dailyCsv(daily("amy", "2024-09-02")));
      await fixture.put(dailyPath("2024-09-03"), dailyCsv(daily("amy"), daily("ben")));
      await fixture.put(dailyPath("2024-09-30"), dailyCsv(daily("amy"), daily("ben", "x"), daily("cat")));
      await fixture.run();
      // Ben's row moves from one file to another.
      await fixture.put(dailyPath("2024-09-03"), dailyCsv(daily("amy", "2024-09-03", 5)));
      await fixture.put(dailyPath("2024-09-04"), dailyCsv(daily("ben")));
      await fixture.put(dailyPath("2024-09-05"), dailyCsv(daily("dan", "2024-09-05"), daily("dan", "x")));
      await fixture.put(dailyPath("2024-09-06"), dailyCsv(daily("amy", "2024-09-02")));
    },
    request: { accept: [dailyPath("2024-09-30")] },
  },
];

const faults: readonly Fault[] = ["before", "after", "dead"];

describe.each(scenarios)("$name", ({ prepare, request }) => {
  let template: PipelineFixture;
  let undisturbed: Awaited<ReturnType<typeof lakeState>>;

  beforeAll(async () => {
    template = await PipelineFixture.create(await newFolder());
    await prepare(template);
    const copy = await template.copy(await newFolder());
    await copy.run(request);
    undisturbed = await lakeState(copy);
    expect((await copy.verify()).problems).toEqual([]);
  }, 60_000);

  test.each(faults)(
    "reaches the same state, whichever lake operation fails (%s the operation)",
    async (fault) => {
      for (let at = 1; ; at++) {
        const fixture = await template.copy(await newFolder());
        const lake = new FaultyLake(fixture.lake, fault, at);
        const first = await fixture.run({ ...request, lake }).catch((error: unknown) => error);
        if (lake.failed === undefined) {
          expect(at, "the operations of a run").toBeGreaterThan(10);
          break;
        }
        const where = `operation ${at}: ${lake.failed}`;
        if (first instanceof Error) expect(first, where).toBeInstanceOf(CleverLakeError);
        const second = await fixture.run(request).catch((error: unknown) => {
          throw new Error(where, { cause: error });
        });
        expect(second.failed, where).toEqual([]);
        expect(await lakeState(fixture), where).toEqual(undisturbed);
        expect(await unknownRawFiles(fixture), where).toEqual([]);
        if (fault === "dead") expect((await fixture.verify()).problems, where).toEqual([]);
        await rm(path.dirname(fixture.server), { recursive: true });
      }
    },
    // A minute on an idle machine: each operation of a run is a case.
    600_000,
  );
});
