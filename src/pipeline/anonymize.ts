import { pseudoTable } from "../clever/layout";
import type { Report } from "../clever/reports";
import { readSnapshot, type Snapshot, updateSnapshot } from "../delta/snapshot";
import type { Duck } from "../duck/duck";
import type { Lake } from "../lake/lake";
import { applyRows, requireOurShape } from "./applyRows";
import { appendLookups } from "./lookups";
import { Persons } from "./persons";
import { RepeatedRows } from "./repeatedRows";
import { isStaged, type PendingFile, type StagedFile, type Staging, stageFile } from "./stageFile";

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

  private constructor(
    readonly report: Report,
    private readonly context: AnonymizeContext,
    private readonly persons: Persons,
    private readonly repeated: RepeatedRows,
    private table: Snapshot | undefined,
  ) {}

  static async open(report: Report, context: AnonymizeContext): Promise<ReportAnonymizer> {
    const { lake, duck, salt, table, signal } = context;
    const options = signal ? { signal } : {};
    const persons = await Persons.create(duck, report, salt);
    const snapshot = table
      ? await updateSnapshot(lake, table, options)
      : await readSnapshot(lake, pseudoTable(report), duck, options);
    const repeated = new RepeatedRows(lake, report, snapshot, context.going);
    return new ReportAnonymizer(report, context, persons, repeated, snapshot);
  }

  /** Reads and pseudonymizes a file; its rows wait for `commit`. */
  async stage(file: PendingFile): Promise<Staging> {
    const { duck, lake, scratch, replaced, modifiedOf, signal } = this.context;
    const { persons, repeated } = this;
    // The commit refuses as well; this spares the data files.
    requireOurShape(this.report, this.table);
    const staging = await duck.session((session) =>
      stageFile(session, file, { lake, persons, repeated, replaced, modifiedOf, scratch, signal }),
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
    const { staged, leftOut } = partedByReliance(this.waiting);
    this.waiting = [];
    if (staged.length === 0) return { staged: [], alreadyThere: [], leftOut, table: this.table };
    const { lake, duck, signal } = this.context;
    this.lookups = await appendLookups(lake, duck, this.persons, this.lookups, signal);
    const { applied, table } = await applyRows(this.report, staged, this.table, {
      ...this.context,
      repeated: this.repeated,
    });
    this.table = table;
    return {
      staged: staged.filter(({ file }) => applied.has(file.source)),
      alreadyThere: staged.filter(({ file }) => !applied.has(file.source)),
      leftOut,
      table,
    };
  }
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
