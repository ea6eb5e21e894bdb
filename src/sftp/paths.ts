import { CleverLakeError } from "../errors";
import { windowsNameFault } from "../windowsNames";

const maximumNameBytes = 255;

/**
 * Why a file name from a server cannot become a file name here, as a half sentence; undefined for a good one.
 * The rules are those of the strictest file system, so that a lake can be carried from one to another.
 */
export function nameFault(name: string): string | undefined {
  if (name === "") return "an empty name";
  if (name === "." || name === "..") return "a name that leads to another folder";
  if (/[/\\]/.test(name)) return "a name with a path separator in it";
  if (/\p{Cc}/u.test(name)) return "a name with control characters";
  // The SSH library decodes names as UTF-8; what is none cannot be asked for again.
  if (/[\p{Cs}\u{fffd}]/u.test(name)) return "a name that is not UTF-8";
  if (Buffer.byteLength(name) > maximumNameBytes) return `a name of more than ${maximumNameBytes} bytes`;
  return windowsNameFault(name);
}

/**
 * A relative path from outside, unchanged, once each of its names is known to be a plain one.
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

/** A path and a name below it; of a folder "" the name alone, and of a name "" the folder. */
export function joinPath(folder: string, name: string): string {
  if (name === "") return folder;
  return folder === "" || folder.endsWith("/") ? `${folder}${name}` : `${folder}/${name}`;
}

/** A name for messages: whatever could disturb a terminal or reorder text is escaped, and it ends somewhere. */
export function printable(name: string): string {
  const escaped = name.replace(
    /[\p{C}\p{Zl}\p{Zp}]/gu,
    (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`,
  );
  return escaped.length > 300 ? `${escaped.slice(0, 300)}…` : escaped;
}
