import { userTypes } from "../clever/reports";
import type { ParticipationIndex } from "./index/participationIndex";

/** Ascending by code units, `null` last: the same order on every machine. */
export function compareNames(a: string | null, b: string | null): number {
  if (a === b) return 0;
  if (a === null) return 1;
  if (b === null) return -1;
  return a < b ? -1 : 1;
}

/** Small numbers for everything that has a name. */
export interface Names {
  readonly schools: readonly (string | null)[];
  readonly grades: readonly (string | null)[];
  /** Of each cohort. */
  readonly typeOf: Uint32Array;
  readonly schoolOf: Uint32Array;
  readonly gradeOf: Uint32Array;
  /** Resources as they are shown: distinct (name, type), by name, then type; and the index's resources of each. */
  readonly shown: readonly { readonly name: string | null; readonly type: string | null }[];
  readonly resourcesOf: readonly (readonly number[])[];
  /** Different resources: by id, by name where there is none; -1 for a resource with neither. */
  readonly identityOf: Int32Array;
  readonly identities: number;
  /** 1 for shown resources that are one different resource, which is shown nowhere else. */
  readonly simple: Uint8Array;
}

export function namesOf({ cohorts, resources }: ParticipationIndex): Names {
  const schools = distinct(cohorts.map(({ school }) => school)).sort(compareNames);
  const grades = distinct(cohorts.map(({ grade }) => grade)).sort(compareNames);
  const schoolNumbers = numbers(schools);
  const gradeNumbers = numbers(grades);
  const key = ({ name, type }: { readonly name: string | null; readonly type: string | null }) =>
    JSON.stringify([name, type]);
  const shown = [
    ...new Map(resources.map(({ name, type }) => [key({ name, type }), { name, type }])).values(),
  ];
  shown.sort((a, b) => compareNames(a.name, b.name) || compareNames(a.type, b.type));
  const shownNumbers = numbers(shown.map(key));
  const resourcesOf: number[][] = shown.map(() => []);
  resources.forEach((resource, number) => {
    resourcesOf[shownNumbers.get(key(resource)) ?? 0]?.push(number);
  });
  const identityNumbers = numbers(
    distinct(resources.flatMap(({ id, name }) => (id === null && name === null ? [] : [id ?? name]))),
  );
  const identityOf = Int32Array.from(resources, ({ id, name }) => identityNumbers.get(id ?? name) ?? -1);
  return {
    schools,
    grades,
    typeOf: Uint32Array.from(cohorts, ({ userType }) => userTypes.indexOf(userType)),
    schoolOf: Uint32Array.from(cohorts, ({ school }) => schoolNumbers.get(school) ?? 0),
    gradeOf: Uint32Array.from(cohorts, ({ grade }) => gradeNumbers.get(grade) ?? 0),
    shown,
    resourcesOf,
    identityOf,
    identities: identityNumbers.size,
    simple: simpleShown(resourcesOf, identityOf),
  };
}

function simpleShown(resourcesOf: readonly (readonly number[])[], identityOf: Int32Array): Uint8Array {
  const shownOfIdentity = new Map<number, Set<number>>();
  const identitiesOf = resourcesOf.map((resources) =>
    distinct(resources.map((each) => identityOf[each] ?? -1)),
  );
  identitiesOf.forEach((identities, shown) => {
    for (const identity of identities) {
      shownOfIdentity.set(identity, (shownOfIdentity.get(identity) ?? new Set()).add(shown));
    }
  });
  return Uint8Array.from(identitiesOf, ([identity = -1, ...others]) =>
    Number(identity >= 0 && others.length === 0 && shownOfIdentity.get(identity)?.size === 1),
  );
}

const distinct = <T>(values: readonly T[]): T[] => [...new Set(values)];
const numbers = <T>(values: readonly T[]): Map<T, number> =>
  new Map(values.map((value, number) => [value, number]));
