import { sampleDistrict } from "../../src/sample/district";
import { districtFiles } from "../../src/sample/reportFiles";

/** What changes on the server on one day: files by their path, in the order in which they appear. */
export type DayOfChanges = ReadonlyMap<string, string>;

const firstDay = "2024-09-03";

interface ReportFile {
  readonly path: string;
  readonly date: string;
  readonly text: string;
}

/** Daily participation of the day, of the day before, and of three days before. */
type Recent = Readonly<Record<"today" | "yesterday" | "before", ReportFile>>;

/** An event in addition to the day's own files: a file of daily participation that appears or changes. */
const events: readonly ((recent: Recent, date: string) => readonly [path: string, text: string])[] = [
  // Quarantined: an invalid date, and a truncated row.
  ({ today: { path, text } }, date) => [
    path,
    text.replace(`\n${date}`, `\n${date.slice(0, 8)}32`).replace(/,\d+\n$/, "\n"),
  ],
  // Yesterday's quarantined file, corrected.
  ({ yesterday: { path, text } }) => [path, text],
  // Corrected: some people have one more login.
  ({ before: { path, text } }) => [path, corrected(text)],
  // An overlap: today's file also has some of yesterday's rows.
  ({ today, yesterday }) => [today.path, `${today.text}${linesOf(yesterday.text).slice(1, 21).join("\n")}\n`],
  // With fewer rows, and unnecessary quotes.
  ({ yesterday: { path, text } }) => {
    const [header = "", ...rows] = linesOf(text);
    return [path, [header, ...rows.slice(10).map((row) => row.replace(/^([^,]+)/, '"$1"'))].join("\r\n")];
  },
];

/**
 * The school days of a small district with events in addition to the day's six files: a file is corrected, repeats rows of
 * another, is bad, is repaired, or is redelivered with fewer rows.
 */
export function eventfulDays(days: number): DayOfChanges[] {
  const district = sampleDistrict({ students: 60, teachers: 6, staff: 3, schools: 3, days, firstDay });
  const files = [...districtFiles(district)].map(({ path, date, rows }) => ({
    path,
    date,
    text: [...rows()].join(""),
  }));
  const of = (day: number, name: string) =>
    files.find(({ path, date }) => date === district.days[day] && path.includes(name));
  const participation = "daily-participation-students";
  return district.days.map((date, day) => {
    const changes = new Map(files.filter((each) => each.date === date).map(({ path, text }) => [path, text]));
    const event = events[day % events.length];
    const [today, yesterday, before] = [0, 1, 3].map((ago) => of(day - ago, participation));
    if (today && yesterday && before && event) changes.set(...event({ today, yesterday, before }, date));
    return changes;
  });
}

function linesOf(text: string): string[] {
  return text.trimEnd().split("\n");
}

/** Adds a login to every seventh row. */
function corrected(text: string): string {
  return `${linesOf(text)
    .map((line, at) =>
      at % 7 === 1
        ? line.replace(
            /,(?:true|false),(\d+),(\d+)$/,
            (_, logins: string, used: string) => `,true,${Number(logins) + 1},${used}`,
          )
        : line,
    )
    .join("\n")}\n`;
}
