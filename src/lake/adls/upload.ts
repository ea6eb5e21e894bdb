import type { DataLakeFileClient } from "@azure/storage-file-datalake";
import { mayHaveSucceeded } from "./requests";

export interface UploadOptions {
  readonly signal?: AbortSignal | undefined;
  /** Called once, before anything is sent. */
  readonly create: () => Promise<void>;
}

/** Bytes per append; a day's report fits into one. */
export const blockBytes = 8 * 1024 * 1024;
/** Blocks uploaded concurrently; with the one being filled, a file takes at most 32 MiB of memory. */
const concurrentBlocks = 3;

/**
 * Uploads a stream as the contents of an empty file that `create` creates. Blocks are sent concurrently, each with
 * its position; the last one makes them all visible. The file is created when the first block is full or the stream
 * has ended successfully, so a small stream that fails costs no request. Rejects with the stream's error, or the
 * service's.
 * @returns the file's resulting ETag, if the service returned it
 */
export async function upload(
  file: DataLakeFileClient,
  data: AsyncIterable<Uint8Array>,
  { signal, create }: UploadOptions,
): Promise<string | undefined> {
  const stop = new AbortController();
  const abortSignal = signal ? AbortSignal.any([signal, stop.signal]) : stop.signal;
  const inProgress = new Set<Promise<void>>();
  let failure: { readonly error: unknown } | undefined;
  let created = false;
  let sent = 0;

  const append = async (block: Buffer) => {
    if (!created) await create();
    created = true;
    while (inProgress.size >= concurrentBlocks) await Promise.race(inProgress);
    if (failure) throw failure.error;
    const position = sent;
    sent += block.length;
    const work: Promise<void> = file
      .append(block, position, block.length, { abortSignal })
      .then(() => undefined)
      .catch((error: unknown) => {
        failure ??= { error };
      })
      .finally(() => inProgress.delete(work));
    inProgress.add(work);
  };

  try {
    let pending: Uint8Array[] = [];
    let size = 0;
    for await (const chunk of data) {
      signal?.throwIfAborted();
      for (let rest = chunk; rest.length > 0; ) {
        // Sent only if more data follows, because the last block is the one that flushes.
        if (size === blockBytes) {
          await append(Buffer.concat(pending, size));
          pending = [];
          size = 0;
        }
        const part = rest.subarray(0, blockBytes - size);
        // The source may reuse its buffer.
        pending.push(Buffer.from(part));
        size += part.length;
        rest = rest.subarray(part.length);
      }
    }
    signal?.throwIfAborted();
    if (!created) await create();
    await Promise.all(inProgress);
    if (failure) throw failure.error;
    if (size === 0) return undefined;
    return await appendLast(file, Buffer.concat(pending, size), sent, abortSignal);
  } finally {
    stop.abort();
    await Promise.all(inProgress);
  }
}

/** Appends the last block and flushes. If this is repeated after it took effect, the service reports an error. */
async function appendLast(
  file: DataLakeFileClient,
  block: Buffer,
  position: number,
  abortSignal: AbortSignal,
): Promise<string | undefined> {
  try {
    return (await file.append(block, position, block.length, { abortSignal, flush: true })).etag;
  } catch (error) {
    if (!mayHaveSucceeded(error)) throw error;
    const { contentLength, etag } = await file.getProperties({ abortSignal }).catch(() => {
      throw error;
    });
    if (contentLength !== position + block.length) throw error;
    return etag;
  }
}
