import type { TableColumn } from "./reports";

/**
 * The columns of the table of groups, from which the measures of other products count whole groups only. It has three
 * kinds of rows: one for each cohort, without `day_left_out`; one for each day that does not count for a group, with
 * only the group's number and that day; and one without a group, with the first day that the division does not know:
 * neither this day nor a later one counts for any group.
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

/** How the people of the tables are divided. Groups that no day counts for are left out. */
export interface Division {
  readonly minimumGroupSize: number;
  readonly cohorts: readonly GroupedCohort[];
  /** Days on which too few people of a group are in the reports, as `yyyy-MM-dd`. */
  readonly daysLeftOut: readonly { readonly group: number; readonly day: string }[];
  /** The day after the last one with rows, as `yyyy-MM-dd`; null if there are no rows. */
  readonly firstUnknownDay: string | null;
}
