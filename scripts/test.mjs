// Runs every test with one command: installs what the tests need where possible, builds the program, and runs vitest,
// the tests inside VS Code's extension host and the end-to-end tests. Names the failed tests at the end, and counts all. In
// CI, no test may be left out. With arguments, only vitest runs, on the named files: npm test -- test/unit/plan.test.ts
import { existsSync, mkdtempSync, readFileSync, rmSync, statfsSync } from "node:fs";
import { constants, freemem, tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { build, stop } from "esbuild";
import { endLeftBehind, interruption, runNode } from "./testProcesses.mjs";
import { findChromium, prepareHost } from "./vscodeHost.mjs";

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const helpers = path.join(root, "test", "helpers");
const filters = process.argv.slice(2);
const total = { passed: 0, failed: 0, skipped: 0 };
/** The failed tests, by name and reason: the end of a long output is what one reads first. @type {string[]} */
const failures = [];
/** @type {string[]} */
const leftOut = [];

/** The tests' own code that finds sshd, Python, Spark and Wine, so that the tests use what is prepared here. */
async function helperFunctions() {
  const { outputFiles } = await build({
    stdin: {
      contents:
        'export { findSshd } from "./sshd"; export { pythonWithDelta } from "./python"; export { sparkJars } from "./spark"; export { windowsUnderWine } from "./windowsBuilds";',
      resolveDir: helpers,
    },
    bundle: true,
    platform: "node",
    target: "node20",
    format: "esm",
    write: false,
    define: { "import.meta.dirname": JSON.stringify(helpers) },
  });
  // Otherwise its process would run as long as this one.
  await stop();
  return import(`data:text/javascript,${encodeURIComponent(outputFiles[0].text)}`);
}

/** Runs before vitest starts its workers: two of them might try to install at once. */
async function prepare() {
  const { findSshd, pythonWithDelta, sparkJars, windowsUnderWine } = await helperFunctions();
  await leaveOutUnless("the tests against a real OpenSSH server (install openssh-server)", findSshd);
  await leaveOutUnless(
    "the checks with delta-rs, OpenDAL and Azure's Python client (install Python 3.11 or newer with venv and pip)",
    pythonWithDelta,
  );
  await leaveOutUnless("the checks with Apache Spark (install Java 17 and Maven)", sparkJars);
  await leaveOutUnless("the tests of the Windows builds under Wine (install wine)", windowsUnderWine);
}

/** Whether the prerequisite is available; otherwise the tests that need it are listed as left out. */
async function leaveOutUnless(what, find) {
  try {
    if ((await find()) !== undefined) return true;
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
  }
  leftOut.push(what);
  return false;
}

/** Everything that vitest runs with one of its configurations. */
async function vitest(args, minutes) {
  const folder = mkdtempSync(path.join(tmpdir(), "clever-lake-results-"));
  try {
    const report = path.join(folder, "results.json");
    const cli = path.join("node_modules", "vitest", "vitest.mjs");
    const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
    const status = await runNode([cli, "run", ...reporters, ...args], {
      cwd: root,
      stdio: ["ignore", "inherit", "inherit"],
      minutes,
    });
    count("vitest", vitestResults(report), status);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * Runs tests with their temporary files in memory, if there is plenty: they write much and keep little, and this is
 * faster.
 *
 * @param {() => Promise<void>} run
 */
async function inMemory(run) {
  const needed = 8e9;
  const { bavail = 0, bsize = 0 } = existsSync(sharedMemory) ? statfsSync(sharedMemory) : {};
  if (bavail * bsize < needed || freemem() < 2 * needed) return run();
  const folder = mkdtempSync(path.join(sharedMemory, "clever-lake-tests-"));
  const { TMPDIR } = process.env;
  process.env.TMPDIR = folder;
  try {
    await run();
  } finally {
    rmSync(folder, { recursive: true, force: true });
    if (TMPDIR === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = TMPDIR;
  }
}

const sharedMemory = "/dev/shm";

/** The results of a run of vitest. A file that fails before its tests counts as one failure. */
function vitestResults(report) {
  let results;
  try {
    results = JSON.parse(readFileSync(report, "utf8"));
  } catch {
    return { passed: 0, failures: [], skipped: 0 };
  }
  return {
    passed: results.numPassedTests,
    failures: results.testResults.flatMap(failuresOf),
    skipped: results.numPendingTests + results.numTodoTests,
  };
}

/** The failures of a file of tests. */
function failuresOf({ name, status, message, assertionResults }) {
  const file = path.relative(root, name);
  const failed = assertionResults
    .filter((test) => test.status === "failed")
    .map((test) => `${file}: ${test.fullName}\n${test.failureMessages.join("\n")}`);
  return failed.length === 0 && status === "failed" ? [`${file}\n${message}`] : failed;
}

/** The results of the tests inside the extension host. */
function hostResults() {
  try {
    return JSON.parse(readFileSync(path.join(root, "out", "test-results", "host.json"), "utf8"));
  } catch {
    return { passed: 0, failures: [], skipped: 0 };
  }
}

/** A run that failed without a failing test, or without any test, counts as one failure. */
function count(what, results, status) {
  total.passed += results.passed;
  total.skipped += results.skipped;
  const failed = [...results.failures];
  if (failed.length === 0 && (status !== 0 || results.passed === 0)) {
    failed.push(`${what}: ended with ${status}, and ${results.passed} tests passed`);
  }
  total.failed += failed.length;
  failures.push(...failed);
}

/** Runs the tests in a real VS Code. Preparing the hosts again reports why it failed, if it did. */
async function testInVsCode() {
  const inVsCode = "the tests inside VS Code's extension host and the end-to-end tests";
  if (!(await leaveOutUnless(`${inVsCode} (install chromium)`, findChromium))) return;
  if (await leaveOutUnless("the tests inside VS Code's extension host", () => prepareHost("1.100"))) {
    rmSync(path.join(root, "out", "test-results", "host.json"), { force: true });
    const status = await runNode([path.join("test", "host", "run.mjs")], {
      cwd: root,
      stdio: ["ignore", "inherit", "inherit"],
      minutes: 30,
    });
    count("the tests inside VS Code's extension host", hostResults(), status);
  }
  if (await leaveOutUnless("the end-to-end tests in VS Code", () => prepareHost("1.139"))) {
    await vitest(["--config", path.join("test", "e2e", "vitest.config.mts")], 45);
  }
}

async function main() {
  await prepare();
  const quiet = { cwd: root, stdio: /** @type {const} */ (["ignore", "ignore", "ignore"]) };
  const built = await runNode(["esbuild.mjs"], { cwd: root, stdio: ["ignore", 2, 2] });
  if (built !== 0) {
    count("the build", { passed: 0, failures: [], skipped: 0 }, built);
    return;
  }
  if (filters.length > 0) {
    await vitest(filters);
    return;
  }
  // On a fresh machine this downloads and compiles for minutes: in parallel with the first tests, at low priority.
  const preparing = runNode([path.join("scripts", "vscodeHost.mjs"), "prepare"], {
    ...quiet,
    priority: constants.priority.PRIORITY_LOW,
  });
  await inMemory(() => vitest([]));
  await preparing;
  if (interruption() === undefined) await testInVsCode();
}

try {
  await main();
} catch (error) {
  console.error(error);
  total.failed++;
}
const leftBehind = await endLeftBehind();
const signal = interruption();
if (signal !== undefined) {
  console.error(`*** Interrupted by ${signal}.`);
  total.failed++;
} else {
  for (const command of leftBehind) console.error(`*** LEFT RUNNING, killed now: ${command}`);
  if (leftBehind.length > 0) total.failed++;
}
if (total.skipped > 0) leftOut.push(`${total.skipped} tests that were skipped`);
for (const failure of failures)
  console.error(`*** FAILED: ${failure.split("\n").slice(0, 12).join("\n    ")}`);
for (const what of leftOut) console.error(`*** LEFT OUT: ${what}`);
if (process.env.CI && leftOut.length > 0) {
  console.error("*** In CI nothing may be left out: this run counts as failed.");
  total.failed += leftOut.length;
}
console.log(`${total.passed} passed, ${total.failed} failed`);
process.exitCode = total.failed > 0 ? 1 : 0;
