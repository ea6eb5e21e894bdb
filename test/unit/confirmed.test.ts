import { PassThrough } from "node:stream";
import { afterEach, expect, test } from "vitest";
import { confirmed } from "../../src/cli/confirmed";

const { stdin, stderr } = process;

/** Puts streams of a terminal in place of the process's own. */
function useTerminal(): PassThrough {
  const terminal = { input: new PassThrough(), output: new PassThrough() };
  for (const stream of Object.values(terminal)) Object.assign(stream, { isTTY: true });
  Object.defineProperty(process, "stdin", { value: terminal.input });
  Object.defineProperty(process, "stderr", { value: terminal.output });
  return terminal.input;
}

afterEach(() => {
  Object.defineProperty(process, "stdin", { value: stdin });
  Object.defineProperty(process, "stderr", { value: stderr });
});

test.each([
  ["y", "y\r", true],
  ["Yes", "Yes\r", true],
  ["nothing", "\r", false],
  ["n", "n\r", false],
  ["Ctrl-D", "\x04", false],
])("%s at the terminal is an answer", async (_name, keys, answer) => {
  const input = useTerminal();
  const asked = confirmed("Do it?", new AbortController().signal);
  input.write(keys);
  expect(await asked).toBe(answer);
});

test("an interruption is not an answer", async () => {
  useTerminal();
  const stop = new AbortController();
  const asked = confirmed("Do it?", stop.signal);
  stop.abort(new Error("Stopped."));
  await expect(asked).rejects.toThrow("Stopped.");
});
