// npm run test:host: the host tests inside the oldest VS Code that the extension supports. Options:
//   --grep words       only the tests with these words in their names
//   --timeout seconds  for each session
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { fail } from "../../scripts/program";
import { buildHostTests, root } from "../../scripts/vscode/hostTests";
import { runTestModule } from "../../scripts/vscode/runTestModule";
import { type Host, startHost } from "../../scripts/vscodeHost";
import { type Session, sessions } from "./sessions";

const oldest = "1.100";
const { values } = parseArgs({
  options: {
    grep: { type: "string" },
    timeout: { type: "string", default: "900" },
  },
});
const results = path.join(root, "out", "test-results");

/** What `index.ts` writes. */
interface Results {
  readonly passed: number;
  readonly failures: readonly string[];
  readonly skipped: number;
}

async function main(): Promise<void> {
  await mkdir(results, { recursive: true });
  await rm(path.join(results, "host.json"), { force: true });
  const total = { passed: 0, failures: [] as string[], skipped: 0 };
  for (const session of sessions) {
    const { passed, failures, skipped } = await run(session);
    total.passed += passed;
    total.failures.push(...failures);
    total.skipped += skipped;
  }
  if (values.grep !== undefined && total.passed + total.failures.length === 0) {
    throw new Error(`No test has "${values.grep}" in its name.`);
  }
  await writeFile(path.join(results, "host.json"), JSON.stringify(total));
  process.exitCode = total.failures.length === 0 ? 0 : 1;
}

/** Runs one session's tests in a separate VS Code. */
async function run({ name, suite, settings, workspace }: Session): Promise<Results> {
  const tests = await buildHostTests(suite);
  const file = (ending: string) => path.join(results, `host-${name}.${ending}`);
  for (const ending of ["xml", "json", "log"]) await rm(file(ending), { force: true });
  const folder = await mkdtemp(path.join(tmpdir(), "clever-lake-workspace-"));
  let host: Host | undefined;
  try {
    await workspace(folder);
    host = await startHost({
      version: oldest,
      userSettings: settings,
      env: {
        CLEVER_LAKE_TEST_RESULTS: file("xml"),
        ...(values.grep === undefined ? {} : { CLEVER_LAKE_TEST_GREP: values.grep }),
      },
    });
    console.log(`VS Code ${host.vscode}, ${name}`);
    const code = await runTestModule(host, {
      folder,
      extension: root,
      tests,
      log: file("log"),
      seconds: Number(values.timeout),
      onLine: (line) => console.log(line),
    });
    return await resultsOf(code, file);
  } finally {
    await host?.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

/** The tests by outcome. An extension host that dies also exits with 0, but leaves no results. */
async function resultsOf(code: number, file: (ending: string) => string): Promise<Results> {
  let results: Results;
  try {
    results = JSON.parse(await readFile(file("json"), "utf8"));
  } catch {
    throw new Error(
      `The tests did not come to their end; VS Code says:\n${await readFile(file("log"), "utf8")}`,
    );
  }
  if (code !== 0 && results.failures.length === 0) {
    throw new Error(`VS Code ended with ${code}, and says:\n${await readFile(file("log"), "utf8")}`);
  }
  if (values.grep === undefined && results.passed + results.failures.length === 0) {
    throw new Error("There was no test.");
  }
  return results;
}

main().catch(fail);
