interface SchoolRow {
  readonly date: string;
  readonly school: string | null;
  readonly schoolId?: string | null;
}

/** The name of a row's school: the newest one of its id, of those of one day the first. */
export function plainSchools(rows: readonly SchoolRow[]): (row: SchoolRow) => string | null {
  const newest = new Map<string, { readonly name: string; readonly date: string }>();
  for (const { date, school, schoolId } of rows) {
    if (!schoolId || school === null) continue;
    const known = newest.get(schoolId);
    if (known && (known.date > date || (known.date === date && known.name <= school))) continue;
    newest.set(schoolId, { name: school, date });
  }
  return ({ school, schoolId }) => newest.get(schoolId ?? "")?.name ?? school;
}
