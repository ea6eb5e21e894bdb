import { pseudoTable } from "../clever/layout";
import {
  hashedColumns,
  partitionColumns,
  pseudoColumns,
  pseudonymName,
  type Report,
  type UserType,
  userTypes,
  userTypeValue,
} from "../clever/reports";
import type { AddFile } from "../delta/actions";
import { withLocalFiles } from "../delta/localFiles";
import { dataFilePath } from "../delta/paths";
import { scanFiles } from "../delta/scan";
import type { Snapshot } from "../delta/snapshot";
import { fileStatistics, lowerTextBound, upperTextBound } from "../delta/statistics";
import { type DuckSession, sqlName, sqlString, sqlStrings } from "../duck/duck";
import type { Lake } from "../lake/lake";
import type { Persons } from "./persons";
import type { DateSpan } from "./repeatedRows";
import { sourceTag } from "./tables";

/** The first and the last of a file's people, by a column of ids: two files with the same rows have the same. */
interface People {
  readonly column: string;
  readonly first: string;
  readonly last: string;
}

type TwinFile = {
  readonly source: string;
  readonly userType: UserType;
  readonly modified: Date;
  /** The twin beside which its rows count too, since a person has agreed. */
  readonly besides: string | undefined;
};

interface Claimant {
  readonly file: TwinFile;
  readonly span: DateSpan;
  readonly people: People;
  readonly done: Promise<void>;
  adds: readonly AddFile[];
  isCommitted: boolean;
}

/** A file of another user type with the same rows. */
export interface Twin {
  readonly source: string;
  /** Whether the file counts and its twin is to be set aside. */
  readonly isOutranked: boolean;
  /** Why the one that does not count is set aside. */
  readonly reason: string;
}

/** So many files of a user type tell whose people they are. */
const filesThatTell = 3;

/**
 * Finds files with the same rows under two user types, such as the students' file that was also delivered by the name of
 * the teachers'. A person may be a teacher and staff and so have a row in both: files are the same where more than half of
 * the rows of each are. Only files with the same first or last person are compared, so next to nothing is read.
 */
export class UserTypeTwins {
  private readonly claims: Claimant[] = [];

  constructor(
    private readonly lake: Lake,
    private readonly persons: Persons,
    /** The table before this run; undefined where there is none. */
    private readonly snapshot: Snapshot | undefined,
    /** Sources whose rows in the table go in the next commit, so that they count no more. */
    private readonly going: ReadonlySet<string>,
  ) {}

  /**
   * Claims the days of a file whose people are in the session's `found`. Resolves when the files of the same run that may
   * be its twins have been staged.
   *
   * @param rows a SELECT of the session with the table's columns
   */
  async claim(
    session: DuckSession,
    file: TwinFile,
    span: DateSpan | undefined,
    rows: string,
    signal?: AbortSignal,
  ): Promise<TwinClaim | undefined> {
    const people = await peopleOf(session, this.persons.report, signal);
    if (!span || !people) return undefined;
    let release = () => {};
    const done = new Promise<void>((resolve) => {
      release = resolve;
    });
    const claimant: Claimant = { file, span, people, done, adds: [], isCommitted: false };
    const earlier = this.claims.filter((other) => mayBeTwins(other, claimant));
    this.claims.push(claimant);
    await Promise.all(earlier.map((other) => other.done));
    return new TwinClaim(
      () => this.find(session, claimant, earlier, rows, signal),
      (adds) => {
        if (adds) claimant.adds = adds;
        else release();
      },
    );
  }

  /** Notes that the rows of sources are in the table: they can be set aside no more. */
  committed(sources: ReadonlySet<string>): void {
    for (const claimant of this.claims) if (sources.has(claimant.file.source)) claimant.isCommitted = true;
  }

  private async find(
    session: DuckSession,
    mine: Claimant,
    earlier: readonly Claimant[],
    rows: string,
    signal: AbortSignal | undefined,
  ): Promise<readonly Twin[]> {
    // Who lets its rows count beside those of one user type has seen that they are of two.
    if (mine.file.besides !== undefined) return [];
    const outranked: Twin[] = [];
    for (const other of earlier) {
      if (other.file.besides === mine.file.source) continue;
      if (!(await this.sameRows(session, mine, other.adds, rows, signal))) continue;
      const twin = await this.judge(session, mine, other, signal);
      if (!twin.isOutranked) return [twin];
      outranked.push(twin);
    }
    const inTable = await this.filesLike(session, mine, signal);
    for (const source of new Set(inTable.map(({ tags }) => tags?.[sourceTag] ?? ""))) {
      const files = inTable.filter(({ tags }) => tags?.[sourceTag] === source);
      if (!(await this.sameRows(session, mine, files, rows, signal))) continue;
      const type = files[0] && fileStatistics(files[0])?.minValues.user_type;
      const userType = userTypes.find((each) => userTypeValue[each] === type) ?? "others";
      return [{ source, isOutranked: false, reason: reasonOf(source, `is in the tables as ${userType}`) }];
    }
    return outranked;
  }

