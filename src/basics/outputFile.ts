import { randomUUID } from "node:crypto";
import { lstat, realpath, rm, stat } from "node:fs/promises";
import { unwritable } from "./errors";
import { replaceFile } from "./filesInUse";

/**
 * Writes a file that the user named: first under a unique name next to it, so that a failure leaves no partial file and
 * changes no other file. Rejects with the errors of `outputFile` and `write`.
 * @param write writes to a path
 */
export async function writeOutput<T>(
  what: string,
  file: string,
  write: (unfinished: string) => Promise<T>,
): Promise<T> {
  const place = await outputFile(what, file);
  const unfinished = `${place}.${randomUUID()}.part`;
  try {
    const result = await write(unfinished);
    await replaceFile(unfinished, place).catch((cause: unknown) => {
      throw unwritable(what, file, cause);
    });
    return result;
  } finally {
    await rm(unfinished, { force: true }).catch(() => undefined);
  }
}

/**
 * Where to write a file that the user named: a link stays, and the file that it leads to is replaced. Rejects with `io`
 * if the path is something other than a file, such as a folder, a pipe, a device or a link to nothing, which would be
 * replaced too.
 * @param what begins the error's sentence: “The dashboard”
 */
export async function outputFile(what: string, file: string): Promise<string> {
  const there = await stat(file)
    .catch(() => lstat(file))
    .catch(() => undefined);
  if (there === undefined) return file;
  if (there.isFile()) return realpath(file);
  const hint = there.isDirectory()
    ? "This is a folder: name a file in it."
    : "The path is not that of a file.";
  throw unwritable(what, file, undefined, hint);
}
