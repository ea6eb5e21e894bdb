import { randomUUID } from "node:crypto";
import { createWriteStream } from "node:fs";
import path from "node:path";
import { pipeline } from "node:stream/promises";
import { allSettledOrThrow } from "../../basics/allSettledOrThrow";
import { CleverLakeError } from "../../basics/errors";
import { fileBytes } from "../../basics/fileBytes";
import { makeFolder } from "../../basics/makeFolder";
import { pause } from "../../basics/pause";
import { sparkBatchFolder } from "../../clever/layout";
import { hadoopAddress, hadoopUri } from "../../lake/hadoopAddress";
import type { Delivery } from "../../pipeline/delivery";
import type { EngineTask } from "../../pipeline/read/readEngine";
import { makeFingerprint } from "../../pipeline/salt/saltFingerprint";
import type { SparkRequest } from "../documents";
import { LogTail } from "../logTail";
import type { BorrowedInputs, SparkListener, SparkSession } from "../sparkSession";
import { type Batch, LivyBatches, type LivyOptions } from "./livyBatches";
import { Mailbox } from "./mailbox";
import { type Program, storeProgram } from "./program";

export interface LivySessionOptions extends LivyOptions {
  /** The folder with the entry script and its package. */
  readonly scripts: string;
  /** The key vault that holds the salt. */
  readonly saltKeyVaultUrl: string;
  /** Spark's address for a file of the lake, if Spark does not reach the lake in the same way as this machine. */
  readonly addressOf?: (path: string) => string;
  /** Milliseconds between checks of the batch and for its messages; default 2 s. */
  readonly pollMilliseconds?: number;
  /** Seconds without a heartbeat from this process after which the batch ends itself; default 5 minutes. */
  readonly patienceSeconds?: number;
}

/** How long a batch may take to end after it was told that there is no more work. */
const endMilliseconds = 20_000;

/**
 * Spark on a cluster, started as a batch through Livy, Synapse or Fabric. It reads landed files directly from the
 * lake. The cluster cannot reach this machine, so jobs and answers are files in a folder of the lake. The batch reads
 * the salt from the key vault. It receives the salt's fingerprint from here, so that it cannot use another salt.
 */
export class LivySession implements SparkSession {
  readonly lost: Promise<never>;
  private readonly log = new LogTail();
  private readonly stop = new AbortController();
  private readonly watching: Promise<void>;
  private listener: SparkListener | undefined;
  private lose: (error: unknown) => void = () => undefined;
  private last: Batch;
  private hasJobs = false;
  private isLost = false;
  private killed: Promise<void> | undefined;

  private constructor(
    private readonly batches: LivyBatches,
    batch: Batch,
    private readonly program: Program,
    private readonly mailbox: Mailbox,
    private readonly address: (path: string) => string,
    private readonly options: LivySessionOptions,
  ) {
    this.last = batch;
    this.lost = new Promise((_, reject) => {
      this.lose = reject;
    });
    this.lost.catch(() => undefined);
    const { pollMilliseconds } = this;
    this.watching = allSettledOrThrow([
      this.whileWatching(pollMilliseconds, () => this.receive()),
      // Polled less often, because services limit requests and the state rarely changes.
      this.whileWatching(3 * pollMilliseconds, () => this.poll()),
    ]).then(() => undefined);
  }

  /** Starts a batch, which initializes in the background. Rejects if it cannot be started. */
  static async start(options: LivySessionOptions, task: EngineTask): Promise<LivySession> {
    const { lake, salt, signal } = task;
    const { service, scripts, saltKeyVaultUrl, patienceSeconds = 300 } = options;
    const { addressOf: address = (place: string) => hadoopAddress(lake.url, place) } = options;
    const batches = new LivyBatches(options);
    const program = await storeProgram(lake, scripts, { signal });
    const id = randomUUID();
    const mailbox = new Mailbox(lake, sparkBatchFolder(id));
    await mailbox.removeOthers();
    try {
      await mailbox.open(await makeFingerprint(salt), (patienceSeconds * 1000) / 10, signal);
      const batch = await batches.submit({
        name: `Clever Lake ${id.slice(0, 8)}`,
        file: hadoopUri(address(program.script)),
        pyFiles: [hadoopUri(address(program.package))],
        args: [address(mailbox.folder), service.kind, saltKeyVaultUrl, String(patienceSeconds)],
      });
      return new LivySession(batches, batch, program, mailbox, address, options);
    } catch (error) {
      await mailbox.remove();
      throw error;
    }
  }

