import { counted } from "../basics/counted";
import { groupBy } from "../basics/groupBy";
import type { MissingReport, People, ReportKind, Shown } from "../dashboard/answer";
import type { DashboardFilter } from "../dashboard/filter";
import type { ParticipationMetrics, Suppressible } from "../dashboard/query/metrics";
import type { CutGroup, Place } from "../dashboard/withheld";
import type { RunSummary } from "../pipeline/log/runRecord";
import type { Freshness } from "../pipeline/plan/freshness";
import type { PlannedFile } from "../pipeline/plan/plan";
import type { Status } from "../pipeline/plan/status";
import { hasMissingReports } from "../pipeline/runSummary";
import type { Verification } from "../pipeline/verify/verify";
import { comparisonParts, hasNumbers } from "./comparison";
import { foreignChangeLines, identityLines } from "./findings";
import { columns } from "./table";
import { bytes, decimal, duration, integer, plain, styled } from "./text";

/** Text output of the documents that `--json` prints. */

const colours: Readonly<Record<PlannedFile["state"], Parameters<typeof styled>[0]>> = {
  new: "cyan",
  changed: "yellow",
  landed: "blue",
  anonymized: "green",
  quarantined: "red",
  dismissed: "dim",
  ignored: "dim",
};

/** @param identities what the last run noticed about people's ids */
export function showStatus(
  { isNew, files, freshness, overdue, needsAdoption, changedByOthers }: Status,
  lakeUrl: string,
  identities?: RunSummary["identities"],
): string {
  const rows = files.map((file) => [
    styled(colours[file.state], file.state),
    plain(file.path),
    // What could not be listed has neither.
    file.size > 0 || file.modified.getTime() > 0 ? bytes(file.size) : "",
    file.modified.getTime() > 0 ? file.modified.toISOString().slice(0, 16).replace("T", " ") : "",
    plain(file.reason ?? ""),
  ]);
  const counts = new Map<string, number>();
  for (const { state } of files) counts.set(state, (counts.get(state) ?? 0) + 1);
  const summary = [...counts].map(([state, count]) => `${integer(count)} ${state}`).join(", ");
  const listing = columns(["State", "File", "Size", "Modified (UTC)", ""], rows, [2]);
  const none = "There are no files on the server.";
  const noticed = identityLines(identities);
  return [
    files.length === 0 ? none : `${listing}\n\n${counted(files.length, "file")}: ${summary}`,
    ...(isNew ? [newLakeLines(lakeUrl)] : []),
    ...(noticed.length > 0 ? [["Noticed by the last run:", ...noticed].join("\n")] : []),
    ...(freshness.length > 0 ? [newestDays(freshness)] : []),
    ...overdue.map((kind) => styled("red", `Overdue: ${overdueLine(kind)}`)),
    ...(needsAdoption ? [adoptionLines()] : []),
    ...(changedByOthers.length > 0 ? [foreignChangeLines(changedByOthers).join("\n")] : []),
  ].join("\n\n");
}

function newLakeLines(lakeUrl: string): string {
  return newLake(`There is no lake at ${plain(lakeUrl)} yet; the first run creates it.`);
}

export function newLakeCreated(lakeUrl: string): string {
  return newLake(`There was no lake at ${plain(lakeUrl)}; this run created it.`);
}

function newLake(sentence: string): string {
  const hint = 'If there should be one, check "url" under "lake", and whether its disk is mounted.';
  return `${styled("yellow", sentence)}\n${hint}`;
}

function adoptionLines(): string {
  return [
    styled("red", "OEA's notebooks wrote this lake. Nothing is ingested until its adoption is complete."),
    "`clever-lake adopt --dry-run` shows what there is; `clever-lake adopt` adopts it.",
  ].join("\n");
}

function newestDays(freshness: readonly Freshness[]): string {
  const rows = freshness.map((kind) => [kindName(kind), kind.newestDay, integer(kind.schoolDays)]);
  return columns(["In the tables", "Newest day", "School days since"], rows, [2]);
}

