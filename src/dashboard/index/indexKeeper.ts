import { CleverLakeError } from "../../errors";
import type { Lake } from "../../lake/lake";
import { type Derivation, type Derived, type IndexProgress, IndexUpkeep } from "./indexUpkeep";
import type { ParticipationIndex } from "./participationIndex";
import { SharedWork } from "./sharedWork";

export type { Derivation, Derived, IndexProgress } from "./indexUpkeep";

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
type Work = SharedWork<unknown, IndexProgress>;
type Read<T> = (upkeep: IndexUpkeep, signal: AbortSignal, report: Report) => Promise<T>;

/**
 * The participation index of one lake, and what is made of it, kept in memory and in the cache, and brought up to date
 * when it is asked for. The lake comes with each question, since what it is opened with may be a secret that nobody
 * should keep.
 */
export class IndexKeeper implements AsyncDisposable {
  private upkeep: Promise<IndexUpkeep> | undefined;
  private readonly recheckMilliseconds: number;
  private readonly graceMilliseconds: number;
  private work: { readonly name: string; readonly shared: Work } | undefined;
  /** All that has not ended, those included that nobody joins any more. */
  private readonly underWay = new Set<Work>();
  private checked: { readonly name: string; readonly at: number; readonly value: unknown } | undefined;
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
    onProgress?: Report,
  ): Promise<ParticipationIndex | undefined> {
    const read: Read<ParticipationIndex | undefined> = (upkeep, ...rest) => upkeep.refresh(lake, ...rest);
    return this.ask(lake, "the index", read, signal, onProgress);
  }

  /**
   * What a derivation makes of that index, the same value while the tables' rows do not change. The cache keeps the
   * last one for the next process. Rejects as `current` and the derivation do.
   */
  async derived<T>(
    lake: Lake,
    derivation: Derivation<T>,
    signal?: AbortSignal,
    onProgress?: Report,
  ): Promise<Derived<T> | undefined> {
    const read: Read<Derived<T> | undefined> = (upkeep, ...rest) => upkeep.derived(lake, derivation, ...rest);
    return this.ask(lake, derivation.name, read, signal, onProgress);
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
    await (await this.upkeep?.catch(() => undefined))?.settled();
  }

  /** `name` tells apart what is asked for; what is answered under one is always of the same type. */
  private async ask<T>(
    lake: Lake,
    name: string,
    read: Read<T>,
    signal: AbortSignal | undefined,
    onProgress: Report | undefined,
  ): Promise<T> {
    signal?.throwIfAborted();
    const { checked } = this;
    if (checked?.name === name && performance.now() - checked.at < this.recheckMilliseconds) {
      return checked.value as T;
    }
    if (this.closed) throw closed();
    let { work } = this;
    if (work === undefined || work.name !== name || work.shared.isOver) {
      work = { name, shared: this.start(lake, name, read) };
      this.work = work;
    }
    return (await work.shared.join(signal, onProgress)) as T;
  }

  private start<T>(lake: Lake, name: string, read: Read<T>): Work {
    const before = [...this.underWay];
    const work: Work = new SharedWork(async (signal, report) => {
      // What was called off, or was about something else, may still be at it.
      for (const other of before) await other.ended();
      signal.throwIfAborted();
      // What is about to be replaced need not be kept in memory meanwhile.
      this.checked = undefined;
      const at = performance.now();
      const value = await read(await this.opened(lake), signal, report);
      if (this.work?.shared === work) this.checked = { name, at, value };
      return value;
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
