import { hashedColumns, pseudonymName, type Report, type UserType, userTypeValue } from "../clever/reports";
import { type DuckSession, sqlName, sqlString } from "../duck/duck";
import { type ComparableTexts, comparableTexts } from "./comparableTexts";
import { type LoadedCsv, valueSql } from "./loadCsv";

/**
 * Rows are compared by sums of their hashes, which do not depend on the rows' order. Pseudonyms are part of a row where
 * the salt is at hand; without it they are held against the lookups only. Where the rows differ, they are compared with
 * their texts in comparable form: a run has masked what it knew as ids.
 */
export interface TableRows {
  /** Per source how many rows are of it, and the sums of their hashes; rows of no source are those of "". */
  readonly sources: ReadonlyMap<string, { readonly rows: number } & RowSums>;
  /** A table of the engine with the hashes of each row of the sources that not all rows of were taken. */
  readonly rowsTable: string;
  /** The sources of which a data file carries its hash. */
  readonly hashed: ReadonlySet<string>;
  /** The salt, where the pseudonyms are part of the rows. */
  readonly salt: string | undefined;
}

/** Sums of the rows' hashes; `comparable` with the texts in comparable form. */
interface RowSums {
  readonly plain: string;
  readonly comparable: string;
}
const noRows: RowSums = { plain: "0", comparable: "0" };

/**
 * Looks at a report's table for comparisons with landed files.
 *
 * @param select a SELECT of the table's rows
 * @param sources of which rows were left out (`partial`), and of which a data file carries its hash
 */
export async function tableRows(
  session: DuckSession,
  report: Report,
  select: string,
  { partial, hashed }: { readonly partial: ReadonlySet<string>; readonly hashed: ReadonlySet<string> },
  salt: string | undefined,
  signal: AbortSignal | undefined,
): Promise<TableRows> {
  const texts = await comparableTexts(session, report, `(${select})`, "table_texts", signal);
  const hashOf = (form: ComparableTexts) =>
    hashSql([
      ...report.columns.flatMap(({ name, type, pseudonymization }) => {
        if (pseudonymization === "hash") return salt === undefined ? [] : [sqlName(pseudonymName(name))];
        return [`${form.valueOf({ name }, `rows_.${sqlName(name)}`)}::${sqlTypes[type]}`];
      }),
      `"year"::INTEGER`,
      `"month"::INTEGER`,
      "user_type",
    ]);
  const plain = hashOf(asIs);
  const comparable = hashOf(texts);
  const rows = await session.query(
    `SELECT coalesce(source_file, '') AS source, count(*)::DOUBLE AS rows, sum(${plain})::VARCHAR AS plain,
       sum(${comparable})::VARCHAR AS comparable FROM (${select}) rows_ GROUP BY 1`,
    [],
    signal,
  );
  const rowsTable = `verified_${report.name}`;
  const names = [...partial].map(sqlString).join(", ");
  await session.query(
    `CREATE OR REPLACE TABLE ${rowsTable} AS
     SELECT source_file AS source, ${plain} AS plain, ${comparable} AS comparable FROM (${select}) rows_
     WHERE ${names === "" ? "false" : `source_file IN (${names})`}`,
    [],
    signal,
  );
  const sources = rows.map(
    ({ source, rows: count, ...sums }) =>
      [
        String(source),
        { rows: Number(count), plain: String(sums.plain), comparable: String(sums.comparable) },
      ] as const,
  );
  return { sources: new Map(sources), rowsTable, hashed, salt };
}

/** A landed file's rows in the session's `raw`, and whose they are. */
export interface LandedRows {
  readonly report: Report;
  readonly userType: UserType;
  readonly source: string;
  readonly loaded: LoadedCsv;
  /** Whether the table has all of them; else it has some of them and no others. */
  readonly complete: boolean;
}

/** Whether the table's rows of a source are those of its landed file. */
export async function areSameRows(
  session: DuckSession,
  landed: LandedRows,
  table: TableRows,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  if (await areSame(session, landed, table, "plain", asIs, signal)) return true;
  const texts = await comparableTexts(session, landed.report, "raw", "landed_texts", signal);
  return areSame(session, landed, table, "comparable", texts, signal);
}

async function areSame(
  session: DuckSession,
  { report, userType, source, loaded, complete }: LandedRows,
  table: TableRows,
  form: keyof RowSums,
  texts: ComparableTexts,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const { salt } = table;
  const parameters = salt === undefined ? [] : [salt];
  const date = report.columns.find(({ type }) => type === "date");
  const day = date ? valueSql(date, loaded) : "NULL::DATE";
  const hash = hashSql([
    ...report.columns.flatMap((column) => {
      if (column.pseudonymization !== "hash")
        return [`${texts.valueOf(column, valueSql(column, loaded))}::${sqlTypes[column.type]}`];
      return salt === undefined ? [] : [`sha256(${valueSql(column, loaded)} || $1)`];
    }),
    `year(${day})::INTEGER`,
    `month(${day})::INTEGER`,
    sqlString(userTypeValue[userType]),
  ]);
  if (complete) {
    const sum = `SELECT coalesce(sum(${hash}), 0)::VARCHAR AS hashes FROM raw`;
    const { hashes } = await session.one(sum, parameters, signal);
    return String(hashes) === (table.sources.get(source) ?? noRows)[form];
  }
  const strange = await session.query(
    `SELECT 1 FROM (SELECT ${form} FROM ${table.rowsTable} WHERE source = ${sqlString(source)}
     EXCEPT ALL SELECT ${hash} FROM raw) LIMIT 1`,
    parameters,
    signal,
  );
  return strange.length === 0;
}

/** Whether a report's lookup table was made with this salt, as far as its pairs tell. */
export async function isSaltOf(
  session: DuckSession,
  report: Report,
  lookup: string,
  salt: string,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const right = hashedColumns(report)
    .map(({ name }) => `${sqlName(pseudonymName(name))} = sha256(${sqlName(name)} || $1)`)
    .join(" OR ");
  const found = await session.query(`SELECT 1 FROM (${lookup}) WHERE ${right} LIMIT 1`, [salt], signal);
  return found.length > 0;
}

const asIs: ComparableTexts = { valueOf: (_column, value) => value };

const sqlTypes = { date: "DATE", string: "VARCHAR", boolean: "BOOLEAN", integer: "INTEGER" } as const;

function hashSql(values: readonly string[]): string {
  return `hash(${values.join(", ")})`;
}
