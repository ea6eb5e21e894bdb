import type { UserType } from "../clever/reports";
import type { DashboardFilter } from "./filter";
import type { ShownResource } from "./names";
import type { KeepWhole } from "./opening";
import type { SchoolLevel } from "./schoolLevels";

/**
 * A sum, an average or a number of things, exact; `null` where all that it would be about is left out, which
 * `DashboardAnswer.withheld` explains.
 */
export type Shown = number | null;

/** A number of people who are there or did something; `few` for 1 to one below the minimum group size. */
export type People = Shown | "few";

/** A number with the same number of the period before (`Periods`). */
export interface Card<Value extends People = Shown> {
  readonly value: Value;
  /** `null` also where there is no such period in the data. */
  readonly before: Value;
  /**
   * What the two are compared by: a sum per school day, over the school days whose report is there; a number of people or
   * things as it is. `null` where they cannot be compared, such as without a report that the number needs.
   */
  readonly compared: { readonly now: number; readonly before: number } | null;
}

/** The first and the last day, as `yyyy-MM-dd`. */
export interface DateRange {
  readonly from: string;
  readonly to: string;
}

/**
 * The range and the period that it is compared with: the one that the filter chooses, or the one before, which has as many
 * school days and ends on the day before `from`.
 */
export interface Periods {
  readonly schoolDays: number;
  /** `null` where the data does not reach back that far, and where the range has no school day. */
  readonly before: DateRange | null;
}

/** Use in one period. */
export interface PeriodUse {
  /** Distinct people on the days that are compared. */
  readonly users: People;
  /** Averages over these days: rows of usage with a person, and the sum of num_access. */
  readonly personDaysPerDay: Shown;
  readonly accessesPerDay: Shown;
}

/** Use of something in two periods. */
export interface ComparedUse extends Entry {
  readonly before: PeriodUse;
  readonly now: PeriodUse;
}

/** One of two periods, and what its numbers are without. */
export interface ComparedPeriod extends DateRange {
  /** Empty where nobody has named it. */
  readonly name: string;
  readonly schoolDays: number;
  /** School days whose resource usage is there: averages are over these. */
  readonly comparedDays: number;
  readonly missing: readonly MissingReport[];
  readonly uncounted: readonly UncountedDays[];
  /** Per calendar week from the first on: average over its days that are compared; `null` where it has none. */
  readonly weeklyPersonDaysPerDay: readonly Shown[];
}

/**
 * Use of the resources that the filter chooses, or of all, in two periods. A day on which all of an entry is left out is
 * none of the days that its averages are over.
 */
export interface Comparison {
  readonly before: ComparedPeriod;
  readonly now: ComparedPeriod;
  readonly total: ComparedUse;
  /** By name; `null` last. */
  readonly bySchool: readonly (ComparedUse & { readonly school: string | null })[];
  /** In Clever's order of grades; empty where no roster was imported. */
  readonly byGrade: readonly (ComparedUse & { readonly grade: string | null })[];
  /** Those used in one of the periods, the greatest difference of person-days first. */
  readonly resources: readonly (ComparedUse & {
    readonly resource: string | null;
    readonly type: string | null;
  })[];
}

/** Days without school, and as many school days on both sides of them, to be compared. */
export interface Break extends DateRange {
  readonly before: DateRange;
  readonly after: DateRange;
}

export type ReportKind = "dailyParticipation" | "resourceUsage";

/** Days of which a report has no row of a user type, although the other report tells of their use. */
export interface MissingReport {
  readonly report: ReportKind;
  readonly userType: UserType;
  readonly days: number;
  readonly first: string;
  readonly last: string;
}

/** An entry of a list: the question, narrowed to it. */
export interface Entry {
  /** `true` where groups or days of the entry are left out, so that its numbers are those of the others. */
  readonly partly?: true;
}

/** People of a school and user type: all of them where `grades` is `null`. */
export interface Place {
  readonly userType: UserType;
  readonly school: string | null;
  readonly grades: readonly (string | null)[] | null;
}

