import { afterEach, expect, test } from "vitest";
import { CleverLakeError } from "../../src/basics/errors";
import { ReportCommands } from "../../src/ui/commands/reportCommands";
import type { FileNode } from "../../src/ui/trees/reportsTree";
import { answers, calls } from "../helpers/vscodeStub";

afterEach(() => {
  calls.length = 0;
  answers.length = 0;
});

test("the failure of a verification that a message offered is logged", async () => {
  const logged: string[] = [];
  const commands = new ReportCommands({
    log: { error: (text: string) => logged.push(text) },
    model: { connected: () => Promise.reject(new CleverLakeError("network", "The lake cannot be reached.")) },
    lakeTree: { find: async () => undefined },
  } as never);
  const item = { path: "a.csv", state: "anonymized", landed: { landedPath: "stage1np/clever/a.csv" } };
  answers.push("Verify the Lake");
  await commands.revealInLake({ kind: "file", item } as unknown as FileNode);
  await expect.poll(() => logged).toEqual(["The lake cannot be reached."]);
  expect(calls.map(({ name }) => name)).toEqual(["showWarningMessage", "showErrorMessage"]);
});

test.each([
  [0, "Nothing has been run yet."],
  [100, "Which run?"],
  [101, "Which of the 100 newest runs? The view Runs also has the older ones."],
])("the list of runs says if it has only the newest of %i runs", async (total, asked) => {
  const runs = Array.from({ length: Math.min(total, 100) }, (_, number) => {
    return { runId: `${number}`, outcome: "done", started: "2024-09-03T00:00:00Z" };
  });
  const commands = new ReportCommands({
    client: { request: () => Promise.resolve({ total, runs }) },
    model: { connected: () => Promise.resolve({}) },
  } as never);
  await commands.openRun();
  const [, pick] = calls;
  expect(pick?.parameters).toEqual([
    expect.objectContaining({ length: runs.length }),
    { placeHolder: asked },
  ]);
});
