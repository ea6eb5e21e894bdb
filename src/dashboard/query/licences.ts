import { nearestNames } from "../../nearestNames";
import type { Licence, LicenceEntry } from "../answer";
import type { Groups } from "../groups";
import { compareNames } from "../names";
import { type Found, shownPeople } from "./entries";
import { people } from "./parts";
import { usersOf } from "./usage";

/**
 * Who used the paid resources, for the people and days of a question, whatever resources it filters by. Names without
 * rows come first, then those with the fewest users per seat; those without seats come last.
 */
export function licenceEntries(found: Found, groups: Groups, licences: readonly Licence[]): LicenceEntry[] {
  const { facts, scope, minimum, attendance } = found;
  const { shown } = facts.names;
  const names = shown.flatMap(({ name }) => (name === null ? [] : [name]));
  const numbers = new Map<string, number[]>();
  shown.forEach(({ name }, number) => {
    if (name !== null) numbers.set(name, [...(numbers.get(name) ?? []), number]);
  });
  const entries = licences.map((licence) => {
    const ofName = numbers.get(licence.resource);
    const users = ofName === undefined ? 0 : usersOf(facts, groups, scope, ofName);
    const entry: LicenceEntry = {
      ...licence,
      users: people(users, attendance.total, minimum),
      isKnown: ofName !== undefined,
      nearest: ofName === undefined ? nearestNames(licence.resource, names) : [],
    };
    const perSeat = licence.seats ? shownPeople(users, minimum) / licence.seats : Number.POSITIVE_INFINITY;
    return { entry, rank: entry.isKnown ? perSeat : -1 };
  });
  const byRank = (a: number, b: number) => (a === b ? 0 : a - b);
  entries.sort((a, b) => byRank(a.rank, b.rank) || compareNames(a.entry.resource, b.entry.resource));
  return entries.map(({ entry }) => entry);
}
