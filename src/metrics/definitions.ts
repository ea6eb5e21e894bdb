/** What a number of the metrics means, in words for help texts and documentation. */
export interface Definition {
  /** The number's place in the answer, such as `bySchool.averageLogins`. */
  readonly name: string;
  readonly title: string;
  readonly meaning: string;
}

const define = (name: string, title: string, meaning: string): Definition => ({ name, title, meaning });

/** Every number of the participation metrics. `clever/person.ts` says what a person is; rows of nobody count no person. */
export const definitions: readonly Definition[] = [
  define("users", "Users", "Distinct people in daily participation, active or not."),
  define("days", "Days", "Distinct dates in daily participation."),
  define("activeUsers", "Active users", "Distinct people who were active on at least one day."),
  define("bySchool.users", "Users by school", "Distinct people in the school's rows of daily participation."),
  define(
    "bySchool.averageResources",
    "Resources per person and day",
    "Average of num_resources_accessed over the school's rows of daily participation, days without use included.",
  ),
  define(
    "bySchool.averageLogins",
    "Logins per person and day",
    "Average of num_logins over the school's rows of daily participation, days without use included.",
  ),
  define(
    "bySchool.averageDistinctResources",
    "Different resources per person",
    "For each person, the different resources used at the school in the whole period (by resource_id, or by resource_name where there is no id); their sum over people, divided by the school's users, including those who used nothing. 0 where the school has no users.",
  ),
  define("byDay.logins", "Logins", "Sum of num_logins of the day."),
  define("byDay.resources", "Resources accessed", "Sum of num_resources_accessed of the day."),
  define("byDay.activeUsers", "Active users of the day", "Distinct people who were active that day."),
  define(
    "byDay.distinctResources",
    "Different resources of the day",
    "Different resources in the day's resource usage (by resource_id, or by resource_name where there is no id).",
  ),
  define(
    "topResources.rows",
    "Person-days of use",
    "Rows of resource usage with a person, per resource_name and resource_type.",
  ),
  define("topResources.accesses", "Accesses", "Sum of num_access over all rows of the resource."),
  define("topResources.users", "Users of the resource", "Distinct people who used the resource."),
  define(
    "topResourcesBySchool.users",
    "Users of the top resources by school",
    "For the five resource_names with the most distinct people overall: distinct people per school_name. A pair that is not listed has none.",
  ),
];

/** How filters and suppression act, in words for help texts and documentation. */
export const rules: readonly Definition[] = [
  define(
    "person",
    "People",
    "A person is Clever's id, or the school system's id in rows without one. Rows with both, of either report and any day, tell who a school system's id belongs to.",
  ),
  define(
    "filter",
    "Filters",
    "Dates, schools and user types apply to both reports. Resources and resource types apply to resource usage only, since daily participation names no resource: users, days, active users, logins and num_resources_accessed stay those of everything used.",
  ),
  define(
    "minimumGroupSize",
    "Suppression",
    "Numbers about fewer people than the minimum group size are null and their entry says suppressed. Groups: a school's users, and its active users for the averages; a day's active users, and its users of resources for the different resources; a resource's users; a school's users of a resource. Nobody at all is shown as 0. Where numbers beside them would give a group away, other numbers go too: the next smallest groups of the list, or the averages of a school. With fewer users in all than the minimum, everything but the number of days is suppressed.",
  ),
  define(
    "limits",
    "What suppression does not cover",
    "It protects within one answer. Someone who may ask with many different filters can subtract one answer from another; publish answers, not the ability to ask.",
  ),
];
