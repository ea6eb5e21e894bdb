// Bundles the program's entry points. DuckDB's native library stays outside the bundles.
//   node --import tsx esbuild.ts --watch   rebuilds on changes until interrupted
import { readdir, rm } from "node:fs/promises";
import path from "node:path";
import * as esbuild from "esbuild";
import { isProgram } from "./scripts/program";

const root = import.meta.dirname;
const started = isProgram(import.meta.filename);
const watching = started && process.argv.includes("--watch");

/** Signals the task in `.vscode/tasks.json` when a rebuild starts and when all are done. */
const watchNotes = { ready: false, running: 0 };
const reportBuilds: esbuild.Plugin = {
  name: "report-builds",
  setup(building) {
    building.onStart(() => {
      if (watchNotes.running++ === 0 && watchNotes.ready) console.log("Rebuilding …");
    });
    building.onEnd(() => {
      if (--watchNotes.running === 0 && watchNotes.ready) console.log("Built; watching for changes.");
    });
  },
};

/** Builds once; when watching, also after each change. Resolves to what was read and written. */
async function build(options: esbuild.BuildOptions): Promise<esbuild.Metafile> {
  if (!watching) return (await esbuild.build({ ...options, metafile: true })).metafile;
  const plugins = [...(options.plugins ?? []), reportBuilds];
  const context = await esbuild.context({ ...options, plugins, metafile: true });
  const { metafile } = await context.rebuild();
  await context.watch();
  return metafile;
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
} satisfies esbuild.BuildOptions;

/**
 * Azure's packages, in separate files next to the bundles: they are larger than everything else, and a lake in a
 * folder does not need them.
 */
const azurePackages: Readonly<Record<string, string>> = {
  "@azure/storage-file-datalake": "azure-storage",
  "@azure/identity": "azure-identity",
};
const separateAzure: esbuild.Plugin = {
  name: "separate-azure",
  setup(building) {
    building.onResolve({ filter: /^@azure\/(storage-file-datalake|identity)$/ }, ({ path: name }) => ({
      path: `./${azurePackages[name]}.js`,
      external: true,
    }));
  },
};

/**
 * For the command line: packages with native parts are bundled too, and only the native parts stay outside. From
 * node_modules, Node.js would load some two hundred separate files, which takes longer than running them.
 */
const externalNativeParts: esbuild.Plugin = {
  name: "external-native-parts",
  setup(building) {
    building.onResolve({ filter: /sshcrypto\.node$/ }, () => ({
      path: "ssh2/lib/protocol/crypto/build/Release/sshcrypto.node",
      external: true,
    }));
    // Left out: it would change the order of ssh2's ciphers, which the program sets itself.
    building.onResolve({ filter: /^cpu-features$/ }, () => ({ path: "cpu-features", namespace: "left-out" }));
    building.onLoad({ filter: /./, namespace: "left-out" }, () => ({ contents: "" }));
  },
};

/**
 * ES modules with chunks: each command and each kind of request loads its own, so that `--version`, a run with nothing
 * new and the dashboard start fast.
 */
const modules = (entry: string) =>
  ({
    format: "esm",
    splitting: true,
    outExtension: { ".js": ".mjs" },
    // Next to the entry: Azure's packages are named relative to the file that loads them.
    chunkNames: `${entry}-[name]-[hash]`,
    // Prefers ES modules to CommonJS where a package has both: unused exports are dropped.
    mainFields: ["module", "main"],
    // The files are read at each start: without comments and indentation, they are a third smaller. Names are kept
    // for stack traces.
    minifySyntax: true,
    minifyWhitespace: true,
    // Globals that bundled CommonJS packages expect.
    banner: {
      js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url); const __dirname = import.meta.dirname;',
    },
  }) satisfies esbuild.BuildOptions;

const nativeParts = ["cpu-features", "*.node"];

/** Builds the engine's process. */
export const engineOptions = (outdir: string): esbuild.BuildOptions => ({
  ...shared,
  ...modules("engine"),
  entryPoints: { engine: "src/engine/server/main.ts" },
  outdir,
  plugins: [separateAzure],
  external: [...nativeParts, "@duckdb/node-api"],
});

/** Bundles Azure's packages into a folder. */
function buildAzure(outdir: string, output: esbuild.BuildOptions): Promise<esbuild.Metafile> {
  return build({
    ...shared,
    ...output,
    entryPoints: Object.entries(azurePackages).map(([name, out]) => ({ in: name, out })),
    outdir,
    external: [],
    // One of the packages finds its own location with it.
    define: { "import.meta.url": "importMetaUrl" },
    banner: { js: 'const importMetaUrl = require("node:url").pathToFileURL(__filename).href;' },
  });
}

/**
 * Packages that the extension loads on first use, in separate files next to it: VS Code reads the extension on
 * startup, and without these packages it is a sixth of the size.
 */
const deferredPackages: Readonly<Record<string, string>> = {
  zod: "zod",
  "vscode-jsonrpc/node": "vscode-jsonrpc",
};
const separateDeferred: esbuild.Plugin = {
  name: "separate-deferred",
  setup(building) {
    building.onResolve({ filter: /^(zod|vscode-jsonrpc\/node)$/ }, ({ path: name }) => ({
      path: `./${deferredPackages[name]}.js`,
      external: true,
    }));
  },
};

