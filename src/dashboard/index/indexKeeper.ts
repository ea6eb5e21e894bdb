import { CleverLakeError } from "../../errors";
import type { Lake } from "../../lake/lake";
import { type IndexProgress, IndexUpkeep } from "./indexUpkeep";
import type { ParticipationIndex } from "./participationIndex";
import { SharedWork } from "./sharedWork";

export type { IndexProgress } from "./indexUpkeep";

export interface IndexKeeperOptions {
  /** Where the cache may be; of it only a folder `dashboard` is used. */
  readonly cacheFolder: string;
  /** Told of trouble with the cache, which costs time and no answer. */
  readonly onProblem?: (error: unknown) => void;
  /** So long a look at the tables' versions holds; a second if left out. */
  readonly recheckMilliseconds?: number;
  /** So long a build goes on that nobody waits for any more; five seconds if left out. */
  readonly graceMilliseconds?: number;
}

/**
 * The participation index of one lake, kept in memory and in the cache, and brought up to date when it is asked for.
 * The lake comes with each question, since what it is opened with may be a secret that nobody should keep.
 */
export class IndexKeeper implements AsyncDisposable {
  private upkeep: Promise<IndexUpkeep> | undefined;
  private readonly recheckMilliseconds: number;
  private readonly graceMilliseconds: number;
  private work: SharedWork<ParticipationIndex | undefined, IndexProgress> | undefined;
  private checked: { readonly at: number; readonly index: ParticipationIndex | undefined } | undefined;
  private closed = false;

  constructor(private readonly options: IndexKeeperOptions) {
    this.recheckMilliseconds = options.recheckMilliseconds ?? 1_000;
    this.graceMilliseconds = options.graceMilliseconds ?? 5_000;
  }

  /**
   * The index of the tables as they are now, the same object while they do not change; undefined where they hold no
   * row. Callers at the same time share the work. Rejects as `readSnapshot` does, with `engine` where a data file
   * cannot be read, and with the signal's reason.
   */
  async current(
    lake: Lake,
    signal?: AbortSignal,
    onProgress?: (progress: IndexProgress) => void,
  ): Promise<ParticipationIndex | undefined> {
    signal?.throwIfAborted();
    const { checked } = this;
    if (checked && performance.now() - checked.at < this.recheckMilliseconds) return checked.index;
    if (this.closed) throw closed();
    if (this.work === undefined || this.work.isOver) this.work = this.start(lake);
    return this.work.join(signal, onProgress);
  }

  /**
   * What `compute` makes of an index that `current` gave: a value that `structuredClone` could copy. The cache keeps
   * the last one, for the next process; `name` says what it is.
   */
  async derived<T>(index: ParticipationIndex, name: string, compute: () => Promise<T>): Promise<T> {
    return this.upkeep === undefined ? compute() : (await this.upkeep).derived(index, name, compute);
  }

  /** Lets the next question look at the tables at once, such as after a run. */
  recheck(): void {
    this.checked = undefined;
  }

  /** Calls off what is under way and waits for it. What was built by then is in the cache. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.closed = true;
    await this.work?.stop(closed());
    await (await this.upkeep?.catch(() => undefined))?.settled();
  }

  private start(lake: Lake): SharedWork<ParticipationIndex | undefined, IndexProgress> {
    const before = this.work;
    return new SharedWork(async (signal, report) => {
      // What was called off may still be at it.
      await before?.ended();
      // What is about to be replaced need not be kept in memory meanwhile.
      this.checked = undefined;
      const at = performance.now();
      const index = await (await this.opened(lake)).refresh(lake, signal, report);
      this.checked = { at, index };
      return index;
    }, this.graceMilliseconds);
  }

  private opened(lake: Lake): Promise<IndexUpkeep> {
    const { cacheFolder, onProblem = () => undefined } = this.options;
    this.upkeep ??= IndexUpkeep.open(lake.url, cacheFolder, onProblem).catch((error: unknown) => {
      // What was in the way may be gone next time.
      this.upkeep = undefined;
      throw error;
    });
    return this.upkeep;
  }
}

function closed(): CleverLakeError {
  return new CleverLakeError("busy", "Another lake was asked about in the meantime.", { hint: "Ask again." });
}
