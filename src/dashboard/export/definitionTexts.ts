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
  table: [
    "resources.resource",
    "resources.users",
    "resources.rows",
    "resources.accesses",
    "resources.firstDay",
    "resources.weekly",
  ],
} as const satisfies Readonly<Record<string, readonly DefinitionKey[]>>;

const { title: _, ...changes } = changesDefinitions;

/** The definitions and rules that the dashboard tells, in English: what there must be translations of. */
export const toldDefinitions: readonly string[] = [
  ...new Set(
    Object.values(shown)
      .flat()
      .map((key) => definitions[key]),
  ),
  ...Object.values(changes),
  definitions["cards.before"],
  ...Object.values(rules),
];

/** What each picture and card computes, in the user's language, by its id. */
export function definitionTexts(
  t: Translate,
): Readonly<Record<keyof typeof shown | "changes" | "before", string>> {
  const told = (id: keyof typeof shown) => shown[id].map((key) => t(definitions[key])).join(" ");
  return {
    users: told("users"),
    activeUsers: told("activeUsers"),
    days: told("days"),
    logins: told("logins"),
    accesses: told("accesses"),
    resources: told("resources"),
    resourceUsers: told("resourceUsers"),
    time: told("time"),
    active: told("active"),
    distinctDay: told("distinctDay"),
    use: told("use"),
    schools: told("schools"),
    top: [
      told("top"),
      t(
        "Somebody who used two of them is counted in both, so a bar's length is not a number of people. In percent: of the school's users.",
      ),
    ].join(" "),
    treemap: [told("treemap"), t("The area is their number, the colour the type.")].join(" "),
    distinctSchool: told("distinctSchool"),
    distinctGrade: told("distinctGrade"),
    neverSchool: told("neverSchool"),
    neverGrade: told("neverGrade"),
    weekday: told("weekday"),
    licences: told("licences"),
    table: told("table"),
    changes: Object.values(changes)
      .map((text) => t(text))
      .join(" "),
    before: t(definitions["cards.before"]),
  };
}

/** How filters and privacy act on all numbers, in the user's language. */
export function ruleTexts(t: Translate): readonly string[] {
  return Object.values(rules).map((rule) => t(rule));
}
