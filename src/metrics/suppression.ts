import type { Facts } from "./facts";

/** A group of people behind one entry of a list whose entries add up to something that a reader knows. */
export interface Group {
  readonly people: number;
  /** Hidden already, for a reason outside this list. */
  readonly hidden?: boolean;
}

/**
 * Which groups of a list to hide. Groups of 1 to `minimum` - 1 people are hidden; groups of nobody are not.
 * A reader who subtracts the visible entries from a total learns the sum of the hidden ones, so the next
 * smallest visible groups are hidden too until at least two are hidden, they hold at least `minimum` people
 * together and not all of them have the same size.
 *
 * Names play no part and groups of equal size are hidden together. Exchanging the sizes of two hidden groups
 * therefore gives the same answer, so that not even a reader who knows these rules can tell which is which; and
 * since the sizes differ, every hidden size has an alternative. (Small groups of equal size could be worked out:
 * ten groups that are ten people together are groups of one.)
 */
export function hideGroups(groups: readonly Group[], minimum: number): boolean[] {
  const hidden = groups.map(
    ({ people, hidden: already }) => already === true || (people > 0 && people < minimum),
  );
  while (!isCovered(groups, hidden, minimum)) {
    const next = smallestVisible(groups, hidden);
    if (next === undefined) break;
    groups.forEach(({ people }, index) => {
      if (people === next) hidden[index] = true;
    });
  }
  return hidden;
}

function isCovered(groups: readonly Group[], hidden: readonly boolean[], minimum: number): boolean {
  const sizes = groups.filter((_, index) => hidden[index]).map(({ people }) => people);
  const together = sizes.reduce((sum, people) => sum + people, 0);
  if (together === 0) return true;
  return together >= minimum && new Set(sizes).size > 1;
}

function smallestVisible(groups: readonly Group[], hidden: readonly boolean[]): number | undefined {
  let smallest: number | undefined;
  groups.forEach(({ people }, index) => {
    if (!hidden[index] && people > 0 && (smallest === undefined || people < smallest)) smallest = people;
  });
  return smallest;
}

/** Which entries of the answer's lists must not be shown; the arrays run parallel to those of the facts. */
export interface SuppressedLists {
  readonly users: boolean;
  readonly activeUsers: boolean;
  /** The school as a whole; of the others `suppressAverages` may hide more. */
  readonly schools: readonly boolean[];
  /** The averages of all schools, whose sums would tell each day's. */
  readonly averages: boolean;
  readonly days: readonly {
    readonly sums: boolean;
    readonly activeUsers: boolean;
    readonly distinctResources: boolean;
  }[];
  readonly resources: readonly boolean[];
}

/** The cards, schools, days and resources to hide. */
export function suppressLists(facts: Facts, minimum: number): SuppressedLists {
  const everything = isSmall(facts.users, minimum);
  const hide = (groups: readonly Group[]) =>
    everything ? groups.map(() => true) : hideGroups(groups, minimum);

  const schools = hide(facts.schools.map(({ users }) => ({ people: atLeastOne(users, true) })));
  const resources = hide(
    facts.resources.map(({ users, accesses }) => ({ people: atLeastOne(users, accesses > 0) })),
  );
  const sumsTellResources = eachIsOnePerson(facts.resources, resources) && isUsedOnce(facts, minimum);
  const days = hide(
    facts.byDay.map((day) => ({
      people: atLeastOne(day.activeUsers, day.logins + day.resources > 0),
      hidden: sumsTellResources,
    })),
  );
  const tellDays = sumsTellDays(facts, days, minimum);
  return {
    users: everything || eachIsOnePerson(facts.schools, schools),
    activeUsers: everything || tellsFew(facts.activeUsers, facts.users, minimum),
    schools,
    averages: tellDays,
    days: facts.byDay.map(({ activeUsers, resourceUsers }, index) => ({
      sums: days[index] === true,
      activeUsers: days[index] === true || tellsFew(activeUsers, facts.users, minimum),
      distinctResources: days[index] === true || isSmall(resourceUsers, minimum),
    })),
    resources: resources.map((hidden) => hidden || tellDays),
  };
}

/** A resource that is shown by school: its users at every school, in the order of `schools`. */
export interface ResourceRow {
  readonly users: readonly number[];
  /** The resource's own total is hidden. */
  readonly hidden: boolean;
}

/**
 * Which users per school to hide, one row per resource. A row adds up to the resource's users; schools whose
 * own users are hidden stay hidden here.
 */
export function suppressCells(
  rows: readonly ResourceRow[],
  hiddenSchools: readonly boolean[],
  minimum: number,
): boolean[][] {
  return rows.map(({ users, hidden }) =>
    hidden
      ? users.map(() => true)
      : hideGroups(
          users.map((people, index) => ({ people, hidden: hiddenSchools[index] === true })),
          minimum,
        ),
  );
}

export function isSmall(people: number, minimum: number): boolean {
  return people > 0 && people < minimum;
}

/** Whether so few are active, or are not, that the number of active people beside that of all tells of them. */
function tellsFew(active: number, users: number, minimum: number): boolean {
  return isSmall(active, minimum) || isSmall(users - active, minimum);
}

/** Where there are numbers there is somebody, even if the rows carry no id to count people by. */
export function atLeastOne(people: number, hasNumbers: boolean): number {
  return people === 0 && hasNumbers ? 1 : people;
}

/** A list that is hidden as a whole, of groups of one: its length is its total. */
export function eachIsOnePerson(list: readonly { users: number }[], hidden: readonly boolean[]): boolean {
  return list.length > 0 && list.every(({ users }, index) => users <= 1 && hidden[index] === true);
}

/**
 * Where all days are hidden that anything was done on, hardly more often than once: each has its share of the sum. With
 * too few active people altogether, sums are hidden for the same reason as they.
 */
function sumsTellDays({ byDay, activeUsers }: Facts, hidden: readonly boolean[], minimum: number): boolean {
  if (isSmall(activeUsers, minimum)) return false;
  const busy = byDay.flatMap((day, index) =>
    day.activeUsers + day.logins + day.resources > 0 ? [{ ...day, hidden: hidden[index] === true }] : [],
  );
  if (busy.length === 0 || !busy.every((day) => day.hidden)) return false;
  return usesOf(busy) - busy.length < minimum;
}

/** Resources of one person each could be told from the sums of the days if hardly any was used again. */
function isUsedOnce({ byDay, resources }: Facts, minimum: number): boolean {
  return usesOf(byDay) - resources.length < minimum;
}

function usesOf(days: readonly { readonly resources: number; readonly logins: number }[]): number {
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  return Math.min(sum(days.map((day) => day.resources)), sum(days.map((day) => day.logins)));
}
