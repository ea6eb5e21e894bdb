import type { Report } from "../../clever/reports";
import type { Lake } from "../../lake/lake";
import type { Delivery, ReadDelivery } from "../delivery";
import type { StagedRows } from "./stageRows";

/** What an engine is given to read files of one report. */
export interface EngineTask {
  readonly report: Report;
  /** Deliveries are in it at their entry's `landedPath`. */
  readonly lake: Lake;
  readonly salt: string;
  /** A folder on this machine, made by the lake's `scratch`, for the files that the engine makes. */
  readonly scratch: string;
  /**
   * Makes a Parquet file with the ids of people, in a column `id`, that the lake and the run know before these files, of
   * whatever report. They tell which texts hold an id, and which ids lost their zeros.
   */
  knownIds(): Promise<string>;
  readonly signal: AbortSignal | undefined;
  /** Is told what an engine outside of this process is at; null once it is done. */
  readonly onState?: ((status: EngineStatus | null) => void) | undefined;
}

/** What an engine outside of this process is at. */
export interface EngineStatus {
  /** `queued` while it waits for a machine. */
  readonly state: "queued" | "starting" | "reading" | "checking" | "writing";
  /** The last line of its log that tells of its work, without values. */
  readonly line: string | null;
}

/** What an engine answers for. */
export interface CleanReading {
  /** Deliveries in which there is nothing to judge. */
  readonly read: readonly ReadDelivery[];
  /** All rows of `read` and no others, pseudonymized, in data files of one month each, with statistics. */
  readonly staged: readonly StagedRows[];
  /**
   * A Parquet file with the ids and the pseudonyms of the people of `read`, its columns named as in the lookup table.
   * Undefined if there are none, or if the run knows them already.
   */
  readonly people?: string | undefined;
}

/**
 * The seam between the pipeline and whatever reads landed files. An engine answers for clean files only. Clean is a file
 * in which every record has as many cells as the header, every cell has one meaning, and none of the checks in
 * `checkRows.ts` finds anything. Every other file, and every file about which an engine is in doubt, is left out of the
 * answer: the embedded judge (`readAlone.ts`) reads it, so line, column and reason are the same whatever the engine.
 * What is committed, and when, is not the engine's matter.
 *
 * `test/unit/readEngine.test.ts` holds engines against this contract.
 */
export interface ReadEngine {
  /**
   * Reads what is clean of some deliveries. Nothing in a file makes it reject; a file that is gone is left out.
   * Rejects for the machine's or the lake's sake and with the signal's reason.
   */
  readClean(deliveries: readonly Delivery[]): Promise<CleanReading>;
}

/** Opens an engine for files of one report. */
export type OpenReadEngine = (task: EngineTask) => ReadEngine;
