import * as z from "zod";
import { CleverLakeError } from "../../basics/errors";
import { jsonIn } from "../../basics/json";
import type { SqlRow } from "../../duck/duck";
import type { AddFile } from "../log/actions";
import type { Column, DeltaType, Field } from "../schema";
import { compareCodePoints } from "./codePoints";

export type Bound = string | number | boolean;

/**
 * "Per-file Statistics" of PROTOCOL.md. Bounds apply to all non-null values. A column may have none, but delta-rs takes a
 * missing bound for null and then finds none of the file's rows by that column.
 */
export interface FileStatistics {
  readonly numRecords: number;
  readonly minValues: Readonly<Record<string, Bound>>;
  readonly maxValues: Readonly<Record<string, Bound>>;
  readonly nullCount: Readonly<Record<string, number>>;
}

/**
 * As in Spark, bounds of texts are cut to this many UTF-16 code units, or one more if the cut would split a character.
 */
const textBoundLength = 32;
/** The maximum length of an upper bound before its last character. */
const maxTextBoundLength = 2 * textBoundLength;
/**
 * The end of an upper bound: greater than the characters that were cut off. The shorter one is used if it is enough.
 */
const greatestAscii = "\u007f";
const greatestCharacter = "\u{10ffff}";

/** DuckDB's answer to `COPY … (FORMAT parquet, RETURN_STATS true)`; keys are quoted column names. */
const copyAnswer = z.object({
  count: z.bigint(),
  file_size_bytes: z.bigint(),
  column_statistics: z.array(
    z.object({ key: z.string(), value: z.array(z.object({ key: z.string(), value: z.string() })) }),
  ),
});

/**
 * The size and the statistics of a file that DuckDB wrote. `exact` names text columns whose bounds are kept in full. Bounds that
 * DuckDB omits are omitted here too: it cannot cut a long text to a valid one, and gives no bounds of a column that has
 * no value in one of the row groups. See `unboundedColumns`.
 */
export function statisticsOfCopy(answer: SqlRow, columns: readonly Column[], exact: readonly string[] = []) {
  const parsed = copyAnswer.safeParse(answer);
  if (!parsed.success) {
    throw new CleverLakeError("engine", "DuckDB returned no statistics for the file that it wrote.");
  }
  const written = new Map(
    parsed.data.column_statistics.map(({ key, value }) => [
      key,
      new Map(value.map((entry) => [entry.key, entry.value])),
    ]),
  );
  const min: Record<string, Bound> = {};
  const max: Record<string, Bound> = {};
  const nulls: Record<string, number> = {};
  for (const { name, type } of columns) {
    const values = written.get(`"${name.replaceAll('"', '""')}"`);
    const nullCount = values?.get("null_count");
    if (values === undefined || nullCount === undefined) continue;
    nulls[name] = Number(nullCount);
    const lower = boundOf(type, values.get("min"), Math.floor);
    if (lower !== undefined) min[name] = lower;
    // NaN counts as greater than all numbers, and DuckDB's maximum ignores it.
    const upper = values.get("has_nan") === "true" ? undefined : boundOf(type, values.get("max"), Math.ceil);
    if (upper !== undefined) max[name] = upper;
  }
  const counted = { rows: Number(parsed.data.count), min, max, nulls };
  return {
    size: Number(parsed.data.file_size_bytes),
    statistics: statisticsOfValues(counted, columns, exact),
  };
}

/** What an engine counted in a file that it wrote, with bounds of texts in full, and none for columns without values. */
export interface CountedValues {
  readonly rows: number;
  readonly min: Readonly<Record<string, Bound>>;
  readonly max: Readonly<Record<string, Bound>>;
  readonly nulls: Readonly<Record<string, number>>;
}

/** The statistics of such a file, or of some of its columns. */
export function statisticsOfValues(
  counted: CountedValues,
  columns: readonly Column[],
  exact: readonly string[] = [],
): FileStatistics {
  const minValues: Record<string, Bound> = {};
  const maxValues: Record<string, Bound> = {};
  const nullCount: Record<string, number> = {};
  for (const { name } of columns) {
    const [min, max, nulls] = [counted.min[name], counted.max[name], counted.nulls[name]];
    if (nulls !== undefined) nullCount[name] = nulls;
    const isCut = (value: Bound | undefined) => typeof value === "string" && !exact.includes(name);
    const lower = isCut(min) ? lowerTextBound(String(min)) : min;
    const upper = isCut(max) ? upperTextBound(String(max)) : max;
    if (lower !== undefined) minValues[name] = lower;
    if (upper !== undefined) maxValues[name] = upper;
  }
  return { numRecords: counted.rows, minValues, maxValues, nullCount };
}

/** The columns that have values in a file, but lack a bound that they could have. */
export function unboundedColumns<Each extends Pick<Field, "name" | "type">>(
  { numRecords: rows, minValues, maxValues, nullCount }: FileStatistics,
  columns: readonly Each[],
): Each[] {
  return columns.filter(
    ({ name, type }) =>
      boundedTypes.has(type) &&
      nullCount[name] !== undefined &&
      nullCount[name] !== rows &&
      (minValues[name] === undefined || maxValues[name] === undefined),
  );
}

/** Types of which every value can be a bound. */
const boundedTypes: ReadonlySet<string> = new Set(["string", "boolean", "integer"]);

