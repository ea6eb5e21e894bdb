import * as z from "zod";
import type { DateLimits } from "../clever/likelyDates";
import type { UserType } from "../clever/reports";
import type { Specification } from "../clever/specification";

/** What a Spark job is given, as a JSON document (`spark/clever_lake/documents.py` reads it). Never the salt. */
export interface SparkJob {
  readonly specification: Specification;
  readonly files: readonly SparkFile[];
  /** A Parquet file with the ids of people that are known, in a column `id`. */
  readonly knownIds: string;
  /** A folder that does not exist yet, for what the job writes. */
  readonly output: string;
}

export interface SparkFile {
  readonly number: number;
  /** On this machine's disk. */
  readonly path: string;
  readonly source: string;
  readonly userType: UserType;
  /** Bytes. */
  readonly size: number;
  readonly dates: DateLimits;
}

const bounds = z.record(z.string(), z.union([z.string(), z.number()]));

/** What a job answers. */
export const sparkResult = z.object({
  /** The files that are clean. */
  files: z.array(z.object({ number: z.int().nonnegative(), rows: z.int().positive() })),
  /** The others, each with what it is left to the judge for. */
  left: z.array(z.object({ number: z.int().nonnegative(), why: z.string() })),
  dataFiles: z.array(
    z.object({
      place: z.string(),
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
  people: z.string().nullable(),
});

export type SparkResult = z.infer<typeof sparkResult>;

/** What comes over the connection to a job's process, one document a line. */
export const sparkMessage = z.union([
  z.object({ token: z.string() }),
  z.object({ state: z.enum(["ready", "reading", "checking", "writing"]) }),
  z.object({ result: z.string() }),
  /** The kind of what failed, without values. */
  z.object({ error: z.string() }),
]);

export type SparkMessage = z.infer<typeof sparkMessage>;
