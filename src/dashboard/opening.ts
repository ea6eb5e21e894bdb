// Without the schemas beside which these were: the page is bundled with them, and is not to bring a schema library.
import type { DashboardView } from "./export/view";
import type { DashboardFilter } from "./filter";

/**
 * Presets of the date range, in the order in which they are offered; `schoolYear` runs from the configured first day of
 * the school year to the last day there is.
 */
export const rangePresets = ["last7", "last30", "schoolYear", "all"] as const;

/** What stays whole where groups of people have to be joined: schools, or grades across schools. */
export const keptWhole = ["schools", "grades"] as const;
export type KeepWhole = (typeof keptWhole)[number];

/** A day of any year, `MM-dd`. */
export const monthAndDay = /^(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/;

/** The first day of the school year where nothing else is said; the manifest's default is the same. */
export const defaultSchoolYearStart = "08-01";

/** What the dashboard opens with: students, this school year, as OEA's page has it. */
export const openingFilter: DashboardFilter = {
  range: { preset: "schoolYear" },
  schools: [],
  resources: [],
  resourceTypes: [],
  userTypes: ["students"],
  grades: [],
};

/** How a dashboard opens. */
export const openingView: DashboardView = {
  units: "absolute",
  topResources: 5,
  schoolsShown: 12,
  asTable: [],
  sort: { column: "users", descending: true },
  search: "",
  allChanges: false,
  question: null,
};
