import { buffer } from "node:stream/consumers";
import type { Lake } from "../../src/lake/lake";

/** The content of a file in a lake. */
export async function wholeFile(lake: Lake, path: string): Promise<Buffer> {
  return buffer(lake.readStream(path));
}
