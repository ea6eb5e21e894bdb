import path from "node:path";
import { stringify } from "csv-stringify/sync";
import { type Report, reportNames, reports, type UserType, userTypes } from "../clever/reports";
import { DayActivity, pickersOf } from "./activity";
import type { SampleDistrict } from "./district";
import { writeSampleFile } from "./writeFile";

const chunkLength = 65_536;

/** Cells as part of a CSV line, with a trailing comma. */
function csvCells(...cells: string[]): string {
  return `${stringify([cells], { record_delimiter: "" })},`;
}

function header(report: Report, userType: UserType): string {
  const names = report.columns.map(({ name, headerOf }) => headerOf?.[userType] ?? name);
  return stringify([names]);
}

/**
 * Everything that stays the same between two changes of resources, created once: people's CSV cells, and the
 * resources that they draw from.
 */
function prepare(district: SampleDistrict, userType: UserType, date: string) {
  const schoolCells = new Map(district.schools.map((school) => [school, csvCells(school.id, school.name)]));
  const people = district.people[userType];
  return {
    pickers: pickersOf(district, people, date),
    // Ids consist of digits and letters and never need quotes.
    cells: people.map(
      ({ sisId, cleverUserId, school }) => `${sisId},${cleverUserId},${schoolCells.get(school)}`,
    ),
  };
}
type Prepared = ReturnType<typeof prepare>;

/** The cells of the current person, without the `sis_id` of one who left. */
function personCells({ cells }: Prepared, { person, left }: DayActivity): string {
  const all = cells[person] ?? "";
  return left ? all.slice(all.indexOf(",")) : all;
}

/** A report's lines about the current person's day; each begins with `cells`, those of the day and the person. */
type LinesOf = (activity: DayActivity, cells: string) => string;

const participationLines: LinesOf = ({ resourceCount, logins }, cells) =>
  `${cells}${resourceCount > 0},${logins},${resourceCount}\n`;

function usageLines(district: SampleDistrict, date: string): LinesOf {
  const resourceCells = district.resources.map(({ type, name, id, renamed }) =>
    csvCells(type, renamed !== undefined && date >= renamed.onDay ? renamed.newName : name, id),
  );
  return ({ resourceCount, resources, accesses }, cells) => {
    let lines = "";
    for (let n = 0; n < resourceCount; n++)
      lines += `${cells}${resourceCells[resources[n] ?? 0]}${accesses[n]}\n`;
    return lines;
  };
}

/**
 * The files that Clever would publish for the district, by day; none for a user type without people. `rows` generates a
 * file's text in chunks of about 64 KiB; every call starts again.
 */
export function* districtFiles(district: SampleDistrict) {
  const known = new Map<string, Prepared>();
  const preparedFor = (userType: UserType, date: string): Prepared => {
    const changes = district.resources.filter(
      ({ changed }) => changed !== undefined && date >= changed.onDay,
    );
    const key = `${userType}/${changes.length}`;
    const prepared = known.get(key) ?? prepare(district, userType, date);
    known.set(key, prepared);
    return prepared;
  };
  const present = userTypes.filter((userType) => district.people[userType].length > 0);
  for (const [day, date] of district.days.entries()) {
    for (const report of reportNames) {
      for (const userType of present) {
        const { slug } = reports[report];
        const rows = function* () {
          const people = preparedFor(userType, date);
          const activity = new DayActivity(district, userType, day, people.pickers);
          const linesOf = report === "resource_usage" ? usageLines(district, date) : participationLines;
          let chunk = header(reports[report], userType);
          while (activity.next()) {
            chunk += linesOf(activity, `${date},${personCells(people, activity)}`);
            if (chunk.length < chunkLength) continue;
            yield chunk;
            chunk = "";
          }
          yield chunk;
        };
        yield { path: `${slug}/${date}-${slug}-${userType}.csv`, report, userType, date, rows };
      }
    }
  }
}

export interface WriteDistrictOptions {
  readonly signal?: AbortSignal;
  /** First and last day to write, `yyyy-MM-dd`, both inclusive. */
  readonly from?: string;
  readonly to?: string;
}

/**
 * Writes the district's files below `folder`, as on Clever's server, in bounded memory, and resolves to their paths.
 * A file gets its name only when it is complete, and is dated 05:00 UTC of the next day. Rejects with `io` if writing
 * fails, or with the signal's reason.
 */
export async function writeDistrict(
  district: SampleDistrict,
  folder: string,
  { signal, from = "", to = "9999-12-31" }: WriteDistrictOptions = {},
): Promise<string[]> {
  const written: string[] = [];
  for (const file of districtFiles(district)) {
    if (file.date < from || file.date > to) continue;
    signal?.throwIfAborted();
    await writeSampleFile({
      subject: file.path,
      target: path.join(folder, file.path),
      text: file.rows(),
      modified: new Date(Date.parse(file.date) + 29 * 3_600_000),
      signal,
    });
    written.push(file.path);
  }
  return written;
}
