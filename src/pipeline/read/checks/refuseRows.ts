import { createWriteStream } from "node:fs";
import { open } from "node:fs/promises";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { fileBytes } from "../../../basics/fileBytes";
import type { Problem } from "../../../clever/header";
import { findDayMonthOrder, type JudgedRow, judgeRows } from "../../../clever/judgeRows";
import type { Report } from "../../../clever/reports";
import type { DayMonthOrder } from "../../../clever/values";
import type { Lake } from "../../../lake/lake";
import type { OpenedCsv } from "../csv/openCsv";
import type { MarkedRows } from "./markedRows";

/** The rows of a file that are refused, and the others. */
export interface Refusal {
  readonly rows: number;
  readonly goodRows: number;
  /** What is wrong with the first one that is refused. */
  readonly first: Problem | undefined;
}

/** A local file and its header. */
type CsvFile = Pick<OpenedCsv, "localPath" | "header">;

/** Counts the rows that cannot be read, or are in `marked`. */
export async function findBadRows(
  csv: CsvFile,
  report: Report,
  signal?: AbortSignal,
  marked?: MarkedRows | ReadonlySet<number>,
): Promise<Refusal> {
  let first: Problem | undefined;
  let rows = 0;
  let goodRows = 0;
  for await (const { problem } of (await judged(csv, report, signal, marked)).rows) {
    if (problem) rows++;
    else goodRows++;
    first ??= problem;
  }
  return { rows, goodRows, first };
}

/**
 * Separates a file's bad rows, including those in `marked` (rows, or the lines at which they begin). The good ones go,
 * with the header, into the local file `goodFile`; the refused ones, each after its line number and reason, into
 * `refusedPath` in the lake, if given. Resolves to the number of refused rows.
 */
export async function splitBadRows(
  csv: CsvFile,
  report: Report,
  goodFile: string,
  lake: Lake | undefined,
  refusedPath: string,
  signal?: AbortSignal,
  marked?: MarkedRows | ReadonlySet<number>,
): Promise<{ readonly rows: number; readonly order: DayMonthOrder }> {
  let rows = 0;
  const refusedFile = `${goodFile}.refused`;
  const { order, rows: judgedRows } = await judged(csv, report, signal, marked);
  await using refused = await open(refusedFile, "wx", 0o600);
  const goodRows = async function* () {
    const { header } = csv;
    yield `${header.names.map(quoted).join(header.delimiter)}\n`;
    for await (const row of judgedRows) {
      if (!row.problem) {
        yield `${row.raw}\n`;
        continue;
      }
      rows++;
      await refused.appendFile(refusedLine(row, row.problem));
    }
  };
  const good = createWriteStream(goodFile, { flags: "wx", mode: 0o600, encoding: "latin1" });
  await pipeline(goodRows, good, { signal });
  if (rows > 0) await lake?.importFile(refusedFile, refusedPath, { signal });
  return { rows, order };
}

async function judged(
  { localPath, header }: CsvFile,
  report: Report,
  signal: AbortSignal | undefined,
  marked: MarkedRows | ReadonlySet<number> | undefined,
): Promise<{ order: DayMonthOrder; rows: AsyncGenerator<JudgedRow> }> {
  const read = () => Readable.from(fileBytes(localPath, { signal }), { objectMode: false });
  const order = await findDayMonthOrder(read, report, header);
  const rows = judgeRows(read, report, header, order);
  if (marked === undefined) return { order, rows };
  return { order, rows: "rows" in marked ? withMarked(rows, marked) : withoutLines(rows, marked) };
}

/** Refuses the rows that begin at some lines. */
async function* withoutLines(
  rows: AsyncGenerator<JudgedRow>,
  lines: ReadonlySet<number>,
): AsyncGenerator<JudgedRow> {
  for await (const row of rows) {
    const { line } = row;
    const isRefused = !row.problem && lines.has(line);
    yield isRefused
      ? { ...row, problem: { line, column: undefined, reason: "It was refused before." } }
      : row;
  }
}

/** Refuses the marked ones among the good rows: the engine, which found them, counts good rows in the same order. */
async function* withMarked(rows: AsyncGenerator<JudgedRow>, marked: MarkedRows): AsyncGenerator<JudgedRow> {
  let good = 0;
  let next = 0;
  for await (const row of rows) {
    if (!row.problem && good++ === marked.rows[next]) {
      const problem = { line: row.line, column: marked.columnOf(next), reason: marked.reasonOf(next) };
      next++;
      yield { ...row, problem };
    } else yield row;
  }
}

function refusedLine(row: JudgedRow, problem: Problem): Buffer {
  const where = problem.column ? `line ${problem.line}, ${problem.column}` : `line ${problem.line}`;
  return Buffer.concat([
    Buffer.from(`# ${where}: ${problem.reason}\n`, "utf8"),
    Buffer.from(`${row.raw}\n`, "latin1"),
  ]);
}

/**
 * The header's names are text; the good file is written byte for byte, so they are converted back to bytes. Line breaks
 * become blanks, since the engine would guess the file's line ends from them; no name of the report's columns has any.
 */
function quoted(name: string): string {
  const plain = name.replaceAll('"', '""').replace(/[\r\n]+/g, " ");
  return `"${Buffer.from(plain, "utf8").toString("latin1")}"`;
}
