import { pseudoTable } from "../clever/layout";
import type { Report } from "../clever/reports";
import { readSnapshot } from "../delta/snapshot";
import type { Duck } from "../duck/duck";
import type { Lake } from "../lake/lake";
import { applyRows } from "./applyRows";
import { appendLookups } from "./lookups";
import { Persons } from "./persons";
import { RepeatedRows } from "./repeatedRows";
import {
  isQuarantined,
  type PendingFile,
  type QuarantinedFile,
  type StagedFile,
  stageFile,
} from "./stageFile";

export interface AnonymizeContext {
  readonly lake: Lake;
  readonly duck: Duck;
  readonly salt: string;
  /** A folder made by the lake's `scratch`. */
  readonly scratch: string;
  readonly signal?: AbortSignal | undefined;
}

/** What became of the files of one commit. */
export interface Applied {
  readonly staged: readonly StagedFile[];
  /** Files whose delivery another run had brought in meanwhile. */
  readonly alreadyThere: readonly StagedFile[];
}

/**
 * Turns landed files of one report into rows of its tables. `stage` may be called for several files side by side;
 * `commit` brings in what was staged: first the lookups, then the rows.
 */
export class ReportAnonymizer {
  private waiting: StagedFile[] = [];

  private constructor(
    readonly report: Report,
    private readonly context: AnonymizeContext,
    private readonly persons: Persons,
    private readonly repeated: RepeatedRows,
  ) {}

  static async open(report: Report, context: AnonymizeContext): Promise<ReportAnonymizer> {
    const { lake, duck, salt, signal } = context;
    const persons = await Persons.create(duck, report, salt);
    const snapshot = await readSnapshot(lake, pseudoTable(report), duck, signal ? { signal } : {});
    return new ReportAnonymizer(report, context, persons, new RepeatedRows(lake, report, snapshot));
  }

  /** Reads and pseudonymizes a file; its rows wait for `commit`. */
  async stage(file: PendingFile): Promise<StagedFile | QuarantinedFile> {
    const { duck, lake, scratch, signal } = this.context;
    const { persons, repeated } = this;
    const staged = await duck.session((session) =>
      stageFile(session, file, { lake, persons, repeated, scratch, signal }),
    );
    if (!isQuarantined(staged)) this.waiting.push(staged);
    return staged;
  }

  /** The files, by path on the server, that the next `commit` brings in. */
  waitingPaths(): string[] {
    return this.waiting.map(({ file }) => file.path);
  }

  /** Commits what was staged since the last call. */
  async commit(): Promise<Applied> {
    const staged = this.waiting;
    this.waiting = [];
    if (staged.length === 0) return { staged: [], alreadyThere: [] };
    const { lake, duck, signal } = this.context;
    await appendLookups(lake, duck, this.persons, signal);
    const applied = await applyRows(this.report, staged, this.context);
    return {
      staged: staged.filter(({ file }) => applied.has(file.source)),
      alreadyThere: staged.filter(({ file }) => !applied.has(file.source)),
    };
  }
}
