import * as fs from "node:fs/promises";
import { CleverLakeError, errnoOf } from "../basics/errors";

/** Errors of file systems that cannot flush a folder to disk; their own journal must suffice. */
const cannotSyncFolders: ReadonlySet<string | undefined> = new Set(["EINVAL", "ENOTSUP", "ENOSYS"]);

/** Flushes a file's bytes to disk. */
export async function syncFile(file: string): Promise<void> {
  // Opened for writing, because Windows otherwise does not flush the bytes.
  await using handle = await fs.open(file, "r+");
  await handle.sync();
}

/** Flushes a folder's names to disk. Windows cannot do this; NTFS writes names to its journal in order. */
export async function syncFolder(folder: string): Promise<void> {
  if (process.platform === "win32") return;
  await using handle = await fs.open(folder, "r");
  try {
    await handle.sync();
  } catch (error) {
    if (!cannotSyncFolders.has(errnoOf(error))) throw error;
  }
}

/** Errors of network shares whose files belong to another user, and of file systems without permissions. */
const cannotChangeModes: ReadonlySet<string | undefined> = new Set(["EPERM", "ENOTSUP", "ENOSYS"]);

/**
 * Takes permissions from a file of this process: those that are not in `allowed`. On network shares where no file has
 * permissions of its own, those of the mount stay.
 */
export async function limitMode(file: string, allowed: number): Promise<void> {
  const { mode } = await fs.stat(file);
  await fs.chmod(file, mode & allowed).catch((error: unknown) => {
    if (!cannotChangeModes.has(errnoOf(error))) throw error;
  });
}

/** Errors of file systems without hard links. Some of these errors have other causes too. */
const linkRefusals: ReadonlySet<string | undefined> = new Set([
  ...["ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EPERM", "EACCES", "EINVAL", "UNKNOWN"],
  // Windows: "incorrect function".
  "EISDIR",
]);

/**
 * Whether `error`, from an attempt to link `file`, means that its folder does not support hard links. Tests this with
 * a new name.
 */
export async function isHardLinkUnsupported(error: unknown, file: string): Promise<boolean> {
  if (!linkRefusals.has(errnoOf(error))) return false;
  const probe = `${file}.link`;
  try {
    await fs.link(file, probe);
    return false;
  } catch (refusal) {
    return linkRefusals.has(errnoOf(refusal));
  } finally {
    await fs.rm(probe, { force: true });
  }
}

const hints: Readonly<Record<string, string>> = {
  EACCES: "Check that you have read and write access to this folder.",
  EPERM: "Check that you have write access here.",
  EBUSY:
    "Another program has the file open, such as a virus scanner or a backup: try again, or exclude the lake's folder there.",
  ENAMETOOLONG: "Move the lake to a folder with a shorter path.",
  ENOSPC: "The disk is full: free some space, then run again; nothing is lost.",
  EROFS: "The disk is read-only.",
  EXDEV:
    "The whole lake must be on one file system: a link or a mount within its folder leads to another one.",
};
/** Windows does not distinguish a file that is open elsewhere from one without access. */
const windowsHints: Readonly<Record<string, string>> = {
  EPERM: `${hints.EACCES} ${hints.EBUSY}`,
  EACCES: `${hints.EACCES} ${hints.EBUSY}`,
};

export function exists(place: string): Promise<boolean> {
  return fs.stat(place).then(
    () => true,
    () => false,
  );
}

export function isMissing(error: unknown): boolean {
  return errnoOf(error) === "ENOENT" || errnoOf(error) === "ENOTDIR";
}

/** The operating system's error as one of ours; errors that are already ours, and aborts, are passed through. */
export function ioError(error: unknown, subject: string): unknown {
  const code = errnoOf(error);
  if (code === undefined || error instanceof CleverLakeError || code === "ABORT_ERR") return error;
  if (code === "ENOENT") {
    return new CleverLakeError("notFound", "The lake has no such file.", { subject });
  }
  const hint = (process.platform === "win32" ? windowsHints[code] : undefined) ?? hints[code];
  return new CleverLakeError("io", `The lake's folder could not be read or written (${code}).`, {
    subject,
    cause: error,
    ...(hint ? { hint } : {}),
  });
}
