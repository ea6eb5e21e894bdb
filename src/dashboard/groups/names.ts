import { userTypes } from "../../clever/reports";
import { firstDayOf, spanOf } from "../calendar";
import type { ParticipationIndex, Resource } from "../index/participationIndex";

/** Ascending by code units, `null` last: the same order on every machine. */
export function compareNames(a: string | null, b: string | null): number {
  if (a === b) return 0;
  if (a === null) return 1;
  if (b === null) return -1;
  return a < b ? -1 : 1;
}

export interface ShownResource {
  readonly name: string | null;
  readonly type: string | null;
  /** Earlier names, sorted by name. */
  readonly formerNames?: readonly string[];
}

/** Small integers for everything that has a name. */
export interface Names {
  readonly schools: readonly (string | null)[];
  readonly grades: readonly (string | null)[];
  /** Per cohort. */
  readonly typeOf: Uint32Array;
  readonly schoolOf: Uint32Array;
  readonly gradeOf: Uint32Array;
  /**
   * Resources as shown: distinct (name, type), by name, then type; and the index's resources behind each. All
   * resources of one `resource_id` have its newest name and type.
   */
  readonly shown: readonly ShownResource[];
  readonly resourcesOf: readonly (readonly number[])[];
}

/** @param firstRuns those of `Facts` */
export function namesOf(index: ParticipationIndex, firstRuns: readonly Uint32Array[]): Names {
  const { cohorts, resources } = index;
  const schools = distinct(cohorts.map(({ school }) => school)).sort(compareNames);
  const grades = distinct(cohorts.map(({ grade }) => grade)).sort(compareNames);
  const schoolNumbers = numbers(schools);
  const gradeNumbers = numbers(grades);
  const newest = newestOf(index, firstRuns);
  const key = ({ name, type }: ShownResource) => JSON.stringify([name, type]);
  const byKey = [...new Map(newest.map(({ name, type }) => [key({ name, type }), { name, type }])).values()];
  byKey.sort((a, b) => compareNames(a.name, b.name) || compareNames(a.type, b.type));
  const shownNumbers = numbers(byKey.map(key));
  const resourcesOf: number[][] = byKey.map(() => []);
  newest.forEach((resource, number) => {
    resourcesOf[shownNumbers.get(key(resource)) ?? 0]?.push(number);
  });
  const shown = byKey.map(({ name, type }, number): ShownResource => {
    const all = distinct((resourcesOf[number] ?? []).map((each) => resources[each]?.name ?? null));
    const formerNames = all
      .flatMap((each) => (each === null || each === name ? [] : [each]))
      .sort(compareNames);
    return { name, type, ...(formerNames.length > 0 ? { formerNames } : {}) };
  });
  return {
    schools,
    grades,
    typeOf: Uint32Array.from(cohorts, ({ userType }) => userTypes.indexOf(userType)),
    schoolOf: Uint32Array.from(cohorts, ({ school }) => schoolNumbers.get(school) ?? 0),
    gradeOf: Uint32Array.from(cohorts, ({ grade }) => gradeNumbers.get(grade) ?? 0),
    shown,
    resourcesOf,
  };
}

/** For each of the index's resources, the newest one with the same id; itself if it has none. */
function newestOf(
  { resources, months }: ParticipationIndex,
  firstRuns: readonly Uint32Array[],
): readonly Resource[] {
  const monthStarts = Int32Array.from(months, ({ month }) => firstDayOf(month));
  const usedOn = (resource: number) => {
    const masks = Uint32Array.from(months, ({ usageRuns: { days } }, month) => {
      const [start, end] = (firstRuns[month] as Uint32Array).subarray(resource);
      return days.subarray(start, end).reduce((all, mask) => all | mask, 0);
    });
    return spanOf(monthStarts, masks) ?? { first: 0, last: 0 };
  };
  /** Prefers a known name, then the one used last, then the one added last. */
  const isNewer = (one: number, other: number) => {
    const [a, b] = [resources[one], resources[other]];
    const [daysA, daysB] = [usedOn(one), usedOn(other)];
    const order =
      Number(a?.name === null) - Number(b?.name === null) ||
      daysB.last - daysA.last ||
      daysB.first - daysA.first ||
      compareNames(a?.name ?? null, b?.name ?? null) ||
      compareNames(a?.type ?? null, b?.type ?? null);
    return order < 0;
  };
  const newest = new Map<string, number>();
  resources.forEach(({ id }, number) => {
    if (id === null) return;
    const known = newest.get(id);
    if (known === undefined || isNewer(number, known)) newest.set(id, number);
  });
  return resources.map((resource) => {
    const number = resource.id === null ? undefined : newest.get(resource.id);
    return number === undefined ? resource : (resources[number] ?? resource);
  });
}

const distinct = <T>(values: readonly T[]): T[] => [...new Set(values)];
const numbers = <T>(values: readonly T[]): Map<T, number> =>
  new Map(values.map((value, number) => [value, number]));
