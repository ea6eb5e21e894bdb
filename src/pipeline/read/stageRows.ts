import { CleverLakeError } from "../../basics/errors";
import { pseudoTable } from "../../clever/layout";
import {
  dateColumn,
  keptTextColumns,
  pseudoColumns,
  pseudonymNames,
  type Report,
  type ReportColumn,
  type UserType,
  userTypeValue,
} from "../../clever/reports";
import { type StagedDataFile, stageDataFile } from "../../delta/files/dataFile";
import { type DuckSession, sqlName, sqlString } from "../../duck/duck";
import type { LogEntry } from "../log/ingestLog";
import { dayBit } from "../write/cells";
import { pseudoFiles } from "../write/tables";
import { cellOf } from "./csv/distinctTexts";
import { type LoadedCsv, rowCount, valueSql } from "./csv/loadCsv";
import type { FileDays } from "./csv/rawRows";
import { type ReportPeople, samePersonSql } from "./people/people";

/** Rows of one month in the form of the `_pseudo` table, in a local file. */
export interface StagedRows {
  readonly file: StagedDataFile;
  readonly year: number;
  readonly month: number;
  /** By source. */
  readonly sources: ReadonlyMap<string, StagedSource>;
}

export interface StagedSource {
  readonly userType: UserType;
  readonly rows: number;
  /** The days of the month that have rows; bit 0 is the first. */
  readonly days: number;
}

export interface StageContext {
  /** The people of the report. */
  readonly people: ReportPeople;
  /** A folder made by the lake's `scratch`. */
  readonly scratch: string;
}

/**
 * Pseudonymizes the rows of the session's `raw` and writes them as one file per month. Their texts are not masked yet:
 * people of files that are read later may occur in them.
 *
 * @param files the deliveries, by file number
 */
export async function stageRows(
  session: DuckSession,
  loaded: LoadedCsv,
  files: readonly Pick<LogEntry, "source" | "userType">[],
  context: StageContext,
): Promise<StagedRows[]> {
  const { people, scratch } = context;
  const { report } = people;
  await people.add(session);
  const textTypes = await createTextTypes(session, report);
  const day = cellOf(dateColumn(report));
  const staged: StagedRows[] = [];
  // One statement per month: DuckDB's own partitioning takes a third longer.
  for (const [name, { numbers, sources }] of sourcesOfMonths(files, loaded.days)) {
    const [year, month] = name.split("-").map(Number);
    if (year === undefined || month === undefined) throw new RangeError(name);
    const file = await stageDataFile({
      session,
      tablePath: pseudoTable(report),
      columns: pseudoColumns(report),
      query: pseudonymizedRows(
        people,
        textTypes,
        deliveredSql(files, numbers),
        `${day} BETWEEN '${name}-01' AND '${name}-31'`,
      ),
      partitionValues: { year, month },
      scratch,
      exactStatistics: pseudoFiles.exactStatistics,
    });
    if (file) staged.push({ file, year, month, sources });
  }
  const written = staged.reduce((sum, { file }) => sum + file.statistics.numRecords, 0);
  const rows = rowCount(loaded);
  if (written !== rows) {
    throw new CleverLakeError("corrupt", `${rows} rows read, but ${written} staged; nothing was committed.`, {
      ...(files.length === 1 && files[0] ? { subject: files[0].source } : {}),
      hint: "This should not happen; please report it.",
    });
  }
  return staged;
}

/**
 * A SELECT of the session's `raw` with those columns of the `_pseudo` table that are stored in its files. A person's
 * rows are consecutive: Parquet then stores most pseudonyms once instead of in each row, so files are a fraction of
 * their size, and readers decode less. The rows are sorted by the person's number, before the far longer pseudonyms
 * are joined. DuckDB's join keeps this order if it expects fewer people than rows. It expects that a condition keeps a
 * fifth of a table, whatever the condition, so the people get one, too.
 *
 * @param textTypes from `createTextTypes`
 * @param delivered a relation of the files (see `deliveredSql`)
 * @param condition on rows of `raw`
 */
