import { constants } from "node:fs";

/** What an entry of a folder is. */
export type EntryKind = "file" | "folder" | "link" | "special";

const { S_IFMT, S_IFREG, S_IFDIR, S_IFLNK } = constants;

/** A line of `ls -l`: type, permissions, then anything. */
const unixLine = /^([-dlbcps])[-rwxsStT]{9}[.+@]?\s/;
/** A line of `dir`, as IIS and other servers on Windows write it: `05-01-25  10:00AM  <DIR>  name`. */
const windowsLine = /^\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}\s+\d{1,2}:\d{2}\s*(?:[AP]M)?\s+(<[A-Z]+>|[\d,.]+)\s/i;

/** The kind according to a mode; undefined if the mode is missing or has no type bits. */
export function kindOfMode(mode: number | undefined): EntryKind | undefined {
  const type = (mode ?? 0) & S_IFMT;
  if (type === 0) return undefined;
  if (type === S_IFREG) return "file";
  if (type === S_IFDIR) return "folder";
  return type === S_IFLNK ? "link" : "special";
}

/** The kind according to a listing's long name; undefined for an unknown style. */
export function kindOfLongName(longName: string | undefined): EntryKind | undefined {
  const letter = unixLine.exec(longName ?? "")?.[1];
  if (letter === "-") return "file";
  if (letter === "d") return "folder";
  if (letter !== undefined) return letter === "l" ? "link" : "special";
  const sizeOrTag = windowsLine.exec(longName ?? "")?.[1]?.toUpperCase();
  if (sizeOrTag === undefined) return undefined;
  if (sizeOrTag === "<DIR>") return "folder";
  // Windows has several names for links: <SYMLINK>, <SYMLINKD>, <JUNCTION>.
  return sizeOrTag.startsWith("<") ? "link" : "file";
}
