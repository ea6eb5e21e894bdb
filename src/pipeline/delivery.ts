import type { DayRows } from "../clever/likelyDates";
import type { LogEntry } from "./log/ingestLog";
import type { OpenedCsv } from "./read/csv/openCsv";

/** A landed file to be read, and what a person accepted about it. */
export interface Delivery {
  readonly entry: LogEntry;
  /** A person consented: its bad rows may be left out, and nothing else holds it back. */
  readonly isAccepted: boolean;
  /**
   * The log's entry of the source's current delivery, or of this one, if its rows entered the tables and its bytes are
   * the same. They are read the same way as then and never judged again, whatever has been learned since, so the order
   * of runs does not matter.
   */
  readonly readAs?: LogEntry | undefined;
  /** The source of another user type with the same rows, if a person agreed that both count. */
  readonly agreedTwin?: string | undefined;
  /** Whether the landed file is known to have the bytes that were ingested: it has just landed, or was compared. */
  readonly isIntact?: boolean | undefined;
  /** With `readAs`: the lines at which the rows begin that were refused. Undefined if unknown. */
  readonly refusedLines?: ReadonlySet<number> | undefined;
}

/** Whether a delivery is still to be judged: nobody accepted it, and its bytes are new to the tables. */
export function isJudged({ isAccepted, readAs }: Delivery): boolean {
  return !isAccepted && readAs === undefined;
}

/** A delivery whose rows were read. */
export interface ReadDelivery extends Delivery {
  /** Good rows, all of which are staged. */
  readonly rows: number;
  /** Bad rows that were left out with a person's consent. */
  readonly refused: number;
  readonly notes: readonly string[];
  /** Cells with a placeholder instead of an id, which count as blank. */
  readonly placeholders: number;
  /** The first and last day of its rows, `yyyy-MM-dd`; undefined if it has none. */
  readonly days: { readonly first: string; readonly last: string } | undefined;
}

/** A delivery whose rows do not enter the tables. */
export interface QuarantinedDelivery extends Delivery {
  /** Undefined if no line is at fault. */
  readonly line?: number | undefined;
  readonly column?: string | undefined;
  readonly reason: string;
  /** Whether a person can accept it so that its rows count. */
  readonly acceptable: boolean;
  /** The source of another user type with the same rows, if that is the reason. */
  readonly twinOf?: string | undefined;
}

/** A delivery that could not be processed, which says nothing about the file. */
export interface FailedDelivery extends Delivery {
  readonly error: unknown;
}

/** A delivery whose landed file is on the local disk. */
export interface FileToRead {
  readonly delivery: Delivery;
  readonly csv: OpenedCsv;
}

/** The first and last day of a file. */
export function spanOf(days: readonly DayRows[] | undefined): ReadDelivery["days"] {
  const sorted = (days ?? []).map(({ day }) => day).sort();
  const [first, last] = [sorted[0], sorted.at(-1)];
  return first === undefined || last === undefined ? undefined : { first, last };
}