function pseudonymizedRows(
  { report, inRun }: ReportPeople,
  textTypes: ReadonlyMap<ReportColumn, string>,
  delivered: string,
  condition: string,
): string {
  const kept = report.columns.filter(({ pseudonymization }) => pseudonymization !== "hash");
  const values = kept.map((column) => {
    const type = textTypes.get(column);
    return `${valueSql(column)}${type === undefined ? "" : `::${type}`} AS ${sqlName(column.name)}`;
  });
  return `SELECT rows_.*, ${pseudonymNames.map((name) => `person.${name}`).join(", ")}, delivered.user_type, delivered.source_file
    FROM (SELECT raw.file, person.rowid AS person_number, ${values.join(", ")}
      FROM raw LEFT JOIN ${inRun} person ON ${samePersonSql("raw", "person")} WHERE ${condition} ORDER BY person_number) rows_
    LEFT JOIN (SELECT rowid AS number, ${pseudonymNames.join(", ")} FROM ${inRun} WHERE rowid >= 0) person
      ON person.number = rows_.person_number
    JOIN ${delivered} ON delivered.file = rows_.file`;
}

/** An enumeration holds its texts in memory, outside the engine's limit. */
const maxEnumeratedTexts = 65_535;

/**
 * Creates an enumeration type for each column of kept texts that has few of them; resolves to the types' names. Sorting
 * moves all values of a row, and a number takes a fraction of a text's memory.
 */
async function createTextTypes(
  session: DuckSession,
  report: Report,
): Promise<ReadonlyMap<ReportColumn, string>> {
  const types = new Map<ReportColumn, string>();
  const counts = await session.query(
    "SELECT place, count(*)::INTEGER AS texts FROM kept_texts GROUP BY place",
  );
  for (const { place, texts } of counts) {
    const column = keptTextColumns(report)[Number(place)];
    if (column === undefined || Number(texts) > maxEnumeratedTexts) continue;
    const type = sqlName(`text_of_${column.name}`);
    const select = `SELECT text FROM kept_texts WHERE place = ${Number(place)}`;
    await session.query(`CREATE OR REPLACE TEMP TYPE ${type} AS ENUM (${select})`);
    types.set(column, type);
  }
  return types;
}

/** A relation of some of the files in `raw`, by number, with what the table stores about each. */
export function deliveredSql(
  files: readonly Pick<LogEntry, "source" | "userType">[],
  numbers: Iterable<number>,
): string {
  const rows = [...numbers].flatMap((number) => {
    const file = files[number];
    return file ? [`(${number}, ${sqlString(userTypeValue[file.userType])}, ${sqlString(file.source)})`] : [];
  });
  return `(VALUES ${rows.join(", ")}) AS delivered(file, user_type, source_file)`;
}

/** The files of a month by their numbers, and what the month has of their sources. */
interface MonthSources {
  readonly numbers: Set<number>;
  readonly sources: Map<string, StagedSource>;
}

/** The sources of each month, by month as `YYYY-MM`. */
function sourcesOfMonths(
  files: readonly Pick<LogEntry, "source" | "userType">[],
  days: FileDays,
): ReadonlyMap<string, MonthSources> {
  const months = new Map<string, MonthSources>();
  for (const [number, { source, userType }] of files.entries()) {
    for (const { day, rows } of days.get(number) ?? []) {
      const name = day.slice(0, 7);
      const monthSources = months.get(name) ?? { numbers: new Set(), sources: new Map() };
      months.set(name, monthSources);
      const { numbers, sources } = monthSources;
      numbers.add(number);
      const before = sources.get(source);
      sources.set(source, {
        userType,
        rows: (before?.rows ?? 0) + rows,
        days: (before?.days ?? 0) | dayBit(Number(day.slice(8, 10))),
      });
    }
  }
  return months;
}
