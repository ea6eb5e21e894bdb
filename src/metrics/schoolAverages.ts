import type { Facts, SchoolFacts } from "./facts";
import { atLeastOne, eachIsOnePerson, hideGroups, isSmall, type SuppressedLists } from "./suppression";

/** A school's users of resources, summed over the resources that are shown by school and have a visible total. */
export interface SchoolColumn {
  readonly shown: number;
  readonly hidden: number;
  readonly hasHidden: boolean;
  /** What the sum over all other resources can be at most: the school's users, or the resource's where these are fewer. */
  readonly mostOfOthers: number;
}

/** Per school of the facts: which averages to hide. */
export interface SuppressedAverages {
  /** `averageResources` and `averageLogins` */
  readonly reported: readonly boolean[];
  /** `averageDistinctResources` */
  readonly distinct: readonly boolean[];
}

/**
 * Which averages of schools to hide. An average times the number of its rows is a sum over the school:
 * - Logins and resources are sums over the school's active people, and over all schools add up to the sums of
 *   the days, so schools with few active people are hidden, and others with them.
 * - Different resources are the sum of the school's column in the table of resources and schools. Where that
 *   sum would give away a hidden cell they are hidden, and logins and resources as well where these come too
 *   close to the same sum.
 */
export function suppressAverages(
  facts: Facts,
  lists: SuppressedLists,
  columns: readonly SchoolColumn[],
  minimum: number,
): SuppressedAverages {
  const allDistinct = eachIsOnePerson(facts.resources, lists.resources);
  let reported: readonly boolean[] = lists.schools.map((hidden) => hidden || lists.averages);
  // Each list can make the other hide more. Nothing is ever shown again, so this ends.
  for (;;) {
    const distinct = hideGroups(
      facts.schools.map((school, index) => ({
        people: Math.max(0, school.resourcePairs - (columns[index]?.shown ?? 0)),
        hidden:
          allDistinct ||
          reported[index] === true ||
          isSmall(school.resourceUsers, minimum) ||
          exposesColumn(school, columns[index], minimum),
      })),
      minimum,
    );
    const next = hideGroups(
      facts.schools.map((school, index) => ({
        people: atLeastOne(school.activeUsers, school.logins + school.resources > 0),
        hidden:
          reported[index] === true ||
          (distinct[index] === true && followsColumn(school, facts.days, minimum)),
      })),
      minimum,
    );
    if (next.every((hidden, index) => hidden === reported[index])) return { reported, distinct };
    reported = next;
  }
}

/**
 * The resources that are not shown by school at all have to cover the hidden cells of the school's column: with so much
 * use that the hidden cells may have it, and so little that they may be without it.
 */
function exposesColumn(school: SchoolFacts, column: SchoolColumn | undefined, minimum: number): boolean {
  if (column === undefined) return false;
  // Below 0 where a resource was renamed: it counts once for the school, but twice among the cells.
  const unlisted = school.resourcePairs - column.shown - column.hidden;
  if (column.hasHidden && column.mostOfOthers - unlisted < minimum) return true;
  return unlisted < minimum && (column.hasHidden || unlisted > 0);
}

/**
 * Whether logins or resources tell the column's sum: every user of a resource used it on at least one day and
 * at most on all of them, so they must lie well away from both ends.
 */
function followsColumn(school: SchoolFacts, days: number, minimum: number): boolean {
  const { resources, logins, resourcePairs } = school;
  const belowAllDays = days * resourcePairs - resources;
  return (
    resources - resourcePairs < minimum ||
    logins - resourcePairs < minimum ||
    (belowAllDays >= 0 && belowAllDays < minimum)
  );
}
