// Bundles the program's entry points. DuckDB's native library stays outside the bundles.
import { realpathSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = path.dirname(fileURLToPath(import.meta.url));
const shared = {
  absWorkingDir: root,
  bundle: true,
  platform: "node",
  target: "node20",
  format: "cjs",
  // cpu-features and sshcrypto.node are optional native helpers of ssh2, found at run time where they exist.
  external: ["@duckdb/node-api", "cpu-features", "ssh2", "vscode"],
  sourcemap: true,
  logLevel: "warning",
  legalComments: "none",
};

/** What runs in webviews: plain files in dist/media, loaded by their names. */
const webviewEntries = [
  { in: "media/preview/main.ts", out: "preview" },
  { in: "media/preview/style.css", out: "preview" },
  { in: "media/preview/preview-light.svg", out: "preview-light" },
  { in: "media/preview/preview-dark.svg", out: "preview-dark" },
  { in: "@vscode/codicons/dist/codicon.css", out: "codicon" },
];
const extensionEntries = { extension: "src/extension.ts", engine: "src/engine/main.ts" };

/**
 * Builds what VS Code loads: the extension, its engine process and its webviews. ssh2 goes in, so that beside the bundles only
 * DuckDB is needed; its optional native helpers stay out, for they fit one Node.js only.
 *
 * @param {object} [options]
 * @param {string} [options.outdir]
 * @param {string} [options.duckdbBinding] the package with DuckDB's library for one platform. With it, DuckDB's
 *   JavaScript is bundled too and the result is compact: that is what the VSIX holds. Without it, DuckDB is left in
 *   node_modules.
 * @returns {Promise<readonly string[]>} the source files that went in
 */
export async function buildExtension({ outdir = "dist", duckdbBinding } = {}) {
  const packaged = duckdbBinding !== undefined;
  const output = {
    // Names are kept, so that a stack trace in a bug report can be read.
    minifySyntax: packaged,
    minifyWhitespace: packaged,
    sourcemap: !packaged,
    metafile: true,
  };
  const results = await Promise.all([
    build({
      ...shared,
      ...output,
      entryPoints: extensionEntries,
      outdir,
      external: ["vscode", "cpu-features", "*.node", ...(packaged ? [] : ["@duckdb/node-api"])],
      ...(packaged ? { alias: { "@duckdb/node-bindings": `${duckdbBinding}/duckdb.node` } } : {}),
    }),
    build({
      ...shared,
      ...output,
      entryPoints: webviewEntries,
      outdir: path.join(outdir, "media"),
      platform: "browser",
      // The Chromium inside VS Code 1.100.
      target: "chrome132",
      format: "iife",
      external: [],
      loader: { ".svg": "copy", ".ttf": "copy" },
      assetNames: "[name]",
    }),
  ]);
  return results.flatMap(({ metafile }) => Object.keys(metafile.inputs));
}

async function main() {
  await build({
    ...shared,
    entryPoints: { cli: "src/cli.ts" },
    outdir: "dist",
    banner: { js: "#!/usr/bin/env node" },
  });
  await buildExtension();
  // What `npm run bench` runs; no part of the program.
  if (process.argv.includes("--bench")) {
    await build({
      ...shared,
      entryPoints: ["main", "usageAtExit", "transfer", "delayProxy"].map((name) => `bench/${name}.ts`),
      outdir: "dist/bench",
    });
  }
}

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  await main();
}
