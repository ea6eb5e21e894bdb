import { setMaxListeners } from "node:events";
import { createWriteStream } from "node:fs";
import path from "node:path";
import { pipeline } from "node:stream/promises";
import { CleverLakeError, isDiskFull } from "../../basics/errors";
import { removeLocal } from "../../basics/filesInUse";
import { mapConcurrently } from "../../basics/mapConcurrently";
import type { Lake, LakeOptions } from "../../lake/lake";

/** Files copied concurrently; each copy mostly waits for the network. */
const concurrentCopies = 8;

/**
 * Runs `work` with a scratch folder of the lake, then removes the folder with its contents. If another program holds a
 * file there, a later process removes it: the result of `work` must not be lost because of that.
 */
export async function withScratch<T>(lake: Lake, work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await lake.scratch();
  try {
    return await work(folder);
  } finally {
    await removeLocal(folder).catch(() => undefined);
  }
}

/**
 * Runs `work` with local paths of files in the lake, in order: the files themselves if the lake is a folder, else
 * copies that are removed afterwards. When copying, a missing file rejects with `notFound` and a full disk with `io`.
 */
export async function withLocalFiles<T>(
  lake: Lake,
  lakePaths: readonly string[],
  options: LakeOptions,
  work: (localPaths: readonly string[]) => Promise<T>,
): Promise<T> {
  const localPaths = lakePaths.map((lakePath) => lake.localPath(lakePath));
  if (localPaths.every((localPath) => localPath !== undefined)) return work(localPaths);
  return withScratch(lake, async (folder) => {
    const copies = lakePaths.map((lakePath, index) =>
      path.join(folder, `${index}-${path.posix.basename(lakePath)}`),
    );
    await copyAll(lake, lakePaths, copies, options);
    return work(copies);
  });
}

async function copyAll(
  lake: Lake,
  lakePaths: readonly string[],
  copies: readonly string[],
  options: LakeOptions,
): Promise<void> {
  // One failure stops the others. The folder is removed only when none of them is still writing.
  const stop = new AbortController();
  setMaxListeners(0, stop.signal);
  const signal = options.signal ? AbortSignal.any([options.signal, stop.signal]) : stop.signal;
  setMaxListeners(0, signal);
  await mapConcurrently(lakePaths.entries(), concurrentCopies, async ([index, lakePath]) => {
    if (signal.aborted) return;
    await copyOne(lake, lakePath, copies[index] ?? "", { signal }).catch((error) => stop.abort(error));
  });
  // The first reason counts: the caller's, or the failure that stopped the others.
  signal.throwIfAborted();
}

async function copyOne(lake: Lake, lakePath: string, copy: string, options: LakeOptions): Promise<void> {
  try {
    await pipeline(
      lake.readStream(lakePath, options),
      createWriteStream(copy, { flags: "wx", mode: 0o600 }),
      options,
    );
  } catch (cause) {
    const variable = process.platform === "win32" ? "TEMP" : "TMPDIR";
    throw copyFault(cause, lakePath, `${path.dirname(copy)} is, or set ${variable} to a folder with more`);
  }
}

/**
 * The error of copying a lake's file; a full disk as one of our errors.
 * @param place where space is needed, as the end of “Free some space where …”
 */
export function copyFault(error: unknown, lakePath: string, place: string): unknown {
  if (!isDiskFull(error)) return error;
  return new CleverLakeError("io", "This machine's disk has no space for a copy of the lake's file.", {
    subject: lakePath,
    hint: `Free some space where ${place}; then try again. The lake is unchanged.`,
    cause: error,
  });
}
