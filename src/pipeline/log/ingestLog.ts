import * as z from "zod";
import { CleverLakeError } from "../../basics/errors";
import { jsonIn } from "../../basics/json";
import { ingestLogTable } from "../../clever/layout";
import { type ReportName, reportNames, type UserType, userTypes } from "../../clever/reports";
import { type Column, sqlTypes } from "../../delta/schema";

/** The outcome of a landed file. */
export const outcomes = ["landed", "anonymized", "quarantined", "dismissed", "duplicate"] as const;
export type Outcome = (typeof outcomes)[number];

/**
 * One entry of the ingest log. A file gets an entry when it lands and another when its rows are applied or it is
 * quarantined; the last one has its current state.
 */
export interface LogEntry {
  /** The file's path on the server. */
  readonly path: string;
  /** The source that it is a delivery of: the path without copy marks. */
  readonly source: string;
  readonly report: ReportName;
  readonly userType: UserType;
  /** Bytes. */
  readonly size: number;
  /** Modification time on the server. */
  readonly modified: Date;
  /** SHA-256 of the bytes, lower-case hex. */
  readonly sha256: string;
  /** Where the bytes are in the lake; for a duplicate, where the same bytes already were. */
  readonly landedPath: string;
  /**
   * The number of the delivery; later ones are larger: the time of its landing in seconds since 1970, or of the run
   * that read the landed file again.
   */
  readonly version: number;
  readonly runId: string;
  readonly time: Date;
  readonly outcome: Outcome;
  /** Rows of the file; undefined until it was read. */
  readonly rowsRead?: number;
  /** Rows in the table. */
  readonly rowsWritten?: number;
  /** Bad rows left out after a person accepted the file. */
  readonly rowsRefused?: number;
  /** Rows that newer deliveries of other sources have too. Entries of earlier versions lack this. */
  readonly rowsSuperseded?: number;
  /** By source, how many rows have a newer version in that source; a row can be in several of them. */
  readonly supersededBy?: Readonly<Record<string, number>>;
  /** Rows of the source in the table before this delivery. */
  readonly rowsReplaced?: number;
  /** The days of its rows, `yyyy-MM-dd`. */
  readonly firstDay?: string;
  readonly lastDay?: string;
  /** Whether a person accepted the file. */
  readonly accepted?: boolean;
  /** For a quarantined file, whether a person can accept it so that its rows count. */
  readonly acceptable?: boolean;
  /** The source of another user type with the same rows; if the file is accepted, both count. */
  readonly twinOf?: string;
  readonly line?: number;
  readonly column?: string;
  readonly reason?: string;
  /** Findings that are not errors: unknown columns, blank rows. */
  readonly notes?: string;
}

interface LogColumn extends Column {
  /** The only values that are valid. */
  readonly values?: readonly unknown[];
  /** Whether every entry has it, because it is known once a delivery has landed. */
  readonly required?: boolean;
}

/** The column that holds each field of an entry, in the order of the table. */
const columnOf: Readonly<Record<keyof LogEntry, LogColumn>> = {
  path: { name: "path", type: "string", required: true },
  source: { name: "source", type: "string", required: true },
  report: { name: "report", type: "string", values: reportNames, required: true },
  userType: { name: "user_type", type: "string", values: userTypes, required: true },
  size: { name: "size", type: "long", required: true },
  modified: { name: "modified", type: "timestamp", required: true },
  sha256: { name: "sha256", type: "string", required: true },
  landedPath: { name: "landed_path", type: "string", required: true },
  version: { name: "version", type: "long", required: true },
  runId: { name: "run_id", type: "string", required: true },
  time: { name: "time", type: "timestamp", required: true },
  outcome: { name: "outcome", type: "string", values: outcomes, required: true },
  rowsRead: { name: "rows_read", type: "long" },
  rowsWritten: { name: "rows_written", type: "long" },
  rowsRefused: { name: "rows_refused", type: "long" },
  line: { name: "line", type: "long" },
  column: { name: "column", type: "string" },
  reason: { name: "reason", type: "string" },
  notes: { name: "notes", type: "string" },
  rowsSuperseded: { name: "rows_superseded", type: "long" },
  supersededBy: { name: "superseded_by", type: "string" },
  rowsReplaced: { name: "rows_replaced", type: "long" },
  firstDay: { name: "first_day", type: "date" },
  lastDay: { name: "last_day", type: "date" },
  accepted: { name: "accepted", type: "boolean" },
  acceptable: { name: "acceptable", type: "boolean" },
  twinOf: { name: "twin_of", type: "string" },
};

