import { pseudoTable } from "../../clever/layout";
import {
  partitionColumns,
  pseudoColumns,
  type Report,
  type UserType,
  userTypes,
  userTypeValue,
} from "../../clever/reports";
import { type StagedDataFile, stageDataFile } from "../../delta/files/dataFile";
import type { AddFile, Tags } from "../../delta/log/actions";
import { readQuery } from "../../delta/readQuery";
import { tableColumns } from "../../delta/schema";
import type { Snapshot } from "../../delta/snapshot";
import { type DuckSession, sqlFile, sqlString } from "../../duck/duck";
import { oldestFirst } from "../plan/ranks";
import type { StagedRows } from "../read/stageRows";
import { type Cells, dayBit, listCells, type Month } from "./cells";
import { type ChangedMonth, cellsOf } from "./changedMonths";
import { contentsOf, contentTags } from "./fileContents";
import { countOverlaps, findSupersededRows, type Overlap, ranksSql } from "./overlaps";
import { type Counts, dayKey } from "./shrink";
import { pseudoFiles } from "./tables";
import { type CountedSource, mayBeTwins } from "./twins";

/** What a month's rows are computed from. */
export interface MonthSources {
  readonly report: Report;
  readonly snapshot: Snapshot | undefined;
  readonly month: ChangedMonth;
  /** Sources whose old rows are removed from the whole month: their new ones, if any, are in `month.staged`. */
  readonly changed: ReadonlySet<string>;
  /** If the whole month is rebuilt: the only sources whose rows in the table stay. */
  readonly onlyKept?: ReadonlySet<string>;
  /** Sources with missing rows in the table; `restored` has all of their rows. */
  readonly incomplete: ReadonlySet<string>;
  readonly restored: readonly StagedRows[];
  /** Sources whose staged rows are to be left out. */
  readonly excluded: ReadonlySet<string>;
  /** When a source's delivery was written; undefined for an unknown source. */
  readonly timeOf: (source: string) => Date | undefined;
  /** The local path of a file of the table. */
  readonly localPathOf: (lakePath: string) => string;
}

/** A month's new data file, and the files that it replaces. */
export interface WrittenMonth {
  readonly removed: readonly AddFile[];
  readonly added: readonly { readonly file: StagedDataFile; readonly tags: Tags }[];
}

/**
 * The rows of one month, computed by the rule: a row counts unless a newer source has it. Only the cells of the change
 * in which several sources have rows are computed; everything else stays or moves unchanged.
 *
 * @param number distinguishes the session's temporary tables from those of other months
 */
export class MonthRows {
  private losing = new Set<number>();
  private hasShared = false;
  overlaps: readonly Overlap[] = [];

  constructor(
    private readonly session: DuckSession,
    readonly sources: MonthSources,
    private readonly number: number,
  ) {}

  /** Finds what the sources have in common. */
  async analyze(): Promise<void> {
    const { session } = this;
    const { month, changed, onlyKept, incomplete } = this.sources;
    const cells = new Map<string, Cell & { readonly sources: Set<string> }>();
    const note = ({ userType, date }: Cell, source: string) => {
      const key = dayKey(userType, date);
      const cell = cells.get(key) ?? { userType, date, sources: new Set() };
      cells.set(key, cell);
      cell.sources.add(source);
    };
    const changing = cellsIn(month.cells, month);
    const inCells = new Set(changing.map(({ userType, date }) => dayKey(userType, date)));
    if (incomplete.size > 0) await this.createCells(`cells_${this.number}`, changing);
    for (const { origin, source, ...cell } of await this.rowsInTable()) {
      const isInCells = inCells.has(dayKey(cell.userType, cell.date));
      const isRemoved = onlyKept ? !onlyKept.has(source) : changed.has(source);
      const losesRow = isRemoved || (incomplete.has(source) && isInCells);
      if (losesRow) this.losing.add(origin);
      else if (isInCells) note(cell, source);
    }
    for (const sources of [...month.staged.map((rows) => this.arrivingIn(rows)), ...this.restoredInCells()]) {
      for (const [source, { userType, days }] of sources) {
        for (const cell of cellsIn(new Map([[userType, days]]), month)) note(cell, source);
      }
    }
    const shared = [...cells.values()].filter(({ sources }) => sources.size > 1);
    this.hasShared = shared.length > 0;
    if (!this.hasShared) return;
    await this.createCells(`shared_${this.number}`, shared);
    const ranked = this.rank(shared.flatMap(({ sources }) => [...sources]));
    await session.query(
      `CREATE OR REPLACE TEMP TABLE candidates_${this.number} AS
       SELECT row_number() OVER () AS row_id, rank, rows_.*
       FROM (${this.allRows()}) rows_ SEMI JOIN shared_${this.number} USING (user_type, "date")
       LEFT JOIN ${ranksSql(ranked)} ranks USING (source_file)`,
    );
    const superseded = `superseded_${this.number}`;
    await findSupersededRows(session, this.sources.report, `candidates_${this.number}`, superseded);
    this.overlaps = await countOverlaps(session, superseded);
    const origins = await session.query(
      `SELECT DISTINCT origin::INTEGER AS origin FROM candidates_${this.number} JOIN ${superseded} USING (row_id) WHERE origin >= 0`,
    );
    for (const { origin } of origins) this.losing.add(Number(origin));
  }

