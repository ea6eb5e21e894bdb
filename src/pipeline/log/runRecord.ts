import { randomBytes } from "node:crypto";
import { Readable } from "node:stream";
import * as z from "zod";
import { runRecordPath, runsFolder } from "../../clever/layout";
import { folderTime } from "../../clever/oeaLanding";
import { reportNames, userTypes } from "../../clever/reports";
import type { Lake } from "../../lake/lake";
import { readDocument } from "../../lake/readSmall";
import { folderName } from "../plan/plan";
import { identityHealthSchema } from "../read/checks/identityHealth";

const landingSchema = z.object({
  path: z.string(),
  source: z.string(),
  report: z.enum(reportNames),
  userType: z.enum(userTypes),
  size: z.number(),
  modified: z.coerce.date(),
  landedPath: z.string(),
  version: z.number(),
});

const problemSchema = z.object({
  path: z.string(),
  line: z.number().nullable(),
  column: z.string().nullable(),
  reason: z.string(),
  /** Whether a person can accept it so that its rows count. */
  acceptable: z.boolean().default(true),
  /** Whether the tables keep the rows of the previous delivery. */
  hasEarlierRows: z.boolean().default(false),
});

const summarySchema = z.object({
  runId: z.string(),
  /** Files ingested, and their bytes. */
  landed: z.number(),
  bytes: z.number(),
  /** Files whose rows entered the tables. */
  anonymized: z.number(),
  /** Reports on the server that the lake already had. */
  unchanged: z.number(),
  quarantined: z.array(problemSchema),
  failed: z.array(z.object({ path: z.string(), reason: z.string() })),
  /** Rows written to the tables. */
  rows: z.record(z.enum(reportNames), z.number()),
  /** Bad rows left out of accepted files. */
  refused: z.number(),
  /** Rows of the run's files that newer files have too. */
  superseded: z.number().default(0),
  /** Files in quarantine since an earlier run. */
  inQuarantine: z.array(z.string()),
  /** Findings about people's ids; records of earlier versions lack this. */
  identities: z.record(z.enum(reportNames), identityHealthSchema).optional(),
  /** Findings that are not errors. */
  notes: z.array(z.object({ path: z.string(), note: z.string() })),
  /**
   * Entries on the server that were not read, with the reason; `report` means that it has a report's name, so that rows
   * may be missing.
   */
  notRead: z.array(z.object({ path: z.string(), reason: z.string(), report: z.boolean() })).default([]),
  /** Kinds of reports whose newest day in the tables is older than expected. Empty if the check is disabled. */
  overdue: z
    .array(
      z.object({
        report: z.enum(reportNames),
        userType: z.enum(userTypes),
        /** The newest day of its rows in the tables, `yyyy-MM-dd`. */
        newestDay: z.string(),
        /** Past school days since then without a row. */
        schoolDays: z.number(),
      }),
    )
    .default([]),
  /** Changes that other programs made to the tables, so that their rows differ from the landed files. */
  changedByOthers: z
    .array(
      z.object({
        /** The table's folder in the lake. */
        table: z.string(),
        /** The months with doubtful rows, `yyyy-MM`; empty for the whole table. */
        months: z.array(z.string()),
        /** As sentences. */
        problem: z.string(),
      }),
    )
    .default([]),
  /** Reports of the configured user types on the server; null if the server was not queried. */
  reportsOnServer: z.number().nullable().default(null),
  milliseconds: z.number(),
});

/** What a run did; the document of `run --json`. */
export type RunSummary = z.infer<typeof summarySchema>;

/** What another program did to a table, so that its rows no longer match the landed files. */
export type Finding = RunSummary["changedByOthers"][number];

const runRecordSchema = z.object({
  runId: z.string(),
  command: z.enum(["ingest", "anonymize", "run", "adopt"]),
  /** The paths on the server that it was limited to, if it was. Records of earlier versions lack this. */
  only: z.array(z.string()).readonly().optional(),
  /** Files to accept without their bad rows. Records of earlier versions lack this. */
  accept: z.array(z.string()).readonly().optional(),
  started: z.coerce.date(),
  ended: z.coerce.date().optional(),
  outcome: z.enum(["running", "done", "incomplete", "cancelled", "failed"]),
  error: z.string().optional(),
  /**
   * What the run planned to ingest: from this, the next run finds files that an interrupted one landed but did not log.
   */
  landings: z.array(landingSchema),
  summary: summarySchema.optional(),
});

