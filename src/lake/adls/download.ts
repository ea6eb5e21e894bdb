import { type DataLakeFileClient, RestError } from "@azure/storage-file-datalake";

export interface DownloadOptions {
  readonly signal?: AbortSignal | undefined;
  /** The first byte; default 0. */
  readonly start?: number;
  /** The number of bytes; default: to the file's end. */
  readonly length?: number;
}

/** How often the download of a file may be interrupted without progress before it fails. */
const maximumInterruptions = 5;

/**
 * A file's bytes. An interrupted download is resumed where it stopped, as long as the file is unchanged; the SDK's
 * own resume fails if the connection is reset. Rejects with the service's error, 416 for a start after the file's
 * end.
 */
export async function* download(
  file: DataLakeFileClient,
  { signal, start = 0, length }: DownloadOptions,
): AsyncGenerator<Buffer> {
  const abort = signal ? { abortSignal: signal } : {};
  let position = start;
  let end = length === undefined ? undefined : start + length;
  let etag: string | undefined;
  for (let broken = 0; end === undefined || position < end; ) {
    const answer = await file.read(position, end === undefined ? undefined : end - position, {
      ...abort,
      maxRetryRequests: 0,
      ...(etag === undefined ? {} : { conditions: { ifMatch: etag } }),
    });
    etag ??= answer.etag;
    end = position + (answer.contentLength ?? 0);
    const before = position;
    try {
      for await (const chunk of (answer.readableStreamBody ?? []) as AsyncIterable<Buffer>) {
        position += chunk.length;
        yield chunk;
      }
    } catch {
      // All causes of an interruption are handled alike.
      signal?.throwIfAborted();
    }
    if (position >= end) return;
    broken = position > before ? 1 : broken + 1;
    if (broken > maximumInterruptions) {
      throw new RestError("The response was interrupted.", {
        code: "ECONNRESET",
        request: answer._response.request as never,
      });
    }
  }
}
