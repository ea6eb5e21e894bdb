/**
 * Vitest's own test functions and expectations without its workers, which need native libraries for the machine where they
 * were installed. A bundle of test files with this module in place of `vitest` runs in any Node.js.
 */
import { chai, JestAsymmetricMatchers, JestChaiExpect, JestExtend } from "@vitest/expect";
import { type File, startTests, type Task, type VitestRunner } from "@vitest/runner";

export {
  afterAll,
  afterEach,
  beforeAll,
  beforeEach,
  describe,
  it,
  onTestFinished,
  test,
} from "@vitest/runner";

chai.use(JestChaiExpect);
chai.use(JestExtend);
chai.use(JestAsymmetricMatchers);
/** Called as a function only; the modifiers that need vitest's workers (`poll`, `soft`) are missing. */
export const expect: typeof chai.expect = chai.expect;

/** A test's outcome as reported to the parent process. */
export interface TestOutcome {
  readonly name: string;
  /** Why it failed; undefined for a test that passed. */
  readonly error: string | undefined;
}

/** Runs the test file that `load` imports. */
export async function runTestFile(load: () => Promise<unknown>): Promise<TestOutcome[]> {
  const runner: VitestRunner = {
    config: {
      root: "",
      setupFiles: [],
      name: "windows",
      passWithNoTests: false,
      testNamePattern: undefined,
      allowOnly: false,
      sequence: { seed: 0, hooks: "stack", setupFiles: "list" },
      chaiConfig: undefined,
      maxConcurrency: 1,
      testTimeout: 120_000,
      hookTimeout: 120_000,
      retry: 0,
      includeTaskLocation: false,
      tags: [],
      tagsFilter: undefined,
      strictTags: false,
    },
    importFile: load,
  };
  const ran = await startTests(["tests"], runner);
  return ran.flatMap((file) => [...brokenFile(file), ...file.tasks.flatMap((task) => outcomes(task))]);
}

/** A file that could not be read, or has no tests, counts as a failure. */
function brokenFile(file: File): TestOutcome[] {
  const errors = file.result?.errors ?? [];
  if (errors.length === 0 && file.tasks.length > 0) return [];
  return [{ name: file.name, error: errors[0]?.stack ?? errors[0]?.message ?? "It has no tests." }];
}

function outcomes(task: Task, above = ""): TestOutcome[] {
  const name = above === "" ? task.name : `${above} > ${task.name}`;
  const [error] = task.result?.errors ?? [];
  if (task.type === "suite") {
    const broken = error === undefined ? [] : [{ name, error: error.stack ?? error.message }];
    return [...broken, ...task.tasks.flatMap((child) => outcomes(child, name))];
  }
  if (task.mode === "skip" || task.mode === "todo") return [];
  const passed = task.result?.state === "pass";
  return [{ name, error: passed ? undefined : (error?.stack ?? error?.message ?? "It did not run.") }];
}
