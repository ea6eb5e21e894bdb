// The processes of a test run: started here, ended with it, and looked for when it is over.
import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { setPriority } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";

/**
 * In the environment of everything that a run starts, however deep, so that it can be found again. The engine is given
 * no variable that begins with the program's name, therefore this one does not.
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
// npm passes no signal on: the shell that it started ends, and with it the one who waits for the outcome.
const parent = process.ppid;
setInterval(() => {
  if (process.ppid !== parent && interruptedBy === undefined) interrupt("SIGHUP");
}, 1000).unref();

/** @param {NodeJS.Signals} name */
function interrupt(name) {
  interruptedBy ??= name;
  for (const child of children) child.kill(name === "SIGINT" ? "SIGINT" : "SIGTERM");
}

/** The signal that ended the run early, if one did. */
export function interruption() {
  return interruptedBy;
}

/**
 * Runs Node.js on a script to its end.
 *
 * @param {readonly string[]} args
 * @param {object} options
 * @param {string} options.cwd
 * @param {import("node:child_process").StdioOptions} options.stdio
 * @param {number} [options.minutes] how long it may take
 * @param {number} [options.priority] a higher one is nicer to the others
 * @returns {Promise<number>} its exit code; 1 where it was ended
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
 * Ends what the run left behind. What is ending by itself is given a few seconds to.
 *
 * @returns {Promise<string[]>} what had to be ended, each as its command line
 */
export async function endLeftBehind() {
  if (process.platform !== "linux") return [];
  const deadline = Date.now() + (interruptedBy === undefined ? 10_000 : 3_000);
  while (marked().length > 0 && Date.now() < deadline) await sleep(200);
  const commands = [];
  // Each one that is ended may have been about to start another.
  for (let round = 0; round < 5; round++) {
    for (const { pid, command } of marked()) {
      commands.push(command);
      try {
        process.kill(pid, "SIGKILL");
      } catch {
        // It ended just now.
      }
    }
    await sleep(100);
  }
  return [...new Set(commands)];
}

/** The processes that this run started and that are there now. */
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
