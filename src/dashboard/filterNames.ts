import type { FilterOptions } from "./answer";
import type { DashboardFilter } from "./filter";

type Names = Pick<DashboardFilter, "schools" | "resources" | "resourceTypes" | "grades">;

/** The names that a filter can choose from. */
export function namesIn({ schools, resources, resourceTypes, grades }: FilterOptions): Names {
  return {
    schools: [...schools],
    resources: resources.flatMap(({ name, formerNames = [] }) => [name, ...formerNames]),
    resourceTypes: [...resourceTypes],
    grades: [...grades],
  };
}
