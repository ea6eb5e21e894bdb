import { joinedIds, personColumn, withPerson } from "../clever/person";
import { pseudoColumns, type ReportName, reportNames, reports } from "../clever/reports";
import { type DuckSession, type SqlParameter, type SqlRow, sqlName } from "../duck/duck";
import { CleverLakeError } from "../errors";
import type { CellFacts, DayFacts, Facts, ResourceFacts, ResourceNameFacts, SchoolFacts } from "./facts";
import { type MetricsFilter, predicate } from "./filters";

/**
 * The pseudonymized tables as SQL: each a SELECT with the columns of `pseudoColumns`; undefined where there is no table.
 * Rows outside of the filter belong to it where they say who others are about (`joinedIds`).
 */
export interface MetricsTables {
  readonly session: DuckSession;
  readonly dailyParticipation: string | undefined;
  readonly resourceUsage: string | undefined;
}

/** The filtered rows, reduced to people, and the questions that they answer. Dispose it when done. */
export class FactSource implements AsyncDisposable {
  private constructor(
    private readonly tables: MetricsTables,
    private readonly filter: MetricsFilter,
    private readonly suffix: number,
    private readonly signal: AbortSignal | undefined,
  ) {}

  /** Reads the tables. People become small integers first: 64 characters per row are slow to count. */
  static async open(tables: MetricsTables, filter: MetricsFilter, signal?: AbortSignal): Promise<FactSource> {
    const source = new FactSource(tables, filter, nextSuffix(), signal);
    try {
      await source.materialize();
      return source;
    } catch (error) {
      await source[Symbol.asyncDispose]();
      throw error;
    }
  }

  async facts(): Promise<Facts> {
    const { attendance } = this.names;
    const totals = await this.tables.session.one(
      `SELECT count(DISTINCT person)::DOUBLE AS users, count(DISTINCT person) FILTER (active)::DOUBLE AS active_users FROM ${attendance}`,
      [],
      this.signal,
    );
    const { days, entries } = await this.byDay();
    return {
      users: number(totals, "users"),
      days,
      activeUsers: number(totals, "active_users"),
      schools: await this.schools(),
      byDay: entries,
      resources: await this.resources(),
      resourceNames: await this.resourceNames(),
    };
  }

  /** Users per school of the named resources; pairs without users are left out. */
  async cells(resources: readonly (string | null)[]): Promise<CellFacts[]> {
    if (resources.length === 0) return [];
    const rows = await this.query(
      `SELECT school_name, resource_name, count(DISTINCT person)::DOUBLE AS users FROM ${this.names.usage}
       WHERE person IS NOT NULL AND (${resources.map(() => "resource_name IS NOT DISTINCT FROM CAST(? AS VARCHAR)").join(" OR ")})
       GROUP BY ALL`,
      resources,
    );
    return rows.map((row) => ({
      school: text(row, "school_name"),
      resource: text(row, "resource_name"),
      users: number(row, "users"),
    }));
  }

