import type { DayRows } from "../clever/likelyDates";
import type { LogEntry } from "./log/ingestLog";
import type { OpenedCsv } from "./read/openCsv";

/** A landed file to be read, and what a person has agreed to about it. */
export interface Delivery {
  readonly entry: LogEntry;
  /** Its bad rows may be left out, and what else a look at it would hold it back for is settled. */
  readonly isAccepted: boolean;
  /** The most bad rows that may be left out, where what a person agreed to is known by an earlier reading alone. */
  readonly mostRefused?: number | undefined;
  /** The source of another user type with the same rows beside which its rows count, since a person agreed. */
  readonly agreedTwin?: string | undefined;
}

/** A delivery whose rows were read. */
export interface ReadDelivery extends Delivery {
  /** Good rows, all of which are staged. */
  readonly rows: number;
  /** Bad rows that were left out, since a person agreed. */
  readonly refused: number;
  readonly notes: readonly string[];
  /** Cells with a word for nothing in place of an id, which count as blank. */
  readonly wordsForNothing: number;
  /** Of its rows, `yyyy-MM-dd`; undefined if it has none. */
  readonly days: { readonly first: string; readonly last: string } | undefined;
}

/** A delivery of which no row enters the tables. */
export interface QuarantinedDelivery extends Delivery {
  /** Undefined where no line is to blame. */
  readonly line: number | undefined;
  readonly column: string | undefined;
  readonly reason: string;
  /** Whether rows of it come in where a person accepts it. */
  readonly acceptable: boolean;
  /** The source of another user type with the same rows, where that is the reason. */
  readonly twinOf?: string | undefined;
}

/** A delivery that is held back as a whole: no line of it is to blame. */
export function heldBack(
  delivery: Delivery,
  reason: string,
  acceptable: boolean,
  twinOf?: string,
): QuarantinedDelivery {
  return {
    ...delivery,
    line: undefined,
    column: undefined,
    reason,
    acceptable,
    ...(twinOf ? { twinOf } : {}),
  };
}

/** A delivery that could not be worked on, which says nothing about the file. */
export interface FailedDelivery extends Delivery {
  readonly error: unknown;
}

/** A delivery whose landed file is on this machine's disk. */
export interface FileToRead {
  readonly delivery: Delivery;
  readonly csv: OpenedCsv;
}

/** The first and the last of the days of a file. */
export function spanOf(days: readonly DayRows[] | undefined): ReadDelivery["days"] {
  const sorted = (days ?? []).map(({ day }) => day).sort();
  const [first, last] = [sorted[0], sorted.at(-1)];
  return first === undefined || last === undefined ? undefined : { first, last };
}
