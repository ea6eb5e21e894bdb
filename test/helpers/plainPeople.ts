/** The ids of a row's person: the school system's and Clever's. */
export interface PersonIds {
  readonly person: string | null;
  readonly clever?: string | null;
}

/** Assigns rows to people by maps over all rows, as `clever/person.ts` does in SQL. */
export function plainPeople(all: readonly PersonIds[]): (row: PersonIds) => string | null {
  const joined = new Map<string, string>();
  for (const { person, clever } of all) {
    if (person === null || !clever) continue;
    const before = joined.get(person);
    if (before === undefined || clever < before) joined.set(person, clever);
  }
  return ({ person, clever }) => clever ?? (person === null ? null : (joined.get(person) ?? person));
}
