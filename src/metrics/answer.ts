import type { MetricsFilter } from "./filters";

/**
 * A number of the answer. `null` stands for a suppressed number: it is about fewer people than the minimum
 * group size, or one that is could be computed from it.
 */
export type Published = number | null;

/** Marks an entry in which at least one number is suppressed. */
interface Suppressible {
  readonly suppressed?: true;
}

export interface SchoolEntry extends Suppressible {
  /** `null` groups the rows without a school's name. */
  readonly school_name: string | null;
  readonly users: Published;
  readonly averageResources: Published;
  readonly averageLogins: Published;
  readonly averageDistinctResources: Published;
}

export interface DayEntry extends Suppressible {
  /** `yyyy-MM-dd` */
  readonly date: string;
  readonly logins: Published;
  readonly resources: Published;
  readonly activeUsers: Published;
  readonly distinctResources: Published;
}

export interface ResourceEntry extends Suppressible {
  readonly resource_name: string | null;
  readonly resource_type: string | null;
  readonly rows: Published;
  readonly accesses: Published;
  readonly users: Published;
}

export interface SchoolResourceEntry extends Suppressible {
  readonly school_name: string | null;
  readonly resource_name: string | null;
  readonly users: Published;
}

/** What the reports say about participation: the document of `metrics --json`. `definitions` says what each number is. */
export interface ParticipationMetrics {
  readonly filter: MetricsFilter;
  readonly minimumGroupSize: number;
  readonly users: Published;
  readonly days: number;
  readonly activeUsers: Published;
  /** By name; entries without a number of users follow the others. */
  readonly bySchool: readonly SchoolEntry[];
  /** By date. */
  readonly byDay: readonly DayEntry[];
  /** Most rows first, then by name and type; suppressed entries follow by name and type. */
  readonly topResources: readonly ResourceEntry[];
  /** In the order of the resources, then by school; suppressed entries of a resource follow its others. */
  readonly topResourcesBySchool: readonly SchoolResourceEntry[];
}
