import path from "node:path";
import { fileURLToPath } from "node:url";
import { CleverLakeError } from "../basics/errors";

/** The longest path that DuckDB still opens on Windows: 260 characters less the longest path below the lake. */
const maximumWindowsRoot = 125;
const drive = /^[a-z]:[\\/]/i;
const share = /^[\\/]{2}[^\\/?.][^\\/]*[\\/]+[^\\/]+/;

const anyFolder = "must be file:///…, a folder's full path, or https://ACCOUNT.dfs.core.windows.net";

/**
 * What is wrong with the address of a lake in a folder, as the end of a sentence; undefined if it is valid. Valid
 * addresses are `file:` URLs and absolute paths. On Windows, these have a drive letter or a share name, with either
 * kind of slash.
 */
export function folderAddressFault(
  address: string,
  platform: NodeJS.Platform = process.platform,
): string | undefined {
  // For example, JSON turns the `\n` in "C:\new" into a line break.
  if (/\p{Cc}/u.test(address)) return "has a control character; double each backslash, or use slashes";
  // As in pasted text: it would be another folder, whose name looks the same.
  if (address.trim() !== address) return "must not begin or end with a space";
  const windows = platform === "win32";
  let folder = address;
  if (address.startsWith("file:")) {
    // In a URL, these end the path: the lake would be in another folder than the one that was named.
    if (/[?#]/.test(address)) return "must have no # or ?: write %23 or %3F, or give the folder's full path";
    if (/%(?![0-9a-f]{2})/i.test(address)) return "must have %25 in place of %, or be the folder's full path";
    try {
      folder = fileURLToPath(address, { windows });
    } catch {
      return windows
        ? "must name a drive or a share: file:///C:/… or file://SERVER/SHARE/…"
        : "must be file:///… with the full path of a folder on this machine";
    }
  }
  if (!windows) {
    if (drive.test(folder.replace(/^\//, "")))
      return "has a Windows drive letter, but this machine does not run Windows";
    return path.posix.isAbsolute(folder) ? undefined : anyFolder;
  }
  if (!drive.test(folder) && !share.test(folder))
    return `${anyFolder}; full paths are C:/… and //SERVER/SHARE/…`;
  return path.win32.resolve(folder).length > maximumWindowsRoot
    ? `must have no more than ${maximumWindowsRoot} characters on Windows, where longer paths cannot be read`
    : undefined;
}

/**
 * The folder of a lake, from its address or from a path (an option of the command line).
 * @throws CleverLakeError `config`
 */
export function folderOf(address: string): string {
  const folder = address.startsWith("file:") ? address : path.resolve(address);
  const fault = folderAddressFault(folder);
  if (fault !== undefined)
    throw new CleverLakeError("config", `The lake's address ${fault}.`, { subject: address });
  return folder.startsWith("file:") ? path.resolve(fileURLToPath(folder)) : folder;
}
