// Builds the VSIX for one platform: npm run package [-- --target darwin-arm64]
import { cp, mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { parseArgs } from "node:util";
import { createVSIX, listFiles, PackageManager } from "@vscode/vsce";
import { openPromise } from "yauzl";
import { buildExtension } from "../esbuild";
import manifest from "../package.json";
import { fail, isProgram } from "./program";
import { duckdbBinding } from "./vscode/duckdbBinding";
import { thirdPartyNotices } from "./vscode/notices";

const root = path.dirname(import.meta.dirname);
/** Bytes. DuckDB's library for macOS is for both kinds of processors, so its packages are the largest: 39 MB. */
const largest = 45e6;
/** VS Code's name of a platform → the suffix of DuckDB's package name for it. */
export const targets: Readonly<Record<string, string>> = {
  "linux-x64": "linux-x64",
  "linux-arm64": "linux-arm64",
  "alpine-x64": "linux-x64-musl",
  "alpine-arm64": "linux-arm64-musl",
  "darwin-x64": "darwin-x64",
  "darwin-arm64": "darwin-arm64",
  "win32-x64": "win32-x64",
  "win32-arm64": "win32-arm64",
};

interface PackedFile {
  readonly name: string;
  readonly bytes: number;
  readonly packed: number;
}

export interface Package {
  /** Path of the VSIX. */
  readonly vsix: string;
  readonly bytes: number;
  readonly files: readonly PackedFile[];
  /** Too large, something missing or something unexpected; empty if it may be released. */
  readonly problems: readonly string[];
}

/**
 * Builds the extension and packs it with DuckDB's library for one platform.
 *
 * @param target VS Code's name of the platform; by default this machine's
 */
export async function makeVsix(target = `${process.platform}-${process.arch}`): Promise<Package> {
  const platform = targets[target];
  if (platform === undefined) {
    throw new Error(`Unknown target "${target}"; the targets are ${Object.keys(targets).join(", ")}.`);
  }
  const out = path.join(root, "out");
  await mkdir(out, { recursive: true });
  const stage = await mkdtemp(path.join(out, "stage-"));
  try {
    await fill(stage, `@duckdb/node-bindings-${platform}`);
    const vsix = path.join(out, `${manifest.name}-${target}-${manifest.version}.vsix`);
    await createVSIX({
      cwd: stage,
      packagePath: vsix,
      target,
      dependencies: false,
      // Relative links are resolved against the repository's address if the manifest has one.
      allowMissingRepository: true,
      rewriteRelativeLinks: "repository" in manifest,
    });
    const files = await contents(vsix);
    const { size: bytes } = await stat(vsix);
    const readme = await readFile(path.join(root, "README.md"), "utf8");
    const problems = [...unexpected(files, platform), ...missing(files, readme, platform)];
    if (bytes > largest) problems.push(`${bytes} bytes, more than ${largest}`);
    return { vsix, bytes, files, problems };
  } finally {
    await rm(stage, { recursive: true, force: true });
  }
}

/** Copies the files that .vscodeignore admits into a folder, with bundles and library built for the platform. */
async function fill(stage: string, bindingName: string): Promise<void> {
  const binding = await duckdbBinding(root, bindingName);
  const inputs = await buildExtension({ outdir: path.join(stage, "dist"), duckdbBinding: bindingName });
  for (const file of await listFiles({ cwd: root, packageManager: PackageManager.None })) {
    if (!file.startsWith("dist/"))
      await cp(path.join(root, file), path.join(stage, file), { recursive: true });
  }
  await cp(path.join(root, ".vscodeignore"), path.join(stage, ".vscodeignore"));
  await cp(binding, path.join(stage, "dist", "node_modules", bindingName), { recursive: true });
  await writeFile(path.join(stage, "ThirdPartyNotices.txt"), await thirdPartyNotices(root, inputs));
  // The omitted fields concern only the source and npm's package.
  const { scripts, dependencies, devDependencies, bin, files, private: _, ...shipped } = manifest;
  await writeFile(path.join(stage, "package.json"), JSON.stringify(shipped, undefined, 2));
}

function expected(platform: string): RegExp[] {
  const binding = `dist/node_modules/@duckdb/node-bindings-${platform}`;
  return [
    /^package(\.nls(\.[a-z-]+)?)?\.json$/,
    /^l10n\/bundle\.l10n\.[a-z-]+\.json$/,
    // vsce changes the spelling of these names.
    /^(readme\.md|changelog\.md|LICENSE\.txt|ThirdPartyNotices\.txt)$/,
    /^docs\/[\w-]+\.md$/,
    /^spark\/(clever_lake_job|participation|clever_lake\/\w+)\.py$/,
    /^media\/(icon\.png|clever-lake\.svg|(walkthrough|readme)\/[\w-]+\.png)$/,
    /^dist\/((extension|zod|vscode-jsonrpc|azure-storage|azure-identity)\.js|engine(-[\w-]+)?\.mjs|media\/[\w-]+\.(js|css|svg|ttf))$/,
    new RegExp(
      `^${binding}/(LICENSE|README\\.md|package\\.json|duckdb\\.node|(lib)?duckdb\\.(so|dylib|dll))$`,
    ),
  ];
}

function unexpected(files: readonly PackedFile[], platform: string): string[] {
  const patterns = expected(platform);
  return files
    .filter(({ name }) => !patterns.some((pattern) => pattern.test(name)))
    .map(({ name }) => `unexpected: ${name}`);
}

function missing(files: readonly PackedFile[], readme: string, platform: string): string[] {
  const names = new Set(files.map(({ name }) => name));
  const containers = manifest.contributes.viewsContainers.activitybar.map(({ icon }) => icon);
  const pictures = manifest.contributes.walkthroughs.flatMap(({ steps }) =>
    steps.map(({ media }) => media.image),
  );
  const library = `dist/node_modules/@duckdb/node-bindings-${platform}/duckdb.node`;
  const parts = ["engine.mjs", "zod.js", "vscode-jsonrpc.js"].map((name) => `dist/${name}`);
  const scripts = ["spark/clever_lake_job.py", "spark/clever_lake/serve.py", "spark/participation.py"];
  const pages = [...readme.matchAll(/\]\((docs\/[^)#]+)/g)].map(([, page = ""]) => page);
  const needed = [
    ...scripts,
    ...pages,
    manifest.main,
    manifest.icon,
    ...containers,
    ...pictures,
    library,
    ...parts,
  ];
  return needed
    .map((name) => path.posix.normalize(name))
    .filter((name) => !names.has(name))
    .map((name) => `missing: ${name}`);
}

/** The extension's files in a VSIX. */
async function contents(vsix: string): Promise<PackedFile[]> {
  const zip = await openPromise(vsix);
  const files: PackedFile[] = [];
  for await (const { fileName, uncompressedSize, compressedSize } of zip.eachEntry()) {
    if (!fileName.startsWith("extension/")) continue;
    files.push({
      name: fileName.slice("extension/".length),
      bytes: uncompressedSize,
      packed: compressedSize,
    });
  }
  return files;
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { target: { type: "string" } } });
  const { vsix, bytes, files, problems } = await makeVsix(values.target);
  for (const { name, bytes: size, packed } of files) {
    console.log(`${String(packed).padStart(10)} of ${String(size).padStart(10)}  ${name}`);
  }
  console.log(`${path.relative(process.cwd(), vsix)}: ${files.length} files, ${(bytes / 1e6).toFixed(1)} MB`);
  if (problems.length > 0) throw new Error(`The package has problems:\n  ${problems.join("\n  ")}`);
}

if (isProgram(import.meta.filename)) main().catch(fail);
