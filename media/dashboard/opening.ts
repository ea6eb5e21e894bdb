import type { DashboardView } from "../../src/dashboard/export/view";
import type { DashboardFilter, RangePreset } from "../../src/dashboard/filter";

// Copies of what src/dashboard has beside its schemas: imported from there, the schema library would come into the
// page with them. test/unit/dashboardOpening.test.ts holds them to be the same.

/** The presets in the order in which they are offered. */
export const presets: readonly RangePreset[] = ["last7", "last30", "schoolYear", "all"];

export const openingFilter: DashboardFilter = {
  range: { preset: "schoolYear" },
  schools: [],
  resources: [],
  resourceTypes: [],
  userTypes: ["students"],
  grades: [],
};

export const openingView: DashboardView = {
  units: "absolute",
  topResources: 5,
  schoolsShown: 12,
  asTable: [],
  sort: { column: "users", descending: true },
  search: "",
  allChanges: false,
};
