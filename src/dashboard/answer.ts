import type { UserType } from "../clever/reports";
import type { RenamedSchools } from "./currentSchools";
import type { Licence } from "./districtFiles";
import type { DashboardFilter } from "./filter";
import type { ShownResource } from "./groups/names";
import type { Counting } from "./opening";
import type { SchoolLevel } from "./schoolLevels";
import type { UncountedDays, Withheld } from "./withheld";

/**
 * An exact sum, average or count; `null` if everything it would cover is suppressed, as `DashboardAnswer.withheld`
 * explains, or if it is unknown because its report is absent or missing.
 */
export type Shown = number | null;

/** A number of people who are present or did something; `few` for 1 up to one below the minimum group size. */
export type People = Shown | "few";

/** A number with its counterpart from the previous period (`Periods`). */
export interface Card<Value extends People = Shown> {
  readonly value: Value;
  /** `null` also if the data has no such period. */
  readonly before: Value;
  /**
   * The values to compare: for a sum, the average per school day over the compared days, which have the report; for
   * people or things, the number as it is. `null` if they cannot be compared: both periods need a compared day and,
   * for people or things, equally many.
   */
  readonly compared: { readonly now: number; readonly before: number } | null;
}

/** The first and the last day, as `yyyy-MM-dd`. */
export interface DateRange {
  readonly from: string;
  readonly to: string;
}

/**
 * The range and the period it is compared with: the one the filter chooses, or else the preceding one, which has as
 * many school days and ends on the day before `from`.
 */
export interface Periods {
  readonly schoolDays: number;
  /** `null` if the data does not reach back that far, or the range has no school day. */
  readonly before: DateRange | null;
}

/** Use in one period. */
export interface PeriodUse {
  /** Distinct people on the compared days; `null` also if there is no such day. */
  readonly users: People;
  /** Averages over the compared days: usage rows with a person, and the sum of num_access. */
  readonly personDaysPerDay: Shown;
  readonly accessesPerDay: Shown;
}

/** Use of something in two periods. */
export interface ComparedUse extends Entry {
  readonly before: PeriodUse;
  readonly now: PeriodUse;
}

/** One of two periods, and what its numbers leave out. */
export interface ComparedPeriod extends DateRange {
  /** Empty if it has no name. */
  readonly name: string;
  readonly schoolDays: number;
  /** School days that averages cover: with resource usage, and with the same groups as all others of both periods. */
  readonly comparedDays: number;
  readonly missing: readonly MissingReport[];
  readonly uncounted: readonly UncountedDays[];
  /** Per calendar week from the first with a school day: the average over its compared days; `null` if it has none. */
  readonly weeklyPersonDaysPerDay: readonly Shown[];
}

/**
 * Use of the resources that the filter chooses, or of all, in two periods. An entry's averages leave out days on
 * which the entry is suppressed entirely.
 */
export interface Comparison {
  readonly before: ComparedPeriod;
  readonly now: ComparedPeriod;
  readonly total: ComparedUse;
  /** By name; `null` last. */
  readonly bySchool: readonly (ComparedUse & { readonly school: string | null })[];
  /** In Clever's order of grades; empty if no roster was imported. */
  readonly byGrade: readonly (ComparedUse & { readonly grade: string | null })[];
  /** Resources used in either period, by largest difference in person-days. */
  readonly resources: readonly (ComparedUse & {
    readonly resource: string | null;
    readonly type: string | null;
  })[];
}

/** Days without school, and an equal number of school days on each side for a comparison. */
export interface Break extends DateRange {
  /** If no report has a row of its weekdays: there may have been school, with the reports missing. */
  readonly withoutReports?: true;
  readonly before: DateRange;
  readonly after: DateRange;
}

export const reportKinds = ["dailyParticipation", "resourceUsage"] as const;
export type ReportKind = (typeof reportKinds)[number];

/** Days on which a report has no row of a user type, although the other report shows use. */
export interface MissingReport {
  readonly report: ReportKind;
  readonly userType: UserType;
  readonly days: number;
  readonly first: string;
  readonly last: string;
}

/** An entry of a list: the question, narrowed to this entry. */
export interface Entry {
  /** `true` if groups or days of the entry are suppressed, so that its numbers cover only the others. */
  readonly partly?: true;
  /** Reports that have no row of the entry, although the other one shows its use. Their numbers are `null`. */
  readonly absent?: readonly ReportKind[];
}

