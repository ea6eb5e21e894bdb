import { createHash } from "node:crypto";
import { readFile, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import * as z from "zod";
import { CleverLakeError, describeError, errnoOf, isCleverLakeError, unwritable } from "../basics/errors";
import { makeFolder } from "../basics/makeFolder";
import { type Asset, type AssetFile, type AssetName, type AssetSettings, assetNames } from "./asset";
import { pipelineAsset } from "./dataFactory/asset";
import { lakeAddressesOf } from "./lakeAddresses";
import { notebookAsset } from "./notebook/asset";
import { powerBiAsset } from "./powerBi/asset";
import { readme } from "./readme";
import { sqlAsset } from "./sql/asset";

/** Records the content of each file that this program wrote, to detect a user's changes. */
export const manifestName = ".clever-lake-assets.json";

const manifestSchema = z.object({
  /** The SHA-256 of the last written content, by relative path. */
  files: z.record(z.string(), z.string()),
});

export interface AssetsRequest extends AssetSettings {
  readonly lakeUrl: string;
  /** A local folder; created if it does not exist. */
  readonly folder: string;
  readonly names: readonly AssetName[];
  readonly signal?: AbortSignal | undefined;
}

/** What happened to the files; the document of `assets --json`. Paths are relative to the folder. */
export interface AssetsSummary {
  readonly folder: string;
  readonly assets: readonly AssetName[];
  readonly written: readonly string[];
  /** Exist already, with the same content. */
  readonly unchanged: readonly string[];
  /** Exist with a user's changes, or were not written by this program; left unchanged. */
  readonly kept: readonly string[];
  /** Assets that cannot be created for this lake, and why; their files are left unchanged. */
  readonly skipped: readonly { readonly asset: AssetName; readonly reason: string }[];
}

type AssetResult =
  | { readonly asset: AssetName; readonly files: readonly AssetFile[] }
  | { readonly asset: AssetName; readonly error: CleverLakeError };

/**
 * Writes assets for a lake into a folder, with a README.md that explains how to use them. A file that differs from
 * what this program wrote is kept. Rejects with `config` if the folder's manifest cannot be read or no asset can be
 * created for this lake, and with `io`.
 */
export async function writeAssets({
  lakeUrl,
  folder,
  names,
  signal,
  ...settings
}: AssetsRequest): Promise<AssetsSummary> {
  const addresses = lakeAddressesOf(lakeUrl);
  const known = await readManifest(folder);
  const chosen = assetsNamed(names);
  // README.md also covers the assets of earlier calls.
  const earlier = assetNames.filter((name) => Object.keys(known).some((file) => file.startsWith(`${name}/`)));
  const results = await Promise.all(
    chosen.map(async (asset): Promise<AssetResult> => {
      try {
        return { asset: asset.name, files: await asset.files(addresses, settings) };
      } catch (error) {
        if (isCleverLakeError(error, "config")) return { asset: asset.name, error };
        throw error;
      }
    }),
  );
  const skipped = results.filter((result) => "error" in result);
  if (skipped.length === results.length && skipped[0] !== undefined) throw skipped[0].error;
  const created = results.filter((result) => "files" in result);
  const assets = created.map(({ asset }) => asset);
  const guide = readme(assetsNamed([...assets, ...earlier]), addresses);
  const due = [...created.flatMap((result) => result.files), guide];
  const hashes = { ...known };
  const files = { written: [] as string[], unchanged: [] as string[], kept: [] as string[] };
  try {
    for (const file of due) {
      signal?.throwIfAborted();
      files[await writeOne(folder, file, known[file.path])].push(file.path);
      if (files.kept.at(-1) !== file.path) hashes[file.path] = hashOf(Buffer.from(file.content));
    }
  } finally {
    // Files written before a failure are recorded too. If the folder does not exist, nothing was written.
    if (files.written.length + files.unchanged.length > 0) await writeManifest(folder, hashes);
  }
  const reasons = skipped.map(({ asset, error }) => ({ asset, reason: describeError(error) }));
  return { folder, assets, ...files, skipped: reasons };
}

/** The named assets, without duplicates, in the order of all assets. */
function assetsNamed(names: readonly AssetName[]): Asset[] {
  return [sqlAsset, powerBiAsset, pipelineAsset, notebookAsset].filter(({ name }) => names.includes(name));
}

async function writeOne(
  folder: string,
  { path: name, content }: AssetFile,
  writtenHash: string | undefined,
): Promise<"written" | "unchanged" | "kept"> {
  const place = path.join(folder, ...name.split("/"));
  const bytes = Buffer.from(content);
  const there = await readIfThere(place);
  if (there?.equals(bytes)) return "unchanged";
  if (there !== undefined && hashOf(there) !== writtenHash) return "kept";
  await replaceFile(place, bytes);
  return "written";
}

async function readManifest(folder: string): Promise<Readonly<Record<string, string>>> {
  const place = path.join(folder, manifestName);
  const bytes = await readIfThere(place);
  if (bytes === undefined) return {};
  try {
    return manifestSchema.parse(JSON.parse(bytes.toString("utf8"))).files;
  } catch (cause) {
    throw new CleverLakeError("config", "The list of the files written here cannot be read.", {
      subject: place,
      hint: "Delete this file: all files in the folder then count as yours and are kept. Or choose another folder.",
      cause,
    });
  }
}

async function writeManifest(folder: string, files: Readonly<Record<string, string>>): Promise<void> {
  const sorted = Object.fromEntries(Object.entries(files).sort(([a], [b]) => (a < b ? -1 : 1)));
  const text = `${JSON.stringify({ files: sorted }, undefined, 2)}\n`;
  await replaceFile(path.join(folder, manifestName), Buffer.from(text));
}

async function readIfThere(place: string): Promise<Buffer | undefined> {
  try {
    return await readFile(place);
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return undefined;
    throw unwritable("The assets", place, error);
  }
}

/** Readers see the old file or the new one, never a partial one. */
async function replaceFile(place: string, bytes: Buffer): Promise<void> {
  const fresh = `${place}.${process.pid}.tmp`;
  try {
    await makeFolder(path.dirname(place));
    await writeFile(fresh, bytes);
    await rename(fresh, place);
  } catch (error) {
    // A failure to remove it must not hide the reason.
    await rm(fresh, { force: true }).catch(() => undefined);
    throw unwritable("The assets", place, error);
  }
}

function hashOf(bytes: Buffer): string {
  return createHash("sha256").update(bytes).digest("hex");
}
