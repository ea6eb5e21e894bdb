import { afterAll, describe, expect, test } from "vitest";
import { CleverLakeError } from "../../src/basics/errors";
import type { RunRequest } from "../../src/pipeline/runRequest";
import { verifyLake } from "../../src/pipeline/verify/verify";
import { AdlsEmulator } from "../adls-emulator/emulator";
import type { Fault } from "../adls-emulator/faults";
import { openLake, token } from "../helpers/adls";
import { runInto, stateOf } from "../helpers/adlsPipeline";
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

/**
 * For each kind of fault, every `stride`-th request is tried, starting with the request `first`. Other starts may count a
 * request more or less, since the number of requests varies between runs. `npm run test:faults` tries them all.
 */
const stride = Number(process.env.CLEVER_LAKE_FAULT_STRIDE ?? 43);
const first = Number(process.env.CLEVER_LAKE_FAULT_FIRST ?? 0);

/** No time passes between attempts, whatever delay the response requests. */
const wait = () => Promise.resolve();

/** The fault of one request; `dead` is a process that was killed there: no later request reaches the account. */
const kinds: Readonly<Record<string, Fault | "dead">> = {
  "503": { kind: "busy", status: 503 },
  "broken before": { kind: "resetBefore" },
  "broken after": { kind: "resetAfter" },
  "executed late": { kind: "late", requests: 3 },
  "half a response": { kind: "halfAnswer" },
  "half an append": { kind: "halfAppend" },
  "token refused": { kind: "expiredToken" },
  forbidden: { kind: "forbidden" },
  killed: "dead",
};

/** With retries, all faults without effect are equivalent for the lake, and some are never retried: these are tried. */
const triedWithRetries = new Set([
  "503",
  "broken after",
  "executed late",
  "half a response",
  "half an append",
  "token refused",
]);

/** Whether the adapter retries requests itself; otherwise each fault reaches the run. */
const modes = [
  { name: "retried", attempts: 4 },
  { name: "not retried", attempts: 1 },
] as const;

interface Scenario {
  readonly name: string;
  /** Prepares the lake and the server for the run with faults. */
  readonly earlier: (fixture: PipelineFixture) => Promise<void>;
  readonly later: (fixture: PipelineFixture) => Promise<void>;
  readonly request: Partial<RunRequest>;
}

const scenarios: readonly Scenario[] = [
  {
    name: "a first run",
    earlier: async () => {},
    later: (fixture) => fixture.put(usagePath(), usageCsv(usage("amy", "Maths"))),
    request: {},
  },
  {
    name: "a run with a redelivered, a bad, a repeated and an accepted file",
    earlier: async (fixture) => {
      await fixture.put(dailyPath("2024-09-02"), dailyCsv(daily("amy", "2024-09-02")));
      await fixture.put(dailyPath("2024-09-03"), dailyCsv(daily("amy"), daily("ben")));
      await fixture.put(dailyPath("2024-09-30"), dailyCsv(daily("amy"), daily("ben", "x"), daily("cat")));
    },
    later: async (fixture) => {
      await fixture.put(dailyPath("2024-09-03"), dailyCsv(daily("amy", "2024-09-03", 5)));
      await fixture.put(dailyPath("2024-09-04"), dailyCsv(daily("ben")));
      await fixture.put(dailyPath("2024-09-05"), dailyCsv(daily("dan", "2024-09-05"), daily("dan", "x")));
      await fixture.put(dailyPath("2024-09-06"), dailyCsv(daily("amy", "2024-09-02")));
    },
    request: { accept: [dailyPath("2024-09-30")] },
  },
];

let tried = 0;
let repaired = 0;
let there = 0;
afterAll(() => {
  console.log(
    `Azure faults: ${tried} of ${there} cases tried, in ${repaired} of them the first run failed and the second one recovered (npm run test:faults tries them all)`,
  );
});

describe.each(scenarios)("$name", ({ earlier, later, request }) => {
  test("reaches the same state, whichever fault is injected at whichever request", {
    timeout: 4 * 3_600_000,
  }, async () => {
    const early = await PipelineFixture.create();
    await earlier(early);
    const late = await PipelineFixture.create();
    await earlier(late);
    await later(late);

    await using start = await AdlsEmulator.start({ tokens: [{ token }] });
    if ((await early.source.list()).files.length > 0) await runInto(openLake(start), early.source);
    const prepared = () => AdlsEmulator.start({ tokens: [{ token }], contentsOf: start });
    await using calm = await prepared();
    await runInto(openLake(calm), late.source, request);
    const { requests } = calm;
    const undisturbed = await stateOf(openLake(calm));
    expect((await verifyLake(openLake(calm), salt)).problems).toEqual([]);

    const disturb = async (number: number, kind: string, attempts: number) => {
      const where = `request ${number}, ${kind}, ${attempts} attempts`;
      const fault = kinds[kind] ?? "dead";
      await using emulator = await prepared();
      if (fault === "dead") {
        emulator.inject({
          fault: { kind: "resetBefore" },
          times: Number.POSITIVE_INFINITY,
          when: (each) => each.number >= number,
        });
      } else emulator.inject({ fault, number });
      const lake = openLake(emulator, { requests: { attempts, wait } });
      const first = await runInto(lake, late.source, request).catch((error: unknown) => error);
      const met = emulator.requests.find((each) => each.fault !== undefined);
      const context = `${where}: ${met?.operation} ${met?.path}`;
      if (first instanceof Error) expect(first, context).toBeInstanceOf(CleverLakeError);
      emulator.clearFaults();
      tried++;
      // Only a run of many cases gets this far.
      if (tried % 250 === 0) console.log(`${tried} cases tried`);
      const wasBad = first instanceof Error || (first as { failed: unknown[] }).failed.length > 0;
      if (wasBad) repaired++;
      // A killed process's lock would be recognized as dead; this process lives on, and releases the lock as it ends.
      const second = await runInto(openLake(emulator), late.source, request).catch((error: unknown) => {
        throw new Error(context, { cause: error });
      });
      expect(second.failed, context).toEqual([]);
      expect(await stateOf(openLake(emulator)), context).toEqual(undisturbed);
      // Rows, lookups and log are as expected; if a run failed, the landed files are verified as well.
      if (wasBad) expect((await verifyLake(openLake(emulator), salt)).problems, context).toEqual([]);
    };

    const chosen: { number: number; kind: string; attempts: number }[] = [];
    for (const { attempts } of modes) {
      for (const [place, kind] of Object.keys(kinds).entries()) {
        if (attempts > 1 && !triedWithRetries.has(kind)) continue;
        for (const { number, operation } of requests) {
          // For requests other than appends, this is the same as a connection that broke before.
          if (kind === "half an append" && operation !== "Path.Append") continue;
          there++;
          if ((number + place) % stride === first) chosen.push({ number, kind, attempts });
        }
      }
    }
    let next = 0;
    const work = async () => {
      for (let index = next++; index < chosen.length; index = next++) {
        const each = chosen[index];
        if (each) await disturb(each.number, each.kind, each.attempts);
      }
    };
    await Promise.all([work(), work()]);
    expect(chosen.length).toBeGreaterThan(20);
  });
});
