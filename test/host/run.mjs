// npm run test:host: the host tests inside the oldest VS Code that the extension supports. Options:
//   --grep words       only the tests with these words in their names
//   --timeout seconds  for each session
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { buildHostTests, root } from "../../scripts/vscode/hostTests.mjs";
import { runTestModule } from "../../scripts/vscode/runTestModule.mjs";
import { startHost } from "../../scripts/vscodeHost.mjs";
import { sessions } from "./sessions.mjs";

const oldest = "1.100";
const { values } = parseArgs({
  options: {
    grep: { type: "string" },
    timeout: { type: "string", default: "900" },
  },
});
const results = path.join(root, "out", "test-results");

async function main() {
  await mkdir(results, { recursive: true });
  await rm(path.join(results, "host.json"), { force: true });
  const total = { passed: 0, failures: [], skipped: 0 };
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
  return total.failures.length === 0 ? 0 : 1;
}

/** Runs one session's tests in a separate VS Code. */
async function run({ name, suite, settings, workspace }) {
  const tests = await buildHostTests(suite);
  const file = (ending) => path.join(results, `host-${name}.${ending}`);
  for (const ending of ["xml", "json", "log"]) await rm(file(ending), { force: true });
  const folder = await mkdtemp(path.join(tmpdir(), "clever-lake-workspace-"));
  let host;
  try {
    await workspace?.(folder);
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
async function resultsOf(code, file) {
  let results;
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

try {
  process.exitCode = await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 2;
}
