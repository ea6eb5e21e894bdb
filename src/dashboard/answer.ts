import type { UserType } from "../clever/reports";
import type { DashboardFilter } from "./filter";

/**
 * A number of the dashboard. `null` is a suppressed one: people are behind it, and fewer than the minimum group size
 * can be told apart from others by it (see `release/`).
 */
export type Shown = number | null;

/** A number with the same number of the period before: as many days, ending on the day before `from`. */
export interface Card {
  readonly value: Shown;
  /** True where parts of it were left out because they are about too few people: the true number is higher. */
  readonly atLeast: boolean;
  /** `null` where there is no such period in the data, or its number is suppressed. */
  readonly before: Shown;
  /** `true` where `before` is only a part, as `atLeast` says of `value`; then the two cannot be compared. */
  readonly beforeAtLeast?: true;
}

/** An entry of a list. */
export interface Entry {
  /**
   * `true` where parts of the entry's numbers were left out because they are about too few people: counts and sums are
   * at least so high, averages are those of the part that is shown. Absent where everything is in.
   */
  readonly atLeast?: true;
}

/** An entry with numbers of both reports: `atLeast` speaks of those of daily participation. */
export interface BothReportsEntry extends Entry {
  /** The same of the numbers of resource usage, whose rare resources are left out much sooner. */
  readonly usageAtLeast?: true;
}

export interface Cards {
  /** Distinct people in daily participation, active or not. */
  readonly users: Card;
  /** Distinct people active on at least one day. Their share is `activeUsers / users`. */
  readonly activeUsers: Card;
  /** Distinct dates in daily participation. */
  readonly days: Card;
  /** Sum of num_logins. */
  readonly logins: Card;
  /** Sum of num_access of resource usage. */
  readonly accesses: Card;
  /** Different resources used (by resource_id, by name where there is none). */
  readonly resources: Card;
  /** Distinct people with resource usage under the filter: the number that the resource filters act on. */
  readonly resourceUsers: Card;
}

export interface SchoolEntry extends BothReportsEntry {
  readonly school: string | null;
  readonly users: Shown;
  readonly activeUsers: Shown;
  /** Per person-day row of daily participation, days without use included, as OEA's page has it. */
  readonly averageLogins: Shown;
  readonly averageResources: Shown;
  readonly accesses: Shown;
  /** Different resources per person of the school in the whole period, people without use included. */
  readonly distinctResourcesPerUser: Shown;
}

export interface GradeEntry extends BothReportsEntry {
  readonly grade: string | null;
  readonly users: Shown;
  readonly activeUsers: Shown;
  readonly averageLogins: Shown;
  readonly averageResources: Shown;
  readonly distinctResourcesPerUser: Shown;
}

export interface DayEntry extends BothReportsEntry {
  /** `yyyy-MM-dd`; every calendar day from the first to the last of the range has an entry. */
  readonly date: string;
  /** `noData`: no row of either report; `quiet`: rows, but next to nobody active (a holiday or weekend); else `school`. */
  readonly kind: "school" | "quiet" | "noData";
  readonly logins: Shown;
  /** Sum of num_resources_accessed. */
  readonly resources: Shown;
  readonly activeUsers: Shown;
  /** Different resources used that day. */
  readonly distinctResources: Shown;
}

export interface WeekdayEntry extends Entry {
  /** 1 Monday … 7 Sunday */
  readonly weekday: number;
  /** Days of the range with participation on this weekday, days off left out. */
  readonly days: number;
  /** Averages per such day. */
  readonly activeUsers: Shown;
  readonly logins: Shown;
}

export interface ResourceEntry extends Entry {
  readonly resource: string | null;
  readonly type: string | null;
  /** Distinct people who used it. */
  readonly users: Shown;
  /** Rows of usage with a person: person-days of use. */
  readonly rows: Shown;
  readonly accesses: Shown;
  readonly firstDay: string | null;
  readonly lastDay: string | null;
  /** Person-days of use per calendar week of the range, oldest first, at most 60; for a small line. */
  readonly weekly: readonly Shown[];
}

export interface SchoolResourceEntry extends Entry {
  readonly school: string | null;
  readonly resource: string | null;
  /** The resource's type: two resources may have one name. */
  readonly type?: string | null;
  readonly users: Shown;
}

/** A resource or school whose use rose or fell notably against its own past. */
export interface Change {
  readonly subject: "resource" | "school";
  readonly name: string | null;
  readonly type: string | null;
  readonly direction: "rose" | "fell" | "new" | "stopped";
  /** Expected and actual person-days of use per school day, in the weeks that are judged. */
  readonly expected: number;
  readonly actual: number;
  /** How many robust standard deviations the actual lies away from the expected. */
  readonly score: number;
  /** Per week: Monday's date, person-days per school day with weekday pattern and days off taken out, and what was expected. */
  readonly weeks: readonly {
    readonly week: string;
    readonly value: Shown;
    readonly expected: number | null;
    readonly judged: boolean;
  }[];
}

export interface Changes {
  /** Weeks of data that a judgement needs, and how many there are in the scope. */
  readonly weeksNeeded: number;
  readonly weeks: number;
  /** Most notable first. */
  readonly entries: readonly Change[];
  /** Resources and schools that were not judged because they have too little data. */
  readonly tooLittle: number;
}

/** What can be chosen in the filter bar, whatever is chosen now. */
export interface FilterOptions {
  readonly firstDay: string;
  readonly lastDay: string;
  readonly schoolYearStart: string;
  readonly schools: readonly (string | null)[];
  readonly resources: readonly { readonly name: string | null; readonly type: string | null }[];
  readonly resourceTypes: readonly (string | null)[];
  readonly userTypes: readonly UserType[];
  /** In Clever's order, unknown ones behind by name, `null` last; empty where no roster was imported. */
  readonly grades: readonly (string | null)[];
}

/** Everything that the dashboard shows for one filter: one round trip. */
export interface DashboardAnswer {
  readonly filter: DashboardFilter;
  /** The range as days, both included. */
  readonly from: string;
  readonly to: string;
  readonly minimumGroupSize: number;
  /** Versions of the tables that it was computed from, and when. */
  readonly computed: string;
  readonly versions: { readonly dailyParticipation: number | null; readonly resourceUsage: number | null };
  readonly options: FilterOptions;
  readonly cards: Cards;
  /** By name; `null` last. */
  readonly bySchool: readonly SchoolEntry[];
  /** In Clever's order of grades; empty where no roster was imported. */
  readonly byGrade: readonly GradeEntry[];
  readonly byDay: readonly DayEntry[];
  readonly byWeekday: readonly WeekdayEntry[];
  /** Most users first, then by name; suppressed ones behind. */
  readonly resources: readonly ResourceEntry[];
  /** For the 20 resources with the most users: their users by school. */
  readonly resourcesBySchool: readonly SchoolResourceEntry[];
  readonly changes: Changes;
}

/** The tables hold nothing yet: what the dashboard says instead. */
export interface NoAnswer {
  readonly empty: true;
}