export function showRun(summary: RunSummary): string {
  const { landed, anonymized, unchanged, rows } = summary;
  const lines: string[] = [];
  const { reportsOnServer, notRead } = summary;
  const nothing = landed === 0 && anonymized === 0 && !hasMissingReports(summary);
  if (reportsOnServer === 0) {
    lines.push(
      `${styled("red", "There are no reports on the server.")} Check "root" under "sftp", and "userTypes"; clever-lake status shows the files.`,
    );
  } else if (nothing && reportsOnServer === null) {
    lines.push(`${styled("green", "Nothing new.")} There was nothing to pseudonymize.`);
  } else if (nothing) {
    lines.push(
      `${styled("green", "Nothing new.")} ${counted(unchanged, "report")} on the server ${unchanged === 1 ? "is" : "are"} in the lake already.`,
    );
  } else {
    const mark = hasMissingReports(summary)
      ? styled("yellow", "Done, but some files were left out.")
      : styled("green", "Done.");
    lines.push(
      `${mark} ${counted(landed, "file")} ingested (${bytes(summary.bytes)}), ${counted(anonymized, "file")} pseudonymized in ${duration(summary.milliseconds)}; ${integer(unchanged)} unchanged.`,
      rowsLine("daily participation", rows.daily_participation),
      rowsLine("resource usage", rows.resource_usage),
    );
  }
  if (summary.superseded > 0) lines.push(rowsLine("superseded by newer files", summary.superseded));
  if (summary.refused > 0) lines.push(rowsLine("refused", summary.refused));
  lines.push(...identityLines(summary.identities));
  lines.push(
    ...listed(
      summary.notes.map(({ path, note }) => `${styled("cyan", "note")}  ${plain(path)}: ${plain(note)}`),
    ),
  );
  if (summary.overdue.length > 0) {
    lines.push("", styled("red", `Overdue: ${integer(summary.overdue.length)}`));
    lines.push(...listed(summary.overdue.map(overdueLine)));
  }
  if (summary.changedByOthers.length > 0) lines.push("", ...foreignChangeLines(summary.changedByOthers));
  if (notRead.length > 0) {
    lines.push("", styled("yellow", `On the server and not read: ${integer(notRead.length)}`));
    lines.push(...listed(notRead.map(({ path, reason }) => `${plain(path)}: ${plain(reason)}`)));
  }
  if (summary.quarantined.length > 0) lines.push(...quarantineLines(summary.quarantined));
  const waiting = summary.inQuarantine.length;
  if (waiting > 0)
    lines.push(
      styled(
        "yellow",
        `${counted(waiting, "file")} from earlier runs still in quarantine; see clever-lake status.`,
      ),
    );
  if (summary.failed.length > 0) {
    lines.push("", styled("red", `Failed (the next run retries them): ${integer(summary.failed.length)}`));
    // A missing program, for example, fails every file for the same reason.
    const byReason = groupBy(summary.failed, ({ reason }) => reason);
    lines.push(...listed([...byReason].map(([reason, files]) => `${firstOf(files)}: ${plain(reason)}`)));
  }
  return lines.join("\n");
}

function firstOf([first, ...others]: RunSummary["failed"]): string {
  const path = plain(first?.path ?? "");
  return others.length === 0 ? path : `${path} and ${counted(others.length, "other file")}`;
}

function overdueLine(kind: Freshness): string {
  return `${kindName(kind)}: the newest day is ${kind.newestDay}, with ${counted(kind.schoolDays, "school day")} since.`;
}

function kindName({ report, userType }: Freshness): string {
  return `${report.replaceAll("_", " ")} of ${userType}`;
}

function quarantineLines(quarantined: RunSummary["quarantined"]): string[] {
  const without = quarantined.every(({ hasEarlierRows }) => !hasEarlierRows);
  const title = `In quarantine${without ? " (none of their rows are in the tables)" : ""}: ${integer(quarantined.length)}`;
  const files = quarantined.map(({ path, line, column, reason, acceptable }) => {
    const where = [line === null ? "" : `line ${line}`, column ?? ""].filter(Boolean).join(", ");
    const way = acceptable ? "" : " It must be delivered again.";
    return `${plain(path)}${where ? ` (${where})` : ""}: ${plain(reason)}${way}`;
  });
  const isMixed = quarantined.some(({ acceptable }) => !acceptable);
  const which = isMixed ? "one of the other files" : "a file";
  const hint = `  To accept ${which} without its bad rows: clever-lake run --accept PATH`;
  const helps = quarantined.some(({ acceptable }) => acceptable);
  // The next run's document does not have these reasons.
  const listing = listed(files, "clever-lake status lists");
  return ["", styled("red", title), ...listing, ...(helps ? [hint] : [])];
}

function rowsLine(what: string, rows: number): string {
  return `  ${what.padEnd(25)} ${integer(rows).padStart(11)} ${rows === 1 ? "row" : "rows"}`;
}

const shown = 10;

/** Indented lines, only the first ones if there are many. */
function listed(lines: readonly string[], completeList = "--json lists"): string[] {
  const max = 20;
  const more =
    lines.length > max ? [`  … and ${integer(lines.length - max)} more; ${completeList} them all.`] : [];
  return [...lines.slice(0, max).map((line) => `  ${line}`), ...more];
}

/** The part of a question that the text repeats. */
interface Asked {
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly userTypes?: DashboardFilter["userTypes"];
}

