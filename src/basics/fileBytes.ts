import { createReadStream } from "node:fs";

/**
 * The bytes of a local file. It is opened only when they are read, so a reader that fails before leaves nothing open.
 */
export async function* fileBytes(file: string): AsyncGenerator<Uint8Array> {
  for await (const chunk of createReadStream(file, { highWaterMark: 1 << 20 })) yield chunk as Buffer;
}
