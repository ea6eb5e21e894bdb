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

type Report = (progress: IndexProgress) => void;
type Index = ParticipationIndex | undefined;
type Work = SharedWork<Index, IndexProgress>;

/**
 * The participation index of one lake, kept in memory and in the cache, and brought up to date when it is asked for. The lake comes with each question, since what it is opened with may be a secret that nobody
 * should keep.
 */
export class IndexKeeper implements AsyncDisposable {
  private upkeep: Promise<IndexUpkeep> | undefined;
  private readonly recheckMilliseconds: number;
  private readonly graceMilliseconds: number;
  private work: Work | undefined;
  /** All that has not ended, those included that nobody joins any more. */
  private readonly underWay = new Set<Work>();
  private checked: { readonly at: number; readonly index: Index } | undefined;
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
  async current(lake: Lake, signal?: AbortSignal, onProgress?: Report): Promise<Index> {
    signal?.throwIfAborted();
    const { checked } = this;
    if (checked && performance.now() - checked.at < this.recheckMilliseconds) return checked.index;
    if (this.closed) throw closed();
    if (this.work === undefined || this.work.isOver) this.work = this.start(lake);
    return await this.work.join(signal, onProgress);
  }

  /** Lets the next question look at the tables at once, such as after a run: what is under way may have done so before. */
  recheck(): void {
    this.checked = undefined;
    this.work = undefined;
  }

  /** Calls off what is under way and waits for it. What was built by then is in the cache. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.closed = true;
    await Promise.all([...this.underWay].map((work) => work.stop(closed())));
  }

  private start(lake: Lake): Work {
    const before = [...this.underWay];
    const work: Work = new SharedWork(async (signal, report) => {
      // What was called off may still be at it.
      for (const other of before) await other.ended();
      signal.throwIfAborted();
      // What is about to be replaced need not be kept in memory meanwhile.
      this.checked = undefined;
      const at = performance.now();
      const index = await (await this.opened(lake)).refresh(lake, signal, report);
      if (this.work === work) this.checked = { at, index };
      return index;
    }, this.graceMilliseconds);
    this.underWay.add(work);
    void work.ended().then(() => this.underWay.delete(work));
    return work;
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
