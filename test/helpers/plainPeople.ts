/** The ids that a row has of its person: the school system's and Clever's. */
export interface PersonIds {
  readonly person: string | null;
  readonly clever?: string | null;
}

/** Who rows are about, by maps over all rows: what `clever/person.ts` says in SQL. */
export function plainPeople(all: readonly PersonIds[]): (row: PersonIds) => string | null {
  const joined = new Map<string, string>();
  for (const { person, clever } of all) {
    if (person === null || !clever) continue;
    const before = joined.get(person);
    if (before === undefined || clever < before) joined.set(person, clever);
  }
  return ({ person, clever }) => clever ?? (person === null ? null : (joined.get(person) ?? person));
}
