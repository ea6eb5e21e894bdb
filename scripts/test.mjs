// Every test in one command: gets what the tests need from the system where it can, builds the program, runs vitest, and
// ends with a line that counts. In CI nothing may be left out.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const helpers = path.join(root, "test", "helpers");
const leftOut = [];

/** The tests' own ways to sshd and to Python, so that what is prepared here is what they look for. */
async function helperFunctions() {
  const { outputFiles } = await build({
    stdin: {
      contents: 'export { findSshd } from "./sshd"; export { pythonWithDelta } from "./python";',
      resolveDir: helpers,
    },
    bundle: true,
    platform: "node",
    target: "node20",
    format: "esm",
    write: false,
    define: { "import.meta.dirname": JSON.stringify(helpers) },
  });
  return import(`data:text/javascript,${encodeURIComponent(outputFiles[0].text)}`);
}

/** Before vitest starts its workers, since two of them at once would both want to install. */
async function prepare() {
  const { findSshd, pythonWithDelta } = await helperFunctions();
  const needs = [
    { find: findSshd, what: "the tests against a real OpenSSH server (install openssh-server)" },
    {
      find: pythonWithDelta,
      what: "the checks with delta-rs (install Python 3.9 or newer with venv and pip)",
    },
  ];
  for (const { find, what } of needs) {
    try {
      if ((await find()) === undefined) leftOut.push(what);
    } catch (error) {
      console.error(error instanceof Error ? error.message : error);
      leftOut.push(what);
    }
  }
}

function vitest(report) {
  const cli = path.join(root, "node_modules", "vitest", "vitest.mjs");
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
  const { status, error } = spawnSync(
    process.execPath,
    [cli, "run", ...reporters, ...process.argv.slice(2)],
    {
      cwd: root,
      stdio: ["ignore", "inherit", "inherit"],
    },
  );
  if (error) throw error;
  return status;
}

/** Tests by outcome. A file that did not get as far as its tests, or an error outside of them, counts as a failure. */
function countResults(report, status) {
  let results;
  try {
    results = JSON.parse(readFileSync(report, "utf8"));
  } catch {
    return { passed: 0, failed: 1, skipped: 0 };
  }
  const brokenFiles = results.testResults.filter(
    (file) => file.status === "failed" && !file.assertionResults.some((test) => test.status === "failed"),
  );
  const failed = results.numFailedTests + brokenFiles.length;
  return {
    passed: results.numPassedTests,
    failed: failed === 0 && status !== 0 ? 1 : failed,
    skipped: results.numPendingTests + results.numTodoTests,
  };
}

const folder = mkdtempSync(path.join(tmpdir(), "clever-lake-results-"));
try {
  await prepare();
  const built = spawnSync(process.execPath, ["esbuild.mjs"], { cwd: root, stdio: ["ignore", 2, 2] });
  const report = path.join(folder, "results.json");
  const status = built.status === 0 ? vitest(report) : 1;
  const { passed, failed, skipped } = countResults(report, status);
  if (skipped > 0) leftOut.push(`${skipped} tests that vitest skipped`);
  for (const what of leftOut) console.error(`*** LEFT OUT: ${what}`);
  const incomplete = process.env.CI && leftOut.length > 0;
  if (incomplete) console.error("*** In CI nothing may be left out: this run counts as failed.");
  console.log(`${passed} passed, ${failed + (incomplete ? leftOut.length : 0)} failed`);
  process.exitCode = status !== 0 || failed > 0 || incomplete ? 1 : 0;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
