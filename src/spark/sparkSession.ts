import type { Delivery } from "../pipeline/delivery";
import type { EngineTask } from "../pipeline/read/readEngine";
import type { JobLocations, SparkMessage, SparkRequest } from "./documents";

/**
 * A running Spark and the communication with it: everything in which `spark-submit` and Livy differ. `runJob` runs
 * jobs in it. Once it is disposed, Spark has ended and no files of it are left.
 */
export interface SparkSession extends AsyncDisposable {
  /**
   * Provides a job's inputs in places that Spark can read, and runs `work` with them. Does not call `work` if all
   * landed files are missing.
   */
  withPlaces(
    task: EngineTask,
    deliveries: readonly Delivery[],
    work: (lent: BorrowedInputs) => Promise<void>,
  ): Promise<void>;

  send(request: SparkRequest): Promise<void>;

  /** Passes all later messages from Spark to one listener, or to none. */
  listen(listener: SparkListener | undefined): void;

  /** Rejects when Spark has ended, with the error to report; never resolves. */
  readonly lost: Promise<never>;

  /** The log's lines about a failure, after a space; empty if there are none. */
  logOfFailure(): Promise<string>;

  /** Ends Spark immediately. */
  kill(): Promise<void>;
}

export interface SparkListener {
  message(message: SparkMessage): void;
  /** The state of the startup, before the first message. */
  start(state: "queued" | "starting"): void;
  /** A log line about Spark's progress, without values. */
  line(line: string): void;
}

export interface BorrowedInputs {
  /** The deliveries whose landed files are available, in the order of `places.paths`. */
  readonly deliveries: readonly Delivery[];
  readonly places: JobLocations;
  /** Downloads a file of the job's output; resolves to its local path. */
  fetch(place: string): Promise<string>;
}

/**
 * Starts one Spark session for all jobs of a run. They share the lake, the salt and the signal of this first task.
 */
export type LaunchSpark = (task: EngineTask) => Promise<SparkSession>;
