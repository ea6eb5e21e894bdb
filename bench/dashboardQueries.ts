import { availableParallelism } from "node:os";
import path from "node:path";
import { pseudoTable, rosterTable } from "../src/clever/layout";
import { reports, userTypeValue } from "../src/clever/reports";
import type { DashboardFilter } from "../src/dashboard/filter";
import { Duck, type DuckSession, sqlString } from "../src/duck/duck";

/**
 * The dashboard's charts as queries on the Parquet files: one per chart, with distinct counts over pseudonyms, as Power
 * BI's DirectQuery sends them for its visuals.
 */
export class PlainQueries implements Disposable {
  private constructor(
    private readonly duck: Duck,
    private readonly session: DuckSession,
    private readonly lake: string,
  ) {}

  /** With ample memory and all cores. */
  static async open(lake: string): Promise<PlainQueries> {
    const duck = await Duck.open({ threads: availableParallelism() });
    const session = await duck.connect();
    await session.query("SET memory_limit = '8GB'");
    return new PlainQueries(duck, session, lake);
  }

  /** Seconds for all charts of a filter; `from` and `to` are the days that it covers. */
  async ask(filter: DashboardFilter, from: string, to: string): Promise<number> {
    const start = process.hrtime.bigint();
    for (const sql of this.queries(filter, from, to)) await this.session.query(sql);
    return Number(process.hrtime.bigint() - start) / 1e9;
  }

  [Symbol.dispose](): void {
    this.session.close();
    this.duck.close();
  }

  private queries(filter: DashboardFilter, from: string, to: string): string[] {
    const attendance = this.rows(pseudoTable(reports.daily_participation), filter, from, to, false);
    const used = this.rows(pseudoTable(reports.resource_usage), filter, from, to, true);
    const people = "count(DISTINCT sis_id_pseudonym)";
    const attended = `${people}, ${people} FILTER (active), avg(num_logins), avg(num_resources_accessed)`;
    return [
      `SELECT ${people}, ${people} FILTER (active), count(DISTINCT date), sum(num_logins) FROM ${attendance}`,
      `SELECT ${people}, sum(num_access), count(DISTINCT coalesce(resource_id, resource_name)) FROM ${used}`,
      `SELECT school_name, ${attended} FROM ${attendance} GROUP BY school_name`,
      `SELECT school_name, sum(num_access), count(DISTINCT (sis_id_pseudonym, coalesce(resource_id, resource_name))) FROM ${used} GROUP BY school_name`,
      `SELECT grade, ${attended} FROM ${attendance} GROUP BY grade`,
      `SELECT grade, count(DISTINCT (sis_id_pseudonym, coalesce(resource_id, resource_name))) FROM ${used} GROUP BY grade`,
      `SELECT date, sum(num_logins), sum(num_resources_accessed), ${people} FILTER (active) FROM ${attendance} GROUP BY date`,
      `SELECT date, count(DISTINCT coalesce(resource_id, resource_name)) FROM ${used} GROUP BY date`,
      `SELECT resource_name, resource_type, ${people}, count(sis_id_pseudonym), sum(num_access), min(date), max(date) FROM ${used} GROUP BY ALL`,
      `SELECT resource_name, school_name, ${people} FROM ${used} GROUP BY ALL`,
      `SELECT resource_name, resource_type, date_trunc('week', date), count(sis_id_pseudonym) FROM ${used} GROUP BY ALL`,
    ];
  }

  private rows(table: string, filter: DashboardFilter, from: string, to: string, usage: boolean): string {
    const files = (folder: string, below: string) =>
      `read_parquet(${sqlString(path.join(this.lake, folder, below))}, hive_partitioning = false)`;
    const conditions = [
      `date BETWEEN DATE ${sqlString(from)} AND DATE ${sqlString(to)}`,
      oneOf("school_name", filter.schools),
      oneOf(
        "user_type",
        filter.userTypes.map((userType) => userTypeValue[userType]),
      ),
      oneOf("grade", filter.grades),
      ...(usage
        ? [oneOf("resource_name", filter.resources), oneOf("resource_type", filter.resourceTypes)]
        : []),
    ];
    return `(SELECT rows_.*, grade FROM ${files(table, "*/*/*.parquet")} rows_ LEFT JOIN ${files(rosterTable, "*.parquet")} USING (sis_id_pseudonym)
      WHERE ${conditions.filter((condition) => condition !== "").join(" AND ")})`;
  }
}

function oneOf(column: string, values: readonly (string | null)[]): string {
  if (values.length === 0) return "";
  const texts = values.filter((value) => value !== null).map(sqlString);
  const isOne = texts.length > 0 ? `${column} IN (${texts.join(", ")})` : "false";
  return values.includes(null) ? `(${isOne} OR ${column} IS NULL)` : isOne;
}
