// Builds the VSIX for one platform: npm run package [-- --target darwin-arm64]
import { realpathSync } from "node:fs";
import { cp, mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { createVSIX, listFiles } from "@vscode/vsce";
import yauzl from "yauzl";
import { buildExtension } from "../esbuild.mjs";
import { duckdbBinding } from "./vscode/duckdbBinding.mjs";
import { thirdPartyNotices } from "./vscode/notices.mjs";

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const largest = 30e6;
/** VS Code's name of a platform → the suffix of DuckDB's package name for it. */
export const targets = {
  "linux-x64": "linux-x64",
  "linux-arm64": "linux-arm64",
  "alpine-x64": "linux-x64-musl",
  "alpine-arm64": "linux-arm64-musl",
  "darwin-x64": "darwin-x64",
  "darwin-arm64": "darwin-arm64",
  "win32-x64": "win32-x64",
  "win32-arm64": "win32-arm64",
};

/**
 * Builds the extension and packs it with DuckDB's library for one platform.
 *
 * @param {string} [target] VS Code's name of the platform; by default this machine's
 * @returns {Promise<import("./package.mjs").Package>} with its problems: too large, something missing or something
 *   unexpected
 */
export async function makeVsix(target = `${process.platform}-${process.arch}`) {
  const platform = targets[/** @type {keyof typeof targets} */ (target)];
  if (platform === undefined) {
    throw new Error(`Unknown target "${target}"; the targets are ${Object.keys(targets).join(", ")}.`);
  }
  const manifest = JSON.parse(await readFile(path.join(root, "package.json"), "utf8"));
  const out = path.join(root, "out");
  await mkdir(out, { recursive: true });
  const stage = await mkdtemp(path.join(out, "stage-"));
  try {
    await fill(stage, manifest, `@duckdb/node-bindings-${platform}`);
    const vsix = path.join(out, `${manifest.name}-${target}-${manifest.version}.vsix`);
    await createVSIX({
      cwd: stage,
      packagePath: vsix,
      target,
      dependencies: false,
      // Relative links are resolved against the repository's address if the manifest has one.
      allowMissingRepository: true,
      rewriteRelativeLinks: manifest.repository !== undefined,
    });
    const files = await contents(vsix);
    const { size: bytes } = await stat(vsix);
    const readme = await readFile(path.join(root, "README.md"), "utf8");
    const problems = [...unexpected(files, platform), ...missing(files, manifest, readme, platform)];
    if (bytes > largest) problems.push(`${bytes} bytes, more than ${largest}`);
    return { vsix, bytes, files, problems };
  } finally {
    await rm(stage, { recursive: true, force: true });
  }
}

/** Copies the files that .vscodeignore admits into a folder, with bundles and library built for the platform. */
async function fill(stage, manifest, bindingName) {
  const binding = await duckdbBinding(root, bindingName);
  const inputs = await buildExtension({ outdir: path.join(stage, "dist"), duckdbBinding: bindingName });
  for (const file of await listFiles({ cwd: root, dependencies: false })) {
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

function expected(platform) {
  const binding = `dist/node_modules/@duckdb/node-bindings-${platform}`;
  return [
    /^package(\.nls(\.[a-z-]+)?)?\.json$/,
    /^l10n\/bundle\.l10n\.[a-z-]+\.json$/,
    // vsce changes the spelling of these names.
    /^(readme\.md|changelog\.md|LICENSE\.txt|ThirdPartyNotices\.txt)$/,
    /^docs\/[\w-]+\.md$/,
    /^spark\/(clever_lake_job|participation|clever_lake\/\w+)\.py$/,
    /^media\/(icon\.png|clever-lake\.svg|(walkthrough|readme)\/[\w-]+\.png)$/,
    /^dist\/((extension|engine|zod|vscode-jsonrpc|azure-storage|azure-identity)\.js|media\/[\w-]+\.(js|css|svg|ttf))$/,
    new RegExp(
      `^${binding}/(LICENSE|README\\.md|package\\.json|duckdb\\.node|(lib)?duckdb\\.(so|dylib|dll))$`,
    ),
  ];
}

function unexpected(files, platform) {
  const patterns = expected(platform);
  return files
    .filter(({ name }) => !patterns.some((pattern) => pattern.test(name)))
    .map(({ name }) => `unexpected: ${name}`);
}

function missing(files, manifest, readme, platform) {
  const names = new Set(files.map(({ name }) => name));
  const containers = manifest.contributes.viewsContainers.activitybar.map(({ icon }) => icon);
  const pictures = (manifest.contributes.walkthroughs ?? []).flatMap(({ steps }) =>
    steps.map(({ media }) => media.image),
  );
  const library = `dist/node_modules/@duckdb/node-bindings-${platform}/duckdb.node`;
  const parts = ["engine", "zod", "vscode-jsonrpc"].map((name) => `dist/${name}.js`);
  const scripts = ["spark/clever_lake_job.py", "spark/clever_lake/serve.py", "spark/participation.py"];
  const pages = [...readme.matchAll(/\]\((docs\/[^)#]+)/g)].map(([, page]) => page);
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
async function contents(vsix) {
  const zip = await new Promise((resolve, reject) =>
    yauzl.open(vsix, { autoClose: true }, (error, opened) => (error ? reject(error) : resolve(opened))),
  );
  const files = [];
  await new Promise((resolve, reject) => {
    zip.on("entry", ({ fileName, uncompressedSize, compressedSize }) => {
      if (fileName.startsWith("extension/")) {
        files.push({
          name: fileName.slice("extension/".length),
          bytes: uncompressedSize,
          packed: compressedSize,
        });
      }
    });
    zip.once("end", resolve);
    zip.once("error", reject);
  });
  return files;
}

async function main() {
  const { values } = parseArgs({ options: { target: { type: "string" } } });
  const { vsix, bytes, files, problems } = await makeVsix(values.target);
  for (const { name, bytes: size, packed } of files) {
    console.log(`${String(packed).padStart(10)} of ${String(size).padStart(10)}  ${name}`);
  }
  console.log(`${path.relative(process.cwd(), vsix)}: ${files.length} files, ${(bytes / 1e6).toFixed(1)} MB`);
  if (problems.length > 0) throw new Error(`The package has problems:\n  ${problems.join("\n  ")}`);
}

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  try {
    await main();
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  }
}
