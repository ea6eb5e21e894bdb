import { nearestNames } from "../../basics/nearestNames";
import type { LicenceEntry } from "../answer";
import type { Licence } from "../districtFiles";
import { compareNames } from "../groups/names";
import { resourcesNamed } from "../resourcesNamed";
import { comparable, nullIfAbsent, partly } from "./entries";
import type { Totals } from "./totals";
import { usersOf } from "./usageRuns";

/**
 * Who used the paid resources, for the people and days of a question, whatever resources it filters by. Names without
 * rows come first, then those with the fewest users per seat; those without seats come last.
 */
export function licenceEntries({ scope, attendance }: Totals, licences: readonly Licence[]): LicenceEntry[] {
  const { shown } = scope.facts.names;
  const isUsed = (number: number) => scope.groups.usedResources[number] === 1;
  const used = shown.filter((_, number) => isUsed(number));
  const names = used.flatMap(({ name, formerNames = [] }) => [name ?? [], formerNames].flat());
  const numbersOf = resourcesNamed(shown, isUsed);
  const entries = licences.map((licence) => {
    const ofName = numbersOf(licence.resource);
    const isKnown = ofName.length > 0;
    const users = usersOf(scope, ofName);
    const known = nullIfAbsent(scope, ["resourceUsage"], attendance.total.people(users));
    // People whom the filter leaves out may use it.
    const isUncertain = isKnown && known === 0 && scope.cohorts.includes(0);
    const entry: LicenceEntry = {
      ...licence,
      users: known,
      isKnown,
      nearest: isKnown ? [] : nearestNames(licence.resource, names),
      ...(isUncertain ? { partly: true } : partly(attendance.total)),
    };
    const perSeat = licence.seats
      ? comparable(users, scope.groups) / licence.seats
      : Number.POSITIVE_INFINITY;
    return { entry, rank: entry.isKnown ? perSeat : -1 };
  });
  const byRank = (a: number, b: number) => (a === b ? 0 : a - b);
  entries.sort((a, b) => byRank(a.rank, b.rank) || compareNames(a.entry.resource, b.entry.resource));
  return entries.map(({ entry }) => entry);
}
