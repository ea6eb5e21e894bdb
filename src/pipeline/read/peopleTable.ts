import { idColumns, idNames, lookupColumns, type Report } from "../../clever/reports";
import { type Duck, type DuckSession, sqlFile } from "../../duck/duck";
import { type LoadedCsv, valueSql } from "./loadCsv";

/** Relations of people, with their ids as columns. */
export interface CheckedPeople {
  /** Those of the files that are checked. */
  readonly inFiles: string;
  /** Those of the run's files of the report so far. */
  readonly inRun: string;
  /** Those in the lookup table. */
  readonly inLookups: string;
}

/** A relation of the distinct people of the session's `raw`. */
export function peopleSql(loaded: LoadedCsv): string {
  const ids = idColumns.map((column) => `${valueSql(column, loaded)} AS ${column.name}`);
  // They are already distinct, unless some of them count as blank.
  const isDistinct = loaded.placeholders.size === 0 && idNames.every((name) => loaded.plainTexts.has(name));
  return `(SELECT ${isDistinct ? "" : "DISTINCT"} ${ids.join(", ")} FROM ids_as_read raw)`;
}

/**
 * The people of a report's files in a table of the engine, each hashed once per run however many rows they have. Uses
 * OEA's `hash`: lower-case hex SHA-256 of the value's UTF-8 bytes followed by the salt; null stays null.
 */
export class PeopleTable {
  /** The engine's table: raw ids, then pseudonyms, named as in the lookup table. */
  readonly table: string;
  private inserting: Promise<unknown> = Promise.resolve();

  private constructor(
    readonly report: Report,
    private readonly salt: string,
  ) {
    this.table = `persons_${report.name}`;
  }

  static async create(duck: Duck, report: Report, salt: string): Promise<PeopleTable> {
    const peopleTable = new PeopleTable(report, salt);
    const columns = lookupColumns.map(({ name }) => `${name} VARCHAR`);
    await duck.session((session) =>
      session.query(`CREATE OR REPLACE TABLE ${peopleTable.table} (${columns.join(", ")})`),
    );
    return peopleTable;
  }

  /** Adds the people of the session's `raw` that are not known yet, and hashes only these. */
  async add(session: DuckSession, loaded: LoadedCsv): Promise<void> {
    const hashes = idNames.map((id) => `sha256(${id} || $1)`);
    await this.insert(session, peopleSql(loaded), [...idNames, ...hashes], [this.salt]);
  }

  /** Adds the people in a Parquet file that are not known yet; its columns are named as in the lookup table. */
  async addFile(session: DuckSession, localPath: string): Promise<void> {
    const columns = lookupColumns.map(({ name }) => name);
    const people = `(SELECT DISTINCT ${columns.join(", ")} FROM read_parquet(${sqlFile(localPath)}))`;
    await this.insert(session, people, columns, []);
  }

  private async insert(
    session: DuckSession,
    people: string,
    values: readonly string[],
    parameters: readonly string[],
  ): Promise<void> {
    const insert = () =>
      session.query(
        `INSERT INTO ${this.table} SELECT ${values.join(", ")} FROM ${people} AS candidate
         WHERE NOT EXISTS (SELECT 1 FROM ${this.table} known WHERE ${this.same("candidate", "known")})`,
        parameters,
      );
    // Two concurrent sessions would both add people that they share, and a join would then double their rows.
    const turn = this.inserting.then(insert, insert);
    this.inserting = turn.catch(() => undefined);
    await turn;
  }

  /** The condition that two relations with the ids mean the same person; nulls compare equal. */
  same(left: string, right: string): string {
    return idNames.map((name) => `${left}.${name} IS NOT DISTINCT FROM ${right}.${name}`).join(" AND ");
  }
}
