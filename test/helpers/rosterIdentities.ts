import { parse } from "csv-parse/sync";

/** Columns whose values must not leak; the others contain one of a few words each. */
const identifying = [
  ...["Student_id", "Student_number", "State_id", "Last_name", "First_name", "DOB", "Student_street"],
  ...["Student_email", "Contact_name", "Contact_phone", "Contact_email"],
];

/** A roster's data about children that must be nowhere else: values long enough not to occur by chance. */
export function rosterIdentities(csv: string): Set<string> {
  const rows: Record<string, string>[] = parse(csv, { columns: true });
  return new Set(
    rows.flatMap((row) => identifying.map((name) => row[name] ?? "")).filter((value) => value.length >= 5),
  );
}

/** The identities that occur in a text, or in bytes read as UTF-8. */
export function foundIn(text: string, identities: ReadonlySet<string>): string[] {
  return [...identities].filter((identity) => text.includes(identity));
}
