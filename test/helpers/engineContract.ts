import { createHash } from "node:crypto";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { expect } from "vitest";
import { reports } from "../../src/clever/reports";
import { sqlString } from "../../src/duck/duck";
import type { Lake } from "../../src/lake/lake";
import type { Delivery } from "../../src/pipeline/delivery";
import { KnownPeople } from "../../src/pipeline/read/people/people";
import type { CleanReading, EngineTask, OpenReadEngine } from "../../src/pipeline/read/readEngine";
import { sharedDuck } from "./lakeRows";
import { dailyCsv, dailyHeader, dailyPath, PipelineFixture, pseudonym, salt } from "./pipelineFixture";

/** The contract of engines: clean and other files of daily participation, and how they are read. */

const report = reports.daily_participation;

/** A line in Clever's own format. */
export const line = (person: string, date = "2024-09-03", logins = 1) =>
  `${date},sis-${person},clever-${person},school-north,North High,true,${logins},2`;
const withIds = (sis: string, clever: string) =>
  line("amy").replace("sis-amy,clever-amy", `${sis},${clever}`);

/** Clean files, with their rows. */
export const clean: readonly (readonly [name: string, content: string, rows: readonly string[]])[] = [
  ["a file", dailyCsv(line("amy"), line("ben")), [line("amy"), line("ben")]],
  ["another day", dailyCsv(line("amy", "2024-09-04", 5)), [line("amy", "2024-09-04", 5)]],
  [
    "two months",
    dailyCsv(line("cat", "2024-09-30"), line("cat", "2024-09-29")),
    [line("cat", "2024-09-30"), line("cat", "2024-09-29")],
  ],
];

/** Files that an engine must leave to the judge. */
export const unclean: readonly (readonly [name: string, content: string | Buffer])[] = [
  ["no byte", ""],
  ["no header", dailyCsv(line("amy")).split("\n").slice(1).join("\n")],
  ["a missing column", dailyCsv(line("amy")).replace(",num_logins", "").replace(",1,", ",")],
  ["a short row", dailyCsv(line("amy"), "2024-09-03,sis-ben")],
  ["a long row", dailyCsv(line("amy"), `${line("ben")},7`)],
  ["an invalid date", dailyCsv(line("amy", "2024-09-31"))],
  ["a date in a spreadsheet's format", dailyCsv(line("amy", "9/3/2024"))],
  ["a date long ago", dailyCsv(line("amy"), line("ben", "1999-09-03"))],
  ["a future date", dailyCsv(line("amy"), line("ben", "2031-09-03"))],
  ["no number", dailyCsv(line("amy").replace(",1,2", ",one,2"))],
  ["a number too large", dailyCsv(line("amy").replace(",1,2", ",99999999999,2"))],
  ["no flag", dailyCsv(line("amy").replace("true", "maybe"))],
  ["blank lines at the end", `${dailyCsv(line("amy"))},,,,,,,\n`],
  ["quotes escaped by a backslash", dailyCsv(line("amy").replace("North High", '"North \\"High\\""'))],
  ["a quote within a cell", dailyCsv(line("amy").replace("North High", 'North "High"'))],
  ["lines that end in CR alone", dailyCsv(line("amy"), line("ben")).replaceAll("\n", "\r")],
  ["line ends of two kinds", `${dailyHeader}\r\n${line("amy")}\n${line("ben")}\r\n`],
  ["another encoding", Buffer.from(dailyCsv(line("amy").replace("North", "N\u00f6rth")), "latin1")],
  ["a NUL byte", dailyCsv(line("amy").replace("North", "N\0rth"))],
  ["an id with decimals", dailyCsv(withIds("71234567.0", "clever-amy"))],
  ["a placeholder", dailyCsv(withIds("NULL", "clever-amy"))],
  ["lost zeros", dailyCsv(withIds("000712", "clever-amy"), withIds("712", "clever-amy"))],
  ["an id of three people", dailyCsv(...["a", "b", "c"].map((each) => withIds("TBD", `clever-${each}`)))],
  ["shifted cells", dailyCsv(line("amy"), "2024-09-03,,,sis-amy,clever-amy,true,1,2")],
];

