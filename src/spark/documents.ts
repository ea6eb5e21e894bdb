import * as z from "zod";
import type { DateLimits } from "../clever/likelyDates";
import type { UserType } from "../clever/reports";

/**
 * What a Spark job is given, as a JSON document (`spark/clever_lake/documents.py` reads it). Never the salt. Places are
 * addresses for Hadoop's file systems, `file:/…` or `abfss://…`, without percent-encoding.
 */
export interface SparkJob extends Omit<JobPlaces, "paths"> {
  readonly files: readonly SparkFile[];
}

/** Where Spark finds what a job needs. */
export interface JobPlaces {
  /** Of the landed files, in their order. */
  readonly paths: readonly string[];
  /** The report's specification (`clever/specification.ts`), a JSON file. */
  readonly specification: string;
  /** A Parquet file with the ids of people that are known, in a column `id`. */
  readonly knownIds: string;
  /** A folder that does not exist yet, for what the job writes. */
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

/** A file that a job wrote, in its output. Whatever wrote the result, the place is within. */
const place = z.string().regex(/^(?:people|rows)(?:\/[\w=-][\w=.-]*)+$/);
const bounds = z.record(z.string(), z.union([z.string(), z.number()]));

/** What a job answers. */
const sparkResult = z.object({
  /** The files that are clean. */
  files: z.array(z.object({ number: z.int().nonnegative(), rows: z.int().positive() })),
  /** The others, each with what it is left to the judge for. */
  left: z.array(z.object({ number: z.int().nonnegative(), why: z.string() })),
  dataFiles: z.array(
    z.object({
      place,
      partition: z.object({ year: z.int(), month: z.int().min(1).max(12) }),
      rows: z.int().positive(),
      /** By column, of all rows; texts in full. */
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

/** What Spark tells, a document each; places of a result are within the job's output. */
const sparkMessage = z.union([
  z.object({ state: z.enum(["ready", "reading", "checking", "writing"]) }),
  z.object({ result: sparkResult }),
  /** The kind of what failed, without values. */
  z.object({ error: z.string() }),
  /** Why the salt cannot be had from the key vault; then it ends. */
  z.object({ noSalt: z.string() }),
]);

export type SparkMessage = z.infer<typeof sparkMessage>;

/** A document of Spark's; one in another form is told as what failed. */
export function messageIn(text: string): SparkMessage {
  try {
    return sparkMessage.parse(JSON.parse(text));
  } catch {
    return { error: "an answer in another form" };
  }
}

/** The address of a file on this machine. */
export function addressOf(place: string): string {
  return `file:${place}`;
}

/** What is sent to Spark: a job, or nothing, which ends it. */
export interface SparkRequest {
  readonly job?: SparkJob;
}
