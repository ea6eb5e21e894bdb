import { randomUUID } from "node:crypto";
import { rm } from "node:fs/promises";
import path from "node:path";
import * as z from "zod";
import { fileBytes } from "../../basics/fileBytes";
import { sha256Of } from "../../basics/sha256";
import { type DuckSession, type SqlParameter, sqlFile, sqlName, sqlString } from "../../duck/duck";
import type { Lake, LakeOptions } from "../../lake/lake";
import type { AddFile, Tags } from "../log/actions";
import { encodePath } from "../paths";
import { type Column, sqlType } from "../schema";
import { withScratch } from "./localFiles";
import { type FileStatistics, statisticsOfCopy, statisticsOfValues, unboundedColumns } from "./statistics";

/** Whether the path of a data file has the form that this program gives it: not every writer keeps tags in a log. */
export function isNamedByUs(filePath: string): boolean {
  return /(^|\/)part-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\.snappy\.parquet$/.test(filePath);
}

/** How a table's data files are written. */
export interface FileLayout {
  /**
   * Text columns whose minimum and maximum are recorded in full, so that files can be found by their values.
   */
  readonly exactStatistics?: readonly string[] | undefined;
  /** Columns to sort the rows by. Parquet stores equal values once if they are close together. Default: no order. */
  readonly sortedBy?: readonly string[] | undefined;
}

export interface StageRequest extends FileLayout {
  readonly session: DuckSession;
  readonly tablePath: string;
  /** All columns of the table in the table's order. */
  readonly columns: readonly Column[];
  /** A SELECT of the rows, with at least the columns that are not partition columns, by name. */
  readonly query: string;
  readonly parameters?: readonly SqlParameter[];
  /** The value of every partition column, in the order of the folders. All rows of the query must have these values. */
  readonly partitionValues?: Readonly<Record<string, string | number | boolean | null>>;
  /** A folder from the lake's `scratch`. */
  readonly scratch: string;
}

/** A local data file that is not in a lake yet. */
export interface StagedDataFile {
  readonly localPath: string;
  readonly name: string;
  readonly partitionValues: Readonly<Record<string, string | null>>;
  /** Bytes. */
  readonly size: number;
  readonly statistics: FileStatistics;
}

/**
 * Rows. DuckDB's threads buffer their row groups uncompressed: with its default of 122,880, sorted rows of a report take
 * a third longer to write, because the engine's memory is small, and files are hardly smaller.
 */
const rowGroupSize = 40_960;

/**
 * Writes the rows of a query as a Snappy-compressed Parquet file, without the partition columns, into the scratch
 * folder; undefined if there are no rows.
 */
export async function stageDataFile(request: StageRequest): Promise<StagedDataFile | undefined> {
  const { session, tablePath, scratch } = request;
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
  const order = request.sortedBy === undefined ? "" : `ORDER BY ${request.sortedBy.map(sqlName).join(", ")}`;
  const name = `part-${randomUUID()}.snappy.parquet`;
  const localPath = path.join(scratch, name);
  try {
    const answer = await session.one(
      `COPY (SELECT ${list.join(", ")} FROM (${request.query}) rows_ ${order})
       TO ${sqlString(localPath)} (FORMAT parquet, COMPRESSION snappy, ROW_GROUP_SIZE ${rowGroupSize}, RETURN_STATS true)`,
      request.parameters,
    );
    const { size, statistics: known } = statisticsOfCopy(answer, stored, request.exactStatistics);
    if (known.numRecords > 0) {
      const statistics = await withAllBounds(request, localPath, known, unboundedColumns(known, stored));
      return { localPath, name, partitionValues, size, statistics };
    }
  } catch (error) {
    await rm(localPath, { force: true });
    throw error;
  }
  await rm(localPath, { force: true });
  return undefined;
}

const bound = z.union([z.string(), z.boolean(), z.number()]);

/** Statistics with the bounds that DuckDB omitted, from the file. */
async function withAllBounds(
  { session, exactStatistics }: StageRequest,
  localPath: string,
  known: FileStatistics,
  unbounded: readonly Column[],
): Promise<FileStatistics> {
  if (unbounded.length === 0) return known;
  const selected = unbounded.flatMap(({ name }, at) => [
    `min(${sqlName(name)}) AS lower_${at}`,
    `max(${sqlName(name)}) AS upper_${at}`,
  ]);
  const found = await session.one(
    `SELECT ${selected.join(", ")} FROM read_parquet(${sqlFile(localPath)}, hive_partitioning = false)`,
  );
  const bounds = (end: "lower" | "upper") =>
    Object.fromEntries(unbounded.map(({ name }, at) => [name, bound.parse(found[`${end}_${at}`])]));
  const [min, max] = [bounds("lower"), bounds("upper")];
  const counted = { rows: known.numRecords, min, max, nulls: known.nullCount };
  const { minValues, maxValues } = statisticsOfValues(counted, unbounded, exactStatistics);
  return {
    ...known,
    minValues: { ...known.minValues, ...minValues },
    maxValues: { ...known.maxValues, ...maxValues },
  };
}

/**
 * The tag of a data file with the SHA-256 of its bytes, in lower-case hex: Parquet has no checksums unless the writer
 * adds some, and a flipped byte may leave it readable.
 */
export const hashTag = "clever.sha256";

/** The SHA-256 of a local file, in lower-case hex. */
export function hashOfFile(file: string, { signal }: LakeOptions): Promise<string> {
  return sha256Of(fileBytes(file, { signal }));
}

const hiveNull = "__HIVE_DEFAULT_PARTITION__";

export interface ImportOptions extends LakeOptions {
  readonly tags?: Tags | undefined;
  /** False if the rows are already in the table; default true. */
  readonly dataChange?: boolean;
}

/**
 * Moves a staged file into the table's folder, tagged with its hash. Resolves to the action that adds it, for a
 * commit. Until that is committed, the file is not part of the table.
 */
export async function importDataFile(
  lake: Lake,
  tablePath: string,
  staged: StagedDataFile,
  { tags, dataChange = true, signal }: ImportOptions,
): Promise<AddFile> {
  const { localPath, name, partitionValues, size, statistics } = staged;
  const options = { signal };
  const sha256 = await hashOfFile(localPath, options);
  const relative = [...hiveFolders(partitionValues), name].join("/");
  await lake.importFile(localPath, `${tablePath}/${relative}`, options);
  return {
    path: encodePath(relative),
    partitionValues,
    size,
    modificationTime: Date.now(),
    dataChange,
    stats: JSON.stringify(statistics),
    tags: { ...tags, [hashTag]: sha256 },
  };
}

export interface DataFileRequest extends Omit<StageRequest, "scratch">, ImportOptions {
  readonly lake: Lake;
}

/** `stageDataFile` and `importDataFile` in one; undefined if there are no rows. */
export function writeDataFile(request: DataFileRequest): Promise<AddFile | undefined> {
  const { lake, tablePath } = request;
  return withScratch(lake, async (scratch) => {
    const staged = await stageDataFile({ ...request, scratch });
    return staged && importDataFile(lake, tablePath, staged, request);
  });
}

/** Folder names in Hive style. They are only for people: readers take partition values from the log. */
function hiveFolders(partitionValues: Readonly<Record<string, string | null>>): string[] {
  return Object.entries(partitionValues).map(
    ([name, value]) =>
      `${encodeURIComponent(name)}=${value === null || value === "" ? hiveNull : encodeURIComponent(value)}`,
  );
}