export function showMetrics(
  metrics: ParticipationMetrics,
  { from, to, userTypes = [] }: Asked = {},
  quarantined: readonly string[] = [],
): string {
  const { minimumGroupSize, withheld } = metrics;
  /** `unknown` are reports that are missing: then nothing is suppressed. */
  const nothing = (unknown: readonly ReportKind[] = []) => (unknown.length > 0 ? "–" : "suppressed");
  const count = (value: People, unknown?: readonly ReportKind[]) =>
    value === null ? nothing(unknown) : value === "few" ? `<${minimumGroupSize}` : integer(value);
  const average = (value: Shown, unknown?: readonly ReportKind[]) =>
    value === null ? nothing(unknown) : decimal(value);
  const isMarked = ({ partly, suppressed }: Suppressible) => partly === true && suppressed !== true;
  const name = (value: string | null, entry: Suppressible = {}) =>
    `${plain(value ?? "(none)")}${isMarked(entry) ? " *" : ""}`;
  const share =
    typeof metrics.users === "number" && metrics.users > 0 && typeof metrics.activeUsers === "number"
      ? ` (${((100 * metrics.activeUsers) / metrics.users).toFixed(1)} %)`
      : "";
  const section = (title: string, body: string) => `${styled("bold", title)}\n${body}`;
  const newest = metrics.byDay.slice(-shown);
  const resources = metrics.topResources.slice(0, shown);
  const { comparison } = metrics;
  const range = [from ? `from ${from}` : "", to ? `to ${to}` : ""].filter(Boolean).join(" ");
  const isEmpty = metrics.byDay.length === 0 && withheld.filter.length === 0;
  const headline = `${styled("bold", count(metrics.users, metrics.absent))} ${peopleWord(metrics.users, userTypes)}, ${styled("bold", count(metrics.activeUsers, metrics.absent))} active${share}, over ${styled("bold", count(metrics.days))} ${metrics.days === 1 ? "day" : "days"} with daily participation`;
  // Days are counted unless everything is suppressed.
  const isSuppressed = metrics.days === null;
  const parts = [
    isSuppressed ? styled("bold", "All numbers are suppressed.") : headline,
    ...(isEmpty ? [`The tables have no rows for this question${range && ` ${range}`}.`] : []),
    ...(isEmpty || isSuppressed
      ? []
      : [
          section(
            "By school",
            columns(
              ["School", "Users", "Logins a day", "Resources a day", "Distinct resources"],
              metrics.bySchool.map((row) => [
                name(row.school_name, row),
                count(row.users, row.absent),
                average(row.averageLogins, row.absent),
                average(row.averageResources, row.absent),
                average(row.averageDistinctResources, row.absent),
              ]),
              [1, 2, 3, 4],
              0,
            ),
          ),
          section(
            `Top resources${metrics.topResources.length > shown ? ` (${shown} of ${integer(metrics.topResources.length)})` : ""}`,
            columns(
              ["Resource", "Type", "Users", "Accesses", "Person-days"],
              resources.map((row) => [
                name(row.resource_name),
                name(row.resource_type),
                count(row.users),
                count(row.accesses),
                count(row.rows),
              ]),
              [2, 3, 4],
              0,
            ),
          ),
          section(
            `By day${metrics.byDay.length > shown ? ` (the last ${shown} of ${integer(metrics.byDay.length)})` : ""}`,
            columns(
              ["Day", "Active users", "Logins", "Resources", "Distinct resources"],
              newest.map((row) => [
                name(row.date, row),
                count(row.activeUsers, row.missing),
                count(row.logins, row.missing),
                count(row.resources, row.missing),
                count(row.distinctResources, row.missing),
              ]),
              [1, 2, 3, 4],
            ),
          ),
        ]),
  ];
  if (comparison) parts.push(...comparisonParts(comparison, { count, average, name }, shown));
  // The periods of a comparison may overlap.
  const ofBoth = (lines: readonly string[]) => [...new Set(lines)];
  const { missing: missingBefore = [], uncounted: uncountedBefore = [] } = comparison?.before ?? {};
  const lines = ofBoth([
    ...metrics.absent.map(absentLine),
    ...[...missingBefore, ...metrics.missing].map(missingLine),
    ...quarantined.map((file) => `${plain(file)}: in quarantine. The numbers do not include it.`),
  ]);
  if (lines.length > 0) parts.push([styled("bold", "Missing reports"), ...listed(lines)].join("\n"));
  const cut = [...withheld.filter, ...withheld.schools].map((group) => cutLine(group, minimumGroupSize));
  const days = [...uncountedBefore, ...withheld.days].map(
    ({ group, ...when }) =>
      `${placesText(group)}: not counted ${daysText(when)}, on which fewer than ${minimumGroupSize} of these people are in the reports.`,
  );
  const left = ofBoth([...cut, ...days]);
  if (left.length > 0) {
    const rest = [...metrics.bySchool, ...newest, ...(comparison?.bySchool.filter(hasNumbers) ?? [])];
    const note = rest.some(isMarked) ? ["Numbers marked * cover only the rest."] : [];
    parts.push([styled("bold", "Suppressed"), ...listed(left), ...note].join("\n"));
  }
  if (minimumGroupSize > 1) {
    parts.push(
      styled(
        "dim",
        `Every number is about whole groups of at least ${minimumGroupSize} people; fewer people within them are shown as <${minimumGroupSize}.`,
      ),
    );
  }
  return parts.join("\n\n");
}

