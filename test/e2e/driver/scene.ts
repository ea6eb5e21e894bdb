import { afterAll, beforeAll, beforeEach, inject } from "vitest";
import { Workbench, type WorkbenchOptions } from "./workbench";

/**
 * One VS Code for all tests of a file. Of a test that fails, a picture and the logs are kept under `out`.
 *
 * @param options what the window is opened with; asked for when the tests begin
 * @returns the way to the window, from within a test
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
