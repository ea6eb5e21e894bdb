import type { Report } from "../../clever/reports";
import type { Lake } from "../../lake/lake";
import type { Delivery, ReadDelivery } from "../delivery";
import type { StagedRows } from "./stageRows";

/** What an engine needs to read files of one report. */
export interface EngineTask {
  readonly report: Report;
  /** Has each delivery at its entry's `landedPath`. */
  readonly lake: Lake;
  readonly salt: string;
  /** A local folder, made by the lake's `scratch`, for the engine's files. */
  readonly scratch: string;
  /**
   * Writes a Parquet file with a column `id`: people's ids that the lake and the run knew before these files, from all
   * reports. They show which texts contain an id, and which ids lost their leading zeros.
   */
  knownIds(): Promise<string>;
  readonly signal: AbortSignal | undefined;
  /** Receives the status of an external engine; null once it is done. */
  readonly onState?: ((status: EngineStatus | null) => void) | undefined;
}

/** The status of an external engine. */
export interface EngineStatus {
  /** `queued` while it waits for a machine. */
  readonly state: "queued" | "starting" | "reading" | "checking" | "writing";
  /** The last progress line of its log, without values. */
  readonly line: string | null;
}

/** The deliveries that an engine vouches for. */
export interface CleanReading {
  /** Deliveries that need no judging. */
  readonly read: readonly ReadDelivery[];
  /** All rows of `read` and no others, pseudonymized, in data files of one month each, with statistics. */
  readonly staged: readonly StagedRows[];
  /**
   * A Parquet file with the ids and pseudonyms of the people of `read`, its columns named as in the lookup table.
   * Undefined if there are none, or if the run already knows them.
   */
  readonly people?: string | undefined;
}

/**
 * The interface between the pipeline and the engines that read landed files. An engine is responsible for clean files
 * only. In a clean file, every record has as many cells as the header, every cell has one meaning, and none of the
 * checks in `checkRows.ts` finds anything. The engine leaves out every other file and every doubtful one. The embedded
 * judge (`readOneFile.ts`) reads those, so line, column and reason are the same whatever the engine. The engine does not
 * decide what is committed, or when.
 *
 * `test/unit/readEngine.test.ts` tests engines against this contract.
 */
export interface ReadEngine {
  /**
   * Reads the clean ones of some deliveries. Nothing in a file makes it reject; a file that is gone is left out.
   * Rejects if the machine or the lake fails, and with the signal's reason.
   */
  readClean(deliveries: readonly Delivery[]): Promise<CleanReading>;
}

/** Opens an engine for files of one report. */
export type OpenReadEngine = (task: EngineTask) => ReadEngine;
