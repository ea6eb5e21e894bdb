import type { Lake } from "../lake/lake";
import type { Landing } from "./plan/plan";
import type { EngineStatus } from "./read/readEngine";

/** A file that is being processed. */
export interface FileInProgress {
  /** Its path on the server. */
  readonly path: string;
  readonly activity: "landing" | "anonymizing";
}

/** How much of other work is done, in bytes or files. `all` may grow. */
export interface WorkProgress {
  readonly done: number;
  readonly all: number;
}

/** Options for work on a whole lake. */
export interface LakeWork<Progress = WorkProgress> {
  readonly lake: Lake;
  /** Reports what would be done, and writes nothing. */
  readonly dryRun: boolean;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
}

/** What a run does after all rows are in the tables: it merges small data files, and updates tables derived from others. */
export type FinalPhase = "merging" | "activity" | "groups";

/** The progress of a run. */
export interface ProgressState {
  readonly phase: "listing" | "working" | FinalPhase;
  /** Files to be ingested, and those done. */
  readonly files: number;
  readonly filesLanded: number;
  readonly bytes: number;
  readonly bytesLanded: number;
  /** Files whose rows are to enter the tables, those read so far, and their rows. */
  readonly filesToAnonymize: number;
  readonly filesAnonymized: number;
  readonly rows: number;
  readonly underWay: readonly FileInProgress[];
  /** The status of an external engine. */
  readonly engine: EngineStatus | null;
}

export type ProgressListener = (state: ProgressState) => void;

const filesShown = 4;

/** Counts what a run has done and reports it to its listener. */
export class Progress {
  private state: ProgressState = {
    phase: "listing",
    files: 0,
    filesLanded: 0,
    bytes: 0,
    bytesLanded: 0,
    filesToAnonymize: 0,
    filesAnonymized: 0,
    rows: 0,
    underWay: [],
    engine: null,
  };

  constructor(private readonly listener: ProgressListener | undefined) {}

  listing(): void {
    this.change({ phase: "listing" });
  }

  start(landings: readonly Landing[], pending: number): void {
    const bytes = landings.reduce((sum, { size }) => sum + size, 0);
    this.change({ phase: "working", files: landings.length, bytes, filesToAnonymize: pending });
  }

  /** Counts files as active until `work` has ended; only a few that are processed together are reported. */
  async during<T>(
    activity: FileInProgress["activity"],
    files: readonly { readonly path: string }[],
    work: () => Promise<T>,
  ): Promise<T> {
    const shown = new Set<FileInProgress>(files.slice(0, filesShown).map(({ path }) => ({ path, activity })));
    this.change({ underWay: [...this.state.underWay, ...shown] });
    try {
      return await work();
    } finally {
      this.change({ underWay: this.state.underWay.filter((file) => !shown.has(file)) });
    }
  }

  engine(engine: EngineStatus | null): void {
    this.change({ engine });
  }

  bytes(count: number): void {
    this.change({ bytesLanded: this.state.bytesLanded + count });
  }

  landed(): void {
    this.change({ filesLanded: this.state.filesLanded + 1 });
  }

  /** Counts files whose rows are to enter the tables, in addition to those that were pending at the start. */
  due(files: number): void {
    if (files > 0) this.change({ filesToAnonymize: this.state.filesToAnonymize + files });
  }

  anonymized(rows: number): void {
    this.change({ filesAnonymized: this.state.filesAnonymized + 1, rows: this.state.rows + rows });
  }

  enter(phase: FinalPhase): void {
    this.change({ phase });
  }

  private change(part: Partial<ProgressState>): void {
    this.state = { ...this.state, ...part };
    this.listener?.(this.state);
  }
}
