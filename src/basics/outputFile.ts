import { lstat, realpath, stat } from "node:fs/promises";
import { unwritable } from "./errors";

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
