import { createInterface } from "node:readline";
import { type Readable, Transform } from "node:stream";
import { CsvError, type Info, parse } from "csv-parse";
import { parse as parseText } from "csv-parse/sync";

/**
 * One record of a CSV file. Texts are Latin-1, one character per byte, so that they are written exactly as they were
 * read.
 */
export interface CsvRecord {
  /** The line on which the record starts, from 1. */
  readonly line: number;
  /** The record as in the file, without its line end. */
  readonly raw: string;
  /** Its cells, or why it cannot be parsed. */
  readonly cells: readonly string[] | { readonly broken: string };
}

/** What is needed to parse a CSV file. */
export interface CsvForm {
  readonly delimiter: string;
  /** Length of the byte-order mark: 0 or 3 bytes. */
  readonly markLength: number;
}

const recordDelimiters = ["\r\n", "\n", "\r"];

/**
 * Reads a file's records, starting with the header, and skips empty lines. If a quote is misplaced anywhere in the
 * file, it is unclear where records end. Every line then counts as a record, so that no row is lost between two
 * records.
 * @param open opens the file's bytes from the start; called twice
 */
export async function* readRecords(open: () => Readable, form: CsvForm): AsyncGenerator<CsvRecord> {
  yield* (await hasValidQuotes(open, form)) ? byQuotes(open, form) : byLines(open, form.delimiter);
}

async function hasValidQuotes(open: () => Readable, form: CsvForm): Promise<boolean> {
  const { input, parser } = parserOf(open, form);
  try {
    for await (const _ of parser);
    return true;
  } catch (error) {
    if (error instanceof CsvError) return false;
    throw error;
  } finally {
    input.destroy();
  }
}

async function* byQuotes(open: () => Readable, form: CsvForm): AsyncGenerator<CsvRecord> {
  const { input, parser } = parserOf(open, form);
  try {
    let countedTwice = 0;
    for await (const { record, raw, info } of parser as AsyncIterable<RawRecord>) {
      const text = raw.replace(/^[\r\n]+|[\r\n]+$/g, "");
      // csv-parse reports the record's last line, and counts a CRLF inside quotes as two lines.
      countedTwice += text.match(/\r\n/g)?.length ?? 0;
      const linesInside = text.match(/\r\n|\n|\r/g)?.length ?? 0;
      yield { line: info.lines - countedTwice - linesInside, raw: text, cells: record };
    }
  } finally {
    input.destroy();
    parser.destroy();
  }
}

async function* byLines(open: () => Readable, delimiter: string): AsyncGenerator<CsvRecord> {
  const input = open().setEncoding("latin1");
  const lines = createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY });
  // readline does not pass on its input's error: the file would seem to end there.
  let failure: unknown;
  input.on("error", (error) => {
    failure = error;
    lines.close();
  });
  let line = 0;
  try {
    for await (const raw of lines) {
      line++;
      if (raw !== "") yield { line, raw, cells: cellsOfLine(raw, delimiter) };
    }
    if (failure !== undefined) throw failure;
  } finally {
    lines.close();
    input.destroy();
  }
}

function cellsOfLine(raw: string, delimiter: string): CsvRecord["cells"] {
  if (!raw.includes('"')) return raw.split(delimiter);
  try {
    const records: string[][] = parseText(raw, { delimiter, relax_column_count: true });
    return records[0] ?? [];
  } catch (error) {
    const open = error instanceof CsvError && error.code === "CSV_QUOTE_NOT_CLOSED";
    return {
      broken: open
        ? "A quote opens in this row and is never closed."
        : "A quote is where no quote is allowed.",
    };
  }
}

interface RawRecord {
  readonly record: string[];
  readonly raw: string;
  readonly info: Info;
}

function parserOf(open: () => Readable, { delimiter, markLength }: CsvForm) {
  const input = open();
  const parser = parse({
    delimiter,
    encoding: "latin1",
    record_delimiter: recordDelimiters,
    relax_column_count: true,
    skip_empty_lines: true,
    raw: true,
    info: true,
  });
  input.on("error", (error) => parser.destroy(error));
  const unmarked = markLength === 0 ? input : input.pipe(withoutStart(markLength));
  return { input, parser: unmarked.pipe(parser) };
}

/** Skips the first bytes: the parser would read a byte-order mark as text before the first quote. */
function withoutStart(length: number): Transform {
  let left = length;
  return new Transform({
    transform: (chunk: Buffer, _encoding, done) => {
      const cut = Math.min(left, chunk.length);
      left -= cut;
      done(null, chunk.subarray(cut));
    },
  });
}
