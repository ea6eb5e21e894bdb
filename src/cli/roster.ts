import { counted } from "../basics/counted";
import type { RosterSummary } from "../pipeline/roster/importRoster";
import { integer, plain, styled } from "./text";

/** Text output of an import. */
export function showRoster(summary: RosterSummary): string {
  const { students, repeated, furtherSchools, refused, withoutGrade, inReports } = summary;
  const done =
    summary.outcome === "unchanged"
      ? `${styled("green", "Unchanged:")} the lake already has exactly these ${counted(students, "student")}.`
      : `${styled(refused > 0 ? "yellow" : "green", "Imported:")} ${counted(students, "student")} with school and grade${summary.keptRaw === null ? "; nothing else of the roster is kept" : ""}.`;
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
  addLine(
    repeated,
    `${repeated === 1 ? "row that repeats" : "rows that repeat"} a student, one for each contact`,
  );
  addLine(
    furtherSchools,
    `${furtherSchools === 1 ? "row" : "rows"} for an additional school; the first school is kept`,
  );
  if (summary.keptRaw !== null) lines.push(`  the file is kept unchanged: ${plain(summary.keptRaw)}`);
  for (const note of summary.notes) lines.push(`  ${styled("cyan", "note")}  ${note}`);
  if (inReports === 0) {
    lines.push(
      styled(
        "red",
        "  None of the students is in the lake's reports: is Student_id the id that the reports call sis_id?",
      ),
    );
  } else if (inReports !== null)
    lines.push(`  ${integer(inReports)} of the students are in the lake's reports`);
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
