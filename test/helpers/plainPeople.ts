import type { UserType } from "../../src/clever/reports";

/** The user type and the ids of a row's person: the school system's and Clever's. */
export interface PersonIds {
  readonly userType: UserType;
  readonly person: string | null;
  readonly clever?: string | null;
}

/** Assigns rows to people by maps over all rows, as `clever/person.ts` does in SQL. */
export function plainPeople(all: readonly PersonIds[]): (row: PersonIds) => string | null {
  const joined = new Map<string, string>();
  for (const { userType, person, clever } of all) {
    if (person === null || !clever) continue;
    const key = `${userType} ${person}`;
    const before = joined.get(key);
    if (before === undefined || clever < before) joined.set(key, clever);
  }
  return ({ userType, person, clever }) =>
    clever ?? (person === null ? null : (joined.get(`${userType} ${person}`) ?? person));
}
