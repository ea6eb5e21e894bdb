import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { pseudoTable } from "../clever/layout";
import { type Report, type UserType, userTypeValue } from "../clever/reports";
import type { AddFile } from "../delta/actions";
import { withLocalFiles } from "../delta/localFiles";
import { dataFilePath, decodePath } from "../delta/paths";
import { scanFiles } from "../delta/scan";
import type { Snapshot } from "../delta/snapshot";
import { type DuckSession, sqlString, sqlStrings } from "../duck/duck";
import { CleverLakeError } from "../errors";
import type { Lake } from "../lake/lake";
import { findSameRows } from "./sameRows";
import type { StagedFile } from "./stageFile";
import { sourceTag } from "./tables";

/** Days as `yyyy-MM-dd`, both included. */
export interface DateSpan {
  readonly first: string;
  readonly last: string;
}

interface Claimant {
  readonly source: string;
  readonly userType: UserType;
  readonly span: DateSpan | undefined;
  readonly done: Promise<void>;
  adds: readonly AddFile[];
}

/** Rows of a file that the table has from other files. */
export interface Repeats {
  readonly rows: number;
  readonly sources: readonly string[];
  /** Those of the sources whose rows tell something else than the file's do, and how many rows do. */
  readonly differing: ReadonlyMap<string, number>;
  /** Sources whose old rows are the same as some of the file's, and go in the commit that brings the file. */
  readonly goingSources: readonly string[];
}

/**
 * Finds rows that would be counted twice: the same person, day (and resource) from two files, such as a month's file
 * beside its days'. Where no other file reaches into the days of this one, which its statistics tell, nothing is read.
 */
export class RepeatedRows {
  private readonly claims: Claimant[] = [];
  /** Data files that this run writes anew without some rows: they hold none that were not looked at. */
  private readonly rewritten = new Set<string>();

  constructor(
    private readonly lake: Lake,
    private readonly report: Report,
    /** The table before this run; undefined where there is none. */
    private readonly snapshot: Snapshot | undefined,
    /** Sources whose rows in the table go in the next commit, so that they count no more. */
    private readonly going: ReadonlySet<string>,
  ) {}

  /**
   * Claims a file's days. Resolves when earlier files of the same run that reach into these days have been staged, so
   * that of two files with the same rows one is seen first.
   */
  async claim(file: { source: string; userType: UserType }, span: DateSpan | undefined): Promise<Claim> {
    let release = () => {};
    const done = new Promise<void>((resolve) => {
      release = resolve;
    });
    const claimant: Claimant = { source: file.source, userType: file.userType, span, done, adds: [] };
    const earlier = this.claims.filter((other) => reachesInto(other, claimant));
    this.claims.push(claimant);
    await Promise.all(earlier.map((other) => other.done));
    const candidates = {
      committed: span && this.snapshot ? filesInto(this.snapshot, claimant, span) : [],
      claimed: earlier.flatMap(({ adds }) => adds),
    };
    return new Claim(this.lake, this.report, candidates, this.going, (adds) => {
      if (adds) claimant.adds = adds;
      else release();
    });
  }

  /** Whether the table has, or may have, rows of a source. */
  hasRowsOf(source: string): boolean {
    const files = this.snapshot ? filesOf(this.snapshot, source) : [];
    return files.some(({ tags }) => (tags?.[sourceTag] ?? source) === source);
  }

  /** Notes data files of this run's commits with rows that were in the table before. */
  know(adds: readonly AddFile[]): void {
    for (const { path } of adds) this.rewritten.add(decodePath(path));
  }

  /**
   * Rejects with `conflict` where staged files were compared with an older table than `snapshot`, and a data file that
   * another run or program added to it since reaches into their days; or where one relies on old rows going of a source
   * that is not among them.
   */
  requireNothingNew(staged: readonly StagedFile[], snapshot: Snapshot | undefined): void {
    const sources = new Set(staged.map(({ file }) => file.source));
    const claims = this.claims.filter(({ source }) => sources.has(source));
    const news = snapshot && this.unknownIn(snapshot);
    const isReached = claims.some(
      (claim) => news && claim.span && filesInto(news, claim, claim.span).length > 0,
    );
    const isReliable = staged.every(({ reliesOn }) => reliesOn.every((source) => sources.has(source)));
    if (!isReached && isReliable) return;
    throw new CleverLakeError(
      "conflict",
      "Rows of the same days were brought in meanwhile by another program.",
      {
        subject: pseudoTable(this.report),
        hint: "The next run compares with them and goes on.",
      },
    );
  }

  /** The table with those of its files only that were neither there when this run began nor came by it. */
  private unknownIn(snapshot: Snapshot): Snapshot {
    const own = new Set(this.claims.flatMap(({ adds }) => adds.map((add) => decodePath(add.path))));
    const files = [...snapshot.files].filter(
      ([path]) => !this.snapshot?.files.has(path) && !own.has(path) && !this.rewritten.has(path),
    );
    return { ...snapshot, files: new Map(files) };
  }
}

/** The files that may hold rows of a source, by their statistics. */
function filesOf(snapshot: Snapshot, source: string): AddFile[] {
  return scanFiles(snapshot, { ranges: [{ column: "source_file", from: source, to: source }] });
}

