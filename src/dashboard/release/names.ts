import { type UserType, userTypes } from "../../clever/reports";
import type { Cohort, ParticipationIndex } from "../index/participationIndex";
import { countingSort } from "./countingSort";

/** Ascending by code units, `null` last: the same order on every machine. */
export function compareNames(a: string | null, b: string | null): number {
  if (a === b) return 0;
  if (a === null) return 1;
  if (b === null) return -1;
  return a < b ? -1 : 1;
}

/** Small numbers for everything with a name, in the fixed order in which groups are joined. */
export interface Numbering {
  /** Cohorts by user type, school, grade: `rankOf[cohort]`, and back. */
  readonly rankOf: Uint32Array;
  readonly ranked: readonly Cohort[];
  readonly schools: readonly (string | null)[];
  readonly typeOfRank: Uint32Array;
  readonly schoolOfRank: Uint32Array;
  readonly grades: readonly (string | null)[];
  readonly gradeOfRank: Uint32Array;
  /** Resources as they are shown: distinct (name, type), by name, then type. */
  readonly shown: readonly { readonly name: string | null; readonly type: string | null }[];
  readonly shownOf: Uint32Array;
  /** Different resources: by id, by name where there is none; -1 for a resource with neither. */
  readonly identityOf: Int32Array;
  readonly identities: number;
  /** Members anew, by the rank of their cohort: the number of each member of the index, and its person and rank. */
  readonly memberOf: Uint32Array;
  readonly person: Uint32Array;
  readonly rank: Uint32Array;
}

export function numbering(index: ParticipationIndex): Numbering {
  const order = index.cohorts
    .map((cohort, number) => ({ cohort, number }))
    .sort((a, b) => compareCohorts(a.cohort, b.cohort));
  const rankOf = new Uint32Array(order.length);
  order.forEach(({ number }, rank) => {
    rankOf[number] = rank;
  });
  const ranked = order.map(({ cohort }) => cohort);
  const schools = distinct(ranked.map(({ school }) => school)).sort(compareNames);
  const grades = distinct(ranked.map(({ grade }) => grade)).sort(compareNames);
  const shown = [
    ...new Map(
      index.resources.map(({ name, type }) => [JSON.stringify([name, type]), { name, type }]),
    ).values(),
  ].sort((a, b) => compareNames(a.name, b.name) || compareNames(a.type, b.type));
  const shownNumbers = numbers(shown.map(({ name, type }) => JSON.stringify([name, type])));
  const identityNumbers = new Map<string, number>();
  const identityOf = Int32Array.from(index.resources, ({ id, name }) => {
    const identity = id ?? name;
    if (identity === null) return -1;
    const known = identityNumbers.get(identity);
    if (known !== undefined) return known;
    identityNumbers.set(identity, identityNumbers.size);
    return identityNumbers.size - 1;
  });
  const schoolNumbers = numbers(schools);
  const gradeNumbers = numbers(grades);
  const members = Uint32Array.from(index.members.cohort, (_, member) => member);
  const rankOfMember = (member: number) => rankOf[index.members.cohort[member] as number] as number;
  const sorted = countingSort(members, rankOfMember, ranked.length);
  const memberOf = new Uint32Array(sorted.length);
  sorted.forEach((member, place) => {
    memberOf[member] = place;
  });
  return {
    memberOf,
    person: sorted.map((member) => index.members.person[member] as number),
    rank: sorted.map(rankOfMember),
    rankOf,
    ranked,
    schools,
    typeOfRank: Uint32Array.from(ranked, ({ userType }) => typeOrder(userType)),
    schoolOfRank: Uint32Array.from(ranked, ({ school }) => schoolNumbers.get(school) ?? 0),
    grades,
    gradeOfRank: Uint32Array.from(ranked, ({ grade }) => gradeNumbers.get(grade) ?? 0),
    shown,
    shownOf: Uint32Array.from(
      index.resources,
      ({ name, type }) => shownNumbers.get(JSON.stringify([name, type])) ?? 0,
    ),
    identityOf,
    identities: identityNumbers.size,
  };
}

const typeOrder = (type: UserType): number => userTypes.indexOf(type);

function compareCohorts(a: Cohort, b: Cohort): number {
  return (
    typeOrder(a.userType) - typeOrder(b.userType) ||
    compareNames(a.school, b.school) ||
    compareNames(a.grade, b.grade)
  );
}

const distinct = <T>(values: readonly T[]): T[] => [...new Set(values)];
const numbers = <T>(values: readonly T[]): Map<T, number> =>
  new Map(values.map((value, number) => [value, number]));
