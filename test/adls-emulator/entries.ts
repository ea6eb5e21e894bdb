import { createHash } from "node:crypto";
import { Lease } from "./lease";

/** The HTTP properties that clients may set on a path, by the name of the response header. */
export const contentHeaders = [
  "cache-control",
  "content-disposition",
  "content-encoding",
  "content-language",
  "content-type",
] as const;
export type ContentHeader = (typeof contentHeaders)[number];

let lastTag = 0;

/** A new ETag, without quotes; each is greater than the previous ones. */
function newTag(now: number): string {
  // Microseconds, which a number represents exactly; the counter distinguishes changes within one millisecond.
  lastTag = Math.max(lastTag + 1, now * 1000);
  return `0x8${lastTag.toString(16).toUpperCase().padStart(14, "0")}`;
}

/** What files and directories have in common. Times are milliseconds since 1970. */
abstract class Entry {
  readonly created: number;
  readonly lease = new Lease();
  readonly headers = new Map<ContentHeader, string>();
  metadata: ReadonlyMap<string, string> = new Map();
  owner = "$superuser";
  group = "$superuser";
  permissions = "rw-r-----";
  acl = "user::rw-,group::r--,other::---";
  modified = 0;
  etag = "";

  constructor(now: number) {
    this.created = now;
    this.touch(now);
  }

  /** The path changed: a new ETag and time. */
  touch(now: number): void {
    this.modified = now;
    this.etag = newTag(now);
  }
}

export class DirectoryEntry extends Entry {
  readonly kind = "directory";
  readonly children = new Map<string, PathEntry>();

  constructor(now: number) {
    super(now);
    this.permissions = "rwxr-x---";
    this.acl = "user::rwx,group::r-x,other::---";
  }
}

/** Flushed bytes of a file: never changed, so a reader that is sending them sees one state. */
export class Content {
  static readonly empty = new Content([]);
  readonly chunks: readonly Buffer[];
  readonly length: number;
  /** Where each chunk starts. */
  readonly #starts: readonly number[];

  constructor(chunks: readonly Buffer[]) {
    this.chunks = chunks;
    const starts: number[] = [];
    let length = 0;
    for (const chunk of chunks) {
      starts.push(length);
      length += chunk.length;
    }
    this.#starts = starts;
    this.length = length;
  }

  /** The bytes from `start` up to `end`, without copying them. */
  slice(start: number, end: number): Buffer[] {
    const parts: Buffer[] = [];
    let at = this.#chunkAt(start);
    for (; at < this.chunks.length; at++) {
      const [chunk, offset] = [this.chunks[at], this.#starts[at]];
      if (chunk === undefined || offset === undefined || offset >= end) break;
      const part = chunk.subarray(Math.max(0, start - offset), Math.min(chunk.length, end - offset));
      if (part.length > 0) parts.push(part);
    }
    return parts;
  }

  #chunkAt(position: number): number {
    let [low, high] = [0, this.#starts.length];
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if ((this.#starts[middle] ?? 0) <= position) low = middle;
      else high = middle;
    }
    return low;
  }

  md5(): string {
    const hash = createHash("md5");
    for (const chunk of this.chunks) hash.update(chunk);
    return hash.digest("base64");
  }
}

export class FileEntry extends Entry {
  readonly kind = "file";
  content = Content.empty;
  contentMd5: string | undefined;
  /** Appended and not yet flushed, by position. */
  readonly pending = new Map<number, Buffer>();
  /** Written through the blob endpoint: the Data Lake endpoint refuses to append. */
  writtenAsBlob = false;
}

export type PathEntry = DirectoryEntry | FileEntry;
