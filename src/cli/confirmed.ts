import { createInterface } from "node:readline/promises";

/** Asks for confirmation at the terminal; false if there is no terminal, or for any answer but yes. */
export async function confirmed(question: string, signal: AbortSignal): Promise<boolean> {
  if (!process.stdin.isTTY || !process.stderr.isTTY) return false;
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  // The terminal handles Ctrl-C here, not the process.
  terminal.on("SIGINT", () => process.kill(process.pid, "SIGINT"));
  try {
    const answer = await terminal.question(`${question} [y/N] `, { signal });
    return /^y(es)?$/i.test(answer.trim());
  } catch {
    signal.throwIfAborted();
    // Ctrl-D ends the input without an answer.
    return false;
  } finally {
    terminal.close();
  }
}
