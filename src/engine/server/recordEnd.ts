const quote = 0x22;
const lineFeed = 0x0a;
const carriageReturn = 0x0d;

/** A longer record is assumed to begin with an unclosed quote. */
const maxRecordLength = 64 * 1024;

/**
 * The end of the last complete record in a part of a CSV file; 0 if there is none. Line ends inside quotes do not end
 * a record. However, if a quote is not closed within the maximum length of a record, every line counts as a record.
 * @param part begins with a record; the file continues after it
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
  return part.length - end > maxRecordLength ? lineEnd : end;
}

/** A carriage return ends a line unless a line feed follows. At the very end of a part, this is not known yet. */
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
