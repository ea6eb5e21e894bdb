import type { UserType } from "../../clever/reports";
import type { OnDemand } from "./onDemand";

/**
 * The pseudonymized tables in the form that the dashboard's questions need: people, cohorts and resources as small
 * integers, days as bits. Exact: no row is sampled or estimated. There is one segment per calendar month, so that a
 * new day or a redelivery rebuilds one segment instead of the history. Immutable: when the tables change, a new index
 * shares the segments of unchanged months. Rows without a date, and rows whose user type is not one of Clever's, are
 * left out.
 */
export interface ParticipationIndex {
  /** Each has a row in at least one report. In no particular order. */
  readonly cohorts: readonly Cohort[];
  /** Each has at least one usage row. In no particular order. */
  readonly resources: readonly Resource[];
  /**
   * People (`clever/person.ts` defines which person a row is about) are 0 … `people` - 1. Numbers are permanent: people
   * whose rows were all withdrawn keep theirs, and so do their members, but no segment has them. So count people by the
   * segments.
   */
  readonly people: number;
  /** A member is a person in a cohort: a person who changed schools is two members. In no particular order. */
  readonly members: {
    readonly person: Uint32Array;
    readonly cohort: Uint32Array;
  };
  /** Ascending by month. Each has rows, and there is at least one: empty tables have no index. */
  readonly months: readonly MonthSegment[];
  readonly versions: { readonly dailyParticipation: number | null; readonly resourceUsage: number | null };
  /** Rows of both tables, as far as their logs give them. */
  readonly rows: number;
  /** Whether a roster gave people their grades. */
  readonly hasGrades: boolean;
  /** The former names of schools, each with the current one, which its cohorts have. */
  readonly renamedSchools: readonly (readonly [former: string, current: string])[];
}

/** The grade is the person's, whatever the user type; rows without a person have no grade. */
export interface Cohort {
  /** Its current name; see `clever/currentSchools.ts`. */
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
  /** Members with rows of daily participation, ascending by member. */
  readonly attendance: {
    readonly member: Uint32Array;
    /** Days with a row; days with an active row. */
    readonly present: Uint32Array;
    readonly active: Uint32Array;
  };
  /** Daily participation by cohort and day, ascending by both. Rows without a person are in its sums. */
  readonly attendanceCells: {
    readonly cohort: Uint32Array;
    /** Day of the month, from 0. */
    readonly day: Uint8Array;
    /** Members with a row; with an active row. */
    readonly present: Uint32Array;
    readonly active: Uint32Array;
    readonly logins: Float64Array;
    /** Rows that have a num_logins. */
    readonly loginRows: Uint32Array;
    readonly resources: Float64Array;
    /** Rows that have a num_resources_accessed. */
    readonly resourceRows: Uint32Array;
  };
  /**
   * Resource usage by resource and cohort, ascending by both. A run's people and cells are ranges of the use's `people`
   * and `cells` that begin at `firstPerson` and `firstCell`; these have one extra element, the end of the last range.
   */
  readonly usageRuns: {
    readonly resource: Uint32Array;
    readonly cohort: Uint32Array;
    /** Days with a row. */
    readonly days: Uint32Array;
    readonly firstPerson: Uint32Array;
    readonly firstCell: Uint32Array;
  };
  /** Days of usage on which the member's cohort has no row of daily participation, ascending by member. */
  readonly onlyUsage: { readonly member: Uint32Array; readonly days: Uint32Array };
  /** Nine tenths of a month's data, which only questions about the month need. */
  readonly use: OnDemand<MonthUse>;
}

/** What the runs of a month consist of. */
export interface MonthUse {
  /** Days on which a run's members used its resource, ascending by member. */
  readonly people: { readonly member: Uint32Array; readonly days: Uint32Array };
  /** Sums of a run's days, ascending. */
  readonly cells: {
    readonly day: Uint8Array;
    /** Rows that have a person. */
    readonly rows: Uint32Array;
    /** Sum of num_access over all rows. */
    readonly accesses: Float64Array;
  };
}
