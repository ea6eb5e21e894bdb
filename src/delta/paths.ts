import { CleverLakeError } from "../basics/errors";

/** File names of a Delta table ("File Types" in PROTOCOL.md), as paths in the lake. */

export function logFolder(tablePath: string): string {
  return `${tablePath}/_delta_log`;
}

const digits = (value: number, width: number) => String(value).padStart(width, "0");

export function commitPath(tablePath: string, version: number): string {
  return `${logFolder(tablePath)}/${digits(version, 20)}.json`;
}

/** A checkpoint's file, or one `part` of it, such as `.0000000001.0000000003`. */
export function checkpointPath(tablePath: string, version: number, part = ""): string {
  return `${logFolder(tablePath)}/${digits(version, 20)}.checkpoint${part}.parquet`;
}

/** The files of a checkpoint: one, or `parts` of them for a multi-part checkpoint. */
export function checkpointPaths(tablePath: string, version: number, parts?: number): string[] {
  if (parts === undefined) return [checkpointPath(tablePath, version)];
  const nameOf = (_: unknown, i: number) => `.${digits(i + 1, 10)}.${digits(parts, 10)}`;
  return Array.from({ length: parts }, nameOf).map((part) => checkpointPath(tablePath, version, part));
}

export function lastCheckpointPath(tablePath: string): string {
  return `${logFolder(tablePath)}/_last_checkpoint`;
}

export type LogFile =
  | { readonly kind: "commit"; readonly version: number }
  | { readonly kind: "checkpoint"; readonly version: number; readonly parts?: number }
  /** Named by a UUID, for readers of version 3. */
  | { readonly kind: "v2Checkpoint"; readonly version: number };

/** The kind of a file in the log's folder, by its name; undefined for anything else. */
export function parseLogFileName(name: string): LogFile | undefined {
  const match =
    /^(?<version>\d{20})\.(?<commit>json|checkpoint\.(?:(?<part>\d{10})\.(?<parts>\d{10})\.)?parquet|(?<v2>checkpoint\.[0-9a-f-]{36}\.(?:json|parquet)))$/.exec(
      name,
    );
  if (match?.groups === undefined) return undefined;
  const { commit, part, parts, v2 } = match.groups;
  const version = Number(match.groups.version);
  if (!Number.isSafeInteger(version)) return undefined;
  if (commit === "json") return { kind: "commit", version };
  if (v2 !== undefined) return { kind: "v2Checkpoint", version };
  if (part === undefined || parts === undefined) return { kind: "checkpoint", version };
  if (Number(part) < 1 || Number(part) > Number(parts)) return undefined;
  return { kind: "checkpoint", version, parts: Number(parts) };
}

/** A file's path in the log (a URI reference), decoded: its name within the table. */
export function decodePath(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    throw new CleverLakeError("corrupt", "The table's log has a file path that is not a URI.", {
      subject: path,
    });
  }
}

/** The inverse of `decodePath` for relative paths. Colons are encoded too: otherwise they would end a scheme. */
export function encodePath(path: string): string {
  return encodeURI(path).replace(/[?#:]/g, encodeURIComponent);
}

/**
 * A data file's path in the lake, from its path in the log. Paths that are absolute (as in shallow clones) or leave the
 * table's folder are refused.
 */
export function dataFilePath(tablePath: string, path: string): string {
  if (path.startsWith("/") || /^[a-z][a-z0-9+.-]*:/i.test(path)) {
    throw new CleverLakeError("unsupportedTable", "The table refers to a data file outside of its folder.", {
      subject: tablePath,
      hint: "Shallow clones are not supported: make a deep clone of the table.",
    });
  }
  const decoded = decodePath(path);
  if (decoded.split("/").some((part) => part === ".." || part === ".")) {
    throw new CleverLakeError("unsafePath", "The table's log names a file outside of the table's folder.", {
      subject: tablePath,
    });
  }
  return `${tablePath}/${decoded}`;
}
