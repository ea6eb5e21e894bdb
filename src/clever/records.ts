/**
 * Counts a CSV file's records as its bytes go by: a count that owes nothing to the engine that reads the rows, so
 * that the two can be held against each other.
 */
export class RecordCounter {
  private quoted = false;
  private recordHasBytes = false;
  private records = 0;
  private strayQuote = false;
  private length = 0;
  private lastByte = lineFeed;
  private readonly delimiter: number;

  constructor(delimiter = ",") {
    this.delimiter = delimiter.charCodeAt(0);
  }

  add(chunk: Uint8Array): void {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    this.count(bytes);
    this.length += bytes.length;
    this.lastByte = bytes.at(-1) ?? this.lastByte;
  }

  /** Goes from quote to quote and from line end to line end by the operating system's fastest search. */
  private count(bytes: Buffer): void {
    let nextQuote = indexOrEnd(bytes, quote, 0);
    for (let start = 0; start < bytes.length; ) {
      if (this.quoted) {
        if (nextQuote === bytes.length) return;
        this.quoted = false;
        start = nextQuote + 1;
        nextQuote = indexOrEnd(bytes, quote, start);
        continue;
      }
      const end = indexOrEnd(bytes, lineFeed, start);
      if (nextQuote < end) {
        this.quoted = true;
        if (!this.mayOpen(bytes, nextQuote)) this.strayQuote = true;
        this.recordHasBytes = true;
        start = nextQuote + 1;
        nextQuote = indexOrEnd(bytes, quote, start);
        continue;
      }
      const isEmpty = end === start || (end === start + 1 && bytes[start] === carriageReturn);
      if (!isEmpty) this.recordHasBytes = true;
      if (end < bytes.length) this.endRecord();
      start = end + 1;
    }
  }

  /** Records so far, the header among them; lines without a byte do not count. */
  total(): number {
    return this.records + (this.recordHasBytes ? 1 : 0);
  }

  /** Whether the bytes so far end inside a quoted field. */
  insideQuotes(): boolean {
    return this.quoted;
  }

  /** Whether a quote stands within an unquoted field, where a reader may take it for one thing or another. */
  hasStrayQuote(): boolean {
    return this.strayQuote;
  }

  /** Quotes open at a field's start, and again where a quote within a field is doubled. */
  private mayOpen(bytes: Buffer, index: number): boolean {
    const before = index > 0 ? bytes[index - 1] : this.lastByte;
    if (before === this.delimiter || before === lineFeed || before === carriageReturn || before === quote) {
      return true;
    }
    return this.length + index === byteOrderMarkLength && before === byteOrderMarkEnd;
  }

  private endRecord(): void {
    if (this.recordHasBytes) this.records++;
    this.recordHasBytes = false;
  }
}

const quote = 0x22;
const lineFeed = 0x0a;
const carriageReturn = 0x0d;
const byteOrderMarkLength = 3;
const byteOrderMarkEnd = 0xbf;

function indexOrEnd(bytes: Buffer, byte: number, start: number): number {
  const index = bytes.indexOf(byte, start);
  return index < 0 ? bytes.length : index;
}
