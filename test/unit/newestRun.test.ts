import { describe, expect, test } from "vitest";
import { runRecordPath, runsFolder } from "../../src/clever/layout";
import {
  interruptedRuns,
  RunHistory,
  type RunRecord,
  runIds,
  writeRunRecord,
} from "../../src/pipeline/log/runRecord";
import { failedFiles } from "../../src/pipeline/plan/failedFiles";
import { MemoryLake } from "../helpers/memoryLake";

type Outcome = RunRecord["outcome"];

/** A lake with runs, oldest first. */
async function lakeWith(...outcomes: Outcome[]): Promise<MemoryLake> {
  const lake = new MemoryLake();
  for (const [index, outcome] of outcomes.entries()) {
    const runId = `run-${index}`;
    await writeRunRecord(lake, { runId, command: "run", started: new Date(0), outcome, landings: [] });
  }
  lake.calls.length = 0;
  return lake;
}

async function found(lake: MemoryLake) {
  return (await interruptedRuns(new RunHistory(lake))).map(({ runId }) => runId);
}

describe("what earlier runs left behind", () => {
  test.each<[string, Outcome[], string[]]>([
    ["nothing, in a new lake", [], []],
    ["nothing, after a complete one", ["running", "failed", "done"], []],
    ["that of the last one, if it is incomplete", ["running", "incomplete"], ["run-1"]],
    [
      "that of all that were killed, and of the one before them",
      ["done", "failed", "running", "running"],
      ["run-1", "run-2", "run-3"],
    ],
    ["that of the first one", ["running"], ["run-0"]],
  ])("is %s", async (_, outcomes, interrupted) => {
    expect(await found(await lakeWith(...outcomes))).toEqual(interrupted);
  });

  test("is read once, with what failed in them", async () => {
    const lake = await lakeWith("running", "done", "incomplete");
    const history = new RunHistory(lake);
    await Promise.all([interruptedRuns(history), failedFiles(history)]);
    expect([...lake.calls].sort()).toEqual([
      `list ${runsFolder}`,
      ...["run-0", "run-1", "run-2"].map((run) => `read ${runRecordPath(run)}`),
    ]);
  });

  test("is found next to a damaged record and to files of others", async () => {
    const lake = await lakeWith("done", "running", "running");
    lake.files.set(runRecordPath("run-2"), Buffer.from("{"));
    lake.files.set(`${runsFolder}/notes.txt`, Buffer.from("a person's"));
    expect(await found(lake)).toEqual(["run-1"]);
    expect(await runIds(lake)).toEqual(["run-2", "run-1", "run-0"]);
  });
});
