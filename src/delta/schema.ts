import * as z from "zod";
import { CleverLakeError } from "../basics/errors";

/** Delta's primitive types that this program reads and writes, with DuckDB's name for each. */
export const sqlTypes = {
  string: "VARCHAR",
  date: "DATE",
  boolean: "BOOLEAN",
  byte: "TINYINT",
  short: "SMALLINT",
  integer: "INTEGER",
  long: "BIGINT",
  float: "FLOAT",
  double: "DOUBLE",
  timestamp: "TIMESTAMP WITH TIME ZONE",
  binary: "BLOB",
} as const;

export type DeltaType = keyof typeof sqlTypes;

/** A column of a table that this program writes; all columns are nullable. */
export interface Column {
  readonly name: string;
  readonly type: DeltaType;
}

/** A column in a table's schema: of any type, possibly nested (then the type is its JSON text). */
export interface Field {
  readonly name: string;
  readonly type: string;
  readonly nullable: boolean;
  readonly metadata: Readonly<Record<string, unknown>>;
}

const structType = z.object({
  type: z.literal("struct"),
  fields: z.array(
    z.object({
      name: z.string().min(1),
      type: z
        .union([z.string(), z.record(z.string(), z.unknown())])
        .transform((type) => (typeof type === "string" ? type : JSON.stringify(type))),
      nullable: z.boolean(),
      metadata: z
        .record(z.string(), z.unknown())
        .nullish()
        .transform((metadata) => metadata ?? {}),
    }),
  ),
});

/** Columns as the `schemaString` of a metaData action ("Schema Serialization Format" in PROTOCOL.md). */
export function formatSchema(columns: readonly Column[]): string {
  return JSON.stringify({
    type: "struct",
    fields: columns.map(({ name, type }) => ({ name, type, nullable: true, metadata: {} })),
  });
}

/** A `schemaString` with columns appended. */
export function extendSchema(schemaString: string, added: readonly Column[]): string {
  const fields = [schemaString, formatSchema(added)].flatMap(
    (text) => (JSON.parse(text) as { readonly fields: readonly unknown[] }).fields,
  );
  return JSON.stringify({ type: "struct", fields });
}

/** The columns of a `schemaString`; `subject` is the table, for the `corrupt` error. */
export function parseSchema(schemaString: string, subject: string): readonly Field[] {
  try {
    return structType.parse(JSON.parse(schemaString)).fields;
  } catch {
    throw new CleverLakeError("corrupt", "The table's schema cannot be read.", { subject });
  }
}

/** DuckDB's type for a Delta type; `unsupportedTable` for nested and other types. */
export function sqlType(field: { readonly name: string; readonly type: string }, subject: string): string {
  if (isDeltaType(field.type)) return sqlTypes[field.type];
  if (/^decimal\(\d{1,2},\s*\d{1,2}\)$/.test(field.type)) return field.type.toUpperCase();
  throw new CleverLakeError(
    "unsupportedTable",
    `The column ${field.name} has a type that is not supported: ${field.type}.`,
    { subject },
  );
}

/** A table's columns in the form that this program writes; `unsupportedTable` if a type is not supported. */
export function tableColumns(fields: readonly Field[], subject: string): Column[] {
  return fields.map(({ name, type }) => {
    if (isDeltaType(type)) return { name, type };
    throw new CleverLakeError(
      "unsupportedTable",
      `The column ${name} has a type that this program does not write: ${type}.`,
      { subject },
    );
  });
}

function isDeltaType(type: string): type is DeltaType {
  return Object.hasOwn(sqlTypes, type);
}

export interface TableShape {
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  readonly partitionColumns: readonly string[];
}

/**
 * Refuses a table whose first columns (names, types, order) or partition columns are not the expected ones. Columns of
 * other programs after these are null in our rows.
 */
export function requireSameShape(actual: TableShape, expected: TableShape, subject: string): void {
  const difference = shapeDifference(actual, expected);
  if (difference === undefined) return;
  throw new CleverLakeError(
    "unsupportedTable",
    `The table is not as this program creates it: ${difference}.`,
    {
      subject,
      hint: "clever-lake repair rebuilds a table of reports from its landed files. Move any other table away, so that it is created again.",
    },
  );
}

/** Refuses a table that lacks columns, or has other types of them; their order and further columns do not matter. */
export function requireColumns(
  { columns }: Pick<TableShape, "columns">,
  needed: TableShape["columns"],
  subject: string,
): void {
  const found = needed.flatMap((column) => {
    const own = columns.find(({ name }) => name === column.name);
    const isWider = column.type === "integer" && (own?.type === "long" || own?.type === "double");
    return own === undefined ? [] : [isWider ? column : own];
  });
  requireSameShape(
    { columns: found, partitionColumns: [] },
    { columns: needed, partitionColumns: [] },
    subject,
  );
}

function shapeDifference(actual: TableShape, expected: TableShape): string | undefined {
  for (const [i, expectedColumn] of expected.columns.entries()) {
    const found = actual.columns[i];
    const isThere = actual.columns.some(({ name }) => name === expectedColumn.name);
    if (found === undefined || !isThere) return `it lacks the column ${expectedColumn.name}`;
    if (found.name !== expectedColumn.name)
      return `column ${i + 1} is ${found.name}, not ${expectedColumn.name}`;
    if (found.type !== expectedColumn.type)
      return `the column ${expectedColumn.name} is of type ${found.type}, not ${expectedColumn.type}`;
  }
  const partitions = actual.partitionColumns.join(", ");
  if (partitions === expected.partitionColumns.join(", ")) return undefined;
  return `it is partitioned by ${partitions || "nothing"}, not by ${expected.partitionColumns.join(", ") || "nothing"}`;
}
