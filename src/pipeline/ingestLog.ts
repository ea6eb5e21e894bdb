import { ingestLogTable } from "../clever/layout";
import { type ReportName, reportNames, type UserType, userTypes } from "../clever/reports";
import { CleverLakeError } from "../errors";

/** What became of a landed file. */
export const outcomes = ["landed", "anonymized", "quarantined", "duplicate"] as const;
export type Outcome = (typeof outcomes)[number];

/**
 * One line of the ingest log. A file has a line when it landed and another when its rows were applied or it was
 * quarantined; the last one says how it stands.
 */
export interface LogEntry {
  /** The file's path on the server. */
  readonly path: string;
  /** What it is a delivery of: the path without the mark of a copy. */
  readonly source: string;
  readonly report: ReportName;
  readonly userType: UserType;
  /** Bytes. */
  readonly size: number;
  /** Modification time on the server. */
  readonly modified: Date;
  /** SHA-256 of the bytes, lower-case hex. */
  readonly sha256: string;
  /** Where the bytes stand in the lake; for a duplicate, where the same bytes stood before. */
  readonly landedPath: string;
  /**
   * Which delivery of the source this is, later ones being larger: the time of its landing in seconds since 1970, or of
   * the run that read the landed copy again.
   */
  readonly version: number;
  readonly runId: string;
  readonly time: Date;
  readonly outcome: Outcome;
  /** Rows of the file; undefined until they were read. */
  readonly rowsRead?: number;
  readonly rowsWritten?: number;
  readonly rowsRefused?: number;
  readonly line?: number;
  readonly column?: string;
  readonly reason?: string;
  /** What was noticed and is no fault: unknown columns, blank rows. */
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
] as const;

/** One JSON array of entries, as the engine unfolds it into rows (see `entriesFromJsonSql`). */
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
    })),
  );
}

const sqlTypes = { string: "VARCHAR", long: "BIGINT", timestamp: "TIMESTAMPTZ" } as const;

/** A SELECT of the rows in the JSON array that is bound as the first parameter. */
export function entriesFromJsonSql(): string {
  const shape = JSON.stringify([
    Object.fromEntries(ingestLogColumns.map(({ name, type }) => [name, sqlTypes[type]])),
  ]);
  const columns = ingestLogColumns.map(({ name }) => `entry."${name}"`).join(", ");
  return `SELECT ${columns} FROM (SELECT unnest(from_json($1::JSON, '${shape}')) AS entry)`;
}

/** A SELECT of log rows in the form that `entryFromRow` takes, from a relation with the log's columns. */
export function entryRowsSql(relation: string): string {
  const columns = ingestLogColumns.map(({ name, type }) => {
    if (type === "long") return `"${name}"::DOUBLE AS "${name}"`;
    return type === "timestamp" ? `epoch_ms("${name}")::DOUBLE AS "${name}"` : `"${name}"`;
  });
  return `SELECT ${columns.join(", ")} FROM (${relation})`;
}

/** A row of `entryRowsSql` as an entry; rejects what no entry can be, with code `corrupt`. */
export function entryFromRow(row: Readonly<Record<string, unknown>>): LogEntry {
  const text = (name: string) => optionalText(row, name) ?? fail(name);
  const number = (name: string) => optionalNumber(row, name) ?? fail(name);
  const rowsRead = optionalNumber(row, "rows_read");
  const rowsWritten = optionalNumber(row, "rows_written");
  const rowsRefused = optionalNumber(row, "rows_refused");
  const line = optionalNumber(row, "line");
  const column = optionalText(row, "column");
  const reason = optionalText(row, "reason");
  const notes = optionalText(row, "notes");
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
    ...(rowsRead !== undefined ? { rowsRead } : {}),
    ...(rowsWritten !== undefined ? { rowsWritten } : {}),
    ...(rowsRefused !== undefined ? { rowsRefused } : {}),
    ...(line !== undefined ? { line } : {}),
    ...(column !== undefined ? { column } : {}),
    ...(reason !== undefined ? { reason } : {}),
    ...(notes !== undefined ? { notes } : {}),
  };
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
