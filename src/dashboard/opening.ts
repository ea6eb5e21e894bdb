// Only types, no schemas: the page's bundle includes this file and must not include a schema library.
import type { UserType } from "../clever/reports";
import type { DashboardView } from "./export/view";
import type { DashboardFilter } from "./filter";

/**
 * Presets of the date range, in the order shown; `schoolYear` is that of the last school day, from its configured first
 * day to the last day of data.
 */
export const rangePresets = ["last7", "last30", "schoolYear", "all"] as const;

/** What stays whole if groups of people must be joined: schools, or grades across schools. */
export const keptWhole = ["schools", "grades"] as const;
export type KeepWhole = (typeof keptWhole)[number];

/** How people are counted: in groups of at least the minimum size. */
export interface Counting {
  readonly minimumGroupSize: number;
  readonly keepWhole: KeepWhole;
}

/** A day of any year, `MM-dd`; February 29 is one. */
export const monthAndDay =
  /^(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d)$|^(?:0[13-9]|1[0-2])-30$|^(?:0[13578]|1[02])-31$/;

/** The default first day of the school year; the manifest has the same default. */
export const defaultSchoolYearStart = "08-01";

/** The filter that the dashboard opens with: students, this school year, as on OEA's page. */
export const openingFilter: DashboardFilter = {
  range: { preset: "schoolYear" },
  schools: [],
  resources: [],
  resourceTypes: [],
  userTypes: ["students"],
  grades: [],
};

/** The opening filter for data with these user types: everybody if there are no students. */
export const openingFilterFor = ({
  userTypes,
}: {
  readonly userTypes: readonly UserType[];
}): DashboardFilter => (userTypes.includes("students") ? openingFilter : { ...openingFilter, userTypes: [] });

/** The view that the dashboard opens with. */
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
