// Bundles the program's entry points. DuckDB's native library stays outside the bundles.
//   node esbuild.mjs --watch   builds again whatever changes, until it is interrupted
import { realpathSync } from "node:fs";
import { readdir, rm } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import * as esbuild from "esbuild";

const root = path.dirname(fileURLToPath(import.meta.url));
const isProgram =
  process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url);
const watching = isProgram && process.argv.includes("--watch");

/** Tells, for the task of `.vscode/tasks.json`, when something is built again and when all of it is done. */
const watchNotes = { ready: false, running: 0 };
const tellingWhenBuilt = {
  name: "telling-when-built",
  setup(building) {
    building.onStart(() => {
      if (watchNotes.running++ === 0 && watchNotes.ready) console.log("Building again …");
    });
    building.onEnd(() => {
      if (--watchNotes.running === 0 && watchNotes.ready) console.log("Built; watching for changes.");
    });
  },
};

/** Builds once; when watching, builds once and then after each change. */
async function build(options) {
  if (!watching) return esbuild.build(options);
  const context = await esbuild.context({
    ...options,
    plugins: [...(options.plugins ?? []), tellingWhenBuilt],
  });
  const result = await context.rebuild();
  await context.watch();
  return result;
}

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

/**
 * Azure's packages, in files of their own beside the bundles: a lake in a folder is not to wait until they are read, and
 * they are larger than all the rest.
 */
const azurePackages = {
  "@azure/storage-file-datalake": "azure-storage",
  "@azure/identity": "azure-identity",
};
const azureApart = {
  name: "azure-apart",
  setup(building) {
    building.onResolve({ filter: /^@azure\/(storage-file-datalake|identity)$/ }, ({ path: name }) => ({
      path: `./${azurePackages[name]}.js`,
      external: true,
    }));
  },
};

/**
 * For the command line: packages with native parts go in as well, and only the native parts stay outside. From
 * node_modules, Node.js would look for some two hundred files, one by one, which takes longer than to run them.
 */
const nativePartsOutside = {
  name: "native-parts-outside",
  setup(building) {
    building.onResolve({ filter: /sshcrypto\.node$/ }, () => ({
      path: "ssh2/lib/protocol/crypto/build/Release/sshcrypto.node",
      external: true,
    }));
    // It would tell ssh2 which ciphers to offer first, and the program says that itself.
    building.onResolve({ filter: /^cpu-features$/ }, () => ({ path: "cpu-features", namespace: "left-out" }));
    building.onLoad({ filter: /./, namespace: "left-out" }, () => ({ contents: "" }));
  },
};

/** Bundles Azure's packages into a folder; resolves to the source files that went in. */
async function buildAzure(outdir, output = {}) {
  const { metafile } = await build({
    ...shared,
    ...output,
    entryPoints: Object.entries(azurePackages).map(([name, out]) => ({ in: name, out })),
    outdir,
    external: [],
    metafile: true,
    // One of the packages looks for its own place in this way.
    define: { "import.meta.url": "importMetaUrl" },
    banner: { js: 'const importMetaUrl = require("node:url").pathToFileURL(__filename).href;' },
  });
  return metafile;
}

/**
 * What the extension needs only once it is used, in files of its own beside it: VS Code reads the extension while it
 * starts, and without these it is a sixth as large.
 */
const laterPackages = { zod: "zod", "vscode-jsonrpc/node": "vscode-jsonrpc" };
const laterApart = {
  name: "later-apart",
  setup(building) {
    building.onResolve({ filter: /^(zod|vscode-jsonrpc\/node)$/ }, ({ path: name }) => ({
      path: `./${laterPackages[name]}.js`,
      external: true,
    }));
  },
};

