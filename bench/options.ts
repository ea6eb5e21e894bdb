import { parseArgs } from "node:util";

export const benchmarkNames = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l"] as const;
export type BenchmarkName = (typeof benchmarkNames)[number];

export interface BenchOptions {
  readonly only: readonly BenchmarkName[];
  /** How many times each side is measured. */
  readonly runs: number;
  /** Students of the district with 10 ingested days, and with one day added. */
  readonly students: number;
  /** Days in the prepared lake of (d). */
  readonly historyDays: number;
  /** Students of the district in the prepared lakes of (d) and (i). */
  readonly historyStudents: number;
  /** Days of the long run of (e). */
  readonly longRunDays: number;
  /** School days of the backlog of (g), six files each. */
  readonly backlogDays: number;
  /** Days in the one file of (h). */
  readonly largeFileDays: number;
  /** The numbers of days for (l), one measurement each. */
  readonly sparkDays: readonly number[];
  /** School days in the lake of (f). */
  readonly dashboardDays: number;
  /** Milliseconds that the proxy of (a) adds in each direction. */
  readonly oneWayDelay: number;
}

export const usage = `npm run bench -- [--only a|b|c|d|e|f|g|h|i|j|k|l]… [--runs 5] [--students 70000] [--history-days 600]
  [--history-students 2000] [--long-run-days 60] [--dashboard-days 180]
  [--backlog-days 180] [--large-file-days 60] [--spark-days 1,10,60] [--delay 25]`;

export function readOptions(args: readonly string[]): BenchOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      only: { type: "string", multiple: true },
      runs: { type: "string", default: "5" },
      students: { type: "string", default: "70000" },
      "history-days": { type: "string", default: "600" },
      "history-students": { type: "string", default: "2000" },
      "long-run-days": { type: "string", default: "60" },
      "backlog-days": { type: "string", default: "180" },
      "large-file-days": { type: "string", default: "60" },
      "spark-days": { type: "string", default: "1,10,60" },
      "dashboard-days": { type: "string", default: "180" },
      delay: { type: "string", default: "25" },
    },
  });
  const wanted = values.only?.flatMap((names) => names.split(","));
  for (const name of wanted ?? []) {
    if (!benchmarkNames.some((known) => known === name)) throw new Error(`There is no benchmark ${name}.`);
  }
  return {
    only: benchmarkNames.filter((name) => wanted?.includes(name) ?? true),
    runs: wholeNumber("runs", values.runs),
    students: wholeNumber("students", values.students),
    historyDays: wholeNumber("history-days", values["history-days"]),
    historyStudents: wholeNumber("history-students", values["history-students"]),
    longRunDays: wholeNumber("long-run-days", values["long-run-days"]),
    backlogDays: wholeNumber("backlog-days", values["backlog-days"]),
    largeFileDays: wholeNumber("large-file-days", values["large-file-days"]),
    sparkDays: values["spark-days"].split(",").map((each) => wholeNumber("spark-days", each)),
    dashboardDays: wholeNumber("dashboard-days", values["dashboard-days"]),
    oneWayDelay: wholeNumber("delay", values.delay),
  };
}

function wholeNumber(name: string, text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1) throw new Error(`--${name} takes a whole number from 1 on.`);
  return value;
}