const fields = Object.entries(columnOf) as readonly [keyof LogEntry, LogColumn][];

/** The log's columns with their Delta types. */
export const ingestLogColumns: readonly Column[] = fields.map(([, { name, type }]) => ({ name, type }));

/** An entry without the fields about its rows. */
export function withoutRowFields(entry: LogEntry): LogEntry {
  const known = fields.filter(([, { required }]) => required).map(([field]) => [field, entry[field]]);
  return Object.fromEntries(known) as LogEntry;
}

/**
 * Rows of a delivery that count as superseded, although the log names no source for them: the one that superseded them
 * has changed, and they could not be read again from the landed file. The table may lack them.
 */
export function unexplainedRows({ rowsSuperseded = 0, supersededBy = {} }: LogEntry): number {
  if (rowsSuperseded === 0) return 0;
  const superseded = Object.values(supersededBy).reduce((sum, rows) => sum + rows, 0);
  return Math.max(rowsSuperseded - superseded, 0);
}

/** Entries as one JSON array, in the form that the engine expands into rows (see `entriesFromJsonSql`). */
export function entriesToJson(entries: readonly LogEntry[]): string {
  return JSON.stringify(
    entries.map((entry) =>
      Object.fromEntries(fields.map(([field, { name }]) => [name, cellOf(entry[field])])),
    ),
  );
}

function cellOf(value: LogEntry[keyof LogEntry]): string | number | boolean | null {
  if (value instanceof Date) return value.toISOString();
  return typeof value === "object" ? JSON.stringify(value) : (value ?? null);
}

/** A SELECT of the rows in the JSON array that is bound as the first parameter. */
export function entriesFromJsonSql(): string {
  const shape = JSON.stringify([
    Object.fromEntries(ingestLogColumns.map(({ name, type }) => [name, sqlTypes[type]])),
  ]);
  const columns = ingestLogColumns.map(({ name }) => `entry."${name}"`).join(", ");
  return `SELECT ${columns} FROM (SELECT unnest(from_json($1::JSON, '${shape}')) AS entry)`;
}

/**
 * A SELECT of the one row that `entriesFromLists` reads, from a relation with the log's columns: a JSON list of the values
 * of each column. One text per entry would name every column again, and take twice as long.
 */
export function entryListsSql(relation: string): string {
  const lists = ingestLogColumns.map(({ name, type }) => {
    const cell = type === "timestamp" ? `epoch_ms("${name}")` : `"${name}"`;
    return `CAST(to_json(list(${cell})) AS VARCHAR) AS "${name}"`;
  });
  return `SELECT ${lists.join(", ")} FROM (${relation})`;
}

/** The row of `entryListsSql` as entries, in no particular order; rejects invalid ones with code `corrupt`. */
export function entriesFromLists(row: Readonly<Record<string, unknown>>): LogEntry[] {
  const lists = fields.map(([field, column]) => ({ field, column, cells: listIn(row[column.name]) }));
  // Most columns about rows are empty in most logs.
  const filled = lists.filter(({ column, cells }) => column.required || cells.some((cell) => cell !== null));
  return (lists[0]?.cells ?? []).map((_, index) => {
    const entry: Partial<Record<keyof LogEntry, unknown>> = {};
    for (const { field, column, cells } of filled) {
      const value = readCell(cells[index], column);
      if (value !== undefined) entry[field] = value;
      else if (column.required) fail(column.name);
    }
    return entry as LogEntry;
  });
}

/** A list of no rows is null. */
function listIn(text: unknown): readonly unknown[] {
  return typeof text === "string" ? (JSON.parse(text) as readonly unknown[]) : [];
}

/** The value of a cell; undefined if it has none, or one that the column cannot have. */
function readCell(cell: unknown, { name, type, values }: LogColumn): unknown {
  if (values !== undefined && !values.includes(cell)) return undefined;
  if (type === "boolean") return typeof cell === "boolean" ? cell : undefined;
  if (type === "long" || type === "timestamp") {
    if (typeof cell !== "number") return undefined;
    return type === "long" ? cell : new Date(cell);
  }
  if (typeof cell !== "string") return undefined;
  return name === columnOf.supersededBy.name ? countsIn(cell) : cell;
}

/** The fields that have a value. */
export function definedFields<T extends object>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}

function countsIn(text: string): Record<string, number> {
  const counts = z.record(z.string(), z.number()).safeParse(jsonIn(text));
  return counts.data ?? fail(columnOf.supersededBy.name);
}

function fail(column: string): never {
  throw new CleverLakeError("corrupt", `The ingest log holds a row whose ${column} cannot be read.`, {
    subject: ingestLogTable,
  });
}
