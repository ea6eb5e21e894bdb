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
