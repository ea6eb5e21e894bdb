import type { UserType } from "../clever/reports";

/** People of a school and user type: all of them if `grades` is `null`. */
export interface Place {
  readonly userType: UserType;
  readonly school: string | null;
  readonly grades: readonly (string | null)[] | null;
}

/**
 * A group that is suppressed because a filter covers only part of it, or because several entries of a list share it.
 */
export interface CutGroup {
  /** What is suppressed (of a list, the small parts, or all if none is small), and the rest of the group. */
  readonly left: readonly Place[];
  readonly together: readonly Place[];
  /** Whether `left` has fewer people than the minimum group size, or each of its parts if it has several (`each`). */
  readonly isSmall: boolean;
  readonly each?: true;
}

/** Days on which the reports have too few people of a group, so that the group is not counted. */
export interface UncountedDays {
  readonly group: readonly Place[];
  readonly days: number;
  readonly first: string;
  readonly last: string;
}

/** What an answer suppresses, and why. */
export interface Withheld {
  /** Groups that the filter splits. */
  readonly filter: readonly CutGroup[];
  /** Other groups that span several schools, or grades, and are suppressed where these are shown separately. */
  readonly schools: readonly CutGroup[];
  readonly grades: readonly CutGroup[];
  readonly days: readonly UncountedDays[];
  /** Where people without a grade, fewer than the minimum group size, count with the only grade of their group. */
  readonly ungraded: readonly Place[];
}