/**
 * Whether a file's statistics lack bounds, as those of earlier versions of this program may. A file without statistics
 * lacks none: every reader opens it.
 */
export function lacksBounds(file: AddFile, columns: readonly Pick<Field, "name" | "type">[]): boolean {
  const statistics = fileStatistics(file);
  return statistics !== undefined && unboundedColumns(statistics, columns).length > 0;
}

function boundOf(
  type: DeltaType,
  text: string | undefined,
  roundMilliseconds: (value: number) => number,
): Bound | undefined {
  if (text === undefined) return undefined;
  switch (type) {
    case "string":
      return text;
    case "date":
      // Years of more than four digits and infinity have no form that all readers accept.
      return /^\d{4}-\d{2}-\d{2}$/.test(text) ? text : undefined;
    case "byte":
    case "short":
    case "integer":
    case "long":
      return Number.isSafeInteger(Number(text)) ? Number(text) : undefined;
    case "float":
    case "double":
      return Number.isFinite(Number(text)) ? Number(text) : undefined;
    case "boolean":
      // DuckDB writes 0 and 1.
      return text === "1";
    case "timestamp":
      return timestampBound(text, roundMilliseconds);
    default:
      return undefined;
  }
}

/** DuckDB's `2020-01-01 00:00:04.123456+00` as ISO 8601 with milliseconds, the precision of Delta's statistics. */
function timestampBound(text: string, round: (value: number) => number): string | undefined {
  const match = /^(\d{4}-\d{2}-\d{2}) (\d{2}:\d{2}:\d{2})(\.\d+)?\+00$/.exec(text);
  if (match === null) return undefined;
  const [, date, time, fraction = "0"] = match;
  const milliseconds = Date.parse(`${date}T${time}Z`) + round(Math.round(Number(fraction) * 1e6) / 1000);
  return Number.isNaN(milliseconds) ? undefined : new Date(milliseconds).toISOString();
}

/** A prefix, which sorts before the text or is equal to it. */
export function lowerTextBound(text: string): string {
  let end = 0;
  while (end < Math.min(text.length, textBoundLength)) end += widthAt(text, end);
  return text.slice(0, end);
}

/**
 * A prefix and a character that sorts after what was cut off: the same one that Spark uses, so that bounds of both
 * writers look alike. Undefined if there is no such character.
 */
export function upperTextBound(text: string): string | undefined {
  let end = lowerTextBound(text).length;
  while (text.startsWith(greatestCharacter, end) && end <= maxTextBoundLength)
    end += greatestCharacter.length;
  if (end >= text.length) return text;
  if (end > maxTextBoundLength) return undefined;
  return text.slice(0, end) + (text.slice(end, end + 1) < greatestAscii ? greatestAscii : greatestCharacter);
}

/** UTF-16 code units of the character at an index of a text. */
function widthAt(text: string, place: number): number {
  return (text.codePointAt(place) ?? 0) > 0xffff ? 2 : 1;
}

/** The values of one kind in an object, without others such as those of nested columns. */
const only = <T>(isKind: (value: unknown) => value is T) =>
  z
    .record(z.string(), z.unknown())
    .nullish()
    .transform((all) =>
      Object.fromEntries(Object.entries(all ?? {}).filter((entry): entry is [string, T] => isKind(entry[1]))),
    );
const isNumber = (value: unknown): value is number => typeof value === "number";
const bounds = only(
  (value): value is Bound => typeof value === "string" || typeof value === "boolean" || isNumber(value),
);

const statistics = z.object({
  numRecords: z.number().int().nonnegative(),
  minValues: bounds,
  maxValues: bounds,
  nullCount: only(isNumber),
});

/** Cache: actions live as long as the snapshots that share them, and their statistics are queried many times. */
const parsedStatistics = new WeakMap<AddFile, { readonly statistics: FileStatistics | undefined }>();

/** A file's statistics; undefined if its writer recorded none or they cannot be read. Nested columns are omitted. */
export function fileStatistics(file: AddFile): FileStatistics | undefined {
  const cached = parsedStatistics.get(file);
  if (cached !== undefined) return cached.statistics;
  const parsed = parseStatistics(file.stats);
  parsedStatistics.set(file, { statistics: parsed });
  return parsed;
}

function parseStatistics(text: string | undefined): FileStatistics | undefined {
  return text === undefined ? undefined : statistics.safeParse(jsonIn(text)).data;
}

/** Whether a column of a file may have a text, by the file's statistics. */
export function mayHaveText(file: AddFile, column: string, text: string): boolean {
  const known = fileStatistics(file);
  if (known === undefined) return true;
  if (known.numRecords > 0 && known.nullCount[column] === known.numRecords) return false;
  const [min, max] = [known.minValues[column], known.maxValues[column]];
  if (typeof max === "string" && compareCodePoints(max, text) < 0) return false;
  return !(typeof min === "string" && compareCodePoints(text, min) < 0);
}

/** The number of rows in files; undefined if one of them lacks it. */
export function numRecords(files: Iterable<AddFile>): number | undefined {
  let sum = 0;
  for (const file of files) {
    const statistics = fileStatistics(file);
    if (statistics === undefined) return undefined;
    sum += statistics.numRecords;
  }
  return sum;
}
