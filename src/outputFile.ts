import { realpath, stat } from "node:fs/promises";
import { unwritable } from "./errors";

/**
 * Where to write a file that the user named: a link stays, and the file that it leads to is replaced. Rejects with `io`
 * if the path is something other than a file, such as a folder, a pipe or a device, which would be replaced too.
 * @param what begins the error's sentence: “The dashboard”
 */
export async function outputFile(what: string, file: string): Promise<string> {
  const there = await stat(file).catch(() => undefined);
  if (there === undefined) return file;
  if (there.isDirectory()) throw unwritable(what, file, new Error("A folder has this name."));
  if (!there.isFile()) throw unwritable(what, file, new Error("The path is not a file."));
  return realpath(file);
}
