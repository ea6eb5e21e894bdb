/**
 * Counts a CSV file's records as its bytes go by: a count that owes nothing to the engine that reads the rows, so
 * that the two can be held against each other.
 */
export class RecordCounter {
  private quoted = false;
  private recordHasBytes = false;
  private records = 0;

  add(chunk: Uint8Array): void {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    if (this.quoted || bytes.includes(quote)) this.addQuoted(bytes);
    else this.addPlain(bytes);
  }

  /** Records so far, the header among them; lines without a byte do not count. */
  total(): number {
    return this.records + (this.recordHasBytes ? 1 : 0);
  }

  /** Whether the bytes so far end inside a quoted field. */
  insideQuotes(): boolean {
    return this.quoted;
  }

  /** Without quotes a record is a line, and finding line ends is the operating system's fastest search. */
  private addPlain(bytes: Buffer): void {
    let start = 0;
    for (let end = bytes.indexOf(lineFeed); end >= 0; end = bytes.indexOf(lineFeed, start)) {
      const empty = end === start || (end === start + 1 && bytes[start] === carriageReturn);
      if (this.recordHasBytes || !empty) this.records++;
      this.recordHasBytes = false;
      start = end + 1;
    }
    if (hasContent(bytes, start)) this.recordHasBytes = true;
  }

  private addQuoted(bytes: Buffer): void {
    for (const byte of bytes) {
      if (byte === quote) {
        this.quoted = !this.quoted;
        this.recordHasBytes = true;
      } else if (byte === lineFeed && !this.quoted) {
        if (this.recordHasBytes) this.records++;
        this.recordHasBytes = false;
      } else if (byte !== carriageReturn || this.quoted) {
        this.recordHasBytes = true;
      }
    }
  }
}

const quote = 0x22;
const lineFeed = 0x0a;
const carriageReturn = 0x0d;

function hasContent(bytes: Buffer, start: number): boolean {
  return start < bytes.length && !(start === bytes.length - 1 && bytes[start] === carriageReturn);
}
