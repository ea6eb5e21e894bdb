import * as fs from "node:fs/promises";
import { CleverLakeError, errnoOf } from "../errors";

/** Errors of file systems that cannot force a folder to disk; their own journal must do. */
const cannotForceFolders: ReadonlySet<string | undefined> = new Set(["EINVAL", "ENOTSUP", "ENOSYS"]);

/** Forces a file's bytes to disk. */
export async function forceFile(file: string): Promise<void> {
  // Opened for writing, without which Windows does not force.
  await using handle = await fs.open(file, "r+");
  await handle.sync();
}

/** Forces a folder's names to disk. Windows cannot; NTFS writes names to its journal in order. */
export async function forceFolder(folder: string): Promise<void> {
  if (process.platform === "win32") return;
  await using handle = await fs.open(folder, "r");
  try {
    await handle.sync();
  } catch (error) {
    if (!cannotForceFolders.has(errnoOf(error))) throw error;
  }
}

/** Errors of file systems without hard links; some of them have other causes too. */
const linkRefusals: ReadonlySet<string | undefined> = new Set([
  ...["ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EPERM", "EACCES", "EINVAL", "UNKNOWN"],
  // Windows: "incorrect function".
  "EISDIR",
]);

/**
 * Whether `error`, from an attempt to link `file`, means that its folder has no hard links: tests it with a new name.
 */
export async function lacksHardLinks(error: unknown, file: string): Promise<boolean> {
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
  EACCES: "Check that you may read and write this folder.",
  EPERM: "Check that you may write here.",
  EBUSY:
    "Another program holds the file, such as a virus scanner or a backup: try again, or leave the lake's folder out there.",
  ENAMETOOLONG: "Move the lake to a folder with a shorter path.",
  ENOSPC: "The disk is full: free some space, then run again; nothing is lost.",
  EROFS: "The disk is read-only.",
  EXDEV:
    "The whole lake must be on one file system: a link or a mount within its folder leads to another one.",
};
/** Windows does not distinguish a file that is held from one that may not be accessed. */
const windowsHints: Readonly<Record<string, string>> = {
  EPERM: `${hints.EACCES} ${hints.EBUSY}`,
  EACCES: `${hints.EACCES} ${hints.EBUSY}`,
};

export function isMissing(error: unknown): boolean {
  return errnoOf(error) === "ENOENT" || errnoOf(error) === "ENOTDIR";
}

/** The operating system's error as one of ours; errors that are already ours, and aborts, are passed through. */
export function ioError(error: unknown, subject: string): unknown {
  const code = errnoOf(error);
  if (code === undefined || error instanceof CleverLakeError || code === "ABORT_ERR") return error;
  if (code === "ENOENT") {
    return new CleverLakeError("notFound", "There is no such file in the lake.", { subject });
  }
  const hint = (process.platform === "win32" ? windowsHints[code] : undefined) ?? hints[code];
  return new CleverLakeError("io", `The lake's folder could not be read or written (${code}).`, {
    subject,
    cause: error,
    ...(hint ? { hint } : {}),
  });
}
