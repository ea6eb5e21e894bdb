import path from "node:path";
import { fileURLToPath } from "node:url";
import { CleverLakeError } from "../errors";

/** The longest path that DuckDB still opens on Windows: 260 characters less the longest path below the lake. */
const maximumWindowsRoot = 125;
const drive = /^[a-z]:[\\/]/i;
const share = /^[\\/]{2}[^\\/?.][^\\/]*[\\/]+[^\\/]+/;

const anyFolder = "must be file:///…, a folder's full path, or https://ACCOUNT.dfs.core.windows.net";

/**
 * What is wrong with the address of a lake in a folder, as the end of a sentence; undefined if nothing is. Valid are
 * `file:` addresses and absolute paths, on Windows with a drive letter or a share name, in either kind of slash.
 */
export function folderAddressFault(
  address: string,
  platform: NodeJS.Platform = process.platform,
): string | undefined {
  // Such as the line break that "C:
  // ew" contains in JSON.
  if (/\p{Cc}/u.test(address)) return "has a control character; write each backslash twice, or write slashes";
  const windows = platform === "win32";
  let folder = address;
  if (address.startsWith("file:")) {
    try {
      folder = fileURLToPath(address, { windows });
    } catch {
      return windows
        ? "must name a drive or a share: file:///C:/… or file://SERVER/SHARE/…"
        : "must be file:///… with the full path of a folder of this machine";
    }
  }
  if (!windows) {
    if (drive.test(folder.replace(/^\//, ""))) return "names a drive of Windows, and this machine has none";
    return path.posix.isAbsolute(folder) ? undefined : anyFolder;
  }
  if (!drive.test(folder) && !share.test(folder)) return `${anyFolder}; full are C:/… and //SERVER/SHARE/…`;
  return path.win32.resolve(folder).length > maximumWindowsRoot
    ? `must have no more than ${maximumWindowsRoot} characters on Windows, where longer paths cannot be read`
    : undefined;
}

/**
 * The folder of a lake by its address or, from the command line's own options, by a path.
 * @throws CleverLakeError `config`
 */
export function folderOf(address: string): string {
  const folder = address.startsWith("file:") ? address : path.resolve(address);
  const fault = folderAddressFault(folder);
  if (fault !== undefined)
    throw new CleverLakeError("config", `The lake's address ${fault}.`, { subject: address });
  return folder.startsWith("file:") ? path.resolve(fileURLToPath(folder)) : folder;
}
