import type { Readable } from "node:stream";
import { isKnownGrade, normalizedGrade } from "./grades";
import { cellOf, type Header, type Problem } from "./header";
import { judgeRows } from "./judgeRows";
import { maskText } from "./maskedText";
import { type CsvShape, column, type TableColumn } from "./reports";
import { isBlank } from "./values";

/** The name of Clever's roster file, in any folder. */
export const rosterFileName = "students.csv";

/**
 * The columns of `students.csv` that are read, out of the many that it has (Clever's SFTP specification). Only the
 * first three are kept; the birth date only helps to detect shifted rows.
 */
const columns = {
  studentId: column("student_id", "string", { pseudonymization: "hash", blank: false }),
  schoolId: column("school_id", "string"),
  grade: column("grade", "string"),
  birthDate: column("dob", "string", { required: false }),
};

export const rosterShape: CsvShape = {
  title: "student roster",
  columns: Object.values(columns),
  ignoresExtraColumns: true,
};

/**
 * The table of the roster. `Student_id` is what the reports call `sis_id`, so the pseudonyms join. `school_id` is the
 * school's id in the student information system, not the `clever_school_id` of the reports.
 */
export const rosterColumns: readonly TableColumn[] = [
  { name: "sis_id_pseudonym", type: "string" },
  { name: "school_id", type: "string" },
  { name: "grade", type: "string" },
];

/** A student on one line of the roster. Students can occur more than once. */
export interface RosterRow {
  readonly line: number;
  /** A raw identity. */
  readonly studentId: string;
  readonly schoolId: string | null;
  /** In Clever's spelling if Clever has this grade; null if blank. */
  readonly grade: string | null;
}

/**
 * Reads a roster row by row; for a bad row, returns the reason. Rows without any value, which spreadsheets leave at the
 * end, do not count as rows.
 *
 * @param open opens the file's bytes from the start; called twice
 */
export async function* readRoster(open: () => Readable, header: Header): AsyncGenerator<RosterRow | Problem> {
  for await (const { line, cells, problem } of judgeRows(open, rosterShape, header, "unknown")) {
    if (problem || cells === undefined) {
      yield problem ?? { line, column: undefined, reason: "The row cannot be parsed." };
      continue;
    }
    yield rosterRow(line, (name) => cellOf(header, columns[name], cells) ?? "");
  }
}

function rosterRow(line: number, cell: (name: keyof typeof columns) => string): RosterRow | Problem {
  const school = cell("schoolId");
  const text = cell("grade");
  const grade = isBlank(text) ? null : normalizedGrade(text);
  if (grade !== null && !isKnownGrade(grade) && !(mayBeGrade(grade) && isDate(cell("birthDate")))) {
    const reason =
      "This is not a grade: the row's cells may be shifted, and an identity must not be stored as a grade.";
    return { line, column: columns.grade.name, reason };
  }
  const studentId = cell("studentId");
  const isOwn = (id: string) => id === studentId.trim().toLowerCase();
  return { line, studentId, schoolId: isBlank(school) ? null : maskText(school, "id", isOwn), grade };
}

/** The format of a district's own grades; ids, dates, e-mail and other addresses look different. */
function mayBeGrade(text: string): boolean {
  return text.length <= 24 && /^[\p{L}\p{N} +&()/.,'-]+$/u.test(text) && !/\p{N}{3}/u.test(text);
}

/** In a shifted row, the birth date's column contains another cell. */
function isDate(text: string): boolean {
  return isBlank(text) || /^[0-9]{1,4}([-/.])[0-9]{1,2}\1[0-9]{1,4}\b/.test(text.trim());
}