  /** Sources, oldest first. */
  private rank(sources: readonly string[]): string[] {
    const dated = [...new Set(sources)].flatMap((source) => {
      const modified = this.sources.timeOf(source);
      return modified ? [{ source, modified }] : [];
    });
    return oldestFirst(dated).map(({ source }) => source);
  }

  /**
   * Whether an arriving source may have the rows of a source of another user type.
   *
   * @param userTypeOf the user type of a source of the table; undefined for an unknown source
   */
  mayHaveTwins(userTypeOf: (source: string) => UserType | undefined): boolean {
    const { month, changed } = this.sources;
    const arriving = new Map<string, CountedSource>();
    for (const [source, { userType, rows }] of month.staged.flatMap((each) => [...this.arrivingIn(each)])) {
      arriving.set(source, { userType, rows: (arriving.get(source)?.rows ?? 0) + rows });
    }
    const contents = month.twinFiles.map((file) => contentsOf(file).sources);
    if (arriving.size > 0 && contents.includes(undefined)) return true;
    const inTable = new Map<string, CountedSource>();
    for (const [source, rows] of contents.flatMap((sources) => [...(sources ?? [])])) {
      const before = inTable.get(source)?.rows ?? 0;
      if (!changed.has(source)) inTable.set(source, { userType: userTypeOf(source), rows: before + rows });
    }
    return mayBeTwins([...arriving.values()], [...arriving.values(), ...inTable.values()]);
  }

  /** A SELECT of the month's rows of all user types on the arriving days, in which to look for twins. */
  twinRows(): string {
    const { month, changed, excluded } = this.sources;
    const table = this.tableRows(month.twinFiles).map((rows) => `${rows} WHERE ${isNoneOf(changed)}`);
    const staged = month.staged.map(({ file }) => `${parquet(file)} WHERE ${isNoneOf(excluded)}`);
    return [...table, ...staged].join(" UNION ALL BY NAME ");
  }

  /** The rows of some days (`yyyy-MM-dd`) before and after the change, by `dayKey`. Only for days of the change. */
  async countDays(days: readonly string[]): Promise<ReadonlyMap<string, Counts>> {
    const { month } = this.sources;
    const own = days.filter((day) => monthKey(day) === `${month.year}-${month.month}`);
    if (own.length === 0) return new Map();
    const files = this.tableRows(month.files);
    const kept = files.filter((_, origin) => !this.losing.has(origin));
    const all = [
      ...files.map((rows) => `SELECT false AS is_now, user_type, "date" FROM (${rows}) rows_`),
      ...[...kept, this.newRows()].map(
        (rows) => `SELECT true AS is_now, user_type, "date" FROM (${rows}) rows_`,
      ),
    ];
    const rows = await this.session.query(
      `SELECT user_type, "date"::VARCHAR AS day, (count(*) FILTER (NOT is_now))::DOUBLE AS before,
         (count(*) FILTER (is_now))::DOUBLE AS now
       FROM (${all.join(" UNION ALL ")}) WHERE "date" IN (${own.map((day) => `DATE ${sqlString(day)}`).join(", ")}) GROUP BY ALL`,
    );
    return new Map(
      rows.map(({ user_type, day, before, now }) => [
        dayKey(String(user_type), String(day)),
        { before: Number(before), now: Number(now) },
      ]),
    );
  }

