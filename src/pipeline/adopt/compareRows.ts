import { pseudonymMapTable, pseudoTable } from "../../clever/layout";
import { idColumns, idNames, pseudonymName, type Report } from "../../clever/reports";
import { hasResources, personSql } from "../../clever/rowKey";
import { withLocalFiles } from "../../delta/files/localFiles";
import type { OpenLake } from "../../delta/openLake";
import { sqlTypes } from "../../delta/schema";
import { type OpenTable, withTables } from "../../delta/withTable";
import { type DuckSession, sqlFile, sqlName } from "../../duck/duck";
import type { LogEntry } from "../log/ingestLog";
import { isRejected } from "../plan/quarantine";
import { comparableForms } from "../read/people/maskedTexts";
import type { OeaTable } from "./oeaTables";

/**
 * A month of OEA's table compared with the same month of ours. Equal rows count once, except in `oeaRows` and `rows`.
 */
export interface ComparedMonth {
  /** `yyyy-MM`; null for rows without a date. */
  readonly month: string | null;
  /** OEA's rows, including repeated ones, and the distinct ones among them. */
  readonly oeaRows: number;
  readonly oeaDistinct: number;
  /** Our rows, and the distinct ones among them. */
  readonly rows: number;
  readonly distinct: number;
  /** Distinct rows in both tables. */
  readonly same: number;
  /**
   * OEA's rows that it read wrongly: a value is missing that every row of a report has. Most come from shifted cells.
   */
  readonly misread: number;
  /** OEA's rows about a person's day (and resource) for which ours differ: from a later delivery, or a newer file. */
  readonly superseded: number;
  /** OEA's rows of files that are in quarantine. */
  readonly quarantined: number;
  /** OEA's rows that an earlier delivery of a file had but the current one does not. */
  readonly withdrawn: number;
  /** Unexplained rows of OEA's. */
  readonly unexplained: number;
  /** Our rows that OEA's table lacks: read wrongly there, never read, or of teachers and staff. */
  readonly onlyOurs: number;
}

export interface ComparedTable {
  readonly table: string;
  readonly oeaTable: string;
  readonly months: readonly ComparedMonth[];
}

export interface CompareContext extends OpenLake {
  readonly salt: string | undefined;
  /** Deliveries whose rows do not count: those in quarantine, and earlier ones of sources that have several. */
  readonly others: readonly LogEntry[];
}

/** Compares the rows of OEA's table, repeated ones once, with ours, month by month. */
export async function compareRows(
  context: CompareContext,
  { report, path }: OeaTable,
): Promise<ComparedTable> {
  const table = pseudoTable(report);
  const tables = [path, table, pseudonymMapTable];
  const months = await withTables(context, tables, async (session, [oea, ours, map]) => {
    if (oea === undefined) return [];
    await gather(session, report, oea, ours, map);
    await readHeldBack(context, session, report);
    return countMonths(session);
  });
  return { table, oeaTable: path, months };
}

/** Writes the distinct rows of both tables into `oea_rows` and `our_rows`, in a common format. */
async function gather(
  session: DuckSession,
  report: Report,
  oea: OpenTable,
  ours: OpenTable | undefined,
  map: OpenTable | undefined,
): Promise<void> {
  const names = new Set(oea.snapshot.metadata.columns.map(({ name }) => name));
  const nothing =
    "SELECT NULL::VARCHAR AS id_column, NULL::VARCHAR AS oea_pseudonym, NULL::VARCHAR AS pseudonym WHERE false";
  await session.query(`CREATE OR REPLACE TEMP TABLE new_names AS FROM (${map?.select ?? nothing})`);
  const joins = idNames.map(
    (name) =>
      `LEFT JOIN new_names new_${name} ON new_${name}.id_column = '${name}' AND new_${name}.oea_pseudonym = r.${pseudonymName(name)}`,
  );
  const oeaCells = report.columns.map(({ name, type, pseudonymization }) => {
    const column = pseudonymization === "hash" ? pseudonymName(name) : name;
    const cell = names.has(column) ? `r.${sqlName(column)}` : "NULL";
    if (pseudonymization === "hash") return `coalesce(new_${name}.pseudonym, ${cell}) AS ${column}`;
    // OEA keeps doubled quotes within a quoted field.
    const value = type === "string" ? `replace(${cell}, '""', '"')` : cell;
    return `CAST(${value} AS ${sqlTypes[type]}) AS ${sqlName(column)}`;
  });
  const columns = report.columns.map(({ name, pseudonymization }) =>
    sqlName(pseudonymization === "hash" ? pseudonymName(name) : name),
  );
  await session.query(
    `CREATE OR REPLACE TEMP TABLE oea_cells AS SELECT ${columns.join(", ")}, count(*) AS copies FROM (
       SELECT ${oeaCells.join(", ")} FROM (${oea.select}) r ${joins.join(" ")}) GROUP BY ALL`,
  );
  const empty = `SELECT ${columns.join(", ")}, '' AS user_type FROM oea_cells WHERE false`;
  await session.query(
    `CREATE OR REPLACE TEMP TABLE our_cells AS SELECT ${columns.join(", ")}, user_type, count(*) AS copies FROM (${ours?.select ?? empty}) GROUP BY ALL`,
  );
  for (const side of ["oea", "our"]) {
    const texts = await comparableForms(session, report, `${side}_cells`, `${side}_texts`);
    const values = report.columns.map(({ name, type, pseudonymization }) => {
      if (pseudonymization === "hash") return sqlName(pseudonymName(name));
      if (type !== "string") return sqlName(name);
      return `nullif(trim(${texts.valueOf({ name }, `c.${sqlName(name)}`)}), '')`;
    });
    await session.query(
      `CREATE OR REPLACE TEMP TABLE ${side}_rows AS SELECT strftime("date", '%Y-%m') AS month, sum(copies)::DOUBLE AS copies,
         row_hash, any_value(${keyOf(report)}) AS key, any_value("date") AS "date",
         any_value(${personSql}) AS person, bool_or(${missingValueSql(report)}) AS is_misread
       FROM (SELECT c.*, hash(${values.join(", ")}) AS row_hash FROM ${side}_cells c) GROUP BY month, row_hash`,
    );
  }
}

