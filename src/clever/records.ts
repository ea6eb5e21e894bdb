/**
 * Counts a CSV file's records as its bytes go by: a count that owes nothing to the engine that reads the rows, so
 * that the two can be held against each other.
 */
export class RecordCounter {
  private quoted = false;
  private recordHasBytes = false;
  private records = 0;
  private strayQuote = false;
  /** Whether the last byte so far was a quote that may have closed a field. */
  private closing = false;
  private loneReturn = false;
  /** Whether the last byte so far was a CR outside of quotes, which an LF may follow. */
  private returning = false;
  private length = 0;
  private lastByte = lineFeed;
  private readonly delimiter: number;
  /** Of the record under way: its delimiters in earlier pieces, whether the piece began within quotes, its last bytes. */
  private delimiters = 0;
  private startedQuoted = false;
  private ending = "";
  /** Delimiters of the first record, the header. */
  private expected: number | undefined;
  private surplusField = false;

  constructor(delimiter = ",") {
    this.delimiter = delimiter.charCodeAt(0);
  }

  add(chunk: Uint8Array): void {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    this.startedQuoted = this.quoted;
    const rest = this.count(bytes);
    this.delimiters += this.delimitersIn(bytes, rest, bytes.length);
    this.ending = (this.ending + bytes.toString("latin1", Math.max(rest, bytes.length - 4))).slice(-4);
    this.length += bytes.length;
    this.lastByte = bytes.at(-1) ?? this.lastByte;
  }

  /**
   * Goes from quote to quote and from line end to line end by the operating system's fastest search; gives where the
   * record begins that the bytes do not end.
   */
  private count(bytes: Buffer): number {
    let record = 0;
    if (this.closing && bytes.length > 0) {
      this.closing = false;
      if (!this.mayFollowQuote(bytes[0])) this.strayQuote = true;
    }
    if (this.returning && bytes.length > 0) {
      this.returning = false;
      if (bytes[0] !== lineFeed) this.loneReturn = true;
    }
    let nextQuote = indexOrEnd(bytes, quote, 0);
    let nextReturn = indexOrEnd(bytes, carriageReturn, 0);
    for (let start = 0; start < bytes.length; ) {
      if (this.quoted) {
        if (nextQuote === bytes.length) return record;
        this.quoted = false;
        start = nextQuote + 1;
        if (start === bytes.length) this.closing = true;
        else if (!this.mayFollowQuote(bytes[start])) this.strayQuote = true;
        nextQuote = indexOrEnd(bytes, quote, start);
        continue;
      }
      const end = indexOrEnd(bytes, lineFeed, start);
      nextReturn = this.checkReturns(bytes, nextReturn, start, Math.min(end, nextQuote));
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
      if (end < bytes.length) {
        this.checkFields(bytes, record, end);
        this.endRecord();
        record = end + 1;
      }
      start = end + 1;
    }
    return record;
  }

  /** Looks for a CR without an LF in a stretch outside of quotes; gives where the next CR behind the stretch is. */
  private checkReturns(bytes: Buffer, next: number, start: number, end: number): number {
    if (this.loneReturn) return next;
    let at = next < start ? indexOrEnd(bytes, carriageReturn, start) : next;
    for (; at < end; at = indexOrEnd(bytes, carriageReturn, at + 1)) {
      if (at + 1 === bytes.length) this.returning = true;
      else if (bytes[at + 1] !== lineFeed) this.loneReturn = true;
    }
    return at;
  }

  /**
   * Holds the number of a record's fields against the header's where it ends in an empty one: the engine passes over
   * empty fields beyond the last (DuckDB 1.5), although one too many further left has moved every value behind it.
   */
  private checkFields(bytes: Buffer, start: number, end: number): void {
    if (this.recordHasBytes && (this.expected === undefined || this.endsEmpty(bytes, start, end))) {
      const delimiters = this.delimiters + this.delimitersIn(bytes, start, end);
      if (this.expected === undefined) this.expected = delimiters;
      else if (delimiters > this.expected) this.surplusField = true;
    }
    this.delimiters = 0;
    this.startedQuoted = false;
    this.ending = "";
  }

  /** Whether the record's last field is empty, or a quoted one that may be. */
  private endsEmpty(bytes: Buffer, start: number, end: number): boolean {
    const fromEnd = (back: number) =>
      end - back >= start
        ? bytes[end - back]
        : this.ending.charCodeAt(this.ending.length - back + end - start);
    const lineEnd = fromEnd(1) === carriageReturn ? 1 : 0;
    const last = fromEnd(lineEnd + 1);
    return last === this.delimiter || (last === quote && fromEnd(lineEnd + 2) === quote);
  }

  /** Delimiters outside of quotes, from the start of a record or of what is left of one in these bytes. */
  private delimitersIn(bytes: Buffer, start: number, end: number): number {
    let quoted = start === 0 && this.startedQuoted;
    let found = 0;
    for (let at = start; at < end; at++) {
      const byte = bytes[at];
      if (byte === quote) quoted = !quoted;
      else if (byte === this.delimiter && !quoted) found++;
    }
    return found;
  }

  /** Records so far, the header among them; lines without a byte do not count. */
  total(): number {
    return this.records + (this.recordHasBytes ? 1 : 0);
  }

  /** Whether the bytes so far end inside a quoted field. */
  insideQuotes(): boolean {
    return this.quoted;
  }

  /** Whether a quote stands where a reader may take it for one thing or another: within an unquoted field, or in front of more. */
  hasStrayQuote(): boolean {
    return this.strayQuote;
  }

  /** Whether a line ends in a CR alone, which is not counted as a record's end. */
  hasLoneReturn(): boolean {
    return this.loneReturn || this.returning;
  }

  /** Whether a record has more fields than the header, the last of them empty. */
  hasSurplusField(): boolean {
    const { expected, recordHasBytes, delimiters } = this;
    if (!recordHasBytes || expected === undefined || delimiters <= expected) return this.surplusField;
    return this.surplusField || this.endsEmpty(noBytes, 0, 0);
  }

  /** Quotes open at a field's start, and again where a quote within a field is doubled. */
  private mayOpen(bytes: Buffer, index: number): boolean {
    const before = index > 0 ? bytes[index - 1] : this.lastByte;
    if (before === this.delimiter || before === lineFeed || before === carriageReturn || before === quote) {
      return true;
    }
    return this.length + index === byteOrderMarkLength && before === byteOrderMarkEnd;
  }

  /** What stands behind a quote that closes a field; readers differ over anything else, a space among it. */
  private mayFollowQuote(byte: number | undefined): boolean {
    return byte === this.delimiter || byte === lineFeed || byte === carriageReturn || byte === quote;
  }

  private endRecord(): void {
    if (this.recordHasBytes) this.records++;
    this.recordHasBytes = false;
  }
}

const noBytes = Buffer.alloc(0);
const quote = 0x22;
const lineFeed = 0x0a;
const carriageReturn = 0x0d;
const byteOrderMarkLength = 3;
const byteOrderMarkEnd = 0xbf;

function indexOrEnd(bytes: Buffer, byte: number, start: number): number {
  const index = bytes.indexOf(byte, start);
  return index < 0 ? bytes.length : index;
}