/** A group that is left out because a filter, or an entry of a list, has only a part of it. */
export interface CutGroup {
  /** What is left out, and the people with whom alone it is shown. */
  readonly left: readonly Place[];
  readonly together: readonly Place[];
  /** Whether `left` has fewer people than the minimum group size; otherwise `together` has. */
  readonly isSmall: boolean;
}

/** Days on which too few people of a group are in the reports, so that they are not counted for it. */
export interface UncountedDays {
  readonly group: readonly Place[];
  readonly days: number;
  readonly first: string;
  readonly last: string;
}

/** What is left out of an answer, and why. */
export interface Withheld {
  /** Groups that the filter cuts. */
  readonly filter: readonly CutGroup[];
  /** Further groups that are of several schools, or grades, and left out where these are shown one by one. */
  readonly schools: readonly CutGroup[];
  readonly grades: readonly CutGroup[];
  readonly days: readonly UncountedDays[];
}

export interface Cards {
  /** Distinct people in daily participation, active or not. */
  readonly users: Card<People>;
  /** Distinct people active on at least one day. Their share is `activeUsers / users`. */
  readonly activeUsers: Card<People>;
  /** Distinct dates in daily participation. */
  readonly days: Card;
  /** Sum of num_logins. */
  readonly logins: Card;
  /** Sum of num_access of resource usage. */
  readonly accesses: Card;
  /** Different resources used (by resource_id, by name where there is none). */
  readonly resources: Card;
  /** Distinct people with resource usage under the filter: the number that the resource filters act on. */
  readonly resourceUsers: Card<People>;
}

/** Use of the resources that the filter chooses; only there where it chooses some. */
export interface Use {
  readonly users: People;
  /** Rows of usage with a person. */
  readonly personDays: Shown;
  readonly accesses: Shown;
}

export interface SchoolEntry extends Entry {
  readonly school: string | null;
  readonly users: People;
  readonly activeUsers: People;
  /** People with rows of daily participation who were active on no day of the range. */
  readonly neverActive: People;
  /** Per person-day row of daily participation, days without use included, as OEA's page has it. */
  readonly averageLogins: Shown;
  readonly averageResources: Shown;
  readonly accesses: Shown;
  /** Different resources per person of the school in the whole period, people without use included. */
  readonly distinctResourcesPerUser: Shown;
  readonly use?: Use;
}

export interface GradeEntry extends Entry {
  readonly grade: string | null;
  readonly users: People;
  readonly activeUsers: People;
  readonly neverActive: People;
  readonly averageLogins: Shown;
  readonly averageResources: Shown;
  readonly distinctResourcesPerUser: Shown;
  readonly use?: Use;
}

export interface DayEntry extends Entry {
  /** `yyyy-MM-dd`; every calendar day from the first to the last of the range has an entry. */
  readonly date: string;
  /** `noData`: no row of either report; `quiet`: rows, but next to nobody active (a holiday or weekend); else `school`. */
  readonly kind: "school" | "quiet" | "noData";
  /** Reports that are missing for some of the people; their numbers are `null`, as all are where there is no data. */
  readonly missing?: readonly ReportKind[];
  readonly logins: Shown;
  /** Sum of num_resources_accessed. */
  readonly resources: Shown;
  readonly activeUsers: People;
  /** Different resources used that day. */
  readonly distinctResources: Shown;
  readonly use?: Use;
}

export interface WeekdayEntry extends Entry {
  /** 1 Monday … 7 Sunday */
  readonly weekday: number;
  /** Days of the range on this weekday whose participation is complete, days off left out. */
  readonly days: number;
  /** Averages per such day. */
  readonly activeUsers: Shown;
  readonly logins: Shown;
}

export interface ResourceEntry extends Entry {
  readonly resource: string | null;
  readonly type: string | null;
  readonly formerNames?: readonly string[];
  /** Distinct people who used it. */
  readonly users: People;
  /** Rows of usage with a person: person-days of use. */
  readonly rows: Shown;
  readonly accesses: Shown;
  readonly firstDay: string | null;
  readonly lastDay: string | null;
  /**
   * Person-days of use per calendar week of the range, oldest first, at most 60; for a small line. `null` where a report is
   * missing.
   */
  readonly weekly: readonly Shown[];
}

