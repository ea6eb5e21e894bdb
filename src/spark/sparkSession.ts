import type { Delivery } from "../pipeline/delivery";
import type { EngineTask } from "../pipeline/read/readEngine";
import type { JobPlaces, SparkMessage, SparkRequest } from "./documents";

/**
 * How one Spark is started and spoken to: all in which `spark-submit` and Livy differ. `SparkJobs` runs jobs on it. Once it
 * is disposed of, Spark has ended and nothing of it is left.
 */
export interface SparkSession extends AsyncDisposable {
  /**
   * Runs `work` with what a job needs, in places where Spark can read it; without a call if all landed files are gone.
   */
  withPlaces(
    task: EngineTask,
    deliveries: readonly Delivery[],
    work: (lent: LentPlaces) => Promise<void>,
  ): Promise<void>;

  send(request: SparkRequest): Promise<void>;

  /** Has all that Spark tells from now on told to one listener. */
  listen(listener: SparkListener): void;

  /** Rejects when Spark is there no longer, with the error to tell; never resolves. */
  readonly lost: Promise<never>;

  /** What the log says of a failure, behind a space; nothing if it says nothing. */
  logOfFailure(): Promise<string>;

  /** Ends Spark, whatever it is at. */
  kill(): Promise<void>;
}

export interface SparkListener {
  message(message: SparkMessage): void;
  /** How far the start is, before the first message. */
  start(state: "queued" | "starting"): void;
  /** A line of its log that tells of its work, without values. */
  line(line: string): void;
}

export interface LentPlaces {
  /** Those whose landed files are lent, in the order of `places.paths`. */
  readonly deliveries: readonly Delivery[];
  readonly places: JobPlaces;
  /** Brings a file of the job's output to this machine; resolves to its place there. */
  fetch(place: string): Promise<string>;
}

/** Starts a Spark for all jobs of a run. They have the lake, the salt and the signal of this first task. */
export type LaunchSpark = (task: EngineTask) => Promise<SparkSession>;