  /** Data files of other user types in the table, as they were before this run, with the same first or last person. */
  private async filesLike(
    session: DuckSession,
    { file, span, people }: Claimant,
    signal: AbortSignal | undefined,
  ): Promise<AddFile[]> {
    if (!this.snapshot) return [];
    const type = userTypeValue[file.userType];
    const ranges = [{ column: "date", from: span.first, to: span.last }];
    const ofOthers = scanFiles(this.snapshot, { ranges }).filter((each) => {
      const source = each.tags?.[sourceTag];
      const statistics = fileStatistics(each);
      if (!statistics || typeof source !== "string" || source === file.source) return false;
      const { minValues, maxValues } = statistics;
      return !this.going.has(source) && (minValues.user_type !== type || maxValues.user_type !== type);
    });
    if (ofOthers.length === 0) return [];
    const column = pseudonymName(people.column);
    const { first, last } = await session.one(
      `SELECT min(${sqlName(column)}) AS first, max(${sqlName(column)}) AS last FROM (${this.persons.foundSql()})`,
      [],
      signal,
    );
    return ofOthers.filter((each) => {
      const statistics = fileStatistics(each);
      return (
        statistics?.minValues[column] === lowerTextBound(String(first)) ||
        statistics?.maxValues[column] === upperTextBound(String(last))
      );
    });
  }

  /** Whether more than half of a file's rows are those of another one, and the other way round. */
  private async sameRows(
    session: DuckSession,
    { span }: Claimant,
    others: readonly AddFile[],
    rows: string,
    signal: AbortSignal | undefined,
  ): Promise<boolean> {
    if (others.length === 0) return false;
    const ours = new Set<string>(["user_type", "source_file", ...partitionColumns]);
    const columns = pseudoColumns(this.persons.report)
      .filter(({ name }) => !ours.has(name))
      .map(({ name }) => sqlName(name))
      .join(", ");
    return this.withRows(others, signal, async (read) => {
      const other = `SELECT ${columns} FROM ${read} WHERE "date" BETWEEN '${span.first}' AND '${span.last}'`;
      const { same, most } = await session.one(
        `WITH mine AS MATERIALIZED (SELECT ${columns} FROM (${rows})), other AS MATERIALIZED (${other})
         SELECT (SELECT count(*) FROM (FROM mine INTERSECT ALL FROM other))::INTEGER AS same,
           greatest((SELECT count(*) FROM mine), (SELECT count(*) FROM other))::INTEGER AS most`,
        [],
        signal,
      );
      return 2 * Number(same) > Number(most);
    });
  }

  /** Decides between two files of one run: by whose people they are, else by which one came first. */
  private async judge(
    session: DuckSession,
    mine: Claimant,
    other: Claimant,
    signal: AbortSignal | undefined,
  ): Promise<Twin> {
    const { source } = other.file;
    const [asMine, asOther] = await this.knownAs(session, mine, other, signal);
    const order = (file: TwinFile) => [file.modified.getTime(), userTypes.indexOf(file.userType)] as const;
    const [[myTime, myType], [time, type]] = [order(mine.file), order(other.file)];
    const isFirst = myTime < time || (myTime === time && myType < type);
    const isMine = asMine === asOther ? isFirst : asMine > asOther;
    const isOutranked = isMine && !other.isCommitted && other.file.besides === undefined;
    const kept = isOutranked ? mine.file : other.file;
    const isByPeople = asMine !== asOther && isMine === isOutranked;
    const why = isByPeople ? `has people who are known as ${kept.userType}` : "came first";
    return { source, isOutranked, reason: reasonOf(kept.source, why) };
  }

