import * as z from "zod";
import { ingestLogTable } from "../../clever/layout";
import { type ReportName, reportNames, type UserType, userTypes } from "../../clever/reports";
import { sqlTypes } from "../../delta/schema";
import { CleverLakeError } from "../../errors";

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
  /** Those in the table. */
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

/** The log's columns with their Delta types. */
export const ingestLogColumns = [
  { name: "path", type: "string" },
  { name: "source", type: "string" },
  { name: "report", type: "string" },
  { name: "user_type", type: "string" },
  { name: "size", type: "long" },
  { name: "modified", type: "timestamp" },
  { name: "sha256", type: "string" },
  { name: "landed_path", type: "string" },
  { name: "version", type: "long" },
  { name: "run_id", type: "string" },
  { name: "time", type: "timestamp" },
  { name: "outcome", type: "string" },
  { name: "rows_read", type: "long" },
  { name: "rows_written", type: "long" },
  { name: "rows_refused", type: "long" },
  { name: "line", type: "long" },
  { name: "column", type: "string" },
  { name: "reason", type: "string" },
  { name: "notes", type: "string" },
  { name: "rows_superseded", type: "long" },
  { name: "superseded_by", type: "string" },
  { name: "rows_replaced", type: "long" },
  { name: "first_day", type: "date" },
  { name: "last_day", type: "date" },
  { name: "accepted", type: "boolean" },
  { name: "acceptable", type: "boolean" },
  { name: "twin_of", type: "string" },
] as const;

/** Entries as one JSON array, in the form that the engine expands into rows (see `entriesFromJsonSql`). */
export function entriesToJson(entries: readonly LogEntry[]): string {
  return JSON.stringify(
    entries.map((entry) => ({
      path: entry.path,
      source: entry.source,
      report: entry.report,
      user_type: entry.userType,
      size: entry.size,
      modified: entry.modified.toISOString(),
      sha256: entry.sha256,
      landed_path: entry.landedPath,
      version: entry.version,
      run_id: entry.runId,
      time: entry.time.toISOString(),
      outcome: entry.outcome,
      rows_read: entry.rowsRead ?? null,
      rows_written: entry.rowsWritten ?? null,
      rows_refused: entry.rowsRefused ?? null,
      line: entry.line ?? null,
      column: entry.column ?? null,
      reason: entry.reason ?? null,
      notes: entry.notes ?? null,
      rows_superseded: entry.rowsSuperseded ?? null,
      superseded_by: entry.supersededBy ? JSON.stringify(entry.supersededBy) : null,
      rows_replaced: entry.rowsReplaced ?? null,
      first_day: entry.firstDay ?? null,
      last_day: entry.lastDay ?? null,
      accepted: entry.accepted ?? null,
      acceptable: entry.acceptable ?? null,
      twin_of: entry.twinOf ?? null,
    })),
  );
}

/** A SELECT of the rows in the JSON array that is bound as the first parameter. */
export function entriesFromJsonSql(): string {
  const shape = JSON.stringify([
    Object.fromEntries(ingestLogColumns.map(({ name, type }) => [name, sqlTypes[type]])),
  ]);
  const columns = ingestLogColumns.map(({ name }) => `entry."${name}"`).join(", ");
  return `SELECT ${columns} FROM (SELECT unnest(from_json($1::JSON, '${shape}')) AS entry)`;
}

/** A SELECT of log rows in the form that `entryFromRow` reads, from a relation with the log's columns. */
export function entryRowsSql(relation: string): string {
  const columns = ingestLogColumns.map(({ name, type }) => {
    if (type === "long") return `"${name}"::DOUBLE AS "${name}"`;
    if (type === "date") return `"${name}"::VARCHAR AS "${name}"`;
    return type === "timestamp" ? `epoch_ms("${name}")::DOUBLE AS "${name}"` : `"${name}"`;
  });
  return `SELECT ${columns.join(", ")} FROM (${relation})`;
}

/** A row of `entryRowsSql` as an entry; rejects invalid rows with code `corrupt`. */
export function entryFromRow(row: Readonly<Record<string, unknown>>): LogEntry {
  const text = (name: string) => optionalText(row, name) ?? fail(name);
  const number = (name: string) => optionalNumber(row, name) ?? fail(name);
  return {
    path: text("path"),
    source: text("source"),
    report: reportNames.find((name) => name === row.report) ?? fail("report"),
    userType: userTypes.find((name) => name === row.user_type) ?? fail("user_type"),
    size: number("size"),
    modified: new Date(number("modified")),
    sha256: text("sha256"),
    landedPath: text("landed_path"),
    version: number("version"),
    runId: text("run_id"),
    time: new Date(number("time")),
    outcome: outcomes.find((name) => name === row.outcome) ?? fail("outcome"),
    ...present({
      rowsRead: optionalNumber(row, "rows_read"),
      rowsWritten: optionalNumber(row, "rows_written"),
      rowsRefused: optionalNumber(row, "rows_refused"),
      rowsSuperseded: optionalNumber(row, "rows_superseded"),
      supersededBy: countsIn(optionalText(row, "superseded_by")),
      rowsReplaced: optionalNumber(row, "rows_replaced"),
      firstDay: optionalText(row, "first_day"),
      lastDay: optionalText(row, "last_day"),
      accepted: optionalBoolean(row, "accepted"),
      acceptable: optionalBoolean(row, "acceptable"),
      twinOf: optionalText(row, "twin_of"),
      line: optionalNumber(row, "line"),
      column: optionalText(row, "column"),
      reason: optionalText(row, "reason"),
      notes: optionalText(row, "notes"),
    }),
  };
}

/** The fields that have a value. */
export function present<T extends object>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}

function countsIn(text: string | undefined): Record<string, number> | undefined {
  if (text === undefined) return undefined;
  try {
    return z.record(z.string(), z.number()).parse(JSON.parse(text));
  } catch {
    return fail("superseded_by");
  }
}

function optionalBoolean(row: Readonly<Record<string, unknown>>, name: string): boolean | undefined {
  const value = row[name];
  return typeof value === "boolean" ? value : undefined;
}

function optionalText(row: Readonly<Record<string, unknown>>, name: string): string | undefined {
  const value = row[name];
  return typeof value === "string" ? value : undefined;
}

function optionalNumber(row: Readonly<Record<string, unknown>>, name: string): number | undefined {
  const value = row[name];
  return typeof value === "number" ? value : undefined;
}

function fail(column: string): never {
  throw new CleverLakeError("corrupt", `The ingest log holds a row whose ${column} cannot be read.`, {
    subject: ingestLogTable,
  });
}