/** What runs in webviews: plain files in dist/media, loaded by their names. */
const webviewEntries = [
  { in: "media/preview/main.ts", out: "preview" },
  { in: "media/preview/style.css", out: "preview" },
  { in: "media/preview/preview-light.svg", out: "preview-light" },
  { in: "media/preview/preview-dark.svg", out: "preview-dark" },
  { in: "media/dashboard/dashboard-light.svg", out: "dashboard-light" },
  { in: "media/dashboard/dashboard-dark.svg", out: "dashboard-dark" },
  { in: "@vscode/codicons/dist/codicon.css", out: "codicon" },
];
/** The dashboard's page goes into the files that it exports too, so it is always as small as it can be. */
const dashboardEntries = [
  { in: "media/dashboard/main.ts", out: "dashboard" },
  { in: "media/dashboard/style.css", out: "dashboard" },
];

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
  const webview = {
    ...shared,
    ...output,
    outdir: path.join(outdir, "media"),
    platform: "browser",
    // The Chromium inside VS Code 1.100.
    target: "chrome132",
    format: "iife",
    external: [],
    loader: { ".svg": "copy", ".ttf": "copy" },
    assetNames: "[name]",
  };
  const results = await Promise.all([
    build({
      ...shared,
      ...output,
      entryPoints: { extension: "src/extension.ts" },
      outdir,
      plugins: [laterApart],
      external: ["vscode"],
      // An import() becomes a require() that runs when it is reached; what it names is in the bundle, or one of the above.
      supported: { "dynamic-import": false },
    }),
    build({
      ...shared,
      ...output,
      entryPoints: Object.entries(laterPackages).map(([name, out]) => ({ in: name, out })),
      outdir,
    }),
    build({
      ...shared,
      ...output,
      entryPoints: { engine: "src/engine/main.ts" },
      outdir,
      plugins: [azureApart],
      external: ["vscode", "cpu-features", "*.node", ...(packaged ? [] : ["@duckdb/node-api"])],
      ...(packaged ? { alias: { "@duckdb/node-bindings": `${duckdbBinding}/duckdb.node` } } : {}),
    }),
    build({ ...webview, entryPoints: webviewEntries }),
    build({ ...webview, entryPoints: dashboardEntries, minify: true }),
  ]);
  const metafiles = [...results.map(({ metafile }) => metafile), await buildAzure(outdir, output)];
  return metafiles.flatMap(({ inputs }) => Object.keys(inputs));
}

/** Removes what earlier builds of the command line left: the names of chunks change with what is in them. */
async function removeOldChunks(outputs) {
  const current = new Set(outputs.map((output) => path.basename(output)));
  const names = await readdir(path.join(root, "dist"));
  const old = names.filter((name) => /^cli-.*\.mjs(\.map)?$/.test(name) && !current.has(name));
  await Promise.all(old.map((name) => rm(path.join(root, "dist", name), { force: true })));
}

/**
 * Builds the command line.
 *
 * @returns {Promise<readonly string[]>} the source files that went in
 */
export async function buildCommandLine() {
  // Modules with chunks: each command loads its own, so that `--version` and a run with nothing new start fast.
  const { metafile } = await build({
    ...shared,
    metafile: true,
    entryPoints: { cli: "src/cli.ts" },
    outdir: "dist",
    format: "esm",
    splitting: true,
    outExtension: { ".js": ".mjs" },
    // Beside the entry: Azure's packages are named relative to the file that loads them.
    chunkNames: "cli-[name]-[hash]",
    plugins: [azureApart, nativePartsOutside],
    external: ["@duckdb/node-bindings"],
    // Modules rather than CommonJS where a package has both: what nobody imports is left out of them.
    mainFields: ["module", "main"],
    // Read at each start: without comments and indentation it is a third smaller. Names stay, for stack traces.
    minifySyntax: true,
    minifyWhitespace: true,
    // What CommonJS packages within the bundle expect to be there.
    banner: {
      js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url); const __dirname = import.meta.dirname;',
    },
  });
  await removeOldChunks(Object.keys(metafile.outputs));
  return Object.keys(metafile.inputs);
}

async function main() {
  await buildCommandLine();
  await buildExtension();
  // What `npm run bench` runs; no part of the program.
  if (process.argv.includes("--bench")) {
    await build({
      ...shared,
      entryPoints: Object.fromEntries([
        ...["main", "usageAtExit", "transfer", "delayProxy"].map((name) => [name, `bench/${name}.ts`]),
        ["adlsEmulator", "test/adls-emulator/main.ts"],
      ]),
      outdir: "dist/bench",
      // The emulator's starter can make its program itself, which here is made already.
      external: [...shared.external, "esbuild"],
      define: { "import.meta.dirname": "__dirname" },
    });
  }
}

if (isProgram) {
  await main();
  if (watching) {
    watchNotes.ready = true;
    if (watchNotes.running === 0) console.log("Built; watching for changes.");
  }
}
