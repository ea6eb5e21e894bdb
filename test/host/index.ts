import { readdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { format } from "node:util";
import Mocha from "mocha";

/** Prefix of the reporter's lines, to distinguish them from the workbench's on the same console. */
const mark = "test| ";

/**
 * Called by VS Code inside the extension host: runs every bundled `*.test.js` next to this module. With
 * `CLEVER_LAKE_TEST_RESULTS`, the results are also written to that file in JUnit's format, and at the end their counts and
 * failures to a `.json` file next to it.
 *
 * @throws if a test failed, which reports it to VS Code
 */
export async function run(): Promise<void> {
  const output = process.env.CLEVER_LAKE_TEST_RESULTS;
  const mocha = new Mocha({
    ui: "tdd",
    timeout: 30_000,
    forbidOnly: Boolean(process.env.CI),
    // A busy machine can delay VS Code beyond any timeout. The console names each test that is run again.
    retries: process.env.CI ? 1 : 0,
    reporter: output === undefined ? Mocha.reporters.Spec : both(output),
    ...(process.env.CLEVER_LAKE_TEST_GREP === undefined ? {} : { grep: process.env.CLEVER_LAKE_TEST_GREP }),
  });
  for (const file of readdirSync(__dirname).sort()) {
    if (file.endsWith(".test.js")) mocha.addFile(path.join(__dirname, file));
  }
  let stats: Mocha.Stats | undefined;
  const failures: string[] = [];
  await new Promise<number>((resolve) => {
    const runner = mocha.run(resolve);
    ({ stats } = runner);
    runner.on("retry", (test, error: Error) => {
      Mocha.reporters.Base.consoleLog(`run again: ${test.fullTitle()}\n${error.stack}`);
    });
    runner.on("fail", (test, error: Error) => failures.push(`${test.fullTitle()}\n${error.stack}`));
  });
  if (output !== undefined && stats !== undefined) {
    const results = { passed: stats.passes, failures, skipped: stats.pending };
    writeFileSync(output.replace(/xml$/, "json"), JSON.stringify(results));
  }
  if (failures.length > 0) throw new Error(`${failures.length} of the tests failed.`);
}

/** A human-readable reporter on the console and a machine-readable one in a file. */
function both(output: string): Mocha.ReporterConstructor {
  Mocha.reporters.Base.consoleLog = (...args: unknown[]) => {
    console.log(`${mark}${format(...args)}`.replaceAll("\n", `\n${mark}`));
  };
  return class extends Mocha.reporters.Spec {
    readonly #file: Mocha.reporters.XUnit;

    constructor(runner: Mocha.Runner, options: Mocha.MochaOptions) {
      super(runner, options);
      const reporterOptions = { output, suiteName: "VS Code host" };
      this.#file = new Mocha.reporters.XUnit(runner, { ...options, reporterOptions });
    }

    override done(failures: number, finished: (failures: number) => void): void {
      this.#file.done(failures, finished);
    }
  };
}