  /** Drops the temporary tables, also after an abort. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const table of Object.values(this.names)) {
      await this.tables.session.query(`DROP TABLE IF EXISTS ${table}`);
    }
  }

  private get names() {
    const name = (table: string) => sqlName(`metrics_${table}_${this.suffix}`);
    return {
      joined: name("joined"),
      people: name("people"),
      attendance: name("attendance"),
      usage: name("usage"),
    };
  }

  private query(sql: string, parameters: readonly SqlParameter[] = []): Promise<SqlRow[]> {
    return this.tables.session.query(sql, parameters, this.signal);
  }

  private rows(report: ReportName): { readonly sql: string; readonly parameters: readonly SqlParameter[] } {
    const { sql, parameters } = predicate(this.filter, report);
    return {
      sql: `(SELECT * FROM (${withPerson(this.given(report), this.names.joined)}) WHERE ${sql})`,
      parameters,
    };
  }

  private given(report: ReportName): string {
    const { dailyParticipation, resourceUsage } = this.tables;
    return (report === "daily_participation" ? dailyParticipation : resourceUsage) ?? noRows(report);
  }

  private async materialize(): Promise<void> {
    const given = reportNames.map((report) => this.given(report));
    await this.query(`CREATE TEMP TABLE ${this.names.joined} AS ${joinedIds(given)}`);
    const participation = this.rows("daily_participation");
    const usage = this.rows("resource_usage");
    const { people } = this.names;
    await this.query(
      `CREATE TEMP TABLE ${people} AS SELECT (row_number() OVER ())::INTEGER AS person, ${personColumn} FROM (
         SELECT ${personColumn} FROM ${participation.sql} WHERE ${personColumn} IS NOT NULL
         UNION SELECT ${personColumn} FROM ${usage.sql} WHERE ${personColumn} IS NOT NULL)`,
      [...participation.parameters, ...usage.parameters],
    );
    await this.query(
      `CREATE TEMP TABLE ${this.names.attendance} AS SELECT school_name, person, bool_or(active) AS active,
         sum(num_logins) AS logins, count(num_logins) AS login_rows,
         sum(num_resources_accessed) AS resources, count(num_resources_accessed) AS resource_rows
       FROM ${participation.sql} LEFT JOIN ${people} USING (${personColumn}) GROUP BY ALL`,
      participation.parameters,
    );
    await this.query(
      `CREATE TEMP TABLE ${this.names.usage} AS SELECT school_name, resource_name, resource_type,
         coalesce(resource_id, resource_name) AS resource, person, count(*) AS usage_rows, sum(num_access) AS accesses
       FROM ${usage.sql} LEFT JOIN ${people} USING (${personColumn}) GROUP BY ALL`,
      usage.parameters,
    );
  }

  private async schools(): Promise<SchoolFacts[]> {
    const rows = await this.query(
      `WITH schools AS (
         SELECT school_name, count(DISTINCT person)::DOUBLE AS users,
           count(DISTINCT person) FILTER (active)::DOUBLE AS active_users,
           coalesce(sum(logins), 0)::DOUBLE AS logins, sum(login_rows)::DOUBLE AS login_rows,
           coalesce(sum(resources), 0)::DOUBLE AS resources, sum(resource_rows)::DOUBLE AS resource_rows
         FROM ${this.names.attendance} GROUP BY school_name),
       used AS (
         SELECT school_name, count(resource)::DOUBLE AS pairs, count(DISTINCT person)::DOUBLE AS people
         FROM (SELECT DISTINCT school_name, person, resource FROM ${this.names.usage} WHERE person IS NOT NULL)
         GROUP BY school_name)
       SELECT schools.*, coalesce(pairs, 0) AS pairs, coalesce(people, 0) AS people
       FROM schools LEFT JOIN used ON schools.school_name IS NOT DISTINCT FROM used.school_name`,
    );
    return rows.map((row) => ({
      name: text(row, "school_name"),
      users: number(row, "users"),
      activeUsers: number(row, "active_users"),
      logins: number(row, "logins"),
      loginRows: number(row, "login_rows"),
      resources: number(row, "resources"),
      resourceRows: number(row, "resource_rows"),
      resourcePairs: number(row, "pairs"),
      resourceUsers: number(row, "people"),
    }));
  }

  /** Days of either report; `days` counts those of daily participation. */
  private async byDay(): Promise<{ days: number; entries: DayFacts[] }> {
    const participation = this.rows("daily_participation");
    const usage = this.rows("resource_usage");
    const { people } = this.names;
    const rows = await this.query(
      `WITH participated AS (
         SELECT date, sum(num_logins) AS logins, sum(num_resources_accessed) AS resources,
           count(DISTINCT person) FILTER (active) AS active_users
         FROM ${participation.sql} LEFT JOIN ${people} USING (${personColumn}) WHERE date IS NOT NULL GROUP BY date),
       used AS (
         SELECT date, count(DISTINCT coalesce(resource_id, resource_name)) AS resources, count(DISTINCT person) AS people
         FROM ${usage.sql} LEFT JOIN ${people} USING (${personColumn}) WHERE date IS NOT NULL GROUP BY date)
       SELECT strftime(coalesce(participated.date, used.date), '%Y-%m-%d') AS day, participated.date IS NOT NULL AS counted,
         coalesce(logins, 0)::DOUBLE AS logins, coalesce(participated.resources, 0)::DOUBLE AS resources,
         coalesce(active_users, 0)::DOUBLE AS active_users, coalesce(used.resources, 0)::DOUBLE AS distinct_resources,
         coalesce(people, 0)::DOUBLE AS people
       FROM participated FULL JOIN used ON participated.date = used.date ORDER BY day`,
      [...participation.parameters, ...usage.parameters],
    );
    return {
      days: rows.filter(({ counted }) => counted === true).length,
      entries: rows.map((row) => ({
        date: text(row, "day") ?? "",
        logins: number(row, "logins"),
        resources: number(row, "resources"),
        activeUsers: number(row, "active_users"),
        distinctResources: number(row, "distinct_resources"),
        resourceUsers: number(row, "people"),
      })),
    };
  }

  private async resources(): Promise<ResourceFacts[]> {
    const rows = await this.query(
      `SELECT resource_name, resource_type, coalesce(sum(usage_rows) FILTER (person IS NOT NULL), 0)::DOUBLE AS person_rows,
         coalesce(sum(accesses), 0)::DOUBLE AS accesses, count(DISTINCT person)::DOUBLE AS users
       FROM ${this.names.usage} GROUP BY ALL`,
    );
    return rows.map((row) => ({
      name: text(row, "resource_name"),
      type: text(row, "resource_type"),
      rows: number(row, "person_rows"),
      accesses: number(row, "accesses"),
      users: number(row, "users"),
    }));
  }

  private async resourceNames(): Promise<ResourceNameFacts[]> {
    const rows = await this.query(
      `SELECT resource_name, count(DISTINCT person)::DOUBLE AS users FROM ${this.names.usage}
       WHERE person IS NOT NULL GROUP BY ALL`,
    );
    return rows.map((row) => ({ name: text(row, "resource_name"), users: number(row, "users") }));
  }
}

let lastSuffix = 0;
/** Answers computed at the same time in one session must not share temporary tables. */
function nextSuffix(): number {
  lastSuffix += 1;
  return lastSuffix;
}

const sqlTypes = { date: "DATE", string: "VARCHAR", boolean: "BOOLEAN", integer: "INTEGER" } as const;

function noRows(report: ReportName): string {
  const columns = pseudoColumns(reports[report]).map(
    ({ name, type }) => `NULL::${sqlTypes[type]} AS ${sqlName(name)}`,
  );
  return `SELECT ${columns.join(", ")} WHERE false`;
}

function number(row: SqlRow, column: string): number {
  const value = row[column];
  if (typeof value !== "number") throw new CleverLakeError("engine", `DuckDB gave no number for ${column}.`);
  return value;
}

function text(row: SqlRow, column: string): string | null {
  const value = row[column];
  if (value !== null && typeof value !== "string") {
    throw new CleverLakeError("engine", `DuckDB gave no text for ${column}.`);
  }
  return value;
}
