import type { Duck, DuckSession } from "../duck/duck";
import type { Lake, LakeOptions } from "../lake/lake";
import type { AddFile } from "./actions";
import { withLocalFiles } from "./localFiles";
import { lakePathOf, readQuery } from "./readQuery";
import { readSnapshot, type Snapshot } from "./snapshot";
import { namingDamage, type TableFiles } from "./storedFiles";

/** An opened table: its snapshot, and a SELECT of its rows; both undefined if there is no such table. */
export interface OpenTable {
  readonly snapshot: Snapshot | undefined;
  readonly select: string | undefined;
}

/**
 * Runs `work` with tables of the lake as SELECTs, in its own session. If the lake is not on this machine, its files
 * are copied for the duration of `work`.
 */
export async function withTables<T>(
  lake: Lake,
  duck: Duck,
  tablePaths: readonly string[],
  options: LakeOptions,
  work: (session: DuckSession, opened: readonly OpenTable[]) => Promise<T>,
): Promise<T> {
  const tables: { snapshot: Snapshot | undefined; files: readonly AddFile[] }[] = [];
  for (const tablePath of tablePaths) {
    const snapshot = await readSnapshot(lake, tablePath, duck, options);
    tables.push({ snapshot, files: [...(snapshot?.files.values() ?? [])] });
  }
  return withDataFiles(lake, tables, options, (placeOf) => {
    const opened = tables.map(({ snapshot, files }) => ({
      snapshot,
      select: snapshot && readQuery(snapshot, files, placeOf),
    }));
    return duck.session((session) => work(session, opened), options.signal);
  });
}

/**
 * Runs `work` with data files on the local disk, as `withLocalFiles` does; `placeOf` gives the local path of one of them
 * by its path in the lake, as `readQuery` needs it. If it fails because a data file is gone or damaged, rejects with
 * `corrupt`.
 */
export async function withDataFiles<T>(
  lake: Lake,
  tables: readonly TableFiles[],
  options: LakeOptions,
  work: (placeOf: (lakePath: string) => string) => Promise<T>,
): Promise<T> {
  const paths = tables.flatMap(({ snapshot, files }) =>
    snapshot ? [...files].map((file) => lakePathOf(snapshot, file)) : [],
  );
  let placeOf: ((lakePath: string) => string) | undefined;
  try {
    return await withLocalFiles(lake, paths, options, async (local) => {
      const places = new Map(paths.map((path, index) => [path, local[index] ?? path]));
      placeOf = (path) => places.get(path) ?? path;
      try {
        return await work(placeOf);
      } catch (error) {
        // Here, while the copies of a remote lake's files exist.
        throw await namingDamage(lake, tables, error, options, placeOf);
      }
    });
  } catch (error) {
    throw placeOf ? error : await namingDamage(lake, tables, error, options);
  }
}
