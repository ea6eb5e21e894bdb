import { counted } from "../../basics/counted";
import { dateColumn, idNames, pseudonymName, type Report } from "../../clever/reports";
import { sqlTypes } from "../../delta/schema";
import type { Snapshot } from "../../delta/snapshot";
import { type DuckSession, sqlFile, sqlName, sqlString } from "../../duck/duck";
import { landedReader, rereadLanded } from "../landedReader";
import type { LogEntry } from "../log/ingestLog";
import { oldestFirst } from "../plan/ranks";
import { valueSql } from "../read/csv/loadCsv";
import { comparableForms } from "../read/people/maskedTexts";
import type { ReadContext } from "../read/stageFiles";
import { deliveredSql } from "../read/stageRows";
import type { Workspace } from "../workspace";
import { findSupersededRows, ranksSql } from "../write/overlaps";
import { mayUndercountRows } from "../write/sourceRows";

/** A report's table, as needed for the comparison with the landed files. */
export interface ComparedTable {
  readonly report: Report;
  /** A SELECT of the table's rows. */
  readonly select: string;
  readonly lookups: Snapshot | undefined;
  /** The salt, if the table was pseudonymized with it: then pseudonyms are compared too. */
  readonly salt: string | undefined;
  /** Whether the bytes of the landed files were already compared with the log. */
  readonly areIntact?: boolean;
}

/**
 * Recomputes the table's rows from the landed files, by the rule that a run follows, and compares: rows of current
 * deliveries, without those that newer deliveries of other sources have.
 *
 * Rows are compared by sums of their hashes for each source, user type and day, which do not depend on the rows' order.
 * Sources that share a day with others, and those whose sums differ, are then compared row by row, with their texts in
 * a form that does not depend on which ids a run knew and masked.
 *
 * @param current the entries of the deliveries whose rows the table has
 */
export async function compareWithLanded(
  context: Workspace,
  session: DuckSession,
  table: ComparedTable,
  current: readonly LogEntry[],
): Promise<Pick<Comparison, "unreadable" | "different">> {
  // Without the salt, pseudonyms are computed with none: they still distinguish people, and are not compared.
  const reader = await landedReader(context, table.report, table.salt ?? "", table.lookups);
  const comparison = new Comparison(session, table, reader);
  await comparison.run(current);
  return comparison;
}

type ReportColumn = Report["columns"][number];

/** Finds the sources whose rows in a table are not those of their landed files. */
class Comparison {
  /** Why a landed file cannot be compared, by source. */
  readonly unreadable = new Map<string, string>();
  /** Sources with different rows in the table. */
  readonly different = new Set<string>();

  constructor(
    private readonly session: DuckSession,
    private readonly table: ComparedTable,
    private readonly reader: ReadContext,
  ) {}

  async run(current: readonly LogEntry[]): Promise<void> {
    const { session } = this;
    await session.query(
      `CREATE OR REPLACE TEMP TABLE expected (source VARCHAR, user_type VARCHAR, "date" DATE, rows BIGINT, hashes HUGEINT)`,
    );
    await session.query(
      `CREATE OR REPLACE TEMP TABLE actual AS SELECT coalesce(source_file, '') AS source, user_type, "date",
         count(*) AS rows, sum(${this.hashOfTable()})::HUGEINT AS hashes FROM (${this.table.select}) rows_ GROUP BY ALL`,
    );
    const readable = await this.expect(current);
    const shared = await session.query(
      `SELECT DISTINCT source FROM expected SEMI JOIN (SELECT user_type, "date" FROM expected
         GROUP BY ALL HAVING count(DISTINCT source) > 1) USING (user_type, "date")`,
    );
    const mismatched = await session.query(
      `SELECT DISTINCT source FROM (
         (FROM expected EXCEPT FROM actual) UNION ALL (FROM (FROM actual EXCEPT FROM expected)))`,
    );
    const suspects = new Set([...shared, ...mismatched].map(({ source }) => String(source)));
    const isSuspect = ({ source }: LogEntry) => suspects.has(source);
    await this.compareRowByRow(readable.filter(isSuspect), new Set(readable.map(({ source }) => source)));
  }

  /** Reads landed files and records the sums of their rows; resolves to those that could be read as before. */
  private async expect(entries: readonly LogEntry[]): Promise<LogEntry[]> {
    const stage: ReadContext["stage"] = async (session, _loaded, files) => {
      await session.query(
        `INSERT INTO expected SELECT source_file, user_type, "date", count(*), sum(hash_)::HUGEINT FROM (
           SELECT source_file, user_type, ${valueSql(dateColumn(this.table.report))} AS "date", ${this.hashOfLanded()} AS hash_
           FROM raw JOIN ${deliveredSql(files, files.keys())} USING (file)) GROUP BY ALL`,
        this.table.salt === undefined ? [] : [this.table.salt],
      );
      return [];
    };
    const reading = await rereadLanded(
      this.session,
      { ...this.reader, stage },
      entries,
      this.table.areIntact,
    );
    for (const { entry } of reading.failed)
      this.unreadable.set(entry.source, "The landed file is gone or has changed.");
    for (const { entry, reason } of reading.quarantined) {
      this.unreadable.set(entry.source, `Its rows cannot be read any more: ${reason}`);
    }
    return reading.read.flatMap(({ entry, rows, refused }) => {
      const { rowsRead = rows + refused } = entry;
      if (rowsRead === rows + refused) return [entry];
      const problem = `${counted(rowsRead, "row")} read from it before, but it has ${rows + refused}.`;
      this.unreadable.set(entry.source, problem);
      return [];
    });
  }

