import { CleverLakeError } from "../basics/errors";

/** OEA's file systems. `np` means "not pseudonymized": these contain identities. */
export const fileSystems = ["stage1np", "stage2np", "stage2p"] as const;
export const identityFileSystems: ReadonlySet<string> = new Set(["stage1np", "stage2np"]);

/** In these, OEA treats every child of a module's folder as a table. */
export const tableFileSystems: ReadonlySet<string> = new Set(["stage2np", "stage2p"]);

/** The folder in which files are created before they get their names; not part of the lake. */
export const temporaryFolder = ".clever-lake-tmp";

/**
 * Checks a path for the lake's adapters; throws `unsafePath` unless it is relative, `/`-separated, and without an
 * empty, `.` or `..` part, NUL or backslash.
 */
export function checkedPath(path: string): string {
  const parts = path.split("/");
  const unsafe = parts.some((part) => part === "" || part === "." || part === ".." || /[\\\0]/.test(part));
  if (unsafe) {
    throw new CleverLakeError("unsafePath", "This path leads outside the lake; it was not used.", {
      subject: JSON.stringify(path),
    });
  }
  return path;
}
