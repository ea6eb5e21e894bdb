import { realpathSync } from "node:fs";

/** Whether Node.js was started with this file; otherwise another module imports it. */
export function isProgram(file: string): boolean {
  const [, started] = process.argv;
  return started !== undefined && realpathSync(started) === file;
}

/** Ends a program whose work failed: prints the reason, and the exit code is 2. */
export function fail(error: unknown): void {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 2;
}
