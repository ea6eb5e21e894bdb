import { crc32 } from "node:zlib";
import * as z from "zod";
import { userTypes } from "../../clever/reports";

/** Change this number with the format of any cache file; files of an older version are then rebuilt. */
const format = 10;

const nullable = z.string().nullable();
const pairs = z.array(z.tuple([z.string(), z.string()]).readonly()).readonly();
const count = z.number().int().nonnegative();

/** A file of the cache, trusted only if its length and CRC-32 match. */
const storedFile = z.object({ name: z.string().regex(/^[\w-]+\.\w+$/), size: count, crc: count });
export type StoredFile = z.infer<typeof storedFile>;

/** The newest commit of a table; null if there is no table. */
const newestCommit = z.object({ version: count, size: count, modified: z.number() }).nullable();

const manifest = z.object({
  format: z.literal(format),
  /** The newest commits of the tables, and their number of rows; absent until the cache has all of their rows. */
  seen: z
    .object({
      tables: z.object({
        dailyParticipation: newestCommit,
        resourceUsage: newestCommit,
        roster: newestCommit,
      }),
      rows: count,
    })
    .optional(),
  /** The state of people that the files were built with. */
  peopleOfTables: z.object({
    key: z.string(),
    hasGrades: z.boolean(),
    renamedSchools: pairs,
    schoolsOfIds: pairs,
  }),
  dictionary: z.object({
    people: count,
    cohorts: z.array(z.object({ school: nullable, userType: z.enum(userTypes), grade: nullable })),
    resources: z.array(z.object({ id: nullable, name: nullable, type: nullable })),
    peopleFile: storedFile,
    membersFile: storedFile,
  }),
  /** `key` identifies the data files that the segment was built from; `useFile` has its `use`. */
  months: z.array(z.object({ month: z.string(), key: z.string(), file: storedFile, useFile: storedFile })),
  /** Parquet files of the ids in each month's rows (see `MonthIds`). */
  ids: z.array(z.object({ month: z.string(), key: z.string(), file: storedFile })),
  /** Months of data files that had to be opened to find out, by the files' paths in the lake. */
  fileMonths: z.record(z.string(), z.array(z.string())),
});

/** What a lake's cache contains; any other file in its folder is a leftover. */
export type Manifest = Omit<z.infer<typeof manifest>, "format">;

/** A manifest file: the CRC-32 of the rest in its first line, then JSON. */
export function encodeManifest(content: Manifest): string {
  const body = JSON.stringify({ format, ...content });
  return `${crc32(body)}\n${body}`;
}

/** Undefined unless it is an intact manifest of this program version. */
export function decodeManifest(text: string): Manifest | undefined {
  const lineEnd = text.indexOf("\n");
  const body = text.slice(lineEnd + 1);
  if (lineEnd < 0 || text.slice(0, lineEnd) !== String(crc32(body))) return undefined;
  const parsed = manifest.safeParse(JSON.parse(body));
  return parsed.success ? parsed.data : undefined;
}

/** The files that a manifest names. */
export function filesOf({ dictionary, months, ids }: Manifest): StoredFile[] {
  return [
    dictionary.peopleFile,
    dictionary.membersFile,
    ...months.flatMap(({ file, useFile }) => [file, useFile]),
    ...ids.map(({ file }) => file),
  ];
}