export interface Cards {
  /** Distinct people in daily participation, active or not. */
  readonly users: Card<People>;
  /** Distinct people active on at least one day. As a share: `activeUsers / users`. */
  readonly activeUsers: Card<People>;
  /** Distinct dates in daily participation. */
  readonly days: Card;
  /** Sum of num_logins. */
  readonly logins: Card;
  /** Sum of num_access of resource usage. */
  readonly accesses: Card;
  /** Distinct resources used, as the table lists them. */
  readonly resources: Card;
  /** Distinct people with resource usage under the filter, including its resource filters. */
  readonly resourceUsers: Card<People>;
}

/** Use of the resources that the filter chooses; present only if it chooses some. */
export interface Use {
  readonly users: People;
  /** Usage rows with a person. */
  readonly personDays: Shown;
  readonly accesses: Shown;
}

/** A school or a grade. */
interface PlaceEntry extends Entry {
  readonly users: People;
  readonly activeUsers: People;
  /** People with rows of daily participation who were not active on any day of the range. */
  readonly neverActive: People;
  /** Per person-day row of daily participation, including days without use, as on OEA's page. */
  readonly averageLogins: Shown;
  readonly averageResources: Shown;
  /** Distinct resources per person in the whole period, including people without use. */
  readonly distinctResourcesPerUser: Shown;
  readonly use?: Use;
}

export interface SchoolEntry extends PlaceEntry {
  readonly school: string | null;
  readonly accesses: Shown;
}

export interface GradeEntry extends PlaceEntry {
  readonly grade: string | null;
}

export interface DayEntry extends Entry {
  /** `yyyy-MM-dd`; every calendar day from the first to the last of the range has an entry, as far as it has data. */
  readonly date: string;
  /**
   * `noData`: no row of either report; `quiet`: rows, but few people active for a weekday or weekend day (a holiday or
   * weekend); otherwise `school`.
   */
  readonly kind: "school" | "quiet" | "noData";
  /**
   * Reports that are missing for some of the people. Their numbers are `null`, as are all numbers of a day without
   * data.
   */
  readonly missing?: readonly ReportKind[];
  readonly logins: Shown;
  /** Sum of num_resources_accessed. */
  readonly resources: Shown;
  readonly activeUsers: People;
  /** Distinct resources used that day. */
  readonly distinctResources: Shown;
  readonly use?: Use;
}

export interface WeekdayEntry extends Entry {
  /** 1 Monday … 7 Sunday */
  readonly weekday: number;
  /** Days of the range on this weekday with complete participation, without days off and those suppressed entirely. */
  readonly days: number;
  /** Averages over those days. */
  readonly activeUsers: Shown;
  readonly logins: Shown;
}

export interface ResourceEntry extends Entry {
  readonly resource: string | null;
  readonly type: string | null;
  readonly formerNames?: readonly string[];
  /** Distinct people who used it. */
  readonly users: People;
  /** Usage rows with a person: person-days of use. */
  readonly rows: Shown;
  readonly accesses: Shown;
  readonly firstDay: string | null;
  readonly lastDay: string | null;
  /**
   * Person-days of use per school day, by calendar week of the range, oldest first, at most 60; for a sparkline. `null`
   * for a week without school days whose report is there and of which not everything is suppressed.
   */
  readonly weekly: readonly Shown[];
}

export interface SchoolResourceEntry extends Entry {
  readonly school: string | null;
  readonly resource: string | null;
  /** The resource's type: two resources may share a name. */
  readonly type: string | null;
  readonly users: People;
}

/** A resource or school whose use rose or fell notably compared with its own past. */
export interface Change extends Entry {
  readonly subject: "resource" | "school";
  readonly name: string | null;
  readonly type: string | null;
  readonly direction: "rose" | "fell" | "new" | "stopped";
  /** Expected and actual person-days of use per school day, in the judged weeks. */
  readonly expected: number;
  readonly actual: number;
  /** How many robust standard deviations the actual value is from the expected one. */
  readonly score: number;
  /**
   * Per week: Monday's date, person-days per school day adjusted for weekday pattern and days off, and what was
   * expected.
   */
  readonly weeks: readonly {
    readonly week: string;
    readonly value: Shown;
    readonly expected: number | null;
    readonly judged: boolean;
  }[];
}

export interface Changes {
  /** Weeks of data that a judgement needs, and how many the scope has. */
  readonly weeksNeeded: number;
  readonly weeks: number;
  /** The first and the last school day of the weeks that are judged; absent if there are too few weeks. */
  readonly recent?: DateRange;
  /** Most notable first. */
  readonly entries: readonly Change[];
  /** How many were judged, and how many could not be: whether these changed is unknown. */
  readonly judged: Subjects;
  readonly unjudged: {
    /** Too few weeks since their first use: more weeks of data help. */
    readonly weeks: Subjects;
    /** Too few person-days: a wider filter helps. */
    readonly use: Subjects;
    /** Schools with too few people to be shown on their own. */
    readonly suppressed: number;
  };
}

