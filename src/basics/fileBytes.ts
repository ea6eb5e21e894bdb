import { type FileHandle, open } from "node:fs/promises";

interface ReadOptions {
  readonly signal?: AbortSignal | undefined;
}

const largestPiece = 1 << 20;

/**
 * The bytes of a local file. It is opened only when they are read, so a reader that fails before leaves nothing open.
 */
export async function* fileBytes(file: string, options: ReadOptions = {}): AsyncGenerator<Buffer> {
  await using handle = await open(file);
  yield* bytesOf(handle, options);
}

/**
 * The bytes of an open file, which is closed at the end. A small file is read into buffers of its own size: with large
 * ones, the garbage collector is busy.
 */
export async function* bytesOf(handle: FileHandle, { signal }: ReadOptions = {}): AsyncGenerator<Buffer> {
  const { size } = await handle.stat();
  const highWaterMark = size > 0 ? Math.min(size, largestPiece) : largestPiece;
  const stream = handle.createReadStream({ highWaterMark, ...(signal ? { signal } : {}) });
  for await (const piece of stream) yield piece as Buffer;
}