export interface SchoolResourceEntry extends Entry {
  readonly school: string | null;
  readonly resource: string | null;
  /** The resource's type: two resources may have one name. */
  readonly type: string | null;
  readonly users: People;
}

/** A resource or school whose use rose or fell notably against its own past. */
export interface Change extends Entry {
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
  /** How many were judged, and how many could not be: of these nobody can say whether they changed. */
  readonly judged: Subjects;
  readonly unjudged: {
    /** With too few weeks since their first use: more weeks of data help. */
    readonly weeks: Subjects;
    /** With too few person-days: a wider filter helps. */
    readonly use: Subjects;
    /** Schools with too few people to be shown alone. */
    readonly leftOut: number;
  };
}

/** So many of each. */
export interface Subjects {
  readonly resources: number;
  readonly schools: number;
}

/** Schools that can be chosen together, under a name. */
export interface NamedSchools {
  readonly name: string;
  readonly schools: readonly (string | null)[];
}

/** A resource that is paid for, as the district's file has it; `null` where a cell is empty. */
export interface Licence {
  readonly resource: string;
  readonly seats: number | null;
  /** Of the whole licence, in the district's currency. */
  readonly cost: number | null;
  /** Its last day, `yyyy-MM-dd`. */
  readonly end: string | null;
}

/** What became of a licence, whatever resources a question filters by. */
export interface LicenceEntry extends Licence {
  /** Distinct people who used a resource of the name. */
  readonly users: People;
  /** Whether the tables have a resource of the name, used or not; and the names most like it where they have none. */
  readonly isKnown: boolean;
  readonly nearest: readonly string[];
}

/** What can be chosen in the filter bar, whatever is chosen now. */
export interface FilterOptions {
  readonly firstDay: string;
  readonly lastDay: string;
  readonly schoolYearStart: string;
  /** At least a week without a school day, oldest first. */
  readonly breaks: readonly Break[];
  readonly schools: readonly (string | null)[];
  /** The schools of each level that there is any of: elementary, middle, high, other. */
  readonly schoolLevels: readonly (NamedSchools & { readonly name: SchoolLevel })[];
  readonly resources: readonly ShownResource[];
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
  readonly keepWhole: KeepWhole;
  readonly withheld: Withheld;
  readonly periods: Periods;
  /** Reports that are missing in the range: sums are without them. */
  readonly missing: readonly MissingReport[];
  /**
   * Names of report files that are in quarantine and whose name's day lies in the range, or which have none. Left out
   * where whoever asks does not know of the server.
   */
  readonly quarantined?: readonly string[];
  /** Versions of the tables that it was computed from, and when. */
  readonly computed: string;
  readonly versions: { readonly dailyParticipation: number | null; readonly resourceUsage: number | null };
  /** Where the tables have more rows than the dashboard was measured with: how many they have, and with how many it was. */
  readonly beyondMeasured: { readonly rows: number; readonly measured: number } | null;
  readonly options: FilterOptions;
  readonly cards: Cards;
  /** People with rows of daily participation who were active on no day of the range. */
  readonly neverActive: People;
  /** By name; `null` last. */
  readonly bySchool: readonly SchoolEntry[];
  /** In Clever's order of grades; empty where no roster was imported. */
  readonly byGrade: readonly GradeEntry[];
  readonly byDay: readonly DayEntry[];
  readonly byWeekday: readonly WeekdayEntry[];
  /** Most users first, then most person-days, then by name. */
  readonly resources: readonly ResourceEntry[];
  /** For the 20 resources with the most users: their users by school. */
  readonly resourcesBySchool: readonly SchoolResourceEntry[];
  readonly changes: Changes;
  /** Where the filter chooses a period to compare with, or resources; `null` also where there is no such period. */
  readonly comparison: Comparison | null;
  /** As `query/licences.ts` sorts them; `null` where no file says what is paid for. */
  readonly licences: readonly LicenceEntry[] | null;
}

/** The tables hold nothing yet: what the dashboard says instead. */
export interface NoAnswer {
  readonly empty: true;
}
