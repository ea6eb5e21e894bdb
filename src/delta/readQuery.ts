import { groupBy } from "../basics/groupBy";
import { sqlFiles, sqlName, sqlString } from "../duck/duck";
import type { AddFile, PartitionValues } from "./log/actions";
import type { Snapshot } from "./log/replay";
import { dataFilePath } from "./paths";
import { type Field, sqlType } from "./schema";

/** A data file's path in the lake. */
export function lakePathOf(snapshot: Snapshot, file: AddFile): string {
  return dataFilePath(snapshot.tablePath, file.path);
}

/**
 * A SELECT of the rows of `files` (active files of `snapshot`): all columns of the table in the table's order and
 * types. Partition columns come from the log. Columns that a file lacks are null, and columns that the table does not
 * have are left out. There is one branch per partition, so that filters on partition columns skip whole branches.
 * `localPath` maps a path in the lake to a local one (`withLocalFiles`).
 */
export function readQuery(
  snapshot: Snapshot,
  files: readonly AddFile[],
  localPath: (lakePath: string) => string,
): string {
  const { columns, partitionColumns } = snapshot.metadata;
  const { tablePath } = snapshot;
  const typed = columns.map((field) => ({ ...field, sqlType: sqlType(field, tablePath) }));
  if (files.length === 0) {
    const nulls = typed.map(({ name, sqlType }) => `CAST(NULL AS ${sqlType}) AS ${sqlName(name)}`);
    return `SELECT ${nulls.join(", ")} WHERE false`;
  }
  const stored = typed.filter(({ name }) => !partitionColumns.includes(name));
  const columnTypes = new Map(stored.map(({ name, sqlType }) => [name, sqlType]));
  const keyOf = ({ partitionValues }: AddFile) =>
    JSON.stringify(partitionColumns.map((name) => partitionValues[name] ?? null));
  const branches = [...groupBy(files, keyOf).values()].map((group) => {
    const [first] = group;
    const paths = group.map((file) => localPath(dataFilePath(tablePath, file.path)));
    const list = typed.map((field) =>
      partitionColumns.includes(field.name)
        ? `${partitionLiteral(field, first?.partitionValues ?? {})} AS ${sqlName(field.name)}`
        : sqlName(field.name),
    );
    return `SELECT ${list.join(", ")} FROM ${parquetRows(paths, columnTypes)}`;
  });
  return branches.join(" UNION ALL ");
}

/** Parquet files as a relation with exactly these columns, by DuckDB's type. Those that a file lacks are null. */
export function parquetRows(localPaths: readonly string[], columnTypes: ReadonlyMap<string, string>): string {
  const schema = [...columnTypes].map(
    ([name, type]) =>
      `${sqlString(name)}: {name: ${sqlString(name)}, type: ${sqlString(type)}, default_value: NULL}`,
  );
  return `read_parquet(${sqlFiles(localPaths)}, hive_partitioning = false, schema = MAP {${schema.join(", ")}})`;
}

/** A partition value as a literal ("Partition Value Serialization" in PROTOCOL.md: an empty text is null). */
function partitionLiteral(field: Field & { readonly sqlType: string }, values: PartitionValues): string {
  const value = values[field.name];
  const literal = value === undefined || value === null || value === "" ? "NULL" : sqlString(value);
  return `CAST(${literal} AS ${field.sqlType})`;
}
