import { randomUUID } from "node:crypto";
import { createWriteStream } from "node:fs";
import { rm, utimes } from "node:fs/promises";
import path from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { CleverLakeError } from "../basics/errors";
import { replaceFile } from "../basics/filesInUse";
import { makeFolder } from "../basics/makeFolder";

/** A file of the sample district to be written. */
export interface SampleFileToWrite {
  /** Its path on the server, for messages. */
  readonly subject: string;
  /** Where to write it. */
  readonly target: string;
  readonly text: Iterable<string>;
  /** When the server published it. */
  readonly modified: Date;
  readonly signal: AbortSignal | undefined;
}

/** Writes a file in bounded memory. The file gets its name only when it is complete. Rejects with `io`. */
export async function writeSampleFile(file: SampleFileToWrite): Promise<void> {
  const { subject, target, text, modified, signal } = file;
  // Another process may be writing the same district.
  const unfinished = `${target}.${randomUUID()}.part`;
  try {
    await makeFolder(path.dirname(target));
    await pipeline(Readable.from(text), createWriteStream(unfinished), signal ? { signal } : {});
    await utimes(unfinished, modified, modified);
    await replaceFile(unfinished, target, signal);
  } catch (error) {
    // Report the original error, not a failure to remove the unfinished file.
    await rm(unfinished, { force: true }).catch(() => undefined);
    signal?.throwIfAborted();
    throw new CleverLakeError("io", "A file of the sample district could not be written.", {
      subject,
      hint: "Check that the disk has free space and that the folder is writable.",
      cause: error,
    });
  }
}
