import { afterAll, beforeAll, beforeEach, inject } from "vitest";
import { Workbench, type WorkbenchOptions } from "./workbench";

/**
 * One VS Code for all tests of a file. For a failed test, a screenshot and the logs are kept under `out`.
 *
 * @param options returns the window's options; called when the tests begin
 * @returns a function that returns the window, within a test
 */
export function scene(options: () => Omit<WorkbenchOptions, "vsix"> = () => ({})): () => Workbench {
  let workbench: Workbench | undefined;
  beforeAll(async () => {
    workbench = await Workbench.open({ vsix: inject("vsix"), ...options() });
  });
  afterAll(() => workbench?.[Symbol.asyncDispose]());
  beforeEach(({ onTestFailed, task }) => {
    onTestFailed(async () => {
      await workbench?.keepEvidence(`${task.file.name} ${task.name}`.replace(/\W+/g, "-"));
    });
  });
  return () => {
    if (workbench === undefined) throw new Error("VS Code has not been opened.");
    return workbench;
  };
}
