import { randomUUID } from "node:crypto";
import { version as programVersion } from "../../../package.json";
import { CleverLakeError, isCleverLakeError } from "../../basics/errors";
import { retryWhile } from "../../basics/retryWhile";
import type { OpenLake } from "../openLake";
import { commitPath } from "../paths";
import { commitsAfter, readCheckedSnapshot, readCommit, type Snapshot } from "../snapshot";
import { type Action, type CommitInfo, formatCommit } from "./actions";
import { checkpointIfDue } from "./checkpoint";
import { type Attempt, addedPaths, conflicts, isBlindAppend } from "./conflict";
import { requireWritable } from "./protocol";
import { Replay } from "./replay";

export type { Attempt } from "./conflict";

export interface CommitRequest extends OpenLake {
  /** The table's folder in the lake. */
  readonly tablePath: string;
  /** For the table's history, such as `WRITE` with `{mode: "Append"}`. */
  readonly operation: { readonly name: string; readonly parameters?: Readonly<Record<string, string>> };
  /**
   * Builds the actions on a snapshot (undefined if there is no table yet); resolves to undefined if there is nothing
   * to do. If another writer's commit invalidates the last actions, it is called again with the next `number`. Data
   * files of failed attempts are deleted, unless a later attempt adds them too.
   */
  readonly attempt: (snapshot: Snapshot | undefined, number: number) => Promise<Attempt | undefined>;
  /** A known snapshot, from which the newest one is reached faster. */
  readonly snapshot?: Snapshot | undefined;
  /** How many lost races are retried before the commit rejects with `conflict`; default 50. */
  readonly maxRaces?: number;
}

export type CommitOutcome =
  | { readonly committed: true; readonly snapshot: Snapshot }
  | { readonly committed: false; readonly snapshot: Snapshot | undefined };

/**
 * Commits to a table with optimistic concurrency: the first writer to create the next version's file wins. The others
 * read its changes, then commit on top of them or repeat their attempt. Each call is applied at most once, even if the
 * connection broke after the lake had accepted the file. Rejects with `conflict`, `unsupportedTable`, `corrupt`, the
 * errors of `attempt`, and `network` if the lake is unreachable.
 */
export async function commit(request: CommitRequest): Promise<CommitOutcome> {
  const transaction = await Transaction.start(request);
  const { maxRaces = 50, signal } = request;
  const mayRetry = (error: unknown, races: number) => error instanceof LostRace && races < maxRaces;
  try {
    const outcome = await retryWhile(() => transaction.run(), { ...waits, mayRetry, signal });
    if (outcome.committed) await checkpointIfDue(request, outcome.snapshot);
    return outcome;
  } catch (error) {
    if (!(error instanceof LostRace)) throw error;
    // A request without a response may still be executed, so the files that it refers to must stay.
    if (error.cause !== undefined) throw error.cause;
    transaction.abandon();
    throw new CleverLakeError("conflict", "Other writers always committed first; nothing was written.", {
      subject: request.tablePath,
      hint: "Try again when fewer programs are writing to the table.",
    });
  } finally {
    await transaction.deleteAbandoned();
  }
}

const waits = { firstWait: 5, maxWait: 250 };

/** Another writer created the next version, or the lake was briefly unreachable; retried. */
class LostRace extends Error {}

class Transaction {
  private readonly id = randomUUID();
  private current: Attempt | undefined;
  private attempts = 0;
  private readonly abandoned = new Set<string>();

  private constructor(
    private readonly request: CommitRequest,
    private base: Snapshot | undefined,
  ) {}

  static async start(request: CommitRequest): Promise<Transaction> {
    const { tablePath, snapshot } = request;
    const base = await readCheckedSnapshot(request, tablePath, snapshot);
    return new Transaction(request, base);
  }

  async run(): Promise<CommitOutcome> {
    const { tablePath, signal } = this.request;
    signal?.throwIfAborted();
    if (this.current === undefined) this.current = await this.request.attempt(this.base, ++this.attempts);
    if (this.current === undefined) return { committed: false, snapshot: this.base };

    const version = this.base === undefined ? 0 : this.base.version + 1;
    const file = commitPath(tablePath, version);
    const actions = [{ commitInfo: this.commitInfo(this.current) }, ...this.current.actions];
    const replay = new Replay(tablePath, this.base);
    replay.apply(actions, file);
    const snapshot = replay.snapshot(version, file);
    requireWritable(this.base ?? snapshot, actions);

    if (await this.publish(version, actions)) return { committed: true, snapshot };
    await this.catchUp();
    throw new LostRace();
  }

  /** Marks the data files of the current attempt as unneeded, once it is certain that it was not committed. */
  abandon(): void {
    for (const path of addedPaths(this.current?.actions ?? [])) {
      if (!this.base?.files.has(path) && !this.base?.tombstones.has(path)) this.abandoned.add(path);
    }
    this.current = undefined;
  }

  async deleteAbandoned(): Promise<void> {
    const needed = new Set(addedPaths(this.current?.actions ?? []));
    for (const path of this.abandoned) {
      if (needed.has(path)) continue;
      // One that stays is not part of the table.
      await this.request.lake.delete(`${this.request.tablePath}/${path}`).catch(() => undefined);
    }
  }

  /** Whether this commit became the version. If the lake does not respond, its contents decide. */
  private async publish(version: number, actions: readonly Action[]): Promise<boolean> {
    const { lake, tablePath } = this.request;
    const data = Buffer.from(formatCommit(actions));
    try {
      if (await lake.putIfAbsent(commitPath(tablePath, version), data, this.request)) return true;
      // An adapter that repeated a request after a lost response finds its own file.
      return this.isOurs((await readCommit(this.request, tablePath, version)) ?? []);
    } catch (error) {
      this.request.signal?.throwIfAborted();
      const existing = await readCommit(this.request, tablePath, version).catch(() => {
        throw error;
      });
      if (existing !== undefined) return this.isOurs(existing);
      if (isCleverLakeError(error, "network")) throw new LostRace(undefined, { cause: error });
      throw error;
    }
  }

  private isOurs(actions: readonly Action[]): boolean {
    return actions.some((action) => "commitInfo" in action && action.commitInfo.txnId === this.id);
  }

  /** Reads the other writers' commits, and drops the attempt if it is not valid on top of them. */
  private async catchUp(): Promise<void> {
    const { tablePath } = this.request;
    const { base } = this;
    const replay = new Replay(tablePath, base);
    let version = base?.version ?? -1;
    let isInvalid = base === undefined;
    for await (const winner of commitsAfter(this.request, tablePath, version)) {
      version = winner.version;
      replay.apply(winner.actions, commitPath(tablePath, version));
      if (this.current && conflicts(this.current, winner.actions)) isInvalid = true;
    }
    if (isInvalid) this.abandon();
    if (version >= 0) this.base = replay.snapshot(version, commitPath(tablePath, version));
  }

  private commitInfo(attempt: Attempt): CommitInfo {
    const { name, parameters } = this.request.operation;
    return {
      timestamp: Date.now(),
      operation: name,
      operationParameters: parameters ?? {},
      readVersion: this.base?.version,
      isBlindAppend: isBlindAppend(attempt),
      engineInfo: `clever-lake/${programVersion}`,
      txnId: this.id,
    };
  }
}
