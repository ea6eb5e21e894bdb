import * as z from "zod";
import { jsonIn } from "../basics/json";
import type { DateLimits } from "../clever/likelyDates";
import type { UserType } from "../clever/reports";

/**
 * The input of a Spark job, as a JSON document (`spark/clever_lake/documents.py` reads it). Never contains the salt.
 * Places are addresses for Hadoop's file systems, `file:/…` or `abfss://…`, without percent-encoding.
 */
export interface SparkJob extends Omit<JobLocations, "paths"> {
  readonly files: readonly SparkFile[];
}

/** Where Spark finds what a job needs. */
export interface JobLocations {
  /** The addresses of the landed files, in order. */
  readonly paths: readonly string[];
  /** The report's specification (`clever/specification.ts`), a JSON file. */
  readonly specification: string;
  /** A Parquet file with people's known ids, in a column `id`. */
  readonly knownIds: string;
  /** A folder that does not exist yet, for the job's output. */
  readonly output: string;
}

export interface SparkFile {
  readonly number: number;
  readonly path: string;
  readonly source: string;
  readonly userType: UserType;
  /** Bytes. */
  readonly size: number;
  readonly dates: DateLimits;
}

/** A file that a job wrote. The place must be within the output folder, whatever wrote the result. */
const place = z.string().regex(/^(?:people|rows)(?:\/[\w=-][\w=.-]*)+$/);
const bounds = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]));

/** The result of a job. */
const sparkResult = z.object({
  /** The clean files. */
  files: z.array(z.object({ number: z.int().nonnegative(), rows: z.int().positive() })),
  /** The other files, each with the reason why it is left to the judge. */
  left: z.array(z.object({ number: z.int().nonnegative(), why: z.string() })),
  dataFiles: z.array(
    z.object({
      place,
      partition: z.object({ year: z.int(), month: z.int().min(1).max(12) }),
      rows: z.int().positive(),
      /** By column, over all rows; texts in full. */
      min: bounds,
      max: bounds,
      nulls: z.record(z.string(), z.int().nonnegative()),
      days: z.array(z.object({ source: z.string(), day: z.iso.date(), rows: z.int().positive() })),
    }),
  ),
  /** A Parquet file with the people of the clean files. */
  people: place.nullable(),
});

export type SparkResult = z.infer<typeof sparkResult>;

/** Spark's messages, one document each. Places in a result are relative to the job's output. */
const sparkMessage = z.union([
  z.object({ state: z.enum(["ready", "reading", "checking", "writing"]) }),
  z.object({ result: sparkResult }),
  /** The kind of failure, without values. */
  z.object({ error: z.string() }),
  /** Why the salt could not be read from the key vault. Spark then ends. */
  z.object({ noSalt: z.string() }),
]);

export type SparkMessage = z.infer<typeof sparkMessage>;

/** A document from Spark. An invalid one is reported as a failure. */
export function messageIn(text: string): SparkMessage {
  return sparkMessage.safeParse(jsonIn(text)).data ?? { error: "an invalid answer" };
}

/** The address of a local file. */
export function addressOf(place: string): string {
  return `file:${place}`;
}

/** A message to Spark: a job; without one, Spark ends. */
export interface SparkRequest {
  readonly job?: SparkJob;
}
