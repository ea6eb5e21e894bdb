import { CleverLakeError } from "../../basics/errors";
import { removeLocal } from "../../basics/filesInUse";
import { machineScratch } from "../../basics/scratch";
import type { Lake } from "../../lake/lake";
import { type IndexProgress, IndexUpkeep } from "./indexUpkeep";
import { LostPart } from "./onDemand";
import type { ParticipationIndex } from "./participationIndex";
import { SharedWork } from "./sharedWork";

export interface IndexKeeperOptions {
  /** Parent folder of the cache, which uses only its subfolder `dashboard`. */
  readonly cacheFolder: string;
  /** Called for cache failures, including a folder that cannot be written. They cost time but no answer. */
  readonly onProblem?: (error: unknown) => void;
  /** How long a check of the tables' versions stays valid; default: one second. */
  readonly recheckMilliseconds?: number;
  /** How long a build continues once nobody waits for it; default: five seconds. */
  readonly graceMilliseconds?: number;
}

type Report = (progress: IndexProgress) => void;
type Index = ParticipationIndex | undefined;
type Work = SharedWork<Index, IndexProgress>;

/**
 * The participation index of one lake, kept in memory and in the cache, and updated on demand. Each question passes
 * the lake, because opening it may need a secret, which must not be kept.
 */
export class IndexKeeper implements AsyncDisposable {
  private upkeep: Promise<IndexUpkeep> | undefined;
  private work: Work | undefined;
  /** All unfinished work, including work that can no longer be joined. */
  private readonly underWay = new Set<Work>();
  private checked: { readonly at: number; readonly index: Index } | undefined;
  private closed = false;
  /** In place of a cache that cannot be written. */
  private temporaryCache: string | undefined;

  constructor(private readonly options: IndexKeeperOptions) {}

  /**
   * The index of the current tables, the same object while they do not change; undefined if they are empty.
   * Concurrent callers share the work. Rejects as `readSnapshot` does, with `engine` if a data file cannot be
   * read, and with the signal's reason.
   */
  async current(lake: Lake, signal?: AbortSignal, onProgress?: Report): Promise<Index> {
    signal?.throwIfAborted();
    const { checked } = this;
    const { recheckMilliseconds = 1_000 } = this.options;
    if (checked && performance.now() - checked.at < recheckMilliseconds) return checked.index;
    if (this.closed) throw closed();
    if (this.work === undefined || this.work.isOver) this.work = this.start(lake);
    return await this.work.join(signal, onProgress);
  }

  /**
   * Asks a question of the current index, and again if it finds a file of the cache lost: the next index has these months
   * in memory. Rejects as `current` does.
   */
  async ask<Answer>(
    lake: Lake,
    question: (index: Index) => Promise<Answer>,
    signal?: AbortSignal,
    onProgress?: Report,
  ): Promise<Answer> {
    for (;;) {
      const index = await this.current(lake, signal, onProgress);
      try {
        return await question(index);
      } catch (error) {
        if (!(error instanceof LostPart)) throw error;
        this.recheck();
      }
    }
  }

  /**
   * Makes the next question check the tables at once, for example after a run: work in progress may have checked
   * before the change.
   */
  recheck(): void {
    this.checked = undefined;
    this.work = undefined;
  }

  /** Cancels the work in progress and waits for it. What was built by then is in the cache. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.closed = true;
    await Promise.all([...this.underWay].map((work) => work.stop(closed())));
    if (this.temporaryCache !== undefined) await removeLocal(this.temporaryCache);
  }

  private start(lake: Lake): Work {
    const before = [...this.underWay];
    const work: Work = new SharedWork(async (signal, report) => {
      // Cancelled work may still be running.
      for (const other of before) await other.ended();
      signal.throwIfAborted();
      // Frees what is about to be replaced.
      this.checked = undefined;
      const at = performance.now();
      const index = await (await this.opened(lake)).refresh(lake, signal, report);
      if (this.work === work) this.checked = { at, index };
      return index;
    }, this.options.graceMilliseconds ?? 5_000);
    this.underWay.add(work);
    void work.ended().then(() => this.underWay.delete(work));
    return work;
  }

  private opened(lake: Lake): Promise<IndexUpkeep> {
    const { cacheFolder, onProblem = () => undefined } = this.options;
    const open = (folder: string) => IndexUpkeep.open(lake.url, folder, onProblem);
    this.upkeep ??= open(cacheFolder)
      .catch(async (error: unknown) => {
        onProblem(error);
        this.temporaryCache ??= await machineScratch();
        return open(this.temporaryCache);
      })
      .catch((error: unknown) => {
        // The cause of the failure may be gone next time.
        this.upkeep = undefined;
        throw error;
      });
    return this.upkeep;
  }
}

function closed(): CleverLakeError {
  return new CleverLakeError("busy", "Another lake was queried in the meantime.", { hint: "Ask again." });
}
