import type { Config, Secrets } from "../config";
import { counted } from "../counted";
import { CleverLakeError } from "../errors";
import { importRoster, type RosterProgress, type RosterSummary } from "../pipeline/roster/importRoster";
import { rosterOnDisk, rosterOnServer } from "../pipeline/roster/rosterFile";
import { openLake, openSource, readSalt } from "./connect";
import { integer, plain, styled } from "./text";

export interface RosterOptions {
  /** On the local disk. */
  readonly file?: string;
  /** On the SFTP server, relative to its root. */
  readonly sftp?: string;
  readonly keepRaw?: true;
  readonly replace?: true;
}

/** Imports the roster given by the options; see `importRoster`. */
export async function importNamedRoster(
  config: Config,
  secrets: Secrets,
  options: RosterOptions,
  signal: AbortSignal,
): Promise<RosterSummary> {
  const { file, sftp, keepRaw = false, replace = false } = options;
  if ((file === undefined) === (sftp === undefined)) {
    throw new CleverLakeError("config", "A roster is imported from one place.", {
      hint: "Pass either --file or --sftp.",
    });
  }
  const lake = await openLake(config, secrets);
  const salt = await readSalt(config, secrets, signal);
  const { maxShrink } = config;
  // Loaded only when needed.
  const divide = async (minimumGroupSize: number) =>
    (await import("./participation")).divisionIn(lake, config, { minimumGroupSize }, signal);
  const request = { lake, salt, keepRaw, maxShrink, replace, divide, signal, onProgress: shareOnTerminal() };
  try {
    if (file !== undefined) return await importRoster({ ...request, file: await rosterOnDisk(file) });
    await using source = await openSource(config, secrets);
    return await importRoster({ ...request, file: await rosterOnServer(source, sftp ?? "", signal) });
  } finally {
    if (process.stderr.isTTY) process.stderr.write("\x1b[2K\r");
  }
}

function shareOnTerminal(): ((progress: RosterProgress) => void) | undefined {
  if (!process.stderr.isTTY) return undefined;
  let shown = -1;
  return ({ bytes, bytesRead }) => {
    const percent = Math.floor((100 * bytesRead) / Math.max(1, bytes));
    if (percent === shown) return;
    shown = percent;
    process.stderr.write(`  Reading the roster: ${percent} %\r`);
  };
}

/** Text output of an import. */
export function showRoster(summary: RosterSummary): string {
  const { students, repeated, furtherSchools, refused, withoutGrade, inReports } = summary;
  const done =
    summary.outcome === "unchanged"
      ? `${styled("green", "Unchanged:")} the lake already has exactly these ${counted(students, "student")}.`
      : `${styled(refused > 0 ? "yellow" : "green", "Imported:")} ${counted(students, "student")} with school and grade; nothing else of the roster is kept.`;
  const grades = [...summary.grades, ...summary.unknownGrades].map(plain).join(", ");
  const lines = [done, `  grades: ${grades || "none"}`];
  const addLine = (count: number, text: string) => {
    if (count > 0) lines.push(`  ${integer(count)} ${text}`);
  };
  addLine(
    summary.unknownGrades.length,
    `of these grades ${summary.unknownGrades.length === 1 ? "is" : "are"} not Clever's: ${summary.unknownGrades.map(plain).join(", ")}`,
  );
  addLine(withoutGrade, "without a grade");
  addLine(repeated, `${repeated === 1 ? "row that repeats" : "rows that repeat"} a student, as for contacts`);
  addLine(
    furtherSchools,
    `${furtherSchools === 1 ? "row" : "rows"} for a further school; the first school is kept`,
  );
  if (summary.keptRaw !== null) lines.push(`  the file is kept unchanged: ${plain(summary.keptRaw)}`);
  for (const note of summary.notes) lines.push(`  ${styled("cyan", "note")}  ${note}`);
  if (inReports === 0) {
    lines.push(
      styled(
        "red",
        "  None of them is in the lake's reports: is Student_id the id that the reports call sis_id?",
      ),
    );
  } else if (inReports !== null) lines.push(`  ${integer(inReports)} of them are in the lake's reports`);
  if (refused > 0) {
    lines.push("", styled("red", `Refused (not imported): ${counted(refused, "row")}`));
    const problems = summary.problems.map(({ line, column, reason }) => {
      return `line ${line}${column === null ? "" : `, ${column}`}: ${reason}`;
    });
    lines.push(...problems.map((problem) => `  ${problem}`));
    if (refused > problems.length) lines.push(`  … and ${integer(refused - problems.length)} more.`);
  }
  return lines.join("\n");
}
