const quote = 0x22;
const lineFeed = 0x0a;
const carriageReturn = 0x0d;

/** No record is this long; what looks like one begins with a quote that nobody closed. */
const longestRecord = 64 * 1024;

/**
 * Where the last whole record of a part of a CSV file ends, 0 where there is none. Line ends inside quotes end no
 * record; but behind a quote that does not close within a record's length, every line counts as one.
 *
 * @param part begins with a record; the file goes on behind it
 */
export function lastRecordEnd(part: Buffer): number {
  let quoted = false;
  let end = 0;
  let lineEnd = 0;
  for (let index = 0; index < part.length; index++) {
    const byte = part[index];
    if (byte === quote) quoted = !quoted;
    else if (isLineEnd(part, index)) {
      lineEnd = index + 1;
      if (!quoted) end = lineEnd;
    }
  }
  return part.length - end > longestRecord ? lineEnd : end;
}

/** A carriage return ends a line by itself unless a line feed follows; at the very end nobody knows yet. */
function isLineEnd(part: Buffer, index: number): boolean {
  const byte = part[index];
  if (byte === lineFeed) return true;
  return byte === carriageReturn && index + 1 < part.length && part[index + 1] !== lineFeed;
}

/** How many lines end in a part. */
export function countLineEnds(part: Buffer): number {
  let count = 0;
  for (let index = 0; index < part.length; index++) if (isLineEnd(part, index)) count++;
  return count;
}
