import { randomUUID } from "node:crypto";
import * as fs from "node:fs/promises";
import { CleverLakeError, errnoOf, undefinedIf } from "../basics/errors";
import { removeLocal, replaceFile } from "../basics/filesInUse";
import { pause } from "../basics/pause";

/** A claim is held for milliseconds; at this age its holder is dead. */
const staleMilliseconds = 30_000;
const patienceMilliseconds = 4 * staleMilliseconds;
const pauseMilliseconds = 20;

/**
 * Moves a finished file to a path that must be free, for file systems without hard links (FAT, some network shares),
 * where a rename always replaces the target. Of callers with the same claim, the one that creates the claim file goes
 * first, and the others wait. Other programs do not know the claim. Resolves to whether the file was moved.
 */
export async function moveIfAbsent(
  file: string,
  target: string,
  claim: string,
  signal?: AbortSignal,
): Promise<boolean> {
  const start = Date.now();
  while (Date.now() - start < patienceMilliseconds) {
    signal?.throwIfAborted();
    const id = randomUUID();
    if (await makeClaim(claim, id)) {
      try {
        if (await exists(target)) return false;
        // The claim may have been lost if the machine slept in between.
        if ((await holderOf(claim)) === id) {
          await replaceFile(file, target, signal);
          return true;
        }
      } finally {
        if ((await holderOf(claim)) === id) await removeLocal(claim);
      }
    } else if (await isStale(claim, file, start)) {
      await removeLocal(claim);
    }
    await pause(pauseMilliseconds, signal);
  }
  throw new CleverLakeError("io", "Other programs kept writing the same file.", {
    subject: target,
    hint: "Check which programs are using this lake, then run again.",
  });
}

async function makeClaim(claim: string, id: string): Promise<boolean> {
  try {
    await fs.writeFile(claim, id, { flag: "wx", mode: 0o600 });
    return true;
  } catch (error) {
    const code = errnoOf(error);
    // Windows: the previous claim is being removed.
    if (code === "EEXIST" || (process.platform === "win32" && code === "EPERM")) return false;
    throw error;
  }
}

function holderOf(claim: string): Promise<string | undefined> {
  return undefinedIf((error) => errnoOf(error) === "ENOENT", fs.readFile(claim, "utf8"));
}

/** Measured with the file system's own clock: `file` was written there when the waiting began. */
async function isStale(claim: string, file: string, start: number): Promise<boolean> {
  try {
    const [claimed, own] = await Promise.all([fs.stat(claim), fs.stat(file)]);
    return own.mtimeMs + Date.now() - start - claimed.mtimeMs > staleMilliseconds;
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return false;
    throw error;
  }
}

async function exists(file: string): Promise<boolean> {
  return (await undefinedIf((error) => errnoOf(error) === "ENOENT", fs.lstat(file))) !== undefined;
}
