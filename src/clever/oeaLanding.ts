import { type ReportFile, recognizeReport } from "./fileNames";
import { landedFolder } from "./layout";
import { type Report, reportNames, reports, type UserType, userTypeFolder, userTypes } from "./reports";

/**
 * A raw file landed by one of OEA's pipelines, identified by its path. There are three layouts:
 * - `<report>/<time>/Students/<Clever's name>` and, for OEA's test data, `<report>/<time>/Students/Students.csv`:
 *   copied byte for byte, the time in UTC;
 * - `<report>/<time>/<name>`, the sink of OEA's production pipeline: rewritten with every field quoted and quotes
 *   escaped as `\"`, the time in US Central time.
 */
export interface OeaLanding {
  /** In the lake. */
  readonly landedPath: string;
  readonly report: Report;
  /** The folder of the landing, `yyyy-MM-ddTHH-mm-ss`. */
  readonly folder: string;
  readonly time: Date;
  readonly name: string;
  /** The report, if the file has Clever's own name; undefined for other names. */
  readonly named: ReportFile | undefined;
  /** The user type of the folder; undefined if there is no such folder. */
  readonly folderType: UserType | undefined;
  /** Whether quotes are escaped as `\"`. */
  readonly hasBackslashes: boolean;
}

/** A landing by its path; undefined if the path has no known layout. */
export function oeaLandingAt(landedPath: string): OeaLanding | undefined {
  const report = reportNames
    .map((name) => reports[name])
    .find((each) => landedPath.startsWith(`${landedFolder(each)}/`));
  if (report === undefined) return undefined;
  const [folder = "", ...rest] = landedPath.slice(landedFolder(report).length + 1).split("/");
  const name = rest.at(-1) ?? "";
  if (rest.length > 2 || !name.endsWith(".csv") || !folderForm.test(folder)) return undefined;
  const isSink = rest.length === 1;
  const folderType = isSink ? undefined : typeOfFolder(rest[0]);
  if (!isSink && folderType === undefined) return undefined;
  const time = isSink ? inCentralTime(folder) : folderTime(folder);
  if (Number.isNaN(time.getTime())) return undefined;
  const recognized = recognizeReport(`${report.slug}/${name}`);
  // A name without a date, such as `Students.csv`, may be for any day.
  const named = recognized?.name.includes("/") === false ? recognized : undefined;
  return {
    landedPath,
    report: named?.report ?? report,
    folder,
    time,
    name,
    named,
    folderType: folderType ?? (named ? undefined : recognized?.userType),
    hasBackslashes: isSink,
  };
}

/**
 * The user type of a landed file. The first of these decides:
 * - Clever's name;
 * - a header with `staff_id` and without `sis_id`, which Clever writes for staff only;
 * - the folder, or a name such as `Students.csv`;
 * - students, which OEA's notebook assumes for every file.
 * @param header the file's first line
 */
export function userTypeOf({ named, folderType }: OeaLanding, header: string): UserType {
  if (named !== undefined) return named.userType;
  const names: readonly string[] = header.toLowerCase().match(/[a-z_]+/g) ?? [];
  if (names.includes("staff_id") && !names.includes("sis_id")) return "staff";
  return folderType ?? "students";
}

const folderForm = /^\d{4}-\d{2}-\d{2}T\d{2}-\d{2}-\d{2}$/;

function typeOfFolder(name: string | undefined): UserType | undefined {
  return userTypes.find((type) => userTypeFolder[type].toLowerCase() === name?.toLowerCase());
}

/** A folder's time (`yyyy-MM-ddTHH-mm-ss`), read as UTC; not a number if it has another form. */
export function folderTime(folder: string): Date {
  const [day = "", time = ""] = folder.split("T");
  return new Date(`${day}T${time.replaceAll("-", ":")}Z`);
}

const central = new Intl.DateTimeFormat("en-US", {
  timeZone: "America/Chicago",
  hourCycle: "h23",
  year: "numeric",
  month: "2-digit",
  day: "2-digit",
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
});

/** A folder's time, read as US Central local time. */
function inCentralTime(folder: string): Date {
  const shown = folderTime(folder).getTime();
  if (Number.isNaN(shown)) return new Date(Number.NaN);
  const offsetAt = (time: number) => {
    const parts = Object.fromEntries(
      central.formatToParts(time).map(({ type, value }) => [type, Number(value)]),
    );
    const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts;
    return Date.UTC(year, month - 1, day, hour, minute, second) - time;
  };
  // Done twice, because the clocks may change between the first guess and the actual time.
  const guess = shown - offsetAt(shown);
  return new Date(shown - offsetAt(guess));
}
