// The tests that run inside the extension host, in the form that VS Code expects.
import { readdir, rm } from "node:fs/promises";
import path from "node:path";
import { build } from "esbuild";
import { buildExtension } from "../../esbuild";

export const root = path.resolve(import.meta.dirname, "..", "..");

/**
 * Builds the extension and its host tests.
 *
 * @param name the folder in test/host with the tests
 * @returns the module whose `run()` VS Code calls
 */
export async function buildHostTests(name = "suite"): Promise<string> {
  await buildExtension();
  const outdir = path.join(root, "out", "host", name);
  await rm(outdir, { recursive: true, force: true });
  const suite = path.join(root, "test", "host", name);
  const tests = (await readdir(suite)).filter((file) => file.endsWith(".test.ts"));
  await build({
    entryPoints: [
      path.join(root, "test", "host", "index.ts"),
      ...tests.map((file) => path.join(suite, file)),
    ],
    outdir,
    entryNames: "[name]",
    bundle: true,
    platform: "node",
    target: "node20",
    format: "cjs",
    external: ["vscode", "mocha", "cpu-features", "*.node", "@duckdb/node-api"],
    sourcemap: "inline",
    logLevel: "warning",
  });
  return path.join(outdir, "index.js");
}
