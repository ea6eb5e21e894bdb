import { randomUUID } from "node:crypto";
import path from "node:path";
import { lookupTable } from "../../../clever/layout";
import {
  idNames,
  lookupColumns,
  type Report,
  type ReportName,
  reportNames,
  reports,
} from "../../../clever/reports";
import type { OpenLake } from "../../../delta/openLake";
import { readSnapshot, type Snapshot } from "../../../delta/snapshot";
import { withSelects } from "../../../delta/withTable";
import { type DuckSession, sqlFile, sqlString } from "../../../duck/duck";
import { peopleInFiles } from "../csv/distinctTexts";

/** SELECTs of the ids in relations with people. */
export function idSelects(relations: readonly string[]): string[] {
  return idNames.flatMap((name) => relations.map((relation) => `SELECT ${name} AS id FROM ${relation}`));
}

/** The people that a run knows, by report. */
export class KnownPeople {
  private readonly opened = new Map<ReportName, Promise<ReportPeople>>();

  /** @param lookups states of lookup tables to use; of the other tables, the newest state is read when it is needed */
  constructor(
    private readonly open: OpenLake,
    private readonly salt: string,
    private readonly lookups: ReadonlyMap<ReportName, Snapshot | undefined> = new Map(),
  ) {}

  /** The people of a report. Its lookup table is read once. */
  of(report: Report): Promise<ReportPeople> {
    const opened =
      this.opened.get(report.name) ??
      this.openReport(report).catch((error: unknown) => {
        this.opened.delete(report.name);
        throw error;
      });
    this.opened.set(report.name, opened);
    return opened;
  }

  /** SELECTs of all known ids, with one column `id`. */
  async idSelects(): Promise<string[]> {
    const selects: string[] = [];
    for (const name of reportNames) selects.push(...(await this.of(reports[name])).idSelects());
    return selects;
  }

  /** Writes all known ids as an unordered Parquet file with a column `id` into a scratch folder. */
  async writeIds(scratch: string): Promise<string> {
    const { duck, signal } = this.open;
    const localPath = path.join(scratch, `${randomUUID()}.parquet`);
    const ids = (await this.idSelects()).join(" UNION ");
    const copy = `COPY (SELECT id FROM (${ids}) WHERE id IS NOT NULL) TO ${sqlString(localPath)} (FORMAT parquet)`;
    await duck.session((session) => session.query(copy), signal);
    return localPath;
  }

  private async openReport(report: Report): Promise<ReportPeople> {
    const { open, salt, lookups } = this;
    const known = lookups.has(report.name)
      ? lookups.get(report.name)
      : await readSnapshot(open, lookupTable(report));
    return ReportPeople.open(open, report, salt, known);
  }
}

/**
 * The people of a report in DuckDB tables. Each person in the run's files is hashed once per run, however many rows
 * they have. Uses OEA's `hash`: lower-case hex SHA-256 of the value's UTF-8 bytes followed by the salt; null stays
 * null.
 */
export class ReportPeople {
  /** The people in the files that the run has read so far: raw ids, then pseudonyms, named as in the lookup table. */
  readonly inRun: string;
  /** The people in the lookup table: raw ids. */
  readonly inLookups: string;
  /** The ids that occur with several counterparts within one of the run's files, and the numbers of their columns. */
  readonly clashes: string;
  /** The data files whose rows are in `inLookups`; undefined if it does not exist yet. */
  private files: ReadonlySet<string> | undefined;
  private inserting: Promise<unknown> = Promise.resolve();

  private constructor(
    private readonly lake: OpenLake,
    readonly report: Report,
    private readonly salt: string,
    /** The last known state of the lookup table; undefined if there is none. */
    public lookups: Snapshot | undefined,
  ) {
    this.inRun = `persons_${report.name}`;
    this.inLookups = `known_${report.name}`;
    this.clashes = `clashes_${report.name}`;
  }

  static async open(
    lake: OpenLake,
    report: Report,
    salt: string,
    lookups: Snapshot | undefined,
  ): Promise<ReportPeople> {
    const people = new ReportPeople(lake, report, salt, lookups);
    const columns = lookupColumns.map(({ name }) => `${name} VARCHAR`);
    await lake.duck.session(async (session) => {
      await session.query(`CREATE OR REPLACE TABLE ${people.inRun} (${columns.join(", ")})`);
      await session.query(`CREATE OR REPLACE TABLE ${people.clashes} (place INTEGER, id VARCHAR)`);
    });
    await people.update(lookups);
    return people;
  }

  /** Updates `inLookups` to a state of the lookup table. Each data file is read once per run. */
  async update(lookups: Snapshot | undefined): Promise<void> {
    const current = new Map(lookups?.files);
    const { files } = this;
    const before = files && [...files].every((file) => current.has(file)) ? files : undefined;
    const newFiles = [...current].flatMap(([name, file]) => (before?.has(name) ? [] : [file]));
    if (before && newFiles.length === 0) return;
    await withSelects(this.lake, [{ snapshot: lookups, files: newFiles }], (session, [rows = noPairs]) => {
      const into = before ? `INSERT INTO ${this.inLookups}` : `CREATE OR REPLACE TABLE ${this.inLookups} AS`;
      return session.query(`${into} SELECT ${idNames.join(", ")} FROM (${rows})`);
    });
    this.files = new Set(current.keys());
  }

  /** SELECTs of the ids, with one column `id`. */
  idSelects(): string[] {
    return idSelects([this.inRun, this.inLookups]);
  }

  /** Hashes and adds the people in the session's table `raw` whom the run does not know yet. */
  async add(session: DuckSession): Promise<void> {
    const hashes = idNames.map((id) => `sha256(${id} || $1)`);
    await this.insert(session, peopleInFiles, [...idNames, ...hashes], [this.salt]);
  }

  /** Adds the people in a Parquet file whom the run does not know yet; its columns are named as in the lookup table. */
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
        `INSERT INTO ${this.inRun} SELECT ${values.join(", ")} FROM ${people} AS candidate
         WHERE NOT EXISTS (SELECT 1 FROM ${this.inRun} known WHERE ${samePersonSql("candidate", "known")})`,
        parameters,
      );
    // Two concurrent sessions would both add a person whom both read, and joins would then duplicate the person's rows.
    const turn = this.inserting.then(insert, insert);
    this.inserting = turn.catch(() => undefined);
    await turn;
  }
}

const noPairs = `SELECT ${idNames.map((name) => `NULL::VARCHAR AS ${name}`).join(", ")} WHERE false`;

/** The condition that two relations with the ids mean the same person; nulls compare equal. */
export function samePersonSql(left: string, right: string): string {
  return idNames.map((name) => `${left}.${name} IS NOT DISTINCT FROM ${right}.${name}`).join(" AND ");
}
