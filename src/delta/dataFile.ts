import { randomUUID } from "node:crypto";
import { rm } from "node:fs/promises";
import path from "node:path";
import { type DuckSession, type SqlParameter, sqlName, sqlString } from "../duck/duck";
import type { Lake, LakeOptions } from "../lake/lake";
import type { AddFile, Tags } from "./actions";
import { hashOfFile, hashTag } from "./fileHash";
import { encodePath } from "./paths";
import { type Column, sqlType } from "./schema";
import { statisticsOfCopy } from "./statistics";

export interface DataFileRequest extends LakeOptions {
  readonly session: DuckSession;
  readonly lake: Lake;
  readonly tablePath: string;
  /** All columns of the table in the table's order. */
  readonly columns: readonly Column[];
  /** A SELECT for the rows, with at least the columns that are not partition columns, by name. */
  readonly query: string;
  readonly parameters?: readonly SqlParameter[];
  /** The value of every partition column, in the order of the folders. The query must have no other rows. */
  readonly partitionValues?: Readonly<Record<string, string | number | boolean | null>>;
  readonly tags?: Tags;
  /** A folder made by the lake's `scratch`. */
  readonly scratch: string;
  /** Text columns whose least and greatest values are recorded in full (up to 256 bytes), to find files by them. */
  readonly exactStatistics?: readonly string[];
  /** False where the rows are in the table already; true if left out. */
  readonly dataChange?: boolean;
}

/**
 * Writes the rows of a query as a data file of a table (Parquet with snappy, without the partition columns, tagged with
 * its hash) and resolves to the action that adds it, for a commit; undefined where there are no rows. Until it is committed the file
 * is no part of the table.
 */
export async function writeDataFile(request: DataFileRequest): Promise<AddFile | undefined> {
  const { session, lake, tablePath, scratch, signal } = request;
  const partitionValues = Object.fromEntries(
    Object.entries(request.partitionValues ?? {}).map(([name, value]) => [
      name,
      value === null ? null : String(value),
    ]),
  );
  const stored = request.columns.filter(({ name }) => !Object.hasOwn(partitionValues, name));
  const list = stored.map((column) => {
    const name = sqlName(column.name);
    return `CAST(${name} AS ${sqlType(column, tablePath)}) AS ${name}`;
  });
  const fileName = `part-${randomUUID()}.snappy.parquet`;
  const local = path.join(scratch, fileName);
  try {
    const answer = await session.one(
      `COPY (SELECT ${list.join(", ")} FROM (${request.query}) rows_)
       TO ${sqlString(local)} (FORMAT parquet, COMPRESSION snappy, RETURN_STATS true)`,
      request.parameters,
      signal,
    );
    const { size, statistics } = statisticsOfCopy(answer, stored, request.exactStatistics);
    if (statistics.numRecords === 0) return undefined;
    const sha256 = await hashOfFile(local, signal ? { signal } : {});
    const relative = [...hiveFolders(partitionValues), fileName].join("/");
    await lake.importFile(local, `${tablePath}/${relative}`, signal ? { signal } : {});
    return {
      path: encodePath(relative),
      partitionValues,
      size,
      modificationTime: Date.now(),
      dataChange: request.dataChange ?? true,
      stats: JSON.stringify(statistics),
      tags: { ...request.tags, [hashTag]: sha256 },
    };
  } finally {
    await rm(local, { force: true });
  }
}

/** Folders as Hive names them. They are for people only: readers take partition values from the log. */
function hiveFolders(partitionValues: Readonly<Record<string, string | null>>): string[] {
  return Object.entries(partitionValues).map(
    ([name, value]) =>
      `${encodeURIComponent(name)}=${value === null || value === "" ? "__HIVE_DEFAULT_PARTITION__" : encodeURIComponent(value)}`,
  );
}
