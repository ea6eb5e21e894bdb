import { createHash } from "node:crypto";
import { compareGrades, isKnownGrade } from "../clever/grades";
import type { Problem } from "../clever/header";
import type { RosterRow } from "../clever/roster";

/** A student without an identity. */
export interface PseudonymizedStudent {
  readonly pseudonym: string;
  readonly school: string | null;
  readonly grade: string | null;
}

/** The grades that occur, in Clever's order; those that Clever does not have, by name. */
export interface RosterGrades {
  readonly known: readonly string[];
  readonly unknown: readonly string[];
  /** Students with a grade that Clever does not have, and without one. */
  readonly withUnknown: number;
  readonly without: number;
}

interface Known {
  readonly line: number;
  readonly school: string | null;
  grade: string | null;
}

/** So many refused rows are told one by one. */
const mostProblems = 20;

/**
 * The students of a roster, each once, under their pseudonyms: what joins them to other tables must not count anybody
 * twice. A roster names a student again for every contact and for every further school; the school of the first row
 * is kept, and a grade that only a later row has. Every row is counted as one thing or another.
 */
export class RosterStudents {
  /** Rows for contacts, of the same school; and rows for further schools. */
  repeated = 0;
  furtherSchools = 0;
  refused = 0;
  /** The first of the refused rows. */
  readonly problems: Problem[] = [];
  private readonly students = new Map<string, Known>();

  constructor(private readonly salt: string) {}

  get count(): number {
    return this.students.size;
  }

  grades(): RosterGrades {
    const found = new Map<string | null, number>();
    for (const { grade } of this.students.values()) found.set(grade, (found.get(grade) ?? 0) + 1);
    const sorted = [...found.keys()].filter((grade) => grade !== null).sort(compareGrades);
    const unknown = sorted.filter((grade) => !isKnownGrade(grade));
    return {
      known: sorted.filter(isKnownGrade),
      unknown,
      withUnknown: unknown.reduce((sum, grade) => sum + (found.get(grade) ?? 0), 0),
      without: found.get(null) ?? 0,
    };
  }

  add({ line, studentId, schoolId, grade }: RosterRow): void {
    const pseudonym = pseudonymOf(studentId, this.salt);
    const known = this.students.get(pseudonym);
    if (known === undefined) {
      this.students.set(pseudonym, { line, school: schoolId, grade });
      return;
    }
    if (grade !== null && known.grade !== null && grade !== known.grade) {
      const reason = `The same student stands on line ${known.line} with another grade; that one is kept.`;
      this.refuse({ line, column: "grade", reason });
      return;
    }
    known.grade ??= grade;
    if (known.school === schoolId) this.repeated++;
    else this.furtherSchools++;
  }

  refuse(problem: Problem): void {
    this.refused++;
    if (this.problems.length < mostProblems) this.problems.push(problem);
  }

  *[Symbol.iterator](): Generator<PseudonymizedStudent> {
    for (const [pseudonym, { school, grade }] of this.students) yield { pseudonym, school, grade };
  }
}

/**
 * OEA's `hash`, as `Persons` does it in the engine. Here it is made outside of it, so that no raw id of the roster can
 * be spilled to a disk.
 */
function pseudonymOf(value: string, salt: string): string {
  return createHash("sha256").update(value).update(salt).digest("hex");
}
