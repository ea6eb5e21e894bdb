import { compareGrades, isKnownGrade } from "../../clever/grades";
import type { Problem } from "../../clever/header";
import type { RosterRow } from "../../clever/roster";
import { pseudonymOf } from "../salt/saltOfLookups";

/** A student without an identity. */
export interface PseudonymizedStudent {
  readonly pseudonym: string;
  readonly school: string | null;
  readonly grade: string | null;
}

/** The grades that occur, in Clever's order; those unknown to Clever, by name. */
export interface RosterGrades {
  readonly known: readonly string[];
  readonly unknown: readonly string[];
  /** Students without one. */
  readonly without: number;
}

interface Row {
  readonly line: number;
  readonly school: string | null;
  grade: string | null;
}

/** An unknown grade that fewer students share may be a name from a shifted cell. */
const minSharing = 5;

const unsharedReason = `Clever has no such grade, and fewer than ${minSharing} students share it: it may be an identity from a shifted cell.`;

/** The maximum number of refused rows that are listed. */
const maxProblems = 20;

/**
 * The students of a roster, each once, under their pseudonyms: joins to other tables must not count anybody twice. A
 * roster repeats a student for every contact and for every additional school. The first row's school is kept, and a
 * grade that only a later row has. Every row is counted in exactly one way.
 *
 * Rows are added first and resolved afterwards, because only the whole file shows who shares a grade.
 */
export class RosterStudents {
  /** Rows for contacts, of the same school; and rows for additional schools. */
  repeated = 0;
  furtherSchools = 0;
  private readonly rows = new Map<string, Row[]>();
  private readonly students = new Map<string, Row>();
  private readonly refusals: Problem[] = [];

  constructor(private readonly salt: string) {}

  get count(): number {
    return this.students.size;
  }

  /** How many schools they have. */
  get schools(): number {
    return new Set([...this.students.values()].flatMap(({ school }) => school ?? [])).size;
  }

  get refused(): number {
    return this.refusals.length;
  }

  /** The first refused rows. */
  get problems(): readonly Problem[] {
    return this.refusals.toSorted((one, other) => one.line - other.line).slice(0, maxProblems);
  }

  grades(): RosterGrades {
    const found = new Map<string | null, number>();
    for (const { grade } of this.students.values()) found.set(grade, (found.get(grade) ?? 0) + 1);
    const sorted = [...found.keys()].filter((grade) => grade !== null).sort(compareGrades);
    return {
      known: sorted.filter(isKnownGrade),
      unknown: sorted.filter((grade) => !isKnownGrade(grade)),
      without: found.get(null) ?? 0,
    };
  }

  add({ line, studentId, schoolId: school, grade }: RosterRow): void {
    // Outside the engine, so that no raw id of the roster can be spilled to disk.
    const pseudonym = pseudonymOf(studentId, this.salt);
    const rows = this.rows.get(pseudonym) ?? [];
    this.rows.set(pseudonym, rows);
    rows.push({ line, school, grade });
  }

  refuse(problem: Problem): void {
    this.refusals.push(problem);
  }

  /** Turns the rows into students, once all have been added. */
  settle(): void {
    const unshared = this.unsharedGrades();
    for (const [pseudonym, rows] of this.rows) {
      for (const row of rows) {
        if (row.grade === null || !unshared.has(row.grade)) this.take(pseudonym, row);
        else this.refuse({ line: row.line, column: "grade", reason: unsharedReason });
      }
    }
    this.rows.clear();
  }

  private take(pseudonym: string, row: Row): void {
    const { line, school, grade } = row;
    const known = this.students.get(pseudonym);
    if (known === undefined) {
      this.students.set(pseudonym, row);
      return;
    }
    if (grade !== null && known.grade !== null && grade !== known.grade) {
      const reason = `The same student is on line ${known.line} with another grade; that one is kept.`;
      this.refuse({ line, column: "grade", reason });
      return;
    }
    known.grade ??= grade;
    if (known.school === school) this.repeated++;
    else this.furtherSchools++;
  }

  /** The unknown grades that too few students share. */
  private unsharedGrades(): ReadonlySet<string> {
    const sharing = new Map<string, number>();
    for (const rows of this.rows.values()) {
      for (const grade of new Set(rows.map((row) => row.grade))) {
        if (grade !== null && !isKnownGrade(grade)) sharing.set(grade, (sharing.get(grade) ?? 0) + 1);
      }
    }
    return new Set([...sharing].flatMap(([grade, students]) => (students < minSharing ? [grade] : [])));
  }

  *[Symbol.iterator](): Generator<PseudonymizedStudent> {
    for (const [pseudonym, { school, grade }] of this.students) yield { pseudonym, school, grade };
  }
}
