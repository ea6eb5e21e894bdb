import type { Division } from "../clever/groupsTable";
import type { UserType } from "../clever/reports";
import type { Lake } from "../lake/lake";
import type { ReportSource } from "../sftp/source";
import type { RunRecord } from "./log/runRecord";
import type { Comparison } from "./plan/changedFiles";
import type { ProgressListener } from "./progress";
import type { OpenReadEngine } from "./read/readEngine";

/** What a run is asked to do. */
export interface RunRequest {
  /** `ingest` only lands files, `anonymize` works on landed files, `run` does both. */
  readonly command: Exclude<RunRecord["command"], "adopt">;
  readonly lake: Lake;
  /** The server; not needed to anonymize. */
  readonly source?: ReportSource | undefined;
  /** Not needed to ingest. */
  readonly salt?: string | undefined;
  readonly userTypes: readonly UserType[];
  /** If given, only these paths on the server. */
  readonly only?: readonly string[] | undefined;
  /** Files (paths on the server or in the lake) to accept without their bad rows. */
  readonly accept?: readonly string[] | undefined;
  /** Files read from the server concurrently; default 4. */
  readonly connections?: number | undefined;
  /** Percent of a source's rows that a redelivery may remove without a person's consent; default 50. */
  readonly maxShrink?: number;
  /** How a redelivery is recognized; default "time". */
  readonly compare?: Comparison | undefined;
  /** School days without a newer day after which a kind of report is overdue; 0 or undefined disables the check. */
  readonly expectReportsWithin?: number;
  /** Whether to update the Digital Engagement table at the end; default no. */
  readonly digitalActivity?: boolean;
  /** Divides people into groups for the table of groups; if undefined, that table is not updated. */
  readonly divide?: (() => Promise<Division>) | undefined;
  /** Reads landed files that need no judging; default: the embedded engine. */
  readonly engine?: OpenReadEngine | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ProgressListener | undefined;
}