/** Who is counted. */
function peopleWord(count: People, userTypes: DashboardFilter["userTypes"]): string {
  if (count === 1) return "user";
  return userTypes.length === 1 || userTypes.length === 2 ? userTypes.join(" and ") : "users";
}

const reportName = (report: ReportKind) =>
  ({ dailyParticipation: "daily participation", resourceUsage: "resource usage" })[report];

function absentLine(report: ReportKind): string {
  return `${reportName(report)}: no day of the range has this report for these people, so its numbers are unknown.`;
}

function daysText({ days, first, last }: Pick<MissingReport, "days" | "first" | "last">): string {
  return days === 1 ? `on ${first}` : `on ${counted(days, "day")} from ${first} to ${last}`;
}

function missingLine({ report, userType, ...when }: MissingReport): string {
  return `${reportName(report)} of ${userType}: missing ${daysText(when)}. The numbers do not include it.`;
}

function cutLine({ left, together, isSmall, each }: CutGroup, minimum: number): string {
  const others = together.length === 0 ? "" : ` with ${placesText(together)}`;
  return isSmall
    ? `${placesText(left)}: fewer than ${minimum} people${each ? " each" : ""}; shown only together${others}.`
    : `${placesText(left)}: shown only together${others}; not all of them have ${minimum} people.`;
}

/** A grade that is not a number, such as Kindergarten, is a name. */
function gradesText(grades: readonly (string | null)[]): string {
  const list = grades.map((grade) => grade ?? "no grade").join(", ");
  return grades.some((grade) => /^\d+$/.test(grade ?? "")) ? `grade ${list}` : list;
}

function placesText(places: readonly Place[]): string {
  return places
    .map(({ userType, school, grades }) =>
      plain(
        [
          ...(userType === "students" ? [] : [userType]),
          `${school ?? "(no school)"}${grades === null ? "" : ` (${gradesText(grades)})`}`,
        ].join(", "),
      ),
    )
    .join("; ");
}

/** @param pseudonymsHashed whether a salt was given */
export function showVerification(verification: Verification, pseudonymsHashed = true): string {
  const tables = columns(
    ["Table", "Version", "Files", "Rows"],
    verification.tables.map((row) => [
      row.table,
      integer(row.version),
      integer(row.files),
      integer(row.rows),
    ]),
    [1, 2, 3],
  );
  const { problems, leftovers, landedFiles, reportRows } = verification;
  const verdict =
    problems.length === 0
      ? `${styled("green", "No discrepancies found.")} ${counted(reportRows, "row")} of reports; ${counted(landedFiles, "landed file")} read again.`
      : [
          styled("red", `${counted(problems.length, "problem")}:`),
          ...problems.map((each) => `  ${plain(each.subject)}: ${plain(each.problem)}`),
          "clever-lake repair --dry-run shows what can be rebuilt from the landed files.",
        ].join("\n");
  const left = leftovers.map((each) => `  ${plain(each.subject)}: ${plain(each.note)}`);
  return [
    `${tables}\n\n${verdict}`,
    ...(pseudonymsHashed ? [] : ["Pseudonyms were not hashed again: there is no salt (CLEVER_SALT)."]),
    ...(left.length > 0 ? ["", "Not part of the data:", ...left] : []),
    ...waitingLines(verification),
  ].join("\n");
}

function waitingLines({ inQuarantine, withEarlierRows, problems }: Verification): string[] {
  if (inQuarantine.length === 0) return [];
  // Rows in a table that could not be read are unknown.
  const without =
    withEarlierRows.length === 0 && problems.length === 0 ? " (none of their rows are in the tables)" : "";
  const title = `${counted(inQuarantine.length, "file")} in quarantine${without}:`;
  const files = inQuarantine.map((path) =>
    withEarlierRows.includes(path)
      ? `${plain(path)}: The rows of the previous delivery stay in the tables.`
      : plain(path),
  );
  return [styled("yellow", title), ...listed(files)];
}
