import type {
  DayEntry,
  ParticipationMetrics,
  ResourceEntry,
  SchoolEntry,
  SchoolResourceEntry,
} from "./answer";
import type { CellFacts, Facts } from "./facts";
import { type SchoolColumn, type SuppressedAverages, suppressAverages } from "./schoolAverages";
import { type SuppressedLists, suppressCells, suppressLists } from "./suppression";

/** The answer without what was asked. */
export type PublishedMetrics = Omit<ParticipationMetrics, "filter" | "minimumGroupSize">;

/**
 * The resource names that are shown by school: those with the most people. Names of which a number is hidden
 * come last, by name: their place would tell how many people they have.
 */
export function resourcesBySchool(facts: Facts, minimumGroupSize: number, top: number): (string | null)[] {
  const hidden = hiddenResourceNames(facts, suppressLists(facts, minimumGroupSize));
  return facts.resourceNames
    .map(({ name, users }) => ({ name, users, hidden: hidden.has(name) }))
    .sort(
      (a, b) =>
        Number(a.hidden) - Number(b.hidden) ||
        (a.hidden ? 0 : b.users - a.users) ||
        compareNames(a.name, b.name),
    )
    .slice(0, top)
    .map(({ name }) => name);
}

/**
 * What may be shown of the facts. `cells` holds the users per school of each of `resources`, in the order in
 * which they are to be shown.
 */
export function publish(
  facts: Facts,
  resources: readonly (string | null)[],
  cells: readonly CellFacts[],
  minimumGroupSize: number,
): PublishedMetrics {
  const suppressed = suppressLists(facts, minimumGroupSize);
  const bySchool = schoolResources(facts, suppressed, resources, cells, minimumGroupSize);
  const averages = suppressAverages(facts, suppressed, bySchool.columns, minimumGroupSize);
  return {
    users: unless(suppressed.users, facts.users),
    days: facts.days,
    activeUsers: unless(suppressed.activeUsers, facts.activeUsers),
    bySchool: schools(facts, suppressed, averages),
    byDay: days(facts, suppressed),
    topResources: topResources(facts, suppressed),
    topResourcesBySchool: bySchool.entries,
  };
}

function schools(facts: Facts, suppressed: SuppressedLists, averages: SuppressedAverages): SchoolEntry[] {
  const entries = facts.schools.map((school, index): SchoolEntry => {
    const hideUsers = suppressed.schools[index] !== false;
    const hideReported = averages.reported[index] !== false;
    const hideDistinct = averages.distinct[index] !== false;
    return {
      school_name: school.name,
      users: unless(hideUsers, school.users),
      averageResources: unless(hideReported, ratio(school.resources, school.resourceRows)),
      averageLogins: unless(hideReported, ratio(school.logins, school.loginRows)),
      averageDistinctResources: unless(hideDistinct, ratio(school.resourcePairs, school.users)),
      ...mark(hideUsers || hideReported || hideDistinct),
    };
  });
  return entries.sort((a, b) => hiddenLast(a.users, b.users) || compareNames(a.school_name, b.school_name));
}

function days(facts: Facts, suppressed: SuppressedLists): DayEntry[] {
  return facts.byDay
    .map((day, index): DayEntry => {
      const hide = suppressed.days[index] ?? { sums: true, activeUsers: true, distinctResources: true };
      return {
        date: day.date,
        logins: unless(hide.sums, day.logins),
        resources: unless(hide.sums, day.resources),
        activeUsers: unless(hide.activeUsers, day.activeUsers),
        distinctResources: unless(hide.distinctResources, day.distinctResources),
        ...mark(hide.sums || hide.activeUsers || hide.distinctResources),
      };
    })
    .sort((a, b) => compareNames(a.date, b.date));
}

