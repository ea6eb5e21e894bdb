/**
 * Counts a CSV file's records while its bytes are read. The count is independent of the engine that reads the rows,
 * so the two counts can be compared.
 */
export class RecordCounter {
  private quoted = false;
  private recordHasBytes = false;
  private records = 0;
  private strayQuote = false;
  /** Whether the last byte was a quote that may have closed a field. */
  private closing = false;
  private loneReturn = false;
  /** Whether the last byte was a CR outside quotes, so that an LF may follow. */
  private returning = false;
  private length = 0;
  private lastByte = lineFeed;
  private readonly delimiter: number;
  /**
   * State of the current record: its delimiters in earlier pieces, whether the current piece began within quotes, and
   * its last bytes.
   */
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
   * Jumps from quote to quote and from line end to line end with the fast native search. Returns the start of the
   * record that continues after these bytes.
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

  /**
   * Looks for a CR without an LF in a section outside quotes. Returns the position of the next CR after the section.
   */
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
   * Compares the number of a record's fields with the header's if the record ends in an empty field. The engine
   * ignores empty fields after the last column (DuckDB 1.5), but an extra field further left has shifted every value
   * after it.
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

  /** Whether the record's last field is empty, or quoted and possibly empty. */
  private endsEmpty(bytes: Buffer, start: number, end: number): boolean {
    const fromEnd = (back: number) =>
      end - back >= start
        ? bytes[end - back]
        : this.ending.charCodeAt(this.ending.length - back + end - start);
    const lineEnd = fromEnd(1) === carriageReturn ? 1 : 0;
    const last = fromEnd(lineEnd + 1);
    return last === this.delimiter || (last === quote && fromEnd(lineEnd + 2) === quote);
  }

  /** Delimiters outside quotes, from the start of a record or of its remainder in these bytes. */
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

  /** Records so far, including the header; empty lines do not count. */
  total(): number {
    return this.records + (this.recordHasBytes ? 1 : 0);
  }

  /** Whether the bytes so far end within a record: there is no line end after it. */
  endsInRecord(): boolean {
    return this.recordHasBytes && this.lastByte !== carriageReturn;
  }

  /** Why the engine must not read the file, by its bytes so far; undefined if it may. */
  fault(): string | undefined {
    if (this.quoted) return "A quote opens and never closes: the file was cut off.";
    // A CR alone does not count as the end of a record.
    if (this.loneReturn || this.returning) return "A line ends in a carriage return alone.";
    // Readers interpret a quote within an unquoted field, or followed by more text, differently.
    if (this.strayQuote) return "A quote is where no quote is allowed.";
    return this.hasSurplusField() ? "A row has more fields than the header." : undefined;
  }

  /** Whether a record has more fields than the header and ends in an empty one. */
  private hasSurplusField(): boolean {
    const { expected, recordHasBytes, delimiters } = this;
    if (!recordHasBytes || expected === undefined || delimiters <= expected) return this.surplusField;
    return this.surplusField || this.endsEmpty(noBytes, 0, 0);
  }

  /** A quote opens a field at its start; a doubled quote within a field closes and reopens it. */
  private mayOpen(bytes: Buffer, index: number): boolean {
    const before = index > 0 ? bytes[index - 1] : this.lastByte;
    if (before === this.delimiter || before === lineFeed || before === carriageReturn || before === quote) {
      return true;
    }
    return this.length + index === byteOrderMarkLength && before === byteOrderMarkEnd;
  }

  /** What may follow a quote that closes a field. Readers treat anything else differently, including a space. */
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