  async withPlaces(
    task: EngineTask,
    deliveries: readonly Delivery[],
    work: (lent: BorrowedInputs) => Promise<void>,
  ): Promise<void> {
    const { lake, report, scratch, signal } = task;
    const options = { signal };
    const job = `${this.mailbox.folder}/${randomUUID()}`;
    const knownIds = `${job}/known.parquet`;
    await lake.write(knownIds, fileBytes(await task.knownIds()), options);
    const { address } = this;
    await work({
      deliveries,
      places: {
        paths: deliveries.map(({ entry }) => address(entry.landedPath)),
        specification: address(this.program.specification(report.name)),
        knownIds: address(knownIds),
        output: address(`${job}/output`),
      },
      fetch: async (place) => {
        const local = path.join(scratch, path.basename(job), place);
        await makeFolder(path.dirname(local));
        const target = createWriteStream(local, { mode: 0o600 });
        await pipeline(lake.readStream(`${job}/output/${place}`, options), target, options);
        return local;
      },
    });
    await this.mailbox.removeBelow(job);
  }

  send(request: SparkRequest): Promise<void> {
    this.hasJobs = true;
    return this.mailbox.send(request);
  }

  listen(listener: SparkListener | undefined): void {
    this.listener = listener;
    this.reportStart();
  }

  async logOfFailure(): Promise<string> {
    const lines = await this.batches.log(this.last.id).catch(() => this.last.log);
    this.log.replace(lines);
    return this.log.lastLines();
  }

  kill(): Promise<void> {
    this.stop.abort();
    this.killed ??= this.batches.end(this.last.id);
    return this.killed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      if (this.killed === undefined && !this.isLost) await this.letBatchEnd();
      if (!this.last.hasEnded) await this.kill();
    } catch {
      // The batch ends on its own, because it receives no more heartbeats.
    } finally {
      this.stop.abort();
      await this.watching;
      await this.mailbox.remove();
    }
  }

  /** Lets a batch that was ready end itself, so that the service counts it as a success. */
  private async letBatchEnd(): Promise<void> {
    this.stop.abort();
    await this.watching;
    if (!this.hasJobs || this.last.isQueued) return;
    await this.mailbox.send({});
    const deadline = Date.now() + endMilliseconds;
    while (!this.last.hasEnded && Date.now() < deadline) {
      await pause(this.pollMilliseconds);
      this.last = await this.batches.get(this.last.id);
    }
  }

  private get pollMilliseconds(): number {
    return this.options.pollMilliseconds ?? 2_000;
  }

  private async whileWatching(milliseconds: number, poll: () => Promise<void>): Promise<void> {
    const { signal } = this.stop;
    try {
      for (;;) {
        await poll();
        await pause(milliseconds, signal);
      }
    } catch (error) {
      if (signal.aborted) return;
      this.isLost = true;
      this.lose(error);
      this.stop.abort();
    }
  }

  private async receive(): Promise<void> {
    for (const message of await this.mailbox.receive(this.stop.signal)) {
      if ("noSalt" in message) throw noSalt(message.noSalt);
      this.listener?.message(message);
    }
  }

  /** Checks the batch: the state of its startup, its log, and whether it has ended. */
  private async poll(): Promise<void> {
    this.last = await this.batches.get(this.last.id, this.stop.signal);
    const { hasEnded, log } = this.last;
    const line = this.log.replace(log);
    if (line !== undefined) this.listener?.line(line);
    this.reportStart();
    if (!hasEnded) return;
    // Its last messages may have a better explanation.
    await this.receive();
    throw this.ended(await this.logOfFailure());
  }

  private reportStart(): void {
    if (!this.mailbox.hasReceived) this.listener?.start(this.last.isQueued ? "queued" : "starting");
  }

  private ended(log: string): CleverLakeError {
    const { kind, name } = this.options.service;
    const { state, errorCodes } = this.last;
    const how = [state, ...errorCodes].join(", ");
    return new CleverLakeError("engine", `The batch ended before its work was done (${how}).${log}`, {
      subject: `${name}, batch ${this.last.id}`,
      hint: hints[kind],
    });
  }
}

function noSalt(why: string): CleverLakeError {
  return new CleverLakeError("salt", `The cluster cannot get the salt: ${why}. Nothing was read.`, {
    subject: "saltKeyVaultUrl",
    hint: "Give the identity that runs the batch the role Key Vault Secrets User on the secret oeaSalt, and use the same salt here.",
  });
}

const waits = "Nothing was committed, and the next run processes the landed files.";
const hints = {
  synapse: `${waits} Synapse Studio shows the batch under Monitor, Apache Spark applications.`,
  fabric: `${waits} Fabric shows the batch in the Monitoring hub.`,
  livy: `${waits} Livy needs Spark 3.5 with Python 3.9 or newer, and must be able to read the lake.`,
} as const;
