import { type SpawnOptions, spawn } from "node:child_process";

/**
 * Runs a program with a JSON request on its standard input; resolves to its JSON answer.
 * @param name what an error calls the program
 */
export async function askProcess(
  name: string,
  command: string,
  args: readonly string[],
  request: object,
  options: SpawnOptions = {},
): Promise<unknown> {
  const child = spawn(command, args, { ...options, stdio: ["pipe", "pipe", "pipe"] });
  const output: Buffer[] = [];
  const errors: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => output.push(chunk));
  child.stderr.on("data", (chunk: Buffer) => errors.push(chunk));
  const ended = new Promise<number | null>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", resolve);
  });
  child.stdin.end(JSON.stringify(request));
  const status = await ended;
  const text = Buffer.concat(output).toString("utf8");
  if (status !== 0) {
    throw new Error(
      `${name} failed: ${text.slice(-500)}${Buffer.concat(errors).toString("utf8").slice(-3000)}`,
    );
  }
  return JSON.parse(text);
}