/** A person's day, and the resource if the report has resources. */
function keyOf(report: Report): string {
  const key = `hash("date", ${personSql}${hasResources(report) ? ", coalesce(resource_id, resource_name)" : ""})`;
  return `CASE WHEN ${personSql} IS NOT NULL THEN ${key} END`;
}

function missingValueSql(report: Report): string {
  return report.columns
    .filter(({ blank }) => !blank)
    .map(({ name }) => `${sqlName(name)} IS NULL`)
    .join(" OR ");
}

/** Writes the days of people in files that are held back into `held_days`, with the reason. */
async function readHeldBack(
  { lake, salt = "", others, signal }: CompareContext,
  session: DuckSession,
  report: Report,
): Promise<void> {
  await session.query(
    `CREATE OR REPLACE TEMP TABLE held_days ("date" DATE, person VARCHAR, is_quarantined BOOLEAN)`,
  );
  for (const entry of others) {
    if (entry.report !== report.name) continue;
    await withLocalFiles(lake, [entry.landedPath], { signal }, async ([localPath = ""]) => {
      const csv = `read_csv(${sqlFile(localPath)}, all_varchar = true, header = true, delim = ',', quote = '"', escape = '"', ignore_errors = true, null_padding = true, strict_mode = false)`;
      try {
        const names = (await session.query(`DESCRIBE FROM ${csv}`)).map((row) => String(row.column_name));
        const ids = idColumns.toReversed().flatMap((column) => {
          const name = names.find((each) => each === column.name || column.aliases?.includes(each));
          return name === undefined ? [] : [`nullif(trim(${sqlName(name)}), '')`];
        });
        if (!names.includes("date") || ids.length === 0) return;
        await session.query(
          `INSERT INTO held_days SELECT DISTINCT try_cast("date" AS DATE), sha256(coalesce(${ids.join(", ")}) || $1), ${isRejected(entry)}
           FROM ${csv}`,
          [salt],
        );
      } catch {
        signal?.throwIfAborted();
        // A file that the engine cannot parse explains no row.
      }
    });
  }
}

type Counts = Omit<ComparedMonth, "month">;

const verdicts = ["same", "misread", "superseded", "quarantined", "withdrawn", "unexplained"] as const;
const counts: (keyof Counts)[] = ["oeaRows", "oeaDistinct", "rows", "distinct", ...verdicts, "onlyOurs"];

async function countMonths(session: DuckSession): Promise<ComparedMonth[]> {
  const rows = await session.query(
    `WITH judged AS (SELECT o.month, o.copies, CASE
           WHEN o.row_hash IN (SELECT row_hash FROM our_rows) THEN 'same'
           WHEN o.is_misread THEN 'misread'
           WHEN o.key IN (SELECT key FROM our_rows) THEN 'superseded'
           WHEN EXISTS (SELECT 1 FROM held_days h WHERE h."date" = o."date" AND h.person = o.person AND h.is_quarantined) THEN 'quarantined'
           WHEN EXISTS (SELECT 1 FROM held_days h WHERE h."date" = o."date" AND h.person = o.person) THEN 'withdrawn'
           ELSE 'unexplained' END AS verdict FROM oea_rows o),
       oea AS (SELECT month, sum(copies) AS "oeaRows", count(*) AS "oeaDistinct",
           ${verdicts.map((name) => `count(*) FILTER (verdict = '${name}') AS ${name}`).join(", ")}
         FROM judged GROUP BY month),
       ours AS (SELECT month, sum(copies) AS "rows", count(*) AS "distinct",
           count(*) FILTER (row_hash NOT IN (SELECT row_hash FROM oea_rows)) AS "onlyOurs" FROM our_rows GROUP BY month)
     SELECT coalesce(oea.month, ours.month) AS month,
       ${counts.map((name) => `coalesce("${name}", 0)::DOUBLE AS "${name}"`).join(", ")}
     FROM oea FULL JOIN ours ON oea.month IS NOT DISTINCT FROM ours.month ORDER BY 1 NULLS FIRST`,
  );
  return rows.map(({ month, ...row }) => {
    const numbers = Object.fromEntries(counts.map((name) => [name, Number(row[name])]));
    return { month: typeof month === "string" ? month : null, ...(numbers as Counts) };
  });
}
