import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { pseudoTable } from "../clever/layout";
import { hashedColumns, pseudonymName, type Report, type UserType, userTypeValue } from "../clever/reports";
import type { AddFile } from "../delta/actions";
import { withLocalFiles } from "../delta/localFiles";
import { dataFilePath } from "../delta/paths";
import { scanFiles } from "../delta/scan";
import type { Snapshot } from "../delta/snapshot";
import { type DuckSession, sqlName, sqlString, sqlStrings } from "../duck/duck";
import type { Lake } from "../lake/lake";
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
}

/**
 * Finds rows that would be counted twice: the same person, day (and resource) from two files, such as a month's file
 * beside its days'. Where no other file reaches into the days of this one, which its statistics tell, nothing is read.
 */
export class RepeatedRows {
  private readonly claims: Claimant[] = [];

  constructor(
    private readonly lake: Lake,
    private readonly report: Report,
    /** The table before this run; undefined where there is none. */
    private readonly snapshot: Snapshot | undefined,
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
    const committed = span ? this.committedFiles(claimant, span) : [];
    const candidates = [...committed, ...earlier.flatMap(({ adds }) => adds)];
    return new Claim(this.lake, this.report, candidates, (adds) => {
      if (adds) claimant.adds = adds;
      else release();
    });
  }

  private committedFiles(claimant: Claimant, span: DateSpan): AddFile[] {
    if (this.snapshot === undefined) return [];
    const userType = userTypeValue[claimant.userType];
    return scanFiles(this.snapshot, {
      ranges: [
        { column: "date", from: span.first, to: span.last },
        { column: "user_type", from: userType, to: userType },
      ],
    }).filter((file) => file.tags?.[sourceTag] !== claimant.source);
  }
}

/** A file's hold on its days while it is staged. */
export class Claim implements Disposable {
  constructor(
    private readonly lake: Lake,
    private readonly report: Report,
    private readonly candidates: readonly AddFile[],
    private readonly settle: (adds: readonly AddFile[] | undefined) => void,
  ) {}

  /**
   * Finds the rows of `rows` (a SELECT of the session with `row_id` and the table's columns) that other files have,
   * into the session's temporary table `repeated`.
   */
  async find(session: DuckSession, rows: string, signal?: AbortSignal): Promise<Repeats | undefined> {
    if (this.candidates.length === 0) return undefined;
    const paths = this.candidates.map((file) => dataFilePath(pseudoTable(this.report), file.path));
    const other = rowKey(this.report, "other");
    const same = rowKey(this.report, "mine").map((value, index) => `${value} = ${other[index]}`);
    await withLocalFiles(this.lake, paths, signal ? { signal } : {}, (local) =>
      session.query(
        `CREATE OR REPLACE TEMP TABLE repeated AS
         SELECT mine.row_id, any_value(other.source_file) AS source FROM (${rows}) mine
         JOIN read_parquet(${sqlStrings(local)}, hive_partitioning = false, union_by_name = true) other
           ON ${same.join(" AND ")} AND mine.user_type = other.user_type AND mine.source_file <> other.source_file
         GROUP BY mine.row_id`,
        [],
        signal,
      ),
    );
    const found = await session.query(
      "SELECT source, count(*)::INTEGER AS rows FROM repeated GROUP BY source ORDER BY source",
      [],
      signal,
    );
    if (found.length === 0) return undefined;
    return {
      rows: found.reduce((sum, { rows: count }) => sum + Number(count), 0),
      sources: found.map(({ source }) => String(source)),
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

/**
 * What makes a row of a relation one, as SQL expressions: the day, the person and, where the report has it, the
 * resource; a row of nobody has no key. The school system's id is blanked when a person leaves, and a resource's name
 * may change: Clever's own ids stay.
 */
function rowKey(report: Report, relation: string): string[] {
  const firstOf = (names: readonly string[]) =>
    `coalesce(${names.map((name) => `${sqlString(`${name} `)} || ${relation}.${sqlName(name)}`).join(", ")})`;
  const person = hashedColumns(report).map(({ name }) => pseudonymName(name));
  const day = report.columns.filter(({ type }) => type === "date").map(({ name }) => `${relation}.${name}`);
  const hasResource = report.columns.some(({ name }) => name === "resource_id");
  const resource = hasResource ? [`coalesce(${firstOf(["resource_id", "resource_name"])}, '')`] : [];
  return [...day, firstOf(person.toReversed()), ...resource];
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
