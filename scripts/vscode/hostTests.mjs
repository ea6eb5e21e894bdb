// The tests that run inside the extension host, as VS Code is given them.
import { readdir, rm } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { buildExtension } from "../../esbuild.mjs";

export const root = path.dirname(path.dirname(path.dirname(fileURLToPath(import.meta.url))));

/**
 * Builds the extension and its host tests.
 *
 * @returns {Promise<string>} the module whose `run()` VS Code calls
 */
export async function buildHostTests() {
  await buildExtension();
  const outdir = path.join(root, "out", "host");
  await rm(outdir, { recursive: true, force: true });
  const suite = path.join(root, "test", "host", "suite");
  const tests = (await readdir(suite)).filter((name) => name.endsWith(".test.ts"));
  await build({
    entryPoints: [
      path.join(root, "test", "host", "index.ts"),
      ...tests.map((name) => path.join(suite, name)),
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
