/**
 * The exact meaning of each number of a `DashboardAnswer`, by its place in the answer: for help texts, exports and
 * documentation. `clever/person.ts` defines a person. Rows that identify nobody add no person, but are in sums.
 * `changesDefinitions` in changes.ts defines changes.
 */
export const definitions = {
  "cards.users": "Distinct people in daily participation, active or not.",
  "cards.activeUsers": "Distinct people who were active on at least one day.",
  "cards.days": "Distinct dates with rows of daily participation.",
  "cards.logins": "Sum of num_logins in daily participation.",
  "cards.accesses": "Sum of num_access in resource usage.",
  "cards.resources":
    "Different resources in resource usage, by resource_id, or by resource_name where there is no id.",
  "cards.resourceUsers": "Distinct people in resource usage.",
  "cards.before":
    "The same number for the period that the filter chooses to compare with, or for as many school days, ending on the day before the range. Logins and accesses are compared per school day, over the days whose report is there; people and different resources only where no report is missing. Not there where the data does not reach back that far.",
  "bySchool.users": "Distinct people in the school's rows of daily participation.",
  "bySchool.activeUsers": "Distinct people who were active on at least one day, in the school's rows.",
  "bySchool.neverActive":
    "Distinct people in the school's rows of daily participation who were active on no day of the range. The share is of the school's users. People whom the reports do not name are not counted.",
  "bySchool.averageLogins":
    "Average of num_logins over the school's rows of daily participation (one per person and day), days without use included; rows without a num_logins are left out.",
  "bySchool.averageResources":
    "Average of num_resources_accessed over the school's rows of daily participation (one per person and day), days without use included; rows without a num_resources_accessed are left out.",
  "bySchool.accesses": "Sum of num_access over the school's rows of resource usage.",
  "bySchool.distinctResourcesPerUser":
    "For each person, the different resources used at the school in the whole range (by resource_id, or by resource_name where there is no id); their sum over people, divided by the school's users, those without use included. 0 where the school has no users.",
  byGrade:
    "As by school, over the rows of people who have the grade in the roster that was imported last. People who are not in it have none.",
  "byDay.kind":
    "No data: neither report has a row of the day. Quiet: there are rows, but fewer than a tenth of the people who are active on the usual day (the median of the days with anybody active), as on weekends and holidays. Judged over the whole district and all user types, whatever the filter. Days with resource usage only count as school days.",
  "byDay.missing":
    "A report is missing for a day if it has no row of a user type while the other report tells of their use on that day. The day's numbers from that report are not known then, and sums are without them. A report that never came for a user type is not missed.",
  "byDay.logins": "Sum of the day's num_logins.",
  "byDay.resources": "Sum of the day's num_resources_accessed.",
  "byDay.activeUsers": "Distinct people who were active that day.",
  "byDay.distinctResources":
    "Different resources in the day's resource usage, by resource_id, or by resource_name where there is no id.",
  "byWeekday.days":
    "Days of the range on this weekday with daily participation in the district, without quiet days and days of which it is missing for some of the people.",
  "byWeekday.activeUsers":
    "Distinct active people of each of these days, summed and divided by the number of days.",
  "byWeekday.logins": "Sum of num_logins on these days, divided by the number of days.",
  "resources.resource":
    "A resource is known by its resource_id and has the resource_name and resource_type that it had last in the data; resources of the same name and type are one. Without an id it is known by its name and type.",
  "resources.users": "Distinct people in the resource's rows of resource usage.",
  "resources.rows": "Rows of resource usage with a person: person-days of use.",
  "resources.accesses": "Sum of num_access over all rows of the resource.",
  "resources.firstDay": "First and last day with a row of the resource in the range.",
  "resources.weekly":
    "Rows with a person per calendar week (Monday to Sunday), as far as it lies in the range; at most the newest 60 weeks.",
  use: "Of the resources that the filters choose, in resource usage: distinct people, rows with a person (person-days of use) and the sum of num_access.",
  comparison:
    "Two periods are compared by their school days whose resource usage is there; a day on which all of a school or grade is left out is none of its days. Person-days are rows of resource usage with a person, accesses the sum of num_access, both divided by the number of these days. People are distinct people on these days. Of the resources that the filters choose, or of all.",
  licences:
    "The district's file lists what is paid for. Users are distinct people in resource usage with this resource_name, whatever resources are filtered by. The share is users divided by seats, the cost per user is the licence's cost divided by users.",
  "resourcesBySchool.users":
    "For the 20 resources with the most distinct people: distinct people in the school's rows. A pair that is not listed has none.",
} as const;

export type DefinitionKey = keyof typeof definitions;

/** How filters and privacy affect all of them. */
export const rules = {
  filter:
    "Dates, schools, user types and grades apply to both reports. Resources and resource types apply to resource usage only, since daily participation names no resource: users, active users, days, logins and num_resources_accessed stay those of everything used.",
  range:
    "The last 7 and 30 days are calendar days and end on the last day with daily participation, as does the school year to date, which begins on its configured first day. None of them begins before the first day with data. All is everything from the first to the last day of either report.",
  privacy:
    "People are divided once, before any question, into groups of at least the minimum group size, and every number is about whole groups. A cohort is a school, user type and grade. One that has so many people on nine of ten of its days is a group; smaller ones are joined until they have: grades of a school first, then small schools with each other, then user types. By the setting, schools of a grade are joined first. A filter counts the groups that lie wholly within it, exactly, and leaves out those that it cuts. A day on which fewer people of a group are in the reports is not counted for it.",
  proof:
    "Whatever is added and subtracted, over schools, grades, people and days, the result is about whole groups, since unions and differences of whole groups are whole groups.",
  few: "How many of a group did something may be few. Fewer than the minimum group size are shown as such, while sums and averages stay exact. This is a courtesy: a reader can often work the number out, but never of fewer people than a group.",
  limits:
    "Counts of distinct people do not add up: the users of two weeks, less those of the first, are the people who came in the second only. These can be few, but nobody knows who of the group they are. Answers from different versions of the tables, with another group size, or with grades instead of schools kept whole, can be compared. Rows of people without an id belong to nobody, but are in sums.",
} as const;
