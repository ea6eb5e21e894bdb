// The processes of a test run: starts them, ends them with the run, and finds leftovers afterwards.
import { type ChildProcess, type StdioOptions, spawn } from "node:child_process";
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

const children = new Set<ChildProcess>();
let interruptedBy: NodeJS.Signals | undefined;

for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(name, () => interrupt(name));
}
// npm forwards no signals: its shell ends, and with it the process that waits for the result.
const parent = process.ppid;
setInterval(() => {
  if (process.ppid !== parent && interruptedBy === undefined) interrupt("SIGHUP");
}, 1000).unref();

function interrupt(name: NodeJS.Signals): void {
  interruptedBy ??= name;
  for (const child of children) child.kill(name === "SIGINT" ? "SIGINT" : "SIGTERM");
}

/** The signal that ended the run early, if any. */
export function interruption(): NodeJS.Signals | undefined {
  return interruptedBy;
}

export interface RunOptions {
  readonly cwd: string;
  readonly stdio: StdioOptions;
  /** Time limit. */
  readonly minutes?: number | undefined;
  /** Niceness: a higher one yields to other processes. */
  readonly priority?: number;
}

/**
 * Runs Node.js to its end.
 *
 * @returns its exit code; 1 if it was killed
 */
export async function runNode(
  args: readonly string[],
  { cwd, stdio, minutes, priority }: RunOptions,
): Promise<number> {
  if (interruptedBy !== undefined) return 1;
  const child = spawn(process.execPath, args, { cwd, stdio });
  children.add(child);
  if (priority !== undefined && child.pid !== undefined) setPriority(child.pid, priority);
  let late: NodeJS.Timeout | undefined;
  if (minutes !== undefined) {
    late = setTimeout(() => {
      console.error(`*** ${args.join(" ")} did not end within ${minutes} minutes.`);
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
 * @returns the command lines of the processes that had to be ended
 */
export async function endLeftBehind(): Promise<string[]> {
  if (process.platform !== "linux") return [];
  const deadline = Date.now() + (interruptedBy === undefined ? 10_000 : 3_000);
  while (marked().length > 0 && Date.now() < deadline) await sleep(200);
  const commands: string[] = [];
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
function marked(): { readonly pid: number; readonly command: string }[] {
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
