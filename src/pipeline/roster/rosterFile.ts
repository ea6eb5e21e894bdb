import { createReadStream } from "node:fs";
import { open, stat } from "node:fs/promises";
import { Readable } from "node:stream";
import { CleverLakeError, errnoOf } from "../../basics/errors";
import type { ReportSource } from "../../sftp/source";

/** A file that can be read more than once without a copy of it: a roster contains more than a lake should. */
export interface RosterFile {
  /** The path as the user knows it. */
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  /** The first `length` bytes, fewer if the file is shorter. */
  head(length: number, signal?: AbortSignal): Promise<Buffer>;
  /** The bytes from the start; the stream fails with `changedWhileRead` if the file changed. */
  read(signal?: AbortSignal): Readable;
  /** Rejects with `changedWhileRead` if the file has changed. */
  requireUnchanged(signal?: AbortSignal): Promise<void>;
}

/**
 * A roster on the server. Rejects with `notFound` and the server's errors.
 * @param pathBelowRoot relative to the source's root, also if it begins with a slash
 */
export async function rosterOnServer(
  source: ReportSource,
  pathBelowRoot: string,
  signal?: AbortSignal,
): Promise<RosterFile> {
  const path = pathBelowRoot.replace(/^\/+/, "");
  const file = await source.stat(path, signal);
  return {
    path,
    size: file.size,
    head: (length, headSignal) => source.readRange(file, 0, length, headSignal),
    read: (readSignal) => Readable.from(source.read(file, { signal: readSignal }), { objectMode: false }),
    requireUnchanged: async (checkSignal) => {
      const now = await source.stat(path, checkSignal);
      if (now.size !== file.size || now.modified.getTime() !== file.modified.getTime()) throw changed(path);
    },
  };
}

/** A roster on the local disk. Rejects with `notFound` or `io`. */
export async function rosterOnDisk(path: string): Promise<RosterFile> {
  const file = await statOf(path);
  return {
    path,
    size: file.size,
    head: async (length) => {
      await using opened = await open(path);
      const { bytesRead, buffer } = await opened.read(Buffer.alloc(length), 0, length, 0);
      return buffer.subarray(0, bytesRead);
    },
    read: (signal) => createReadStream(path, { signal }),
    requireUnchanged: async () => {
      const now = await statOf(path);
      if (now.size !== file.size || now.mtimeMs !== file.mtimeMs) throw changed(path);
    },
  };
}

async function statOf(path: string) {
  try {
    const found = await stat(path);
    if (found.isFile()) return found;
  } catch (cause) {
    const missing = errnoOf(cause) === "ENOENT";
    throw new CleverLakeError(
      missing ? "notFound" : "io",
      missing ? "There is no such file." : "The file cannot be read.",
      { subject: path, cause },
    );
  }
  throw new CleverLakeError("notFound", "This is not a file.", { subject: path });
}

function changed(path: string): CleverLakeError {
  return new CleverLakeError(
    "changedWhileRead",
    "The file changed while it was read; nothing was imported.",
    { subject: path, hint: "Try again when it is complete." },
  );
}
