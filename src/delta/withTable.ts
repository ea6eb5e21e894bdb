import type { DuckSession } from "../duck/duck";
import { withLocalFiles } from "./files/localFiles";
import { diagnoseError, filesOf, requireIntact, type TableFiles } from "./files/storedFiles";
import type { LakeAccess, OpenLake } from "./openLake";
import { lakePathOf, readQuery } from "./readQuery";
import { readSnapshot, type Snapshot } from "./snapshot";

/** An opened table: its snapshot, and a SELECT of its rows. */
export interface OpenTable {
  readonly snapshot: Snapshot;
  readonly select: string;
}

/**
 * Runs `work` with tables of the lake as SELECTs, in its own session; undefined for one that does not exist. If the lake
 * is not on this machine, its files are copied for the duration of `work`.
 */
export async function withTables<T>(
  open: OpenLake,
  tablePaths: readonly string[],
  work: (session: DuckSession, opened: readonly (OpenTable | undefined)[]) => Promise<T>,
): Promise<T> {
  const tables: TableFiles[] = [];
  for (const tablePath of tablePaths) {
    tables.push({ snapshot: await readSnapshot(open, tablePath) });
  }
  return withSelects(open, tables, (session, selects) => {
    const opened = tables.map(({ snapshot }, index) => {
      const select = selects[index];
      return snapshot && select !== undefined ? { snapshot, select } : undefined;
    });
    return work(session, opened);
  });
}

/** Like `withTables` for known states of tables; each SELECT is undefined if there is no such table. */
export function withSelects<T>(
  open: OpenLake,
  tables: readonly TableFiles[],
  work: (session: DuckSession, selects: readonly (string | undefined)[]) => Promise<T>,
): Promise<T> {
  return withDataFiles(open, tables, (localPathOf) => {
    const selects = tables.map(
      (table) => table.snapshot && readQuery(table.snapshot, filesOf(table), localPathOf),
    );
    return open.duck.session((session) => work(session, selects), open.signal);
  });
}

/** Gives the local path of a data file by its path in the lake, as `readQuery` needs it. */
type LocalPathOf = (lakePath: string) => string;

/**
 * Runs `work` with data files on the local disk, as `withLocalFiles` does. Rejects with `corrupt` if one of them is gone
 * or damaged: a flipped byte can leave it readable, with another number.
 */
export function withDataFiles<T>(
  access: LakeAccess,
  tables: readonly TableFiles[],
  work: (localPathOf: LocalPathOf) => Promise<T>,
): Promise<T> {
  return withUncheckedFiles(access, tables, async (localPathOf) => {
    for (const table of tables) {
      if (table.snapshot) await requireIntact(table.snapshot, filesOf(table), localPathOf, access);
    }
    return work(localPathOf);
  });
}

/** Like `withDataFiles`, for work that itself looks for bytes that have changed. */
export async function withUncheckedFiles<T>(
  access: LakeAccess,
  tables: readonly TableFiles[],
  work: (localPathOf: LocalPathOf) => Promise<T>,
): Promise<T> {
  const paths = tables.flatMap((table) => {
    const { snapshot } = table;
    return snapshot ? filesOf(table).map((file) => lakePathOf(snapshot, file)) : [];
  });
  let localPathOf: LocalPathOf | undefined;
  try {
    return await withLocalFiles(access.lake, paths, access, async (local) => {
      const localPaths = new Map(paths.map((path, index) => [path, local[index] ?? path]));
      localPathOf = (path) => localPaths.get(path) ?? path;
      try {
        return await work(localPathOf);
      } catch (error) {
        // Here, while the copies of a remote lake's files exist.
        throw await diagnoseError(access, tables, error, localPathOf);
      }
    });
  } catch (error) {
    throw localPathOf ? error : await diagnoseError(access, tables, error);
  }
}
