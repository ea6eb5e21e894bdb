import { CleverLakeError } from "../basics/errors";
import { windowsNameFault } from "../basics/windowsNames";

const maximumNameBytes = 255;

/**
 * Why a file name from a server cannot be used as a file name here, as a noun phrase; undefined if it can. The rules
 * are those of the strictest file system, so that a lake can be moved between file systems.
 */
export function nameFault(name: string): string | undefined {
  if (name === "") return "an empty name";
  if (name === "." || name === "..") return "a name that leads to another folder";
  if (/[/\\]/.test(name)) return "a name with a path separator in it";
  if (/\p{Cc}/u.test(name)) return "a name with control characters";
  // The SSH library decodes names as UTF-8; a name in another encoding cannot be requested.
  if (/[\p{Cs}\u{fffd}]/u.test(name)) return "a name that is not UTF-8";
  if (Buffer.byteLength(name) > maximumNameBytes) return `a name of more than ${maximumNameBytes} bytes`;
  return windowsNameFault(name);
}

/**
 * A relative path from outside, unchanged, after checking that each part is a plain name.
 * @throws CleverLakeError `unsafePath`
 */
export function safeRelativePath(path: string): string {
  for (const name of path.split("/")) {
    const fault = nameFault(name);
    if (fault !== undefined)
      throw new CleverLakeError("unsafePath", `${printable(path)} is not a safe path: it has ${fault}.`);
  }
  return path;
}

/** A path and a name below it; for a folder "" the name alone, and for a name "" the folder. */
export function joinPath(folder: string, name: string): string {
  if (name === "") return folder;
  return folder === "" || folder.endsWith("/") ? `${folder}${name}` : `${folder}/${name}`;
}

/**
 * A name for messages: characters that could disturb a terminal or reorder text are escaped, and its length is limited.
 */
export function printable(name: string): string {
  const escaped = name.replace(
    /[\p{C}\p{Zl}\p{Zp}]/gu,
    (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`,
  );
  return escaped.length > 300 ? `${escaped.slice(0, 300)}…` : escaped;
}
