import { createWriteStream } from "node:fs";
import { rm } from "node:fs/promises";
import path from "node:path";
import { pipeline } from "node:stream/promises";
import type { Lake, LakeOptions } from "../lake/lake";

/** Runs `work` with a scratch folder of the lake and removes the folder with all that is left in it. */
export async function withScratch<T>(lake: Lake, work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await lake.scratch();
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/**
 * Runs `work` with paths on this machine, in order, of files in the lake: the files themselves where the lake is a
 * folder, else copies that are removed afterwards. A missing file rejects with `notFound` where copies are made.
 */
export async function withLocalFiles<T>(
  lake: Lake,
  lakePaths: readonly string[],
  options: LakeOptions,
  work: (localPaths: readonly string[]) => Promise<T>,
): Promise<T> {
  const places = lakePaths.map((lakePath) => lake.localPath(lakePath));
  if (places.every((place) => place !== undefined)) return work(places);
  return withScratch(lake, async (folder) => {
    const copies: string[] = [];
    for (const [index, lakePath] of lakePaths.entries()) {
      const copy = path.join(folder, `${index}-${path.posix.basename(lakePath)}`);
      await pipeline(
        lake.readStream(lakePath, options),
        createWriteStream(copy, { flags: "wx", mode: 0o600 }),
        options,
      );
      copies.push(copy);
    }
    return work(copies);
  });
}
