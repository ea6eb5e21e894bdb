import { integer } from "../../basics/counted";
import { CleverLakeError } from "../../basics/errors";
import { rebuildFolder } from "../../clever/layout";
import type { Report } from "../../clever/reports";
import type { Action } from "../../delta/log/actions";
import { commit } from "../../delta/log/commit";
import type { Snapshot } from "../../delta/snapshot";
import { rereadLanded } from "../landedReader";
import type { LogEntry } from "../log/ingestLog";
import { chunksOf } from "../plan/work";
import type { ReadContext } from "../read/stageFiles";
import type { StagedRows } from "../read/stageRows";
import type { Workspace } from "../workspace";
import { isReadAsBefore } from "../write/tableChange";
import { replacementMark } from "./foreignCommits";

export interface RepairContext extends Workspace {
  readonly salt: string;
  /** Write nothing. */
  readonly dryRun: boolean;
  readonly runId: string;
  /** Rejects if the lake may no longer be written. */
  readonly requireHeld: () => Promise<void>;
  /** Receives the number of landed bytes read. */
  readonly onBytes: (bytes: number) => void;
}

export interface TableToRebuild {
  readonly report: Report;
  /** The table to be rebuilt in place; undefined for a new one next to it, from the landed files alone. */
  readonly snapshot: Snapshot | undefined;
  /** The paths, in its log, of data files of `snapshot` that are gone or damaged: they are replaced unread. */
  readonly damaged: ReadonlySet<string>;
  /** The sources that the report's table of rows has, by its own log; empty if it cannot be read. */
  readonly applied: ReadonlyMap<string, unknown>;
  /** The report's current deliveries. */
  readonly current: readonly LogEntry[];
}

/** Landed files that were read again. */
export interface LandedRows {
  /** The deliveries that were read as they were when they entered the tables. */
  readonly read: readonly LogEntry[];
  /** Those whose landed file is gone, or is not read as it was. */
  readonly unread: readonly LogEntry[];
  /** Rows of `read`, and possibly of `unread`. */
  readonly staged: readonly StagedRows[];
}

export async function readLanded(
  { duck, onBytes, signal }: RepairContext,
  reader: ReadContext,
  entries: readonly LogEntry[],
): Promise<LandedRows> {
  const read: LogEntry[] = [];
  const staged: StagedRows[] = [];
  for (const { pending } of chunksOf([], entries)) {
    const reading = await duck.session((session) => rereadLanded(session, reader, pending), signal);
    read.push(...reading.read.filter(isReadAsBefore).map(({ entry }) => entry));
    staged.push(...reading.staged);
    onBytes(pending.reduce((sum, { size }) => sum + size, 0));
  }
  const isRead = new Set(read.map(({ source }) => source));
  return { read, unread: entries.filter(({ source }) => !isRead.has(source)), staged };
}

/** Sources whose rows a table has, and whose delivery the ingest log does not know: the log was lost or truncated. */
export function unloggedSources(
  applied: ReadonlyMap<string, unknown>,
  current: readonly LogEntry[],
): Set<string> {
  const known = new Set(current.map(({ source }) => source));
  return new Set([...applied.keys()].filter((source) => !known.has(source)));
}

/**
 * Rejects with `corrupt` if the ingest log does not know what a table was built from, so that one built by it would
 * lack rows.
 */
export function requireLogged(
  subject: string,
  applied: ReadonlyMap<string, unknown>,
  current: readonly LogEntry[],
): void {
  const [first, ...others] = unloggedSources(applied, current);
  if (first === undefined && current.length > 0) return;
  const of =
    first === undefined
      ? "any of its files"
      : [first, ...(others.length > 0 ? [`${integer(others.length)} more of its files`] : [])].join(" and ");
  throw new CleverLakeError(
    "corrupt",
    `The ingest log has no entry for ${of}: a table rebuilt from it would lack their rows. The table was not changed.`,
    { subject, hint: "Restore the ingest log from a backup of the lake." },
  );
}

/** The error that refuses to replace a table, or a data file, with one that lacks rows or people of these files. */
export function landedFilesMissing(
  subject: string,
  files: readonly string[],
  what: "rows" | "people",
): CleverLakeError {
  const others = files.length > 1 ? ` and of ${files.length - 1} more` : "";
  return new CleverLakeError(
    "notFound",
    `The landed file of ${files[0]}${others} is gone, or is not read as it was: a table built without it would lack ${what}. The table stays as it is.`,
    { subject, hint: "Restore the landed files, or the table, from a backup of the lake." },
  );
}

/** Where a table is rebuilt: in place, or next to the old one, of which nothing is used. */
export function pathOfRebuilt(table: string, snapshot: Snapshot | undefined): string {
  return snapshot ? table : rebuildFolder(table);
}

/**
 * Commits a rebuilt table, which is then known to be consistent. Rejects with `conflict` if another program changed it
 * since the state that it was rebuilt from.
 *
 * @param snapshot that state; undefined for a new table next to the old one
 */
export async function commitRebuilt(
  context: RepairContext,
  table: string,
  snapshot: Snapshot | undefined,
  rebuilt: readonly Action[],
  parameters: Readonly<Record<string, string>> = {},
): Promise<Snapshot | undefined> {
  const tablePath = pathOfRebuilt(table, snapshot);
  const actions = [...rebuilt, replacementMark(snapshot)];
  await context.requireHeld();
  const outcome = await commit({
    ...context,
    snapshot,
    tablePath,
    operation: { name: "WRITE", parameters: { mode: "Overwrite", ...parameters } },
    attempt: (now, number) => {
      if (number > 1 || now?.version !== snapshot?.version) {
        throw new CleverLakeError(
          "conflict",
          "Another program changed the table in the meantime; it was not repaired.",
          { subject: table, hint: "Repair it again." },
        );
      }
      return Promise.resolve({ actions, readsTable: true });
    },
  });
  return outcome.snapshot;
}
