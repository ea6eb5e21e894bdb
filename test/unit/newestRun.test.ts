import { describe, expect, test } from "vitest";
import { newestRunPath, runRecordPath } from "../../src/clever/layout";
import {
  interruptedRuns,
  newestRun,
  RunHistory,
  type RunRecord,
  recordNewestRun,
  writeRunRecord,
} from "../../src/pipeline/log/runRecord";
import { failedFiles } from "../../src/pipeline/plan/failedFiles";
import { MemoryLake } from "../helpers/memoryLake";

type Outcome = RunRecord["outcome"];

function record(runId: string, outcome: Outcome, previous?: string | null): RunRecord {
  const common: RunRecord = { runId, command: "run", started: new Date(0), outcome, landings: [] };
  return previous === undefined ? common : { ...common, previous };
}

/** A lake with runs, oldest first; each was recorded as the newest and names the previous one. */
async function lakeWith(...outcomes: Outcome[]): Promise<MemoryLake> {
  const lake = new MemoryLake();
  let previous: string | null = null;
  for (const [index, outcome] of outcomes.entries()) {
    const runId = `run-${index}`;
    await recordNewestRun(lake, { runId, previous });
    await writeRunRecord(lake, record(runId, outcome, previous));
    previous = runId;
  }
  lake.calls.length = 0;
  return lake;
}

async function found(lake: MemoryLake) {
  const { records, newest } = await interruptedRuns(new RunHistory(lake));
  return { interrupted: records.map(({ runId }) => runId), newest };
}

describe("what earlier runs left behind", () => {
  test.each<[string, Outcome[], string[]]>([
    ["nothing, after a complete one", ["running", "failed", "done"], []],
    ["that of the last one, if it is incomplete", ["running", "incomplete"], ["run-1"]],
    [
      "that of all that were killed, and of the one before them",
      ["failed", "running", "running"],
      ["run-0", "run-1", "run-2"],
    ],
    ["that of the first one", ["running"], ["run-0"]],
  ])("is %s", async (_, outcomes, interrupted) => {
    const lake = await lakeWith(...outcomes);
    expect(await found(lake)).toEqual({ interrupted, newest: `run-${outcomes.length - 1}` });
    // Whatever their number, none is listed.
    expect(lake.calls.filter((call) => !call.startsWith("read "))).toEqual([]);
  });

  test("is read once, with what failed in them", async () => {
    const lake = await lakeWith("done", "incomplete");
    const history = new RunHistory(lake);
    await Promise.all([interruptedRuns(history), failedFiles(history)]);
    expect([...lake.calls].sort()).toEqual(
      [newestRunPath, runRecordPath("run-0"), runRecordPath("run-1")].map((file) => `read ${file}`),
    );
  });

  test.each([
    ["itself", "run-1", null],
    ["a later one", "run-9", null],
    ["each other", "run-0", "run-1"],
  ])("is searched without looping if records name %s as the previous one", async (_, before, beforeThat) => {
    const lake = await lakeWith("running", "running");
    await writeRunRecord(lake, record("run-1", "running", before));
    await writeRunRecord(lake, record("run-0", "running", beforeThat));
    expect((await found(lake)).newest).toBe("run-1");
  });

  test("is found before a run that was killed before it wrote its record", async () => {
    const lake = await lakeWith("done", "running");
    await recordNewestRun(lake, { runId: "run-2", previous: "run-1" });
    expect(await found(lake)).toEqual({ interrupted: ["run-1"], newest: "run-1" });
  });

  test("is found in a lake from before _newest_run.json, and nothing in a new one", async () => {
    const lake = new MemoryLake();
    expect(await found(lake)).toEqual({ interrupted: [], newest: null });
    for (const [index, outcome] of (["done", "failed", "running", "running"] as const).entries()) {
      await writeRunRecord(lake, record(`run-${index}`, outcome));
    }
    expect(await found(lake)).toEqual({ interrupted: ["run-1", "run-2", "run-3"], newest: "run-3" });
  });

  test("is found by listing if _newest_run.json is damaged", async () => {
    const lake = await lakeWith("done", "running");
    lake.files.set(newestRunPath, Buffer.from("{"));
    expect(await newestRun(lake)).toEqual({ runId: "run-1" });
    expect(await found(lake)).toEqual({ interrupted: ["run-1"], newest: "run-1" });
    lake.files.delete(runRecordPath("run-1"));
    expect(await found(lake)).toEqual({ interrupted: [], newest: "run-0" });
  });
});