  /** Writes the new or changed rows of the month into local data files. */
  async write(scratch: string): Promise<WrittenMonth> {
    const { report, snapshot, month, excluded, restored } = this.sources;
    const staged = month.staged.filter(({ sources }) =>
      [...sources.keys()].some((source) => !excluded.has(source)),
    );
    const isAsStaged = staged.every(({ sources }) =>
      [...sources.keys()].every((source) => !excluded.has(source)),
    );
    const isAppended = this.losing.size === 0 && !this.hasShared && isAsStaged && restored.length === 0;
    if (isAppended) return { removed: [], added: staged.map(asStaged) };
    const removed = month.files.filter((_, origin) => this.losing.has(origin));
    const keepsOthers = removed.length > 0 && snapshot !== undefined;
    const file = await stageDataFile({
      session: this.session,
      tablePath: pseudoTable(report),
      columns: keepsOthers
        ? tableColumns(snapshot.metadata.columns, pseudoTable(report))
        : pseudoColumns(report),
      query: this.newRows(),
      partitionValues: Object.fromEntries(
        partitionColumns.map((name, index) => [name, index === 0 ? month.year : month.month]),
      ),
      scratch,
      ...pseudoFiles,
    });
    return { removed, added: file ? [{ file, tags: await this.tagsOf(file) }] : [] };
  }

  private newRows(): string {
    const { losing, number } = this;
    const rows = this.allRows((origin) => losing.has(origin));
    if (!this.hasShared) return rows;
    const unshared = `SELECT * FROM (${rows}) rows_ ANTI JOIN shared_${number} USING (user_type, "date")`;
    const origins = [-1, ...losing].join(", ");
    const winning = `SELECT * EXCLUDE (row_id, rank) FROM candidates_${number} rows_
      WHERE origin IN (${origins}) AND row_id NOT IN (SELECT row_id FROM superseded_${number})`;
    return `${unshared} UNION ALL BY NAME ${winning}`;
  }

  /** A SELECT of the rows that may count, with `origin`: the number of the table's file, or -1 for staged rows. */
  private allRows(isWanted: (origin: number) => boolean = () => true): string {
    const { month, changed, onlyKept, incomplete, excluded, restored } = this.sources;
    const inCells = `SEMI JOIN cells_${this.number} USING (user_type, "date")`;
    const table = this.tableRows(month.files)
      .map((rows, origin) => ({ rows, origin }))
      .filter(({ origin }) => isWanted(origin))
      .flatMap(({ rows, origin }) => {
        const others = `SELECT ${origin} AS origin, * FROM (${rows}) rows_`;
        const kept = onlyKept ? isOneOf(onlyKept) : isNoneOf(new Set([...changed, ...incomplete]));
        if (incomplete.size === 0) return [`${others} WHERE ${kept}`];
        const outside = `${others} ANTI JOIN cells_${this.number} USING (user_type, "date")`;
        return [`${others} WHERE ${kept}`, `${outside} WHERE ${isOneOf(incomplete)}`];
      });
    const staged = month.staged.map(
      ({ file }) => `SELECT -1 AS origin, * FROM (${parquet(file)}) rows_ WHERE ${isNoneOf(excluded)}`,
    );
    const again = (incomplete.size > 0 ? restored : []).map(
      ({ file }) =>
        `SELECT -1 AS origin, * FROM (${parquet(file)}) rows_ ${inCells} WHERE ${isOneOf(incomplete)}`,
    );
    const all = [...table, ...staged, ...again];
    return all.length > 0
      ? all.join(" UNION ALL BY NAME ")
      : `SELECT -1 AS origin, * FROM (${this.noRows()})`;
  }

  /** A SELECT for each of some files of the table. */
  private tableRows(files: readonly AddFile[]): string[] {
    const { snapshot, localPathOf } = this.sources;
    return snapshot ? files.map((file) => `FROM (${readQuery(snapshot, [file], localPathOf)})`) : [];
  }

  private noRows(): string {
    const columns = pseudoColumns(this.sources.report).map(({ name }) => `NULL AS "${name}"`);
    return `SELECT ${columns.join(", ")} WHERE false`;
  }

