// Runs every test with one command: installs what the tests need where possible, builds the program, and runs vitest,
// the tests inside VS Code's extension host and the end-to-end tests. Names the failed tests at the end, and counts all. In
// CI, no test may be left out. With arguments, only vitest runs, on the named files: npm test -- test/unit/plan.test.ts
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statfsSync,
} from "node:fs";
import { constants, freemem, tmpdir } from "node:os";
import path from "node:path";
import type { JsonTestResult, JsonTestResults } from "vitest/node";
import { allSettledOrThrow } from "../src/basics/allSettledOrThrow";
import { pythonWithDelta } from "../test/helpers/python";
import { sparkJars } from "../test/helpers/spark";
import { findSshd } from "../test/helpers/sshd";
import { windowsUnderWine } from "../test/helpers/windowsBuilds";
import { endLeftBehind, interruption, runNode } from "./testProcesses";
import { findChromium, prepareHost } from "./vscodeHost";

/** The outcome of a part of the run. */
interface Results {
  readonly passed: number;
  readonly failures: readonly string[];
  readonly skipped: number;
}

const root = path.dirname(import.meta.dirname);
const typeScript = ["--import", "tsx"];
const none: Results = { passed: 0, failures: [], skipped: 0 };
const filters = process.argv.slice(2);
const total = { passed: 0, failed: 0, skipped: 0 };
/** The failed tests, by name and reason: the end of a long output is read first. */
const failures: string[] = [];
const leftOut: string[] = [];

/** Runs before vitest starts its workers: two of them might try to install at once. */
async function prepare(): Promise<void> {
  await leaveOutUnless("the tests against a real OpenSSH server (install openssh-server)", findSshd);
  await leaveOutUnless(
    "the checks with delta-rs, OpenDAL and Azure's Python client (install Python 3.11 or newer with venv and pip)",
    pythonWithDelta,
  );
  await leaveOutUnless("the checks with Apache Spark (install Java 17 and Maven)", sparkJars);
  await leaveOutUnless("the tests of the Windows builds under Wine (install wine)", windowsUnderWine);
}

/** Whether the prerequisite is available; otherwise the tests that need it are listed as left out. */
async function leaveOutUnless(what: string, find: () => unknown): Promise<boolean> {
  try {
    if ((await find()) !== undefined) return true;
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
  }
  leftOut.push(what);
  return false;
}

/** Everything that vitest runs with one of its configurations. */
async function vitest(args: readonly string[], minutes?: number): Promise<void> {
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
 * Runs tests with their temporary files in memory, if there is plenty: they write a lot and keep little, and this is
 * faster.
 */
async function inMemory(run: () => Promise<void>): Promise<void> {
  const needed = 8e9;
  const { bavail, bsize } = existsSync(sharedMemory) ? statfsSync(sharedMemory) : { bavail: 0, bsize: 0 };
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
function vitestResults(report: string): Results {
  let results: JsonTestResults;
  try {
    results = JSON.parse(readFileSync(report, "utf8"));
  } catch {
    return none;
  }
  return {
    passed: results.numPassedTests,
    failures: results.testResults.flatMap(failuresOf),
    skipped: results.numPendingTests + results.numTodoTests,
  };
}

/** The failures of a file of tests. */
function failuresOf({ name, status, message, assertionResults }: JsonTestResult): string[] {
  const file = path.relative(root, name);
  const failed = assertionResults
    .filter((test) => test.status === "failed")
    .map((test) => `${file}: ${test.fullName}\n${(test.failureMessages ?? []).join("\n")}`);
  return failed.length === 0 && status === "failed" ? [`${file}\n${message}`] : failed;
}

/** The results of the tests inside the extension host. */
function hostResults(): Results {
  try {
    return JSON.parse(readFileSync(path.join(root, "out", "test-results", "host.json"), "utf8"));
  } catch {
    return none;
  }
}

/** A run that failed without a failing test, or without any test, counts as one failure. */
function count(what: string, results: Results, status: number): void {
  total.passed += results.passed;
  total.skipped += results.skipped;
  const failed = [...results.failures];
  if (failed.length === 0 && (status !== 0 || results.passed === 0)) {
    failed.push(`${what}: ended with ${status}, and ${results.passed} tests passed`);
  }
  total.failed += failed.length;
  failures.push(...failed);
}

/**
 * Runs the tests in a real VS Code. Preparing the hosts again reports why it failed, if it did. The host tests and the
 * end-to-end tests run concurrently, because both mostly wait for their windows.
 */
async function testInVsCode(): Promise<void> {
  const inVsCode = "the tests inside VS Code's extension host and the end-to-end tests";
  if (!(await leaveOutUnless(`${inVsCode} (install chromium)`, findChromium))) return;
  const parts: Promise<void>[] = [];
  if (await leaveOutUnless("the tests inside VS Code's extension host", () => prepareHost("1.100"))) {
    parts.push(testInExtensionHost());
  }
  if (await leaveOutUnless("the end-to-end tests in VS Code", () => prepareHost("1.139"))) {
    parts.push(vitest(["--config", path.join("test", "e2e", "vitest.config.mts")], 45));
  }
  await allSettledOrThrow(parts);
}

/** Runs the host tests. Their output is printed at the end, so that it does not mix with that of others. */
async function testInExtensionHost(): Promise<void> {
  const folder = path.join(root, "out", "test-results");
  mkdirSync(folder, { recursive: true });
  rmSync(path.join(folder, "host.json"), { force: true });
  const output = path.join(folder, "host-output.txt");
  const file = openSync(output, "w");
  try {
    const status = await runNode([...typeScript, path.join("test", "host", "run.ts"), "--timeout", "1800"], {
      cwd: root,
      stdio: ["ignore", file, file],
      minutes: 45,
    });
    count("the tests inside VS Code's extension host", hostResults(), status);
  } finally {
    closeSync(file);
    console.log(readFileSync(output, "utf8"));
  }
}

async function runAll(): Promise<void> {
  await prepare();
  const built = await runNode([...typeScript, "esbuild.ts"], { cwd: root, stdio: ["ignore", 2, 2] });
  if (built !== 0) {
    count("the build", none, built);
    return;
  }
  if (filters.length > 0) {
    await vitest(filters);
    return;
  }
  // On a fresh machine this downloads and compiles for minutes: in parallel with the first tests, at low priority.
  const preparing = runNode([...typeScript, path.join("scripts", "vscodeHost.ts"), "prepare"], {
    cwd: root,
    stdio: "ignore",
    priority: constants.priority.PRIORITY_LOW,
  });
  await inMemory(() => vitest([]));
  await preparing;
  if (interruption() === undefined) await testInVsCode();
}

async function main(): Promise<void> {
  try {
    await runAll();
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
}

void main();
