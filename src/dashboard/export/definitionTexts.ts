import { changesDefinitions } from "../changes/changes";
import type { Translate } from "./texts";

/** What a number is: in brief, and exactly. */
export interface Explanation {
  readonly brief: string;
  readonly exact: string;
}

/**
 * What each chart and card computes, in the user's language, by its id. `clever/person.ts` defines a person. Rows that
 * identify nobody add no person, but are in sums.
 */
export function definitionTexts(t: Translate) {
  const explain = (brief: string, ...exact: readonly string[]): Explanation => ({
    brief,
    exact: exact.join(" "),
  });
  const kinds = t(
    "No data: neither report has a row of the day. Quiet: there are rows, but fewer than a tenth of the people who are active on a usual day, or fewer than half on a Saturday or Sunday, as on weekends and holidays. Usual is the upper decile of the weekdays with anybody active from sixteen weeks before to eight weeks after. Judged over everybody who is counted, of all user types, whatever the filter. Weekdays with resource usage only count as school days.",
  );
  const missing = t(
    "A report is missing for a day if it has no rows for a user type while the other report shows their use on that day. The day's numbers from that report are then unknown, and sums do not include them. A report that was never delivered for a user type does not count as missing, unless no day of the range has it for the people asked about. Groups of several user types do not decide it, nor do days that do not count for a group, because that would be about too few people.",
  );
  const perPerson = [
    t(
      "How many different resources one person used in the whole period, on average. People without use are included.",
    ),
    t(
      "For each person, the different resources used at the school in the whole range (as the table of resources lists them); their sum over people, divided by the school's users, those without use included. 0 where the school has no users.",
    ),
  ] as const;
  const neverActive = [
    t("People of the reports who used nothing in the whole period, as a share of all of them."),
    t(
      "Distinct people in the school's rows of daily participation who were active on no day of the range. The share is of the school's users. People whom the reports do not name are not counted.",
    ),
  ] as const;
  const byGrade = t(
    "As by school, over the rows of people who have the grade in the roster that was imported last. People who are not in it have none.",
  );
  const resource = t(
    "A resource is identified by its resource_id and has the resource_name and resource_type that it had last in the data; resources of the same name and type are one. Without an id, it is identified by its name and type.",
  );
  const personDays = t("Rows of resource usage with a person: person-days of use.");
  const lines = t(
    "A line connects across weekends without school only. It breaks at holidays and at days without a report.",
  );
  return {
    users: explain(
      t("People in the daily reports, active or not. Each counts once."),
      t("Distinct people in daily participation, active or not."),
    ),
    activeUsers: explain(
      t("People who used something on at least one day. Each counts once."),
      t("Distinct people who were active on at least one day."),
    ),
    days: explain(
      t("Days with a daily participation report."),
      t("Distinct dates with rows of daily participation."),
    ),
    logins: explain(
      t("How often people signed in, in total over all days."),
      t("Sum of num_logins in daily participation."),
    ),
    accesses: explain(
      t("How often resources were opened, in total over all days."),
      t("Sum of num_access in resource usage."),
    ),
    resources: explain(
      t(
        "Resources that were used at least once. A renamed resource counts once, as do those of the same name and type.",
      ),
      t("Distinct resources in resource usage, as the table of resources lists them."),
      resource,
    ),
    resourceUsers: explain(
      t("People who used one of the filtered resources. Each counts once."),
      t("Distinct people in resource usage."),
    ),
    time: explain(
      t("Logins and opened resources of each day, with days off shaded."),
      t("Sum of the day's num_logins."),
      t("Sum of the day's num_resources_accessed."),
      kinds,
      missing,
      lines,
    ),
    active: explain(
      t("How many people used something on each day. A day without its report is a hatched gap."),
      t("Distinct people who were active that day."),
      kinds,
      missing,
    ),
    use: explain(
      t("Use of the chosen resources only. A person who uses one on ten days counts as ten person-days."),
      t(
        "Of the resources that the filters choose, in resource usage: distinct people, rows with a person (person-days of use) and the sum of num_access.",
      ),
      missing,
      lines,
    ),
    distinctDay: explain(
      t("How many different resources were used on each day. A day without its report is a hatched gap."),
      t("Distinct resources in the day's resource usage, as the table of resources lists them."),
      resource,
      missing,
    ),
    schools: explain(
      t("What one person does on one day, on average. Days without use are included."),
      t(
        "Average of num_logins over the school's rows of daily participation (one per person and day), days without use included; rows without a num_logins are left out.",
      ),
      t(
        "Average of num_resources_accessed over the school's rows of daily participation (one per person and day), days without use included; rows without a num_resources_accessed are left out.",
      ),
      t(
        "A school is identified by its name: schools of the same name are one. A renamed school counts under its current name if it kept Clever's id.",
      ),
    ),
    top: explain(
      t("How many people of a school used each of the most used resources."),
      t(
        "For the 20 resources with the most distinct people: distinct people in the school's rows. A pair that is not listed has none.",
      ),
      t(
        "A person who used two of them counts in both, so a bar's length is not a number of people. In percent: of the school's users.",
      ),
    ),
    treemap: explain(
      t("Each tile is a resource. Its area is the number of person-days of use, its colour the type."),
      personDays,
      resource,
    ),
    distinctSchool: explain(...perPerson, resource),
    distinctGrade: explain(...perPerson, resource, byGrade),
    neverSchool: explain(...neverActive),
    neverGrade: explain(...neverActive, byGrade),
    weekday: explain(
      t("Active people on the average Monday, Tuesday and so on. Days off are left out."),
      t("Distinct active people of each of these days, summed and divided by the number of days."),
      t(
        "Days of the range on this weekday with daily participation in the district, without quiet days, days of which it is missing for some of the people and days of which everything is suppressed.",
      ),
    ),
    licences: explain(
      t("What the district pays for, according to its file, next to the people who used it."),
      t(
        "The district's file lists what is paid for. Users are distinct people in resource usage with a resource of this name, or of this former name if no other resource has it now, whatever resources are filtered by. People of suppressed groups are not counted. The share is users divided by seats, the cost per user is the licence's cost divided by users.",
      ),
    ),
    table: explain(
      t("Every resource that was used. The small line shows its person-days per school day, week by week."),
      resource,
      t("Distinct people in the resource's rows of resource usage."),
      personDays,
      t("Sum of num_access over all rows of the resource."),
      t("First and last day with a row of the resource in the range."),
      t(
        "Rows with a person per school day of each calendar week, as far as it lies in the range; at most the newest 60 weeks. School days without resource usage of some of the people, or of which everything is suppressed, are not counted, and a week without other school days is a gap.",
      ),
    ),
    periods: explain(
      t("Use in two periods, per school day: so a longer period does not look like more use."),
      t(
        "Two periods are compared by their complete school days: those with resource usage, and with every group that counts on any of the days of both periods, unless fewer than half of the days are such. A day on which all of a school or grade is suppressed does not count for it. Person-days are rows of resource usage with a person, accesses the sum of num_access, both divided by the number of these days. People are distinct people on these days, without a change in percent unless both periods have equally many of them. Of the resources that the filters choose, or of all.",
      ),
    ),
    changes: explain(
      t(
        "What was used notably more or less in the newest weeks than its own earlier weeks suggest. What all have in common, such as a short week, is removed.",
      ),
      ...Object.values(changesDefinitions).map((text) => t(text)),
    ),
    before: t(
      "The same number for the period that the filter chooses to compare with, or for as many school days before the range; days off after them count only as far as the period is no longer than the range. Logins and accesses are compared per school day, over the complete days: those with the report, and with every group that counts on any of the days of both periods, unless these are less than half; people and different resources only where both periods have equally many of these days. Empty if the data does not reach back that far.",
    ),
  };
}

