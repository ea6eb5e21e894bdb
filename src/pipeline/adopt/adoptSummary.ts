import type { ReportName } from "../../clever/reports";
import type { RunSummary } from "../log/runRecord";
import type { ComparedTable } from "./compareRows";

/** How far an adoption is. */
export interface AdoptProgress {
  /** Reading what OEA landed, building our tables from it, or comparing these with OEA's. */
  readonly phase: "looking" | "building" | "comparing";
  readonly files: number;
  readonly filesDone: number;
  /** Rows of our tables so far. */
  readonly rows: number;
}

/** A table that OEA's notebooks wrote. */
export interface AdoptedTable {
  readonly report: ReportName;
  readonly kind: "pseudo" | "lookup";
  /** Where it stands. */
  readonly table: string;
  /** Where the adoption moves it; where it stands if it was moved already. */
  readonly movedTo: string;
  readonly rows: number;
  /** Rows without those that OEA's runs repeated. */
  readonly distinctRows: number;
  /** When it was written last, ISO 8601; null where its log does not tell. */
  readonly lastCommit: string | null;
}

/** What OEA landed. */
export interface AdoptedFiles {
  readonly landed: number;
  /** How many of them OEA's production pipeline wrote: without a folder for the user type, quotes as `\"`. */
  readonly bySink: number;
  /** Different files, by name and content: each is read once. */
  readonly distinct: number;
  /** Reports that they are deliveries of; the last delivery of each counts. */
  readonly sources: number;
  /** Reports of which OEA landed different content under one name. */
  readonly redelivered: readonly string[];
  /** Files with quotes as `\"`: a copy in Clever's form is written beside each. */
  readonly escaped: number;
  /** Raw files in places that OEA's notebook does not read: they stay as they are. */
  readonly notTaken: readonly string[];
}

/**
 * What shows that OEA's own job is on, which would write every row again: before the adoption a commit or a landing of the
 * last days, afterwards rows or landed files that are not ours.
 */
export type AdoptWarning =
  | { readonly kind: "recentCommit" | "recentLanding"; readonly subject: string; readonly time: string }
  | { readonly kind: "rowsSince" | "landingsSince"; readonly subject: string; readonly count: number };

/** What there is to adopt, or was adopted; the document of `adopt --json`. */
export interface AdoptSummary {
  /** `nothing` of OEA's is in the lake; `planned` by a dry run; `adopted` now, or `adoptedBefore`. */
  readonly state: "nothing" | "planned" | "adopted" | "adoptedBefore";
  readonly tables: readonly AdoptedTable[];
  readonly files: AdoptedFiles;
  readonly pseudonyms: {
    /** Different ids in OEA's lookup tables. */
    readonly ids: number;
    /** Those that OEA pseudonymized without a salt. */
    readonly unsalted: number;
    /** The table that says which pseudonym takes the place of each of these; null where there is none. */
    readonly map: string | null;
  };
  readonly warnings: readonly AdoptWarning[];
  /** What building our tables came to; null where that was not done now. */
  readonly run: RunSummary | null;
  /** OEA's tables against ours; empty in a dry run. */
  readonly comparison: readonly ComparedTable[];
  readonly milliseconds: number;
}

/** OEA's rows that nothing explains. */
export function unexplainedRows({ comparison }: Pick<AdoptSummary, "comparison">): number {
  return comparison.flatMap(({ months }) => months).reduce((sum, { unexplained }) => sum + unexplained, 0);
}

/** Whether a person has to look at something: rows nobody can explain, files that were not taken in, OEA's job at work. */
export function hasAdoptTrouble(summary: AdoptSummary): boolean {
  const { run, warnings } = summary;
  const isIncomplete = run !== null && (run.failed.length > 0 || run.quarantined.length > 0);
  const isOn = warnings.some(({ kind }) => kind === "rowsSince" || kind === "landingsSince");
  return isIncomplete || isOn || unexplainedRows(summary) > 0;
}
