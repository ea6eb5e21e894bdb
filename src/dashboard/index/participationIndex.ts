import type { UserType } from "../../clever/reports";

/**
 * The pseudonymized tables in the form that the dashboard's questions want: people, cohorts and resources as small
 * integers, days as bits. Exact: no row is sampled or estimated. One segment per calendar month, so that a new day or
 * a redelivery makes one segment anew and not the history.
 */
export interface ParticipationIndex {
  readonly cohorts: readonly Cohort[];
  readonly resources: readonly Resource[];
  /** Number of people (distinct `sis_id_pseudonym`); people are 0 … `people` - 1. */
  readonly people: number;
  /** A member is a person in a cohort: somebody who changed schools is two members. In no order. */
  readonly members: {
    readonly person: Uint32Array;
    readonly cohort: Uint32Array;
  };
  /** Ascending by month. */
  readonly months: readonly MonthSegment[];
  readonly versions: { readonly dailyParticipation: number | null; readonly resourceUsage: number | null };
  /** Whether a roster gave people their grades. */
  readonly hasGrades: boolean;
}

export interface Cohort {
  readonly school: string | null;
  readonly userType: UserType;
  readonly grade: string | null;
}

/** A distinct (`resource_id`, `resource_name`, `resource_type`). */
export interface Resource {
  readonly id: string | null;
  readonly name: string | null;
  readonly type: string | null;
}

/** In masks, bit 0 is the month's first day. */
export interface MonthSegment {
  /** `yyyy-MM` */
  readonly month: string;
  /** Days of the month with a row of daily participation, and of resource usage. */
  readonly participationDays: number;
  readonly usageDays: number;
  /** Members with rows of daily participation, ascending by member. */
  readonly attendance: {
    readonly member: Uint32Array;
    /** Days with a row; days with an active one. */
    readonly present: Uint32Array;
    readonly active: Uint32Array;
  };
  /** Sums of daily participation, ascending by cohort, then day. Rows without a person are in them. */
  readonly attendanceCells: {
    readonly cohort: Uint32Array;
    /** Day of the month, from 0. */
    readonly day: Uint8Array;
    readonly logins: Float64Array;
    /** Rows that have a num_logins. */
    readonly loginRows: Uint32Array;
    readonly resources: Float64Array;
    /** Rows that have a num_resources_accessed. */
    readonly resourceRows: Uint32Array;
  };
  /** Days on which a member used a resource, ascending by member, then resource. */
  readonly usage: {
    readonly member: Uint32Array;
    readonly resource: Uint32Array;
    readonly days: Uint32Array;
  };
  /** Sums of resource usage, ascending by cohort, resource, day. */
  readonly usageCells: {
    readonly cohort: Uint32Array;
    readonly resource: Uint32Array;
    readonly day: Uint8Array;
    /** Rows with a person. */
    readonly rows: Uint32Array;
    /** Sum of num_access over all rows. */
    readonly accesses: Float64Array;
  };
}
