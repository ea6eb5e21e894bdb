import { type DashboardFilter, openingFilter } from "../../src/dashboard/filter";

/** A filter of `metrics`: all days of students, except for what is given. */
export function metricsFilter(filter: Partial<DashboardFilter> = {}): DashboardFilter {
  return { ...openingFilter, range: { preset: "all" }, ...filter };
}