  /** Which sources have rows where, in the table's files. */
  private async rowsInTable(): Promise<(Cell & { readonly origin: number; readonly source: string })[]> {
    const files = this.tableRows(this.sources.month.files);
    if (files.length === 0) return [];
    const all = files.map(
      (rows, origin) => `SELECT DISTINCT ${origin} AS origin, source_file, user_type, "date" FROM (${rows})`,
    );
    const rows = await this.session.query(
      `SELECT origin, coalesce(source_file, '') AS source, user_type, "date"::VARCHAR AS date
       FROM (${all.join(" UNION ALL ")})`,
    );
    return rows.map(({ origin, source, user_type, date }) => ({
      origin: Number(origin),
      source: String(source),
      userType: String(user_type),
      date: String(date),
    }));
  }

  /** The sources of a staged file whose rows count. A source that is held back may have earlier rows, which stay. */
  private arrivingIn({ sources }: StagedRows): StagedRows["sources"] {
    return new Map([...sources].filter(([source]) => !this.sources.excluded.has(source)));
  }

  /** The rows of incomplete sources in the cells of the change. */
  private restoredInCells(): StagedRows["sources"][] {
    const { restored, incomplete, month } = this.sources;
    return restored.map(
      ({ sources }) =>
        new Map(
          [...sources]
            .filter(([source]) => incomplete.has(source))
            .map(([source, each]) => [
              source,
              { ...each, days: each.days & (month.cells.get(each.userType) ?? 0) },
            ]),
        ),
    );
  }

  private async createCells(table: string, cells: readonly Cell[]): Promise<void> {
    const rows = cells.map(({ userType, date }) => `(${sqlString(userType)}, DATE ${sqlString(date)})`);
    const list =
      rows.length > 0 ? `VALUES ${rows.join(", ")}` : "SELECT NULL::VARCHAR, NULL::DATE WHERE false";
    await this.session.query(
      `CREATE OR REPLACE TEMP TABLE ${table} AS SELECT * FROM (${list}) AS cells(user_type, "date")`,
    );
  }

  /** The contents of a written file, as recorded in its tags. */
  private async tagsOf(file: StagedDataFile): Promise<Tags> {
    const rows = await this.session.query(
      `SELECT source_file, user_type, day("date")::INTEGER AS day, count(*)::INTEGER AS rows
       FROM (${parquet(file)}) GROUP BY ALL`,
    );
    // Rows of another program: without tags, every reader reads the rows themselves.
    if (rows.some(({ source_file, day }) => typeof source_file !== "string" || typeof day !== "number"))
      return {};
    const sources = new Map<string, number>();
    const days = new Map<UserType, number>();
    for (const { source_file, user_type, day, rows: count } of rows) {
      const source = String(source_file);
      sources.set(source, (sources.get(source) ?? 0) + Number(count));
      const userType = userTypes.find((type) => userTypeValue[type] === user_type);
      if (userType === undefined) return {};
      days.set(userType, (days.get(userType) ?? 0) | dayBit(Number(day)));
    }
    return contentTags({ sources, days });
  }
}

function monthKey(day: string): string {
  return `${Number(day.slice(0, 4))}-${Number(day.slice(5, 7))}`;
}

/** A day of a user type, as the table names it. */
interface Cell {
  readonly userType: string;
  /** `yyyy-MM-dd` */
  readonly date: string;
}

function cellsIn(cells: Cells, month: Month): Cell[] {
  return listCells(cells, month).map(({ userType, date }) => ({ userType: userTypeValue[userType], date }));
}

function asStaged({ file, sources }: StagedRows): WrittenMonth["added"][number] {
  const rows = new Map([...sources].map(([source, each]) => [source, each.rows]));
  return { file, tags: contentTags({ sources: rows, days: cellsOf(sources) }) };
}

function parquet(file: StagedDataFile): string {
  return `FROM read_parquet(${sqlFile(file.localPath)}, hive_partitioning = false)`;
}

function isOneOf(sources: ReadonlySet<string>): string {
  return sources.size === 0
    ? "false"
    : `(source_file IN (${[...sources].map(sqlString).join(", ")})) IS TRUE`;
}

function isNoneOf(sources: ReadonlySet<string>): string {
  return sources.size === 0
    ? "true"
    : `(source_file IN (${[...sources].map(sqlString).join(", ")})) IS NOT TRUE`;
}
