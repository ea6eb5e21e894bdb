import type { ReportName } from "../../clever/reports";
import type { RunSummary } from "../log/runRecord";
import type { WorkProgress } from "../progress";
import type { ComparedTable } from "./compareRows";
import type { OeaPseudonyms } from "./oeaSalt";

/** Progress of an adoption: the files of a phase. */
export interface AdoptProgress extends WorkProgress {
  /** Reading what OEA landed, building our tables from it, or comparing them with OEA's. */
  readonly phase: "inspecting" | "building" | "comparing";
  /** Rows of our tables so far. */
  readonly rows: number;
}

/** A table that OEA's notebooks wrote. */
export interface AdoptedTable {
  readonly report: ReportName;
  readonly kind: "pseudo" | "lookup";
  /** Its path. */
  readonly table: string;
  /** Where the adoption moves it; its path if it was already moved. */
  readonly movedTo: string;
  readonly rows: number;
  /** Rows without those that OEA's runs repeated. */
  readonly distinctRows: number;
  /** Time of the last commit, ISO 8601; null if its log does not have it. */
  readonly lastCommit: string | null;
}

/** What OEA landed. */
export interface AdoptedFiles {
  readonly landed: number;
  /** How many of them OEA's production pipeline wrote: without a folder for the user type, quotes as `\"`. */
  readonly bySink: number;
  /** Distinct files, by name and content: each is read once. */
  readonly distinct: number;
  /** Reports that they are deliveries of; the last delivery of each counts. */
  readonly sources: number;
  /** Reports of which OEA landed different content under one name. */
  readonly redelivered: readonly string[];
  /** Files with quotes as `\"`: each gets a copy in Clever's format next to it. */
  readonly escaped: number;
  /** Raw files in places that OEA's notebook does not read: they stay unchanged. */
  readonly notTaken: readonly string[];
}

/**
 * Signs that OEA's own job is active, which would write every row again: before the adoption, a commit or a landing in
 * the last days; afterwards, rows or landed files that are not ours.
 */
export type AdoptWarning =
  | { readonly kind: "recentCommit" | "recentLanding"; readonly subject: string; readonly time: string }
  | { readonly kind: "rowsSince" | "landingsSince"; readonly subject: string; readonly count: number };

/** What can be adopted, or was; the document of `adopt --json`. */
export interface AdoptSummary {
  /** `nothing` of OEA's is in the lake; `planned` by a dry run; `adopted` now, or `adoptedBefore`. */
  readonly state: "nothing" | "planned" | "adopted" | "adoptedBefore";
  readonly tables: readonly AdoptedTable[];
  readonly files: AdoptedFiles;
  readonly pseudonyms: OeaPseudonyms & {
    /** The table that maps each unsalted pseudonym to ours; null if there is none. */
    readonly map: string | null;
  };
  readonly warnings: readonly AdoptWarning[];
  /** The result of building our tables; null if that was not done now. */
  readonly run: RunSummary | null;
  /** OEA's tables compared with ours; empty in a dry run. */
  readonly comparison: readonly ComparedTable[];
  readonly milliseconds: number;
}

/** Unexplained rows of OEA's. */
export function unexplainedRows({ comparison }: Pick<AdoptSummary, "comparison">): number {
  return comparison.flatMap(({ months }) => months).reduce((sum, { unexplained }) => sum + unexplained, 0);
}

/** Whether a person must check something: unexplained rows, files that were not adopted, OEA's job being active. */
export function hasAdoptProblems(summary: AdoptSummary): boolean {
  const { run, warnings } = summary;
  const isIncomplete = run !== null && (run.failed.length > 0 || run.quarantined.length > 0);
  const isOeaActive = warnings.some(({ kind }) => kind === "rowsSince" || kind === "landingsSince");
  return isIncomplete || isOeaActive || unexplainedRows(summary) > 0;
}
