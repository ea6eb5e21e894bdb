import { changesDefinitions } from "../changes";
import { type DefinitionKey, definitions, rules } from "../definitions";
import type { Translate } from "./texts";

/** What each picture and card computes, by its id: the definitions of the numbers that it shows. */
const shown = {
  users: ["cards.users"],
  activeUsers: ["cards.activeUsers"],
  days: ["cards.days"],
  logins: ["cards.logins"],
  accesses: ["cards.accesses"],
  resources: ["cards.resources"],
  resourceUsers: ["cards.resourceUsers"],
  time: ["byDay.logins", "byDay.resources", "byDay.kind", "byDay.missing"],
  active: ["byDay.activeUsers", "byDay.kind", "byDay.missing"],
  use: ["use", "byDay.missing"],
  distinctDay: ["byDay.distinctResources", "byDay.missing"],
  schools: ["bySchool.averageLogins", "bySchool.averageResources"],
  top: ["resourcesBySchool.users"],
  treemap: ["resources.rows", "resources.resource"],
  distinctSchool: ["bySchool.distinctResourcesPerUser"],
  distinctGrade: ["bySchool.distinctResourcesPerUser", "byGrade"],
  neverSchool: ["bySchool.neverActive"],
  neverGrade: ["bySchool.neverActive", "byGrade"],
  weekday: ["byWeekday.activeUsers", "byWeekday.days"],
  licences: ["licences"],
  periods: ["comparison"],
  table: [
    "resources.resource",
    "resources.users",
    "resources.rows",
    "resources.accesses",
    "resources.firstDay",
    "resources.weekly",
  ],
} as const satisfies Readonly<Record<string, readonly DefinitionKey[]>>;

/** Where lines continue across days without school. */
const linesRule =
  "A line leads across weekends without school only. It breaks at holidays and at days that are not known.";

const { title: _, ...changes } = changesDefinitions;

/** The definitions and rules that the dashboard shows, in English: each needs a translation. */
export const shownDefinitions: readonly string[] = [
  ...new Set(
    Object.values(shown)
      .flat()
      .map((key) => definitions[key]),
  ),
  ...Object.values(changes),
  definitions["cards.before"],
  linesRule,
  ...Object.values(rules),
];

/** What a number is: exactly, in at most two sentences. */
export interface Explanation {
  readonly brief: string;
  readonly exact: string;
}

/** What each picture and card computes, in the user's language, by its id. */
export function definitionTexts(t: Translate) {
  const explain = (id: keyof typeof shown, brief: string, ...more: readonly string[]): Explanation => ({
    brief,
    exact: [...shown[id].map((key) => t(definitions[key])), ...more].join(" "),
  });
  return {
    users: explain("users", t("People in the daily reports, active or not. Each counts once.")),
    activeUsers: explain(
      "activeUsers",
      t("People who used something on at least one day. Each counts once."),
    ),
    days: explain("days", t("Days of which there is a report of daily participation.")),
    logins: explain("logins", t("How often people signed in, added up over all days.")),
    accesses: explain("accesses", t("How often resources were opened, added up over all days.")),
    resources: explain(
      "resources",
      t("Resources that somebody used at least once. One that was renamed counts once."),
    ),
    resourceUsers: explain(
      "resourceUsers",
      t("People who used one of the resources that the filters leave in. Each counts once."),
    ),
    time: explain("time", t("Logins and opened resources of each day, with days off shaded."), t(linesRule)),
    active: explain(
      "active",
      t("How many people used something on each day. A day that is not known is a hatched gap."),
    ),
    use: explain(
      "use",
      t("Use of the chosen resources only. Somebody who uses one on ten days is ten person-days."),
      t(linesRule),
    ),
    distinctDay: explain(
      "distinctDay",
      t("How many different resources were used on each day. A day that is not known is a hatched gap."),
    ),
    schools: explain(
      "schools",
      t("What one person does on one day, on average. Days without use are part of it."),
    ),
    top: explain(
      "top",
      t("How many people of a school used each of the most used resources."),
      t(
        "Somebody who used two of them counts in both, so a bar's length is not a number of people. In percent: of the school's users.",
      ),
    ),
    treemap: explain(
      "treemap",
      t("Each tile is a resource. Its area is the number of person-days of use, its colour the type."),
    ),
    distinctSchool: explain(
      "distinctSchool",
      t(
        "How many different resources one person used in the whole period, on average. People without use are part of it.",
      ),
    ),
    distinctGrade: explain(
      "distinctGrade",
      t(
        "How many different resources one person used in the whole period, on average. People without use are part of it.",
      ),
    ),
    neverSchool: explain(
      "neverSchool",
      t("People of the reports who used nothing in the whole period, as a share of all of them."),
    ),
    neverGrade: explain(
      "neverGrade",
      t("People of the reports who used nothing in the whole period, as a share of all of them."),
    ),
    weekday: explain(
      "weekday",
      t("Active people on the average Monday, Tuesday and so on. Days off are left out."),
    ),
    licences: explain(
      "licences",
      t("What the district pays for, according to its file, next to the people who used it."),
    ),
    table: explain(
      "table",
      t("Every resource that was used. The small line shows its person-days week by week."),
    ),
    periods: explain(
      "periods",
      t("Use in two periods, per school day: so a longer period does not look like more use."),
    ),
    changes: {
      brief: t(
        "What was used notably more or less in the newest weeks than its own earlier weeks suggest. What all have in common, such as a short week, is removed.",
      ),
      exact: Object.values(changes)
        .map((text) => t(text))
        .join(" "),
    },
    before: t(definitions["cards.before"]),
  };
}

/** How filters and privacy affect all numbers, in the user's language. */
export function ruleTexts(t: Translate): readonly string[] {
  return Object.values(rules).map((rule) => t(rule));
}
