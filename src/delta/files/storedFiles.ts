import { CleverLakeError, isCleverLakeError, isDamage } from "../../basics/errors";
import { ioError } from "../../lake/disk";
import { filesBelow } from "../../lake/filesBelow";
import type { LakeOptions } from "../../lake/lake";
import type { AddFile } from "../log/actions";
import type { Snapshot } from "../log/replay";
import type { LakeAccess } from "../openLake";
import { lakePathOf } from "../readQuery";
import { hashOfFile, hashTag } from "./dataFile";
import { dataFilesAmong } from "./tableFiles";

/** A data file of a table that is gone, or that is not as it was written. */
export interface DamagedFile {
  readonly file: AddFile;
  /** Its path in the lake. */
  readonly path: string;
  /** What is wrong, as a sentence. */
  readonly problem: string;
}

/**
 * Compares a table's folder with its log, with one listing.
 *
 * @returns `damaged`: data files that are gone, or whose size differs from the log; `unused`: the sizes of data files that
 *   the table no longer uses, or that were never committed
 */
export async function storedFiles(access: LakeAccess, snapshot: Snapshot) {
  const { tablePath, files, tombstones } = snapshot;
  const stored = await filesBelow(access.lake, tablePath, access);
  const unused = dataFilesAmong(stored, tablePath)
    .filter(({ path }) => {
      const name = path.slice(tablePath.length + 1);
      return !files.has(name) && !tombstones.has(name);
    })
    .map(({ size }) => size);
  const sizes = new Map(stored.map(({ path, size }) => [path, size]));
  const damaged = [...files.values()].flatMap((file): DamagedFile[] => {
    const path = lakePathOf(snapshot, file);
    const size = sizes.get(path);
    if (size === file.size) return [];
    const problem =
      size === undefined
        ? "The table's data file is gone."
        : `The table's data file has ${size} bytes; its log says ${file.size}.`;
    return [{ file, path, problem }];
  });
  return { damaged, unused };
}

/** Data files whose bytes changed since they were written; those of other writers carry no hash and are not checked. */
export async function corruptedFiles(
  snapshot: Snapshot,
  files: Iterable<AddFile>,
  localPathOf: (lakePath: string) => string,
  options: LakeOptions,
): Promise<DamagedFile[]> {
  const corrupted: DamagedFile[] = [];
  for (const file of files) {
    const path = lakePathOf(snapshot, file);
    const sha256 = file.tags?.[hashTag];
    if (!sha256) continue;
    const found = await hashOfFile(localPathOf(path), options).catch((error: unknown) => {
      options.signal?.throwIfAborted();
      throw ioError(error, path);
    });
    if (found === sha256) continue;
    corrupted.push({ file, path, problem: "The table's data file has changed since it was written." });
  }
  return corrupted;
}

/**
 * Rejects with `corrupt` if the bytes of data files have changed since they were written. If damaged bytes were
 * rewritten, the new file's hash would hide the damage.
 */
export async function requireIntact(
  snapshot: Snapshot,
  files: Iterable<AddFile>,
  localPathOf: (lakePath: string) => string,
  options: LakeOptions,
): Promise<void> {
  const [found] = await corruptedFiles(snapshot, files, localPathOf, options);
  if (found) throw damageError(found);
}

function damageError({ path, problem }: DamagedFile, cause?: unknown): CleverLakeError {
  return new CleverLakeError("corrupt", problem, {
    subject: path,
    hint: "`clever-lake verify` names every such file, and `clever-lake repair` rebuilds what follows from the landed files.",
    cause,
  });
}

/** Data files of a table; none if there is no such table. */
export interface TableFiles {
  readonly snapshot: Snapshot | undefined;
  /** Default: all. */
  readonly files?: Iterable<AddFile>;
}

export function filesOf({ snapshot, files = snapshot?.files.values() ?? [] }: TableFiles): AddFile[] {
  return [...files];
}

/**
 * The error of work that read tables: if one of their data files is gone, has another size or other bytes, or cannot be
 * read and may be another program's, an error with code `corrupt` that names the file or its table and says what to do,
 * else the error itself.
 *
 * @param localPathOf the local path of a data file, if they are on the local disk
 */
export async function diagnoseError(
  access: LakeAccess,
  tables: Iterable<TableFiles>,
  error: unknown,
  localPathOf?: (lakePath: string) => string,
): Promise<unknown> {
  if (!isDamage(error)) return error;
  for (const table of tables) {
    const { snapshot } = table;
    if (snapshot === undefined) continue;
    const { damaged } = await storedFiles(access, snapshot);
    const corrupted =
      localPathOf && damaged.length === 0
        ? await corruptedFiles(snapshot, filesOf(table), localPathOf, access)
        : [];
    const [found] = [...damaged, ...corrupted];
    if (found) return damageError(found, error);
  }
  // The engine's hints are about the machine.
  if (!isCleverLakeError(error, "engine") || error.hint !== undefined) return error;
  for (const table of tables) {
    const [file] = filesOf(table).filter(({ tags }) => !tags?.[hashTag]);
    if (!table.snapshot || !file) continue;
    const problem = `The table has a data file that another program wrote, and cannot be read: ${error.message}`;
    return damageError({ file, path: table.snapshot.tablePath, problem }, error);
  }
  return error;
}