/** How filters and privacy affect all numbers, in the user's language. */
export function ruleTexts(t: Translate): readonly string[] {
  return [
    t(
      "Dates, schools, user types and grades apply to both reports. Resources and resource types apply to resource usage only, since daily participation names no resource: users, active users, days, logins and num_resources_accessed always cover all resources.",
    ),
    t(
      "The last 7 and 30 days are calendar days and end on the last day with daily participation, as does the school year to date: that of the last school day, from its configured first day on. None of them begins before the first day with data. All is everything from the first to the last day of either report.",
    ),
    t(
      "People are divided once, before any question, into groups of at least the minimum group size, and every number is about whole groups. A cohort is a school, user type and grade. It is a group if it has so many people on nine out of ten of its days, not counting days with less than half or more than twice as many as on its newest ones, which are of another year; smaller ones are joined until they are one: grades of a school first, then small schools with each other, then user types. With the setting “grades”, schools of a grade are joined first. A filter counts the groups that lie wholly within it, exactly, and suppresses those that it splits. A day on which fewer people of a group are in the reports is not counted for it.",
    ),
    t(
      "Whatever is added and subtracted, over schools, grades, people and days, the result is about whole groups, since unions and differences of whole groups are whole groups.",
    ),
    t(
      "The number of people in a group who did something can be small. Fewer than the minimum group size are shown as such, while sums and averages stay exact. This is a courtesy: a reader can often work the number out, but never of fewer people than a group.",
    ),
    t(
      "Counts of distinct people do not add up: the users of two weeks, less those of the first, are the people who came in the second only. These can be few, but nobody can tell who in the group they are. Answers from different versions of the tables or the roster, with another group size, or with grades instead of schools kept whole, can be subtracted: the difference can be about fewer people, even a single one. Rows of people without an id belong to nobody, but are in sums.",
    ),
  ];
}
