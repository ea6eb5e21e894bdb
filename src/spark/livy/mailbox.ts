import { Readable } from "node:stream";
import { isCleverLakeError } from "../../basics/errors";
import { limitConcurrency } from "../../basics/mapConcurrently";
import { pause } from "../../basics/pause";
import { sparkBatchesFolder } from "../../clever/layout";
import type { Lake, LakeOptions } from "../../lake/lake";
import { readSmall } from "../../lake/readSmall";
import type { Fingerprint } from "../../pipeline/salt/saltFingerprint";
import { messageIn, type SparkMessage, type SparkRequest } from "../documents";

/** Limit of a message; a job lists at most a few hundred files. */
const maxMessageBytes = 64 * 1024 * 1024;

/**
 * A folder of the lake through which this process and Spark on a cluster communicate, one document per file:
 * `to-0.json`, `to-1.json` … to Spark, `from-0.json` … from it. While the mailbox is open, `alive` is rewritten
 * regularly, so that Spark knows that this process is still waiting.
 */
export class Mailbox {
  private sent = 0;
  private received = 0;
  private readonly closed = new AbortController();
  private beating: Promise<void> = Promise.resolve();
  private readonly receiving = limitConcurrency(1);

  constructor(
    private readonly lake: Lake,
    readonly folder: string,
  ) {}

  get hasReceived(): boolean {
    return this.received > 0;
  }

  /** @param beat milliseconds between two heartbeats */
  async open(fingerprint: Fingerprint, beat: number, signal?: AbortSignal): Promise<void> {
    await this.put("salt.json", fingerprint, { signal });
    await this.signalAlive(0);
    this.beating = this.beat(beat);
  }

  send(request: SparkRequest): Promise<void> {
    return this.put(`to-${this.sent++}.json`, request, {});
  }

  /** The messages received since the last call. */
  receive(signal: AbortSignal): Promise<readonly SparkMessage[]> {
    return this.receiving.execute(() => this.receiveNow(signal));
  }

  /** Removes the folders of killed runs. Only the holder of the run's lock has a mailbox, so no other is in use. */
  async removeOthers(): Promise<void> {
    await this.removeBelow(sparkBatchesFolder);
  }

  /** Removes a folder with all its contents. */
  async removeBelow(folder: string): Promise<void> {
    const folders = [folder];
    for await (const { kind, path } of this.lake.list(folder, { recursive: true })) {
      if (kind === "file") await this.lake.delete(path);
      else folders.push(path);
    }
    for (const each of folders.sort().reverse()) await this.lake.deleteEmptyFolder(each);
  }

  /** Removes the whole folder; the next run removes what cannot be removed now. */
  async remove(): Promise<void> {
    this.closed.abort();
    await this.beating;
    await this.removeBelow(this.folder).catch(() => undefined);
  }

  private async receiveNow(signal: AbortSignal): Promise<readonly SparkMessage[]> {
    const messages: SparkMessage[] = [];
    for (;;) {
      try {
        const place = `${this.folder}/from-${this.received}.json`;
        messages.push(messageIn(await readSmall(this.lake, place, { maxBytes: maxMessageBytes, signal })));
        this.received++;
      } catch (error) {
        if (isCleverLakeError(error, "notFound")) return messages;
        throw error;
      }
    }
  }

  private async put(name: string, document: object, options: LakeOptions): Promise<void> {
    const bytes = Buffer.from(JSON.stringify(document));
    await this.lake.putIfAbsent(`${this.folder}/${name}`, bytes, options);
  }

  private async beat(milliseconds: number): Promise<void> {
    const { signal } = this.closed;
    for (let count = 1; ; count++) {
      try {
        await pause(milliseconds, signal);
        await this.signalAlive(count);
      } catch {
        // The next heartbeat may get through; Spark waits for ten intervals.
        if (signal.aborted) return;
      }
    }
  }

  private signalAlive(count: number): Promise<void> {
    const { signal } = this.closed;
    return this.lake.write(`${this.folder}/alive`, Readable.from([Buffer.from(String(count))]), { signal });
  }
}