  /**
   * Computes, by the rule, the rows of sources that share days, and compares them row by row.
   *
   * @param readable the sources whose landed files could be read
   */
  private async compareRowByRow(entries: readonly LogEntry[], readable: ReadonlySet<string>): Promise<void> {
    if (entries.length === 0) return;
    const { session } = this;
    const { report } = this.table;
    const { staged } = await rereadLanded(session, this.reader, entries, this.table.areIntact);
    const files = staged.map(
      ({ file, year, month }) =>
        `SELECT *, ${year} AS "year", ${month} AS "month" FROM read_parquet(${sqlFile(file.localPath)}, hive_partitioning = false)`,
    );
    if (files.length === 0) return;
    const ranked = oldestFirst(entries).map(({ source }) => source);
    await session.query(
      `CREATE OR REPLACE TEMP TABLE landed_rows AS SELECT row_number() OVER () AS row_id, ranks.rank, rows_.*
       FROM (${files.join(" UNION ALL BY NAME ")}) rows_ JOIN ${ranksSql(ranked)} ranks USING (source_file)`,
    );
    await findSupersededRows(session, report, "landed_rows", "superseded_rows");
    const landedTexts = await comparableForms(session, report, "landed_rows", "landed_texts");
    const names = entries.map(({ source }) => sqlString(source)).join(", ");
    const inTable = `SELECT * FROM (${this.table.select}) WHERE source_file IN (${names})`;
    const tableTexts = await comparableForms(session, report, `(${inTable})`, "table_texts");
    const landedHash = this.hashOfTable(landedTexts.valueOf);
    const tableHash = this.hashOfTable(tableTexts.valueOf);
    const isIn = (source: string, some: readonly LogEntry[]) =>
      some.length > 0 ? `${source} IN (${some.map((entry) => sqlString(entry.source)).join(", ")})` : "false";
    // Earlier versions left out rows that other files had, and their log does not distinguish these from bad ones.
    const undercounted = entries.filter(mayUndercountRows);
    // Which rows a file supersedes that cannot be read is not known.
    const lacksSuperseder = ({ supersededBy = {} }: LogEntry) =>
      Object.keys(supersededBy).some((newer) => !readable.has(newer));
    const partial = entries.filter((entry) => mayUndercountRows(entry) || lacksSuperseder(entry));
    const found = await session.query(
      `WITH expected_ AS (SELECT source_file AS source, ${landedHash} AS hash_ FROM landed_rows rows_
           WHERE row_id NOT IN (SELECT row_id FROM superseded_rows
             WHERE NOT (${isIn("superseded_by", undercounted)}))
             OR ${isIn("source_file", partial)}),
         actual_ AS (SELECT source_file AS source, ${tableHash} AS hash_ FROM (${inTable}) rows_)
       SELECT DISTINCT source FROM (
         (FROM expected_ WHERE NOT (${isIn("source", partial)}) EXCEPT ALL FROM actual_)
         UNION ALL (FROM (FROM actual_ EXCEPT ALL FROM expected_)))`,
    );
    for (const { source } of found) this.different.add(String(source));
  }

  private hashOfLanded(): string {
    const day = valueSql(dateColumn(this.table.report));
    return this.hashOf(valueSql, (column) => `sha256(${valueSql(column)} || $1)`, [
      `year(${day})::INTEGER`,
      `month(${day})::INTEGER`,
      "user_type",
    ]);
  }

  /** For a relation `rows_` with the table's columns. */
  private hashOfTable(
    textOf: (column: { readonly name: string }, value: string) => string = (_column, value) => value,
  ): string {
    return this.hashOf(
      ({ name }) => textOf({ name }, `rows_.${sqlName(name)}`),
      ({ name }) => `rows_.${sqlName(pseudonymName(name))}`,
      ['rows_."year"::INTEGER', 'rows_."month"::INTEGER', "rows_.user_type"],
    );
  }

  /** A hash of a row, the same for a landed row and the table's; of its pseudonyms only if the salt is known. */
  private hashOf(
    cellOf: (column: ReportColumn) => string,
    pseudonymOf: (column: ReportColumn) => string,
    further: readonly string[],
  ): string {
    const { report, salt } = this.table;
    const cells = report.columns.flatMap((column) => {
      if (column.pseudonymization !== "hash") return [`${cellOf(column)}::${sqlTypes[column.type]}`];
      return salt === undefined ? [] : [pseudonymOf(column)];
    });
    return `hash(${[...cells, ...further].join(", ")})`;
  }
}

/** Whether a lookup table was computed with this salt, as far as its pairs show. */
export async function isSaltOf(session: DuckSession, lookup: string, salt: string): Promise<boolean> {
  const right = idNames.map((name) => `${pseudonymName(name)} = sha256(${name} || $1)`).join(" OR ");
  const found = await session.query(`SELECT 1 FROM (${lookup}) WHERE ${right} LIMIT 1`, [salt]);
  return found.length > 0;
}
