import { nearestNames } from "../../nearestNames";
import type { Licence, LicenceEntry } from "../answer";
import { compareNames } from "../groups/names";
import { comparable } from "./entries";
import type { Found } from "./found";
import { usersOf } from "./usageRuns";

/**
 * Who used the paid resources, for the people and days of a question, whatever resources it filters by. Names without
 * rows come first, then those with the fewest users per seat; those without seats come last.
 */
export function licenceEntries(
  { facts, groups, scope, attendance }: Found,
  licences: readonly Licence[],
): LicenceEntry[] {
  const { shown } = facts.names;
  const names = shown.flatMap(({ name }) => (name === null ? [] : [name]));
  const numbers = new Map<string, number[]>();
  shown.forEach(({ name }, number) => {
    if (name !== null) numbers.set(name, [...(numbers.get(name) ?? []), number]);
  });
  const entries = licences.map((licence) => {
    const ofName = numbers.get(licence.resource);
    const users = ofName === undefined ? 0 : usersOf(facts, scope, ofName);
    const entry: LicenceEntry = {
      ...licence,
      users: attendance.total.people(users),
      isKnown: ofName !== undefined,
      nearest: ofName === undefined ? nearestNames(licence.resource, names) : [],
    };
    const perSeat = licence.seats ? comparable(users, groups) / licence.seats : Number.POSITIVE_INFINITY;
    return { entry, rank: entry.isKnown ? perSeat : -1 };
  });
  const byRank = (a: number, b: number) => (a === b ? 0 : a - b);
  entries.sort((a, b) => byRank(a.rank, b.rank) || compareNames(a.entry.resource, b.entry.resource));
  return entries.map(({ entry }) => entry);
}
