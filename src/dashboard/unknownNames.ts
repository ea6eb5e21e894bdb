import { CleverLakeError } from "../basics/errors";
import { nearestNames } from "../basics/nearestNames";
import type { FilterOptions } from "./answer";

/** The parts of a filter that name something in the data, as messages call them. */
const kinds = {
  schools: "school",
  resources: "resource",
  resourceTypes: "resource type",
  grades: "grade",
} as const;
type NameList = keyof typeof kinds;

/** Names by part of the filter; `null` means rows without one. */
export type NameLists = { readonly [List in NameList]?: readonly (string | null)[] | undefined };

/** The names that a filter can choose from. */
export function namesIn(options: FilterOptions): NameLists {
  const { resources, renamedSchools, resourceTypes, grades } = options;
  const schools = [...options.schools, ...renamedSchools.map(([former]) => former)];
  const named = resources.flatMap(({ name, formerNames = [] }) => [name, ...formerNames]);
  return { schools, resources: named, resourceTypes, grades };
}

/**
 * The names in a filter that the data does not have: their answer would be zeros. If no resource can be named, all use
 * is suppressed, and so is the answer.
 */
export function unknownNames(filter: NameLists, known: NameLists): { list: NameList; name: string }[] {
  return (Object.keys(kinds) as NameList[]).flatMap((list) => {
    const names = new Set(known[list]);
    if (isOfResources(list) && names.size === 0) return [];
    return (filter[list] ?? []).flatMap((name) => (name === null || names.has(name) ? [] : [{ list, name }]));
  });
}

/** A resource is named only if somebody used it on a day that counts. */
const isOfResources = (list: NameList) => list === "resources" || list === "resourceTypes";

/** Rejects with `config`, suggesting the closest names, if a filter names something the data does not have. */
export function requireKnownNames(filter: NameLists, known: NameLists): void {
  const unknown = unknownNames(filter, known);
  const [first] = unknown;
  if (first === undefined) return;
  const faults = unknown.map(({ list, name }) => {
    const missing = `There is no ${kinds[list]} "${name}" in the tables`;
    return isOfResources(list) ? `${missing}, or all of its use is suppressed.` : `${missing}.`;
  });
  const hints = unknown.map(({ list, name }) => {
    const names = (known[list] ?? []).filter((each) => each !== null);
    const near = nearestNames(name, names);
    if (near.length > 0) return `The nearest to "${name}": ${near.map((each) => `"${each}"`).join(", ")}.`;
    return names.length === 0
      ? `The tables have no ${kinds[list]}.`
      : `No ${kinds[list]} has a name like "${name}".`;
  });
  throw new CleverLakeError("config", faults.join(" "), { hint: hints.join(" ") });
}
