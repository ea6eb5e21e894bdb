import type { ParticipationRow, UsageRow } from "./plainIndex";

/** People of one school, user type and grade. */
export interface PlainCohort {
  readonly school: string | null;
  readonly userType: string;
  readonly grade: string | null;
}

export interface PlainDivision {
  readonly minimum: number;
  readonly groups: readonly (readonly PlainCohort[])[];
  /** The grade that each group counts with; undefined if it has several. */
  readonly grades: readonly (string | null | undefined)[];
}

export const keyOfCohort = ({ school, userType, grade }: PlainCohort) =>
  JSON.stringify([school, userType, grade]);

/** The cohorts of rows, by key. */
export function cohortsOf(
  rows: readonly (ParticipationRow | UsageRow)[],
  hasGrades: boolean,
): Map<string, PlainCohort> {
  const cohorts = new Map<string, PlainCohort>();
  for (const { school, userType, grade } of rows) {
    const cohort = { school, userType, grade: hasGrades ? grade : null };
    cohorts.set(keyOfCohort(cohort), cohort);
  }
  return cohorts;
}
