import { appendFileSync } from "node:fs";
import path from "node:path";
import { performance } from "node:perf_hooks";
import { extensions } from "vscode";

export interface Activation {
  readonly milliseconds: number;
  /** CPU time, in milliseconds. */
  readonly processor: number;
  /** The extension's files that were read by then. */
  readonly loaded: readonly string[];
}

/**
 * The time of the extension's activation in a freshly started extension host: from the request to its end, including
 * reading its code.
 *
 * @throws if it was already active
 */
export async function run(): Promise<void> {
  const extension = extensions.getExtension("clever-lake.clever-lake");
  if (extension === undefined || extension.isActive)
    throw new Error("The extension is missing, or was faster.");
  const started = performance.now();
  const before = process.cpuUsage();
  await extension.activate();
  const milliseconds = performance.now() - started;
  const { user, system } = process.cpuUsage(before);
  const own = path.join(extension.extensionPath, "dist") + path.sep;
  const loaded = Object.keys(require.cache).filter((file) => file.startsWith(own));
  const result: Activation = {
    milliseconds,
    processor: (user + system) / 1000,
    loaded: loaded.map((file) => path.basename(file)),
  };
  appendFileSync(process.env.BENCH_RESULTS ?? "", `${JSON.stringify(result)}\n`);
}
