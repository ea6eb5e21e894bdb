import { type Report, reportNames, reports, type UserType, userTypes } from "./reports";

/** A file on the server that is one of Clever's reports. */
export interface ReportFile {
  readonly report: Report;
  readonly userType: UserType;
  /**
   * The source of the file: its path without copy marks. `… (1).csv`, downloaded by hand and put back, is therefore a
   * redelivery of the same report and not a second report.
   */
  readonly source: string;
  /**
   * The name without copy marks. Files with the same name are deliveries of one report, in any folder. A name without
   * a date may be for any day, so it is the whole path instead.
   */
  readonly name: string;
  /** The number in `… (1).csv`, 1 for `… - Copy.csv`, their sum for copies of copies; 0 if it is not a copy. */
  readonly copy: number;
}

/** What browsers and Windows (in English and Spanish) append to the name of a copy, and again for a copy of a copy. */
const copyMarks = String.raw`(?<copies>(?: *\(\d{1,3}\)| +- +(?:copy|copia))*)`;
const slugs = reportNames.map((name) => reports[name].slug).join("|");
const types = userTypes.join("|");

/** Clever's own names. The date in a name is near the dates of the rows but need not be one of them. */
const cleverName = new RegExp(
  `^(?<stem>(?<date>\\d{4}-\\d{2}-\\d{2})-(?<slug>${slugs})-(?<type>${types}))${copyMarks}\\.csv$`,
  "i",
);
const beginning = new RegExp(`^\\d{4}-\\d{2}-\\d{2}-(?:${slugs})-(?<type>${types})(?![a-z])`, "i");
/** OEA's test data: `Students.csv`; the folders above it name the report. */
const oeaName = new RegExp(`^(?<type>${types})${copyMarks}\\.csv$`, "i");

/** Cache: a plan looks up each path several times. */
const recognized = new Map<string, ReportFile | undefined>();
const maxRecognized = 10_000;

/** Which report a path on the server is; undefined if it is none. */
export function recognizeReport(path: string): ReportFile | undefined {
  const cached = recognized.get(path);
  if (cached !== undefined || recognized.has(path)) return cached;
  const file = reportAt(path);
  if (recognized.size >= maxRecognized) recognized.clear();
  recognized.set(path, file);
  return file;
}

function reportAt(path: string): ReportFile | undefined {
  const folders = path.split("/");
  const name = folders.pop() ?? "";
  const clever = cleverName.exec(name)?.groups;
  if (clever) {
    const report = reportBySlug(clever.slug);
    const userType = userTypeByName(clever.type);
    if (!report || !userType) return undefined;
    const name = `${clever.stem?.toLowerCase()}.csv`;
    const source = [...folders, name].join("/");
    return { report, userType, source, name, copy: copyNumber(clever.copies ?? "") };
  }
  const oea = oeaName.exec(name)?.groups;
  const report = folders.map(reportBySlug).findLast((found) => found !== undefined);
  const userType = userTypeByName(oea?.type);
  if (!report || !userType) return undefined;
  // Without a date in the name, `Students (1).csv`, or `Students.csv` in another folder, may be for another day. Each
  // path is therefore its own source, and repeated rows are found by content.
  return { report, userType, source: path, name: path, copy: 0 };
}

/**
 * The report for which a user may mistake a file that is none: its name begins like a report's but continues
 * differently, such as `….csv.gz`.
 */
export function resembledReport(path: string): Pick<ReportFile, "name" | "userType"> | undefined {
  if (recognizeReport(path) !== undefined) return undefined;
  const found = beginning.exec(nameIn(path));
  const userType = userTypeByName(found?.groups?.type);
  return found && userType ? { name: `${found[0].toLowerCase()}.csv`, userType } : undefined;
}

/**
 * Of a file that neither is a report nor resembles one: whether it is a CSV file in a report's folder. If its name has a
 * date, it most likely is a report, named in a new way.
 */
export function strayReport(path: string): { readonly isDated: boolean } | undefined {
  if (!/\.csv$/i.test(path) || !reportNamesOnServer.isReportFolder(path)) return undefined;
  return { isDated: /\d{4}\D?\d{2}\D?\d{2}/.test(nameIn(path)) };
}

/** Recognizes reports, and the folders that contain them, by their paths on the server. */
export const reportNamesOnServer = {
  isReport: (path: string) => recognizeReport(path) !== undefined,
  /** Whether a folder is named after a report, or is inside one that is. */
  isReportFolder: (path: string) => path.split("/").some((name) => reportBySlug(name) !== undefined),
};

/** The date in a report name that Clever wrote, `yyyy-MM-dd`; undefined for other names and invalid dates. */
export function dateInName(path: string): string | undefined {
  const date = cleverName.exec(nameIn(path))?.groups?.date;
  return date !== undefined && !Number.isNaN(Date.parse(date)) ? date : undefined;
}

function nameIn(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

function copyNumber(marks: string): number {
  // Nearly always; searching takes longer than everything else here.
  if (marks === "") return 0;
  const numbers = (marks.match(/\d+|cop/gi) ?? []).map((mark) => (/\d/.test(mark) ? Number(mark) : 1));
  return numbers.reduce((sum, number) => sum + number, 0);
}

const reportsBySlug = new Map<string | undefined, Report>(
  reportNames.map((name) => [reports[name].slug, reports[name]]),
);

function reportBySlug(text: string | undefined): Report | undefined {
  return reportsBySlug.get(text?.toLowerCase().replaceAll("_", "-"));
}

function userTypeByName(text: string | undefined): UserType | undefined {
  return userTypes.find((type) => type === text?.toLowerCase());
}