/** The files of other sources that may hold rows of a file's days. */
function filesInto(snapshot: Snapshot, claimant: Claimant, span: DateSpan): AddFile[] {
  const userType = userTypeValue[claimant.userType];
  return scanFiles(snapshot, {
    ranges: [
      { column: "date", from: span.first, to: span.last },
      { column: "user_type", from: userType, to: userType },
    ],
  }).filter((file) => file.tags?.[sourceTag] !== claimant.source);
}

/** A file's hold on its days while it is staged. */
export class Claim implements Disposable {
  constructor(
    private readonly lake: Lake,
    private readonly report: Report,
    private readonly candidates: {
      readonly committed: readonly AddFile[];
      readonly claimed: readonly AddFile[];
    },
    private readonly going: ReadonlySet<string>,
    private readonly settle: (adds: readonly AddFile[] | undefined) => void,
  ) {}

  /**
   * Finds the rows of `rows` (a SELECT of the session with `row_id` and the table's columns) that other files have,
   * into the session's temporary table `repeated`.
   */
  async find(session: DuckSession, rows: string, signal?: AbortSignal): Promise<Repeats | undefined> {
    const { committed, claimed } = this.candidates;
    if (committed.length + claimed.length === 0) return undefined;
    const pathsOf = (files: readonly AddFile[]) =>
      files.map((file) => dataFilePath(pseudoTable(this.report), file.path));
    const paths = [...pathsOf(committed), ...pathsOf(claimed)];
    await withLocalFiles(this.lake, paths, signal ? { signal } : {}, (local) => {
      const others = [
        // What another program merged holds rows of several sources, so each row is asked.
        rowsOf(local.slice(0, committed.length), isOneOf("source_file", this.going)),
        rowsOf(local.slice(committed.length), "false"),
      ];
      const other = others.filter((sql) => sql !== "").join(" UNION ALL BY NAME ");
      return findSameRows(session, this.report, rows, other, signal);
    });
    await session.query(
      `CREATE OR REPLACE TEMP TABLE repeated AS
       SELECT row_id, arg_max(source, differs) AS source, bool_or(differs) AS differs
       FROM repeats WHERE NOT going GROUP BY row_id`,
      [],
      signal,
    );
    const found = await session.query(
      `SELECT source, false AS going, count(*)::INTEGER AS rows, (count(*) FILTER (differs))::INTEGER AS differing
       FROM repeated GROUP BY source
       UNION ALL SELECT DISTINCT source, true, 0, 0 FROM repeats WHERE going ORDER BY source`,
      [],
      signal,
    );
    if (found.length === 0) return undefined;
    const sourcesWhere = (isGoing: boolean) =>
      found.filter(({ going }) => going === isGoing).map(({ source }) => String(source));
    return {
      rows: found.reduce((sum, { rows: count }) => sum + Number(count), 0),
      sources: sourcesWhere(false),
      differing: new Map(
        found.flatMap(({ source, differing }) =>
          differing === 0 ? [] : [[String(source), Number(differing)]],
        ),
      ),
      goingSources: sourcesWhere(true),
    };
  }

  /**
   * Takes the rows found out of the session's `raw` and keeps them beside the landed file, behind the rows that
   * were refused for other reasons where `refusedBefore` says that there are some.
   */
  async drop(
    session: DuckSession,
    scratch: string,
    refusedPath: string,
    refusedBefore: boolean,
    signal?: AbortSignal,
  ): Promise<void> {
    const options = signal ? { signal } : {};
    const { lake } = this;
    const refused = path.join(scratch, `${randomUUID()}.refused`);
    const repeated = "raw.rowid IN (SELECT row_id FROM repeated)";
    await session.query(
      `COPY (SELECT * FROM raw WHERE ${repeated}) TO ${sqlString(refused)} (FORMAT csv, HEADER true)`,
      [],
      signal,
    );
    // Without any, a file that is there is what an attempt left that was not committed.
    const before = refusedBefore ? await lake.read(refusedPath, options) : Buffer.alloc(0);
    const rows = await readFile(refused);
    await lake.write(
      refusedPath,
      (async function* () {
        yield await Promise.resolve(before);
        yield Buffer.from("# rows that are in the tables already, from another file:\n");
        yield rows;
      })(),
      options,
    );
    await session.query(`DELETE FROM raw WHERE ${repeated}`, [], signal);
  }

  /** Notes the file's data files for those that come later. */
  keep(adds: readonly AddFile[]): void {
    this.settle(adds);
  }

  [Symbol.dispose](): void {
    this.settle(undefined);
  }
}

/** A SELECT of the rows of data files, with `going`; empty where there are no files. */
function rowsOf(files: readonly string[], going: string): string {
  if (files.length === 0) return "";
  return `SELECT *, ${going} AS going FROM read_parquet(${sqlStrings(files)}, hive_partitioning = false, union_by_name = true)`;
}

function isOneOf(column: string, values: ReadonlySet<string>): string {
  if (values.size === 0) return "false";
  return `coalesce(${column} IN (${[...values].map(sqlString).join(", ")}), false)`;
}

function reachesInto(a: Claimant, b: Claimant): boolean {
  return (
    a.source !== b.source &&
    a.userType === b.userType &&
    a.span !== undefined &&
    b.span !== undefined &&
    a.span.first <= b.span.last &&
    b.span.first <= a.span.last
  );
}