/** Code for webviews: plain files in dist/media, loaded by name. */
const webviewEntries = [
  { in: "media/preview/main.ts", out: "preview" },
  { in: "media/preview/style.css", out: "preview" },
  { in: "media/preview/preview-light.svg", out: "preview-light" },
  { in: "media/preview/preview-dark.svg", out: "preview-dark" },
  { in: "media/dashboard/dashboard-light.svg", out: "dashboard-light" },
  { in: "media/dashboard/dashboard-dark.svg", out: "dashboard-dark" },
  { in: "@vscode/codicons/dist/codicon.css", out: "codicon" },
];
/** The dashboard's page is also embedded in exported files, so it is always minified. */
const dashboardEntries = [
  { in: "media/dashboard/main.ts", out: "dashboard" },
  { in: "media/dashboard/style.css", out: "dashboard" },
];

export interface ExtensionOptions {
  readonly outdir?: string;
  /**
   * The package with DuckDB's library for one platform. With it, DuckDB's JavaScript is bundled too and the result is
   * minified, as in the VSIX. Without it, DuckDB stays in node_modules.
   */
  readonly duckdbBinding?: string;
}

/**
 * Builds what VS Code loads: the extension, its engine process and its webviews. ssh2 is bundled, so that only DuckDB
 * is needed besides the bundles; its optional native helpers are not, because they fit one Node.js version only.
 *
 * @returns the source files in the bundles
 */
export async function buildExtension({
  outdir = "dist",
  duckdbBinding,
}: ExtensionOptions = {}): Promise<readonly string[]> {
  const packaged = duckdbBinding !== undefined;
  const output = {
    // Names are kept, so that stack traces in bug reports are readable.
    minifySyntax: packaged,
    minifyWhitespace: packaged,
    sourcemap: !packaged,
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
  } satisfies esbuild.BuildOptions;
  const metafiles = await Promise.all([
    build({
      ...shared,
      ...output,
      entryPoints: { extension: "src/extension.ts" },
      outdir,
      plugins: [separateDeferred],
      external: ["vscode"],
      // An import() becomes a require() that runs when reached; its target is in the bundle, or one of the above.
      supported: { "dynamic-import": false },
    }),
    build({
      ...shared,
      ...output,
      entryPoints: Object.entries(deferredPackages).map(([name, out]) => ({ in: name, out })),
      outdir,
    }),
    build({
      ...engineOptions(outdir),
      sourcemap: !packaged,
      ...(packaged
        ? { external: nativeParts, alias: { "@duckdb/node-bindings": `${duckdbBinding}/duckdb.node` } }
        : {}),
    }),
    build({ ...webview, entryPoints: webviewEntries }),
    build({ ...webview, entryPoints: dashboardEntries, minify: true }),
    buildAzure(outdir, output),
  ]);
  const outputs = metafiles.flatMap((metafile) => Object.keys(metafile.outputs));
  await removeOldChunks("engine", outdir, outputs);
  return metafiles.flatMap(({ inputs }) => Object.keys(inputs));
}

/** Removes chunks of earlier builds: their names change with their contents. */
async function removeOldChunks(entry: string, outdir: string, outputs: readonly string[]): Promise<void> {
  const folder = path.resolve(root, outdir);
  const current = new Set(outputs.map((output) => path.basename(output)));
  const isChunk = (name: string) => name.startsWith(`${entry}-`) && /\.mjs(?:\.map)?$/.test(name);
  const old = (await readdir(folder)).filter((name) => isChunk(name) && !current.has(name));
  await Promise.all(old.map((name) => rm(path.join(folder, name), { force: true })));
}

/**
 * Builds the command line.
 *
 * @returns the source files in the bundles
 */
export async function buildCommandLine(): Promise<readonly string[]> {
  const outdir = "dist";
  const { inputs, outputs } = await build({
    ...shared,
    ...modules("cli"),
    entryPoints: { cli: "src/cli.ts" },
    outdir,
    plugins: [separateAzure, externalNativeParts],
    external: ["@duckdb/node-bindings"],
  });
  await removeOldChunks("cli", outdir, Object.keys(outputs));
  return Object.keys(inputs);
}

async function main(): Promise<void> {
  await buildCommandLine();
  await buildExtension();
  // For `npm run bench`; not part of the program.
  if (process.argv.includes("--bench")) {
    await build({
      ...shared,
      entryPoints: Object.fromEntries([
        ...["main", "usageAtExit", "transfer", "delayProxy", "handWritten"].map((name) => [
          name,
          `bench/${name}.ts`,
        ]),
        ["adlsEmulator", "test/adls-emulator/main.ts"],
      ]),
      outdir: "dist/bench",
      // The emulator's starter can build its program itself; here it is already built.
      external: [...shared.external, "esbuild"],
      define: { "import.meta.dirname": "__dirname" },
    });
  }
  if (watching) {
    watchNotes.ready = true;
    if (watchNotes.running === 0) console.log("Built; watching for changes.");
  }
}

if (started) void main();
