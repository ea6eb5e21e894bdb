import type { DashboardFilter } from "./filter";
import type { ParticipationIndex } from "./index/participationIndex";

/** Former names of schools with the current ones. */
export type RenamedSchools = ParticipationIndex["renamedSchools"];

/** The current name of a school. */
export function currentSchool(
  renamed: RenamedSchools,
): <Name extends string | null>(name: Name) => Name | string {
  const names = new Map<string | null, string>(renamed);
  return (name) => names.get(name) ?? name;
}

/** A filter with the current names of its schools: it may have been saved before one was renamed. */
export function withCurrentSchools(filter: DashboardFilter, renamed: RenamedSchools): DashboardFilter {
  return renamed.length === 0
    ? filter
    : { ...filter, schools: [...new Set(filter.schools.map(currentSchool(renamed)))] };
}

/** The former names of a school; none for most. */
export const formerNamesOf = (renamed: RenamedSchools, school: string | null): string[] =>
  renamed.flatMap(([former, current]) => (current === school ? [former] : []));