/** A count of each kind. */
export interface Subjects {
  readonly resources: number;
  readonly schools: number;
}

/** Schools that can be chosen together under one name. */
export interface NamedSchools {
  readonly name: string;
  readonly schools: readonly (string | null)[];
}

/** How a licence is used, whatever resources a question filters by. */
export interface LicenceEntry extends Licence, Entry {
  /** Distinct people who used a resource of this name; of a former name if no other resource has it now. */
  readonly users: People;
  /** Whether the filter can choose a resource of this name; and the closest names if it cannot. */
  readonly isKnown: boolean;
  readonly nearest: readonly string[];
}

/** What the filter bar offers, whatever is chosen now. */
export interface FilterOptions {
  readonly firstDay: string;
  readonly lastDay: string;
  readonly schoolYearStart: string;
  /** Breaks of at least a week without a school day, oldest first. */
  readonly breaks: readonly Break[];
  readonly schools: readonly (string | null)[];
  /** Former names of schools, each with the current one. */
  readonly renamedSchools: RenamedSchools;
  /** The schools of each level that has any: elementary, middle, high, other. */
  readonly schoolLevels: readonly (NamedSchools & { readonly name: SchoolLevel })[];
  /** Schools in the district's file of levels that the tables do not have. */
  readonly unknownSchools: readonly string[];
  readonly resources: readonly ShownResource[];
  readonly resourceTypes: readonly (string | null)[];
  readonly userTypes: readonly UserType[];
  /** In Clever's order, then unknown ones by name, `null` last; empty if no roster was imported. */
  readonly grades: readonly (string | null)[];
}

/** Everything that the dashboard shows for one filter, in one round trip. */
export interface DashboardAnswer extends Counting {
  readonly filter: DashboardFilter;
  /** The range as days, inclusive, as far as it has data; all of it if it has none. */
  readonly from: string;
  readonly to: string;
  readonly withheld: Withheld;
  readonly periods: Periods;
  /** `none` if neither report has a row of the question, `withheld` if all of its rows are suppressed. */
  readonly rows: "some" | "none" | "withheld";
  /**
   * Reports that have no row of the people counted in the range, although the other one shows their use. All of their
   * numbers are `null`.
   */
  readonly absent: readonly ReportKind[];
  /** Reports that are missing in the range: sums do not include them. */
  readonly missing: readonly MissingReport[];
  /**
   * Names of quarantined report files that have no date in their name or one within the range. Left out if they are
   * unknown.
   */
  readonly quarantined?: readonly string[] | undefined;
  /** Whether another program changed rows of the tables, so that numbers may be wrong. Left out if it is unknown. */
  readonly rowsChanged?: boolean | undefined;
  /** Versions of the tables used, and when it was computed. */
  readonly computed: string;
  readonly versions: { readonly dailyParticipation: number | null; readonly resourceUsage: number | null };
  /** Where the tables have more rows than the dashboard was measured with: their row count, and the measured one. */
  readonly beyondMeasured: { readonly rows: number; readonly measured: number } | null;
  readonly options: FilterOptions;
  readonly cards: Cards;
  /** People with rows of daily participation who were not active on any day of the range. */
  readonly neverActive: People;
  /** By name; `null` last. */
  readonly bySchool: readonly SchoolEntry[];
  /** In Clever's order of grades; empty if no roster was imported. */
  readonly byGrade: readonly GradeEntry[];
  readonly byDay: readonly DayEntry[];
  readonly byWeekday: readonly WeekdayEntry[];
  /** Most users first, then most person-days, then by name. */
  readonly resources: readonly ResourceEntry[];
  /** For the 20 resources with the most users: their users by school. */
  readonly resourcesBySchool: readonly SchoolResourceEntry[];
  readonly changes: Changes;
  /**
   * Present if the filter chooses a period to compare with, or resources; `null` also if there is no such
   * period.
   */
  readonly comparison: Comparison | null;
  /** In the order of `query/licences.ts`; `null` if no licence file is configured. */
  readonly licences: readonly LicenceEntry[] | null;
}

/** The tables are still empty; the dashboard says so instead. */
export type NoAnswer = {
  readonly empty: true;
  /** The lake's address, if there is no lake. */
  readonly noLakeAt?: string | undefined;
};