function topResources(facts: Facts, suppressed: SuppressedLists): ResourceEntry[] {
  return facts.resources
    .map((resource, index): ResourceEntry => {
      const hide = suppressed.resources[index] !== false;
      return {
        resource_name: resource.name,
        resource_type: resource.type,
        rows: unless(hide, resource.rows),
        accesses: unless(hide, resource.accesses),
        users: unless(hide, resource.users),
        ...mark(hide),
      };
    })
    .sort(
      (a, b) =>
        hiddenLast(a.rows, b.rows) ||
        (b.rows ?? 0) - (a.rows ?? 0) ||
        compareNames(a.resource_name, b.resource_name) ||
        compareNames(a.resource_type, b.resource_type),
    );
}

/** The cells that are shown, and what they add up to for each school of `facts.schools`. */
function schoolResources(
  facts: Facts,
  suppressed: SuppressedLists,
  resources: readonly (string | null)[],
  cells: readonly CellFacts[],
  minimumGroupSize: number,
): { readonly entries: SchoolResourceEntry[]; readonly columns: SchoolColumn[] } {
  const names = [
    ...new Set([...facts.schools.map(({ name }) => name), ...cells.map(({ school }) => school)]),
  ];
  const users = new Map(cells.map((cell) => [cellKey(cell.resource, cell.school), cell.users]));
  const hiddenNames = hiddenResourceNames(facts, suppressed);
  const rows = resources.map((resource) => ({
    resource,
    users: names.map((school) => users.get(cellKey(resource, school)) ?? 0),
    hidden: hiddenNames.has(resource),
  }));
  const hiddenSchools = names.map((_, index) => suppressed.schools[index] === true);
  const hiddenCells = suppressCells(rows, hiddenSchools, minimumGroupSize);

  const shownNames = new Set(rows.flatMap(({ resource, hidden }) => (hidden ? [] : [resource])));
  const others = facts.resources.filter(({ name }) => !shownNames.has(name));
  const columns = facts.schools.map((school) => ({
    shown: 0,
    hidden: 0,
    hasHidden: false,
    mostOfOthers: others.reduce((most, resource) => most + Math.min(school.users, resource.users), 0),
  }));
  const entries = rows.flatMap((row, rowIndex) => {
    const ofResource = names.flatMap((school, index): SchoolResourceEntry[] => {
      const people = row.users[index] ?? 0;
      const hide = hiddenCells[rowIndex]?.[index] !== false;
      const column = columns[index];
      if (column !== undefined && !row.hidden) {
        column.hasHidden ||= hide;
        column[hide ? "hidden" : "shown"] += people;
      }
      // A hidden school or resource lists all its pairs: which of them exist is about its few people.
      if (people === 0 && !hide) return [];
      return [
        { school_name: school, resource_name: row.resource, users: unless(hide, people), ...mark(hide) },
      ];
    });
    return ofResource.sort(
      (a, b) => hiddenLast(a.users, b.users) || compareNames(a.school_name, b.school_name),
    );
  });
  return { entries, columns };
}

/** A name with several types is hidden as soon as one of them is: the difference to the others would tell. */
function hiddenResourceNames(facts: Facts, suppressed: SuppressedLists): Set<string | null> {
  return new Set(facts.resources.filter((_, index) => suppressed.resources[index]).map(({ name }) => name));
}

function cellKey(resource: string | null, school: string | null): string {
  return JSON.stringify([resource, school]);
}

function unless(hide: boolean, value: number): number | null {
  return hide ? null : value;
}

/** 0 of nothing is 0: null means suppressed. */
function ratio(sum: number, count: number): number {
  return count === 0 ? 0 : sum / count;
}

function mark(suppressed: boolean): { readonly suppressed?: true } {
  return suppressed ? { suppressed: true } : {};
}

function hiddenLast(a: number | null, b: number | null): number {
  return Number(a === null) - Number(b === null);
}

/** By code unit, the same on every machine; null last. */
function compareNames(a: string | null, b: string | null): number {
  if (a === b) return 0;
  if (a === null) return 1;
  if (b === null) return -1;
  return a < b ? -1 : 1;
}
