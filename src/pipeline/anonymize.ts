import { lookupTable, pseudoTable } from "../clever/layout";
import type { Report } from "../clever/reports";
import { readSnapshot, type Snapshot, updateSnapshot } from "../delta/snapshot";
import type { Duck } from "../duck/duck";
import type { Lake } from "../lake/lake";
import { applyRows, requireOurShape } from "./applyRows";
import { healthy, type IdentityHealth, IdentityWatch } from "./identityHealth";
import { LakeIds } from "./lakeIds";
import { appendLookups } from "./lookups";
import { Persons } from "./persons";
import { RepeatedRows } from "./repeatedRows";
import {
  isStaged,
  type PendingFile,
  type QuarantinedFile,
  type StagedFile,
  type Staging,
  stageFile,
} from "./stageFile";
import { UserTypeTwins } from "./userTypeTwins";

export interface AnonymizeContext {
  readonly lake: Lake;
  readonly duck: Duck;
  readonly salt: string;
  /** The report's `_pseudo` table as it was known last, from which its newest state is reached faster. */
  readonly table?: Snapshot | undefined;
  /** A folder made by the lake's `scratch`. */
  readonly scratch: string;
  /** Sources whose rows in the table may go in this run, since it delivers them anew. */
  readonly replaced: ReadonlySet<string>;
  /** Sources whose rows in the table go in the next commit. */
  readonly going: ReadonlySet<string>;
  /** The modification time of the delivery whose rows of a source are in the table; undefined where that is not known. */
  readonly modifiedOf: (source: string) => Date | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What became of the files of one commit. */
export interface Applied {
  readonly staged: readonly StagedFile[];
  /** Files whose delivery another run had brought in meanwhile. */
  readonly alreadyThere: readonly StagedFile[];
  /** Files that rely on old rows of others going, which stay: to be staged again. */
  readonly leftOut: readonly StagedFile[];
  /** Files with the rows of another user type's that count there. */
  readonly setAside: readonly QuarantinedFile[];
  /** What the report's files of the run showed of the ids of people so far. */
  readonly identities: Omit<IdentityHealth, "wordsForNothing">;
  /** The `_pseudo` table as it is then; undefined where there is none. */
  readonly table: Snapshot | undefined;
}

/**
 * Turns landed files of one report into rows of its tables. `stage` may be called for several files side by side;
 * `commit` brings in what was staged: first the lookups, then the rows.
 */
export class ReportAnonymizer {
  private waiting: StagedFile[] = [];
  private lookups: Snapshot | undefined;
  private watch: Promise<IdentityWatch> | undefined;
  private lakeIds: LakeIds;

  private constructor(
    readonly report: Report,
    private readonly context: AnonymizeContext,
    readonly persons: Persons,
    private readonly repeated: RepeatedRows,
    private readonly twins: UserTypeTwins,
    private table: Snapshot | undefined,
  ) {
    this.lakeIds = new LakeIds(context.lake, context.duck, report.name);
  }

  static async open(report: Report, context: AnonymizeContext): Promise<ReportAnonymizer> {
    const { lake, duck, salt, table, signal } = context;
    const options = signal ? { signal } : {};
    const persons = await Persons.create(duck, report, salt);
    const snapshot = table
      ? await updateSnapshot(lake, table, options)
      : await readSnapshot(lake, pseudoTable(report), duck, options);
    const repeated = new RepeatedRows(lake, report, snapshot, context.going);
    const twins = new UserTypeTwins(lake, persons, snapshot, context.going);
    return new ReportAnonymizer(report, context, persons, repeated, twins, snapshot);
  }

  /**
   * Reads and pseudonymizes a file; its rows wait for `commit`.
   *
   * @param others people of another report of the run, whose ids texts may hold
   */
  async stage(file: PendingFile, others?: Persons): Promise<Staging> {
    const { duck, lake, scratch, replaced, modifiedOf, signal } = this.context;
    const { persons, lakeIds, repeated, twins } = this;
    // The commit refuses as well; this spares the data files.
    requireOurShape(this.report, this.table);
    const identities = await this.identities();
    const staging = await duck.session((session) =>
      stageFile(session, file, {
        lake,
        persons,
        others,
        lakeIds,
        identities,
        repeated,
        twins,
        replaced,
        modifiedOf,
        scratch,
        signal,
      }),
    );
    if (isStaged(staging)) this.waiting.push(staging);
    return staging;
  }

  /** The files, by path on the server, that the next `commit` brings in. */
  waitingPaths(): string[] {
    return this.waiting.map(({ file }) => file.path);
  }

  /** Commits what was staged since the last call. */
  async commit(): Promise<Applied> {
    const { counting, setAside } = partedByTwins(this.waiting);
    const { staged, leftOut } = partedByReliance(counting);
    this.waiting = [];
    if (staged.length === 0) {
      const { table } = this;
      return { staged: [], alreadyThere: [], leftOut, setAside, identities: healthy, table };
    }
    const { lake, duck, signal } = this.context;
    const watch = await this.identities();
    this.lookups = await appendLookups(lake, duck, this.persons, watch.known, this.lookups, signal);
    // Those of the other report know more by now, too.
    this.lakeIds = new LakeIds(lake, duck, this.report.name);
    const { applied, table } = await applyRows(this.report, staged, this.table, {
      ...this.context,
      repeated: this.repeated,
    });
    this.table = table;
    this.twins.committed(new Set(staged.map(({ file }) => file.source)));
    return {
      staged: staged.filter(({ file }) => applied.has(file.source)),
      alreadyThere: staged.filter(({ file }) => !applied.has(file.source)),
      leftOut,
      setAside,
      identities: await watch.health(signal),
      table,
    };
  }

  /** Opened by the first file, which fails where the lookup table cannot be read, and so do the others. */
  private identities(): Promise<IdentityWatch> {
    this.watch ??= this.openWatch();
    return this.watch;
  }

  private async openWatch(): Promise<IdentityWatch> {
    const { lake, duck, signal } = this.context;
    this.lookups = await readSnapshot(lake, lookupTable(this.report), duck, signal ? { signal } : {});
    return IdentityWatch.open(lake, duck, this.persons, this.lookups, signal);
  }
}

/** Leaves out the files that another one with the same rows outranks. */
function partedByTwins(waiting: readonly StagedFile[]): {
  counting: StagedFile[];
  setAside: QuarantinedFile[];
} {
  const reasons = new Map(
    waiting.flatMap(({ outranked }) => outranked.map(({ source, reason }) => [source, reason] as const)),
  );
  return {
    counting: waiting.filter(({ file }) => !reasons.has(file.source)),
    setAside: waiting.flatMap(({ file }): QuarantinedFile[] => {
      const reason = reasons.get(file.source);
      return reason === undefined
        ? []
        : [{ file, line: undefined, column: undefined, reason, acceptable: true }];
    }),
  };
}

/** Leaves out files that rely on a source that is not delivered with them, and those that rely on what is left out. */
function partedByReliance(waiting: readonly StagedFile[]): { staged: StagedFile[]; leftOut: StagedFile[] } {
  let staged = [...waiting];
  for (let before = Number.POSITIVE_INFINITY; staged.length < before; ) {
    before = staged.length;
    const delivered = new Set(staged.map(({ file }) => file.source));
    staged = staged.filter(({ reliesOn }) => reliesOn.every((source) => delivered.has(source)));
  }
  return { staged, leftOut: waiting.filter((file) => !staged.includes(file)) };
}