export interface Answer extends CleanReading {
  /** Of all files, in their order. */
  readonly sources: readonly string[];
  readonly rows: readonly Record<string, unknown>[];
  readonly pairs: readonly Record<string, unknown>[];
}

/** Reads files with an engine; returns its rows and people. */
export async function readWith(open: OpenReadEngine, files: readonly (string | Buffer)[]): Promise<Answer> {
  const fixture = await PipelineFixture.create();
  const { lake } = fixture;
  const deliveries: Delivery[] = [];
  for (const [index, content] of files.entries()) {
    const month = index < 28 ? "09" : index < 56 ? "10" : "11";
    const source = dailyPath(`2024-${month}-${String((index % 28) + 1).padStart(2, "0")}`);
    const landedPath = `stage1np/clever/daily_participation/2024-11-05T00-00-0${index % 10}/Students/${path.posix.basename(source)}`;
    const local = path.join(await lake.scratch(), "file");
    await writeFile(local, content);
    await lake.importFile(local, landedPath);
    const entry: Delivery["entry"] = {
      path: source,
      source,
      report: report.name,
      userType: "students",
      size: Buffer.byteLength(content),
      modified: new Date("2024-11-05T00:00:00Z"),
      sha256: createHash("sha256").update(content).digest("hex"),
      landedPath,
      version: Date.parse("2024-11-05T00:00:00Z") / 1000,
      runId: "r",
      time: new Date("2024-11-05T00:00:00Z"),
      outcome: "landed",
    };
    deliveries.push({ entry, isAccepted: false });
  }
  const task = await engineTask(lake);
  const answer = await open(task).readClean(deliveries);
  const duck = await sharedDuck();
  return duck.session(async (session) => {
    const rows: Record<string, unknown>[] = [];
    for (const { file, year, month, sources } of answer.staged) {
      const own = await session.query(
        `SELECT * REPLACE ("date"::VARCHAR AS "date"), ${year} AS year, ${month} AS month
         FROM read_parquet(${sqlString(file.localPath)}, hive_partitioning = false)`,
      );
      expect(own).toHaveLength(file.statistics.numRecords);
      const counted = new Map<unknown, number>();
      for (const { source_file } of own) counted.set(source_file, (counted.get(source_file) ?? 0) + 1);
      expect(new Map([...sources].map(([source, each]) => [source, each.rows]))).toEqual(counted);
      const dates = own.map((row) => String(row.date)).sort();
      expect(file.statistics.minValues.date).toBe(dates[0]);
      expect(file.statistics.maxValues.date).toBe(dates.at(-1));
      rows.push(...own);
    }
    const pairs =
      answer.people === undefined
        ? []
        : await session.query(`FROM read_parquet(${sqlString(answer.people)}) ORDER BY ALL`);
    const sources = deliveries.map(({ entry }) => entry.source);
    return { ...answer, sources, rows, pairs };
  });
}

/** The compared columns of the table, derived from a line. */
export function expectedRow(text: string, source: string) {
  const [date = "", sis = null, clever = null, school, name, active, logins, resources] = text.split(",");
  return {
    date,
    sis_id_pseudonym: pseudonym(sis),
    clever_user_id_pseudonym: pseudonym(clever),
    clever_school_id: school,
    school_name: name,
    active: active === "true",
    num_logins: Number(logins),
    num_resources_accessed: Number(resources),
    user_type: "student",
    source_file: source,
    year: Number(date.slice(0, 4)),
    month: Number(date.slice(5, 7)),
  };
}

export const inOrder = (rows: readonly object[]) =>
  rows.map((row) => JSON.stringify(row, Object.keys(row).sort())).sort();

/** The task for an engine to read files in a lake. */
export async function engineTask(lake: Lake): Promise<EngineTask> {
  const scratch = await lake.scratch();
  const knownIds = async () => {
    const duck = await sharedDuck();
    return new KnownPeople({ lake, duck }, salt).writeIds(scratch);
  };
  return { report, lake, salt, scratch, signal: undefined, knownIds };
}
