import type { TableColumn } from "./reports";

/**
 * The columns of the table of groups, from which the measures of other products count whole groups only. It has three
 * kinds of rows: one for each cohort, without `day_left_out`; one for each day that does not count for a group, with
 * only the group's number and that day; and two without a group, with the first day that the division knows and the
 * first one after it that it does not know: no day outside of these counts for any group.
 */
export const groupsColumns: readonly TableColumn[] = [
  { name: "cohort", type: "integer" },
  { name: "school_name", type: "string" },
  { name: "user_type", type: "string" },
  { name: "grade", type: "string" },
  { name: "group_number", type: "integer" },
  { name: "cohorts_in_group", type: "integer" },
  { name: "minimum_group_size", type: "integer" },
  { name: "day_left_out", type: "date" },
];

/** A cohort of the division, numbered from 1. */
interface GroupedCohort {
  readonly school: string | null;
  /** As in the tables: `student`. */
  readonly userType: string;
  readonly grade: string | null;
  readonly group: number;
}

/** How the people of the tables are divided. Groups that no day counts for are suppressed. */
export interface Division {
  readonly minimumGroupSize: number;
  readonly cohorts: readonly GroupedCohort[];
  /**
   * The known days on which too few people of a group are in the reports, as `yyyy-MM-dd`. Also those without reports: one
   * that comes late must not count before the people are divided again.
   */
  readonly daysLeftOut: readonly { readonly group: number; readonly day: string }[];
  /** The first day with rows and the day after the last one, as `yyyy-MM-dd`; null if there are no rows. */
  readonly knownDays: { readonly first: string; readonly end: string } | null;
}
