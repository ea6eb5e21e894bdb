import path from "node:path";
import { pathToFileURL } from "node:url";

/** The address of a lake in a folder; on Windows, of a folder on the current drive. */
export function folderUrl(folder: string): string {
  return pathToFileURL(folder).href;
}

/** The same folder as Spark names it. */
export function sparkFolder(folder: string): string {
  return `file:/${path.resolve(folder).replaceAll("\\", "/").replace(/^\//, "")}`;
}
