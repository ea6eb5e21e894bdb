// The processes of a test run: starts them, ends them with the run, and finds leftovers afterwards.
import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { setPriority } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";

/**
 * Set in the environment of every process that a run starts, at any depth, so that it can be found. The engine gets
 * no variable with the program's prefix, so this one has another.
 */
const markName = "TEST_RUN_MARK";
const mark = randomUUID();
process.env[markName] = mark;

/** @type {Set<import("node:child_process").ChildProcess>} */
const children = new Set();
/** @type {NodeJS.Signals | undefined} */
let interruptedBy;

for (const name of /** @type {const} */ (["SIGINT", "SIGTERM", "SIGHUP"])) {
  process.on(name, () => interrupt(name));
}
// npm forwards no signals: its shell ends, and with it the process that waits for the result.
const parent = process.ppid;
setInterval(() => {
  if (process.ppid !== parent && interruptedBy === undefined) interrupt("SIGHUP");
}, 1000).unref();

/** @param {NodeJS.Signals} name */
function interrupt(name) {
  interruptedBy ??= name;
  for (const child of children) child.kill(name === "SIGINT" ? "SIGINT" : "SIGTERM");
}

/** The signal that ended the run early, if any. */
export function interruption() {
  return interruptedBy;
}

/**
 * Runs a Node.js script to its end.
 *
 * @param {readonly string[]} args
 * @param {object} options
 * @param {string} options.cwd
 * @param {import("node:child_process").StdioOptions} options.stdio
 * @param {number} [options.minutes] time limit
 * @param {number} [options.priority] niceness: a higher one yields to other processes
 * @returns {Promise<number>} its exit code; 1 if it was killed
 */
export async function runNode(args, { cwd, stdio, minutes, priority }) {
  if (interruptedBy !== undefined) return 1;
  const child = spawn(process.execPath, args, { cwd, stdio });
  children.add(child);
  if (priority !== undefined && child.pid !== undefined) setPriority(child.pid, priority);
  let late;
  if (minutes !== undefined) {
    late = setTimeout(() => {
      console.error(`*** ${args[0]} did not end within ${minutes} minutes.`);
      child.kill("SIGTERM");
      late = setTimeout(() => child.kill("SIGKILL"), 10_000);
    }, minutes * 60_000);
  }
  try {
    return await new Promise((resolve, reject) => {
      child.once("error", reject);
      child.once("exit", (code) => resolve(code ?? 1));
    });
  } finally {
    clearTimeout(late);
    children.delete(child);
  }
}

/**
 * Ends leftover processes of the run, after a few seconds in which they may exit.
 *
 * @returns {Promise<string[]>} the command lines of the processes that had to be ended
 */
export async function endLeftBehind() {
  if (process.platform !== "linux") return [];
  const deadline = Date.now() + (interruptedBy === undefined ? 10_000 : 3_000);
  while (marked().length > 0 && Date.now() < deadline) await sleep(200);
  const commands = [];
  // A process may start another just before it is ended.
  for (let round = 0; round < 5; round++) {
    for (const { pid, command } of marked()) {
      commands.push(command);
      try {
        process.kill(pid, "SIGKILL");
      } catch {
        // It has just exited.
      }
    }
    await sleep(100);
  }
  return [...new Set(commands)];
}

/** The processes of this run that are still alive. */
function marked() {
  const wanted = `${markName}=${mark}`;
  return readdirSync("/proc").flatMap((name) => {
    const pid = Number(name);
    if (!Number.isInteger(pid) || pid === process.pid) return [];
    try {
      if (!readFileSync(`/proc/${pid}/environ`, "latin1").split("\0").includes(wanted)) return [];
      return [
        { pid, command: readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").slice(0, 200) },
      ];
    } catch {
      return [];
    }
  });
}
