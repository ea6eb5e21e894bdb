import { counted } from "../counted";
import type { ParticipationMetrics, Published } from "../metrics/answer";
import type { PlannedFile } from "../pipeline/plan";
import { hasTrouble } from "../pipeline/run";
import type { RunSummary } from "../pipeline/runRecord";
import type { Verification } from "../pipeline/verify";
import { bytes, columns, decimal, duration, integer, plain, styled } from "./text";

/** What people read: the same documents as `--json`, as text. */

const colours: Readonly<Record<PlannedFile["state"], Parameters<typeof styled>[0]>> = {
  new: "cyan",
  changed: "yellow",
  landed: "blue",
  anonymized: "green",
  quarantined: "red",
  ignored: "dim",
};

export function showStatus(files: readonly PlannedFile[]): string {
  const rows = files.map((file) => [
    styled(colours[file.state], file.state),
    plain(file.path),
    file.size > 0 ? bytes(file.size) : "",
    file.modified.getTime() > 0 ? file.modified.toISOString().slice(0, 16).replace("T", " ") : "",
    plain(file.reason ?? ""),
  ]);
  const counts = new Map<string, number>();
  for (const { state } of files) counts.set(state, (counts.get(state) ?? 0) + 1);
  const summary = [...counts].map(([state, count]) => `${integer(count)} ${state}`).join(", ");
  if (files.length === 0) return "There is no file on the server.";
  return `${columns(["State", "File", "Size", "Modified (UTC)", ""], rows, [2])}\n\n${counted(files.length, "file")}: ${summary}`;
}

export function showRun(summary: RunSummary): string {
  const { landed, anonymized, unchanged, rows } = summary;
  const lines: string[] = [];
  const nothing = landed === 0 && anonymized === 0 && !hasTrouble(summary) && summary.duplicates.length === 0;
  if (nothing) {
    lines.push(
      `${styled("green", "Nothing new.")} ${counted(unchanged, "report")} on the server ${unchanged === 1 ? "is" : "are"} in the lake already.`,
    );
  } else {
    const mark = hasTrouble(summary)
      ? styled("yellow", "Done, but not with every file.")
      : styled("green", "Done.");
    lines.push(
      `${mark} ${counted(landed, "file")} brought over (${bytes(summary.bytes)}), ${counted(anonymized, "file")} pseudonymized in ${duration(summary.milliseconds)}; ${integer(unchanged)} unchanged.`,
      rowsLine("daily participation", rows.daily_participation),
      rowsLine("resource usage", rows.resource_usage),
    );
  }
  if (summary.refused > 0) lines.push(rowsLine("refused", summary.refused));
  const remarks = [
    ...summary.duplicates.map(
      ({ path, reason }) => `${styled("dim", "same")}  ${plain(path)}: ${plain(reason)}`,
    ),
    ...summary.notes.map(({ path, note }) => `${styled("cyan", "note")}  ${plain(path)}: ${plain(note)}`),
  ];
  lines.push(...listed(remarks));
  if (summary.quarantined.length > 0) {
    lines.push(
      "",
      styled("red", `In quarantine (no row of them is in the tables): ${summary.quarantined.length}`),
    );
    const files = summary.quarantined.map(({ path, line, column, reason }) => {
      const where = [line === null ? "" : `line ${line}`, column ?? ""].filter(Boolean).join(", ");
      return `${plain(path)}${where ? ` (${where})` : ""}: ${plain(reason)}`;
    });
    lines.push(...listed(files));
    lines.push("  To take a file without its bad rows: clever-lake run --accept PATH");
  }
  const waiting = summary.inQuarantine.length;
  if (waiting > 0)
    lines.push(
      styled(
        "yellow",
        `${counted(waiting, "file")} from earlier runs still in quarantine; see clever-lake status.`,
      ),
    );
  if (summary.failed.length > 0) {
    lines.push("", styled("red", `Failed (the next run tries again): ${summary.failed.length}`));
    lines.push(...listed(summary.failed.map(({ path, reason }) => `${plain(path)}: ${plain(reason)}`)));
  }
  return lines.join("\n");
}

function rowsLine(what: string, rows: number): string {
  return `  ${what.padEnd(19)} ${integer(rows).padStart(12)} ${rows === 1 ? "row" : "rows"}`;
}

const shown = 10;

/** Lines with an indent, the first of them where there are many; `--json` has them all. */
function listed(lines: readonly string[]): string[] {
  const most = 20;
  const more =
    lines.length > most ? [`  … and ${integer(lines.length - most)} more; --json lists them all.`] : [];
  return [...lines.slice(0, most).map((line) => `  ${line}`), ...more];
}

export function showMetrics(metrics: ParticipationMetrics): string {
  const count = (value: Published) => (value === null ? "suppressed" : integer(value));
  const average = (value: Published) => (value === null ? "suppressed" : decimal(value));
  const name = (value: string | null) => plain(value ?? "(none)");
  const share =
    metrics.users && metrics.activeUsers !== null
      ? ` (${((100 * metrics.activeUsers) / metrics.users).toFixed(1)} %)`
      : "";
  const section = (title: string, body: string) => `${styled("bold", title)}\n${body}`;
  const days = metrics.byDay.slice(-shown);
  const resources = metrics.topResources.slice(0, shown);
  const parts = [
    `${styled("bold", count(metrics.users))} ${metrics.users === 1 ? "user" : "users"}, ${styled("bold", count(metrics.activeUsers))} active${share}, over ${styled("bold", integer(metrics.days))} ${metrics.days === 1 ? "day" : "days"}`,
    section(
      "By school",
      columns(
        ["School", "Users", "Logins a day", "Resources a day", "Different resources"],
        metrics.bySchool.map((row) => [
          name(row.school_name),
          count(row.users),
          average(row.averageLogins),
          average(row.averageResources),
          average(row.averageDistinctResources),
        ]),
        [1, 2, 3, 4],
      ),
    ),
    section(
      `Top resources${metrics.topResources.length > shown ? ` (${shown} of ${metrics.topResources.length})` : ""}`,
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
      ),
    ),
    section(
      `By day${metrics.byDay.length > shown ? ` (the last ${shown} of ${metrics.byDay.length})` : ""}`,
      columns(
        ["Day", "Active users", "Logins", "Resources", "Different resources"],
        days.map((row) => [
          row.date,
          count(row.activeUsers),
          count(row.logins),
          count(row.resources),
          count(row.distinctResources),
        ]),
        [1, 2, 3, 4],
      ),
    ),
  ];
  if (metrics.minimumGroupSize > 0) {
    parts.push(
      styled(
        "dim",
        `Groups of fewer than ${metrics.minimumGroupSize} people are suppressed, and what would give them away.`,
      ),
    );
  }
  return parts.join("\n\n");
}

export function showVerification(verification: Verification): string {
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
  const { problems, landedFiles, reportRows } = verification;
  const verdict =
    problems.length === 0
      ? `${styled("green", "Everything adds up.")} ${counted(reportRows, "row")} of reports; ${counted(landedFiles, "landed file")} read anew.`
      : [
          styled("red", `${counted(problems.length, "problem")}:`),
          ...problems.map((each) => `  ${plain(each.subject)}: ${plain(each.problem)}`),
        ].join("\n");
  return [`${tables}\n\n${verdict}`, ...waitingLines(verification.inQuarantine)].join("\n");
}

function waitingLines(paths: readonly string[]): string[] {
  if (paths.length === 0) return [];
  const title = `${counted(paths.length, "file")} in quarantine (no row of them is in the tables):`;
  return [styled("yellow", title), ...listed(paths.map(plain))];
}
