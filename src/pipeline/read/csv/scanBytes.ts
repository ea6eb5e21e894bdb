import { createReadStream } from "node:fs";
import type { Header } from "../../../clever/header";
import { RecordCounter } from "../../../clever/records";
import { Utf8Check } from "../../../clever/utf8";
import { isBlank } from "../../../clever/values";

/** What a CSV file's bytes show before its rows are read. */
export interface ScannedBytes {
  /** Records, including the header. */
  readonly records: number;
  /** Whether there is no line end after the last record. */
  readonly isOpenEnded: boolean;
  /** Why the engine must not read the file; undefined if it may. */
  readonly fault: string | undefined;
}

/**
 * Scans a file's bytes for what the engine cannot be trusted with. Bytes in another encoding in an overlong row make it
 * fail permanently, and everything in it is lost (DuckDB 1.5). It reads stray quotes differently from other readers and
 * ignores empty fields after the last column. It guesses the line ends from the first one, even within quotes.
 *
 * @param pieces the file's bytes; each piece may be overwritten by the next one
 */
export async function scanBytes(
  pieces: AsyncIterable<Buffer>,
  delimiter: string,
  signal?: AbortSignal,
): Promise<ScannedBytes> {
  const counter = new RecordCounter(delimiter);
  const encoding = new Utf8Check();
  let hasNul = false;
  for await (const bytes of pieces) {
    signal?.throwIfAborted();
    counter.add(bytes);
    encoding.add(bytes);
    hasNul ||= bytes.includes(0);
  }
  const fault = counter.fault() ?? (hasNul ? "The file contains NUL bytes." : undefined);
  return {
    records: counter.total(),
    isOpenEnded: counter.endsInRecord(),
    fault: fault ?? (encoding.isUtf8() ? undefined : "The file is not valid UTF-8."),
  };
}

/** Whether a file holds only white space, without a header. */
export async function isBlankFile(file: string, signal?: AbortSignal): Promise<boolean> {
  const stream = createReadStream(file, { encoding: "utf8", signal });
  for await (const piece of stream) if (!isBlank(String(piece))) return false;
  return true;
}

/** Whether anything but blanks, delimiters and quotes follows a file's header. */
export async function containsText(
  file: string,
  { length, delimiter }: Header,
  signal?: AbortSignal,
): Promise<boolean> {
  const stream = createReadStream(file, { start: length, encoding: "utf8", signal });
  for await (const piece of stream) {
    if (!isBlank(String(piece).replaceAll(delimiter, "").replaceAll('"', ""))) return true;
  }
  return false;
}