const doneSchema = z.object({ outcome: z.literal("done") });

/** One run's record in the lake: its plan while it is running, its summary afterwards. */
export type RunRecord = z.infer<typeof runRecordSchema>;

/**
 * A run's name: its start, and four characters in case two machines start in the same second. A later run's name is
 * greater, even within a second and if the clock was set back, because traces of interrupted runs are found by that
 * order.
 *
 * @param newest the newest run's name, if there was one
 */
export function newRunId(start: Date, newest?: string): string {
  const before = newest?.slice(0, folderName(start).length) ?? "";
  const next = new Date(folderTime(before).getTime() + 1000);
  const begin = folderName(start) > before || Number.isNaN(next.getTime()) ? start : next;
  return `${folderName(begin)}-${randomBytes(2).toString("hex")}`;
}

export async function writeRunRecord(lake: Lake, record: RunRecord): Promise<void> {
  const data = Buffer.from(`${JSON.stringify(record, undefined, 2)}\n`);
  await lake.write(runRecordPath(record.runId), Readable.from([data]));
}

/** A run's record; undefined if there is no readable one. */
export async function readRunRecord(lake: Lake, runId: string): Promise<RunRecord | undefined> {
  return new RunHistory(lake).record(runId);
}

/** A record has a few hundred bytes for each file of its run. */
const maxRecordBytes = 128 * 1024 * 1024;

/** A lake's runs: what several queries need is read once. */
export class RunHistory {
  private names: Promise<string[]> | undefined;
  private readonly documents = new Map<string, Promise<unknown>>();

  constructor(
    readonly lake: Lake,
    readonly signal?: AbortSignal,
  ) {}

  /** The names of all runs with a record, newest first. */
  ids(): Promise<string[]> {
    this.names ??= runIds(this.lake, this.signal);
    return this.names;
  }

  /** A run's record; undefined if there is no readable one. */
  async record(runId: string): Promise<RunRecord | undefined> {
    return runRecordSchema.safeParse(await this.document(runId)).data;
  }

  /** The readable records of the newest ten runs, newest first. */
  async *newestRecords(): AsyncGenerator<RunRecord> {
    // The limit keeps the cost constant over the years.
    for (const runId of (await this.ids()).slice(0, 10)) {
      this.signal?.throwIfAborted();
      const record = await this.record(runId);
      if (record) yield record;
    }
  }

  /** Whether a run succeeded with every file. Checks no more of its record, which is long for a backlog. */
  async isDone(runId: string): Promise<boolean> {
    return doneSchema.safeParse(await this.document(runId)).success;
  }

  private document(runId: string): Promise<unknown> {
    const read =
      this.documents.get(runId) ??
      readDocument(this.lake, runRecordPath(runId), z.unknown(), { maxBytes: maxRecordBytes });
    this.documents.set(runId, read);
    return read;
  }
}

/** The names of all runs with a record, newest first. A run that had nothing to do leaves none. */
export async function runIds(lake: Lake, signal?: AbortSignal): Promise<string[]> {
  const names = await lake.names(runsFolder, { signal });
  return names
    .flatMap((name) => /^(.+)\.json$/.exec(name)?.[1] ?? [])
    .sort()
    .reverse();
}

/**
 * The records of runs that may have landed files without a log entry, for the holder of the lake's lock: interrupted
 * ones, whose records still say that they are running, and the last one that ended, unless it succeeded with every
 * file. A run cleans up after earlier ones before it writes its own record, so these are the newest ones, however many
 * runs were interrupted before they did. Oldest first; to be cleaned up in this order.
 */
export async function interruptedRuns(history: RunHistory): Promise<RunRecord[]> {
  const records: RunRecord[] = [];
  for (const runId of await history.ids()) {
    if (await history.isDone(runId)) break;
    const record = await history.record(runId);
    if (record) records.unshift(record);
    if (record && record.outcome !== "running") break;
  }
  return records;
}