  /** How many of a file's people other files have under its user type, and under another file's. */
  private async knownAs(
    session: DuckSession,
    mine: Claimant,
    other: Claimant,
    signal: AbortSignal | undefined,
  ): Promise<[asMine: number, asOther: number]> {
    const both = [mine.file.source, other.file.source];
    const known: number[] = [];
    for (const { file } of [mine, other]) {
      const files = this.filesOf(file.userType, both);
      known.push(
        files.length === 0
          ? 0
          : await this.withRows([...files, ...other.adds], signal, async (read) => {
              const person = sqlName(pseudonymName(other.people.column));
              const { people } = await session.one(
                `SELECT count(DISTINCT ${person})::INTEGER AS people FROM ${read}
             WHERE user_type = ${sqlString(userTypeValue[file.userType])} AND source_file NOT IN (${both.map(sqlString).join(", ")})
               AND ${person} IN (SELECT ${person} FROM ${read} WHERE source_file = ${sqlString(other.file.source)})`,
                [],
                signal,
              );
              return Number(people);
            }),
      );
    }
    return [known[0] ?? 0, known[1] ?? 0];
  }

  /** A few data files of a user type, the newest of the table and of this run, but for those of some sources. */
  private filesOf(userType: UserType, without: readonly string[]): AddFile[] {
    const value = userTypeValue[userType];
    const lastDay = (file: AddFile) => String(fileStatistics(file)?.maxValues.date ?? "");
    const inTable = this.snapshot
      ? scanFiles(this.snapshot, { ranges: [{ column: "user_type", from: value, to: value }] })
      : [];
    const inRun = this.claims.filter(
      ({ file, adds }) => file.userType === userType && adds.length > 0 && !without.includes(file.source),
    );
    return [
      ...inRun.slice(-filesThatTell).flatMap(({ adds }) => adds),
      ...inTable
        .filter(({ tags }) => !without.includes(tags?.[sourceTag] ?? ""))
        .sort((a, b) => (lastDay(a) < lastDay(b) ? 1 : -1))
        .slice(0, filesThatTell),
    ];
  }

  private withRows<T>(
    files: readonly AddFile[],
    signal: AbortSignal | undefined,
    work: (read: string) => Promise<T>,
  ): Promise<T> {
    const table = pseudoTable(this.persons.report);
    const paths = files.map(({ path }) => dataFilePath(table, path));
    return withLocalFiles(this.lake, paths, signal ? { signal } : {}, (local) =>
      work(`read_parquet(${sqlStrings(local)}, hive_partitioning = false, union_by_name = true)`),
    );
  }
}

/** A file's hold on its people and days while it is staged. */
export class TwinClaim implements Disposable {
  constructor(
    /**
     * Finds the file's twins among the run's earlier files and those of the table: the one that counts in its place, or
     * all that it counts in place of.
     */
    readonly find: () => Promise<readonly Twin[]>,
    private readonly settle: (adds: readonly AddFile[] | undefined) => void,
  ) {}

  /** Notes the file's data files for those that come later. */
  keep(adds: readonly AddFile[]): void {
    this.settle(adds);
  }

  [Symbol.dispose](): void {
    this.settle(undefined);
  }
}

/** By Clever's own ids; where a file has none, by those of the school system. */
async function peopleOf(
  session: DuckSession,
  report: Report,
  signal: AbortSignal | undefined,
): Promise<People | undefined> {
  for (const { name } of hashedColumns(report).toReversed()) {
    const column = sqlName(name);
    const { first, last } = await session.one(
      `SELECT min(${column}) AS first, max(${column}) AS last FROM found`,
      [],
      signal,
    );
    if (typeof first === "string" && typeof last === "string") return { column: name, first, last };
  }
  return undefined;
}

function reasonOf(kept: string, why: string): string {
  return `Its rows are those of ${kept}, which ${why}: the same rows count once. If the file is accepted, they count as well.`;
}

/** What is noted of a file whose rows count beside those of its twin. */
export function besideTwinNote(twin: string): string {
  return `Its rows count beside those of ${twin}, as a person has agreed.`;
}

/** The twin that a quarantined file's reason names. */
export function twinInReason(reason: string | undefined): string | undefined {
  return /^Its rows are those of (.+), which .+: the same rows count once\./.exec(reason ?? "")?.[1];
}

/** The twin beside which a file's rows count, by the file's notes. */
export function twinInNotes(notes: string | undefined): string | undefined {
  return /Its rows count beside those of (.+?), as a person has agreed\./.exec(notes ?? "")?.[1];
}

function mayBeTwins(a: Claimant, b: Claimant): boolean {
  return (
    a.file.userType !== b.file.userType &&
    a.span.first <= b.span.last &&
    b.span.first <= a.span.last &&
    a.people.column === b.people.column &&
    (a.people.first === b.people.first || a.people.last === b.people.last)
  );
}
