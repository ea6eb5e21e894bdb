/** Clever's names for grades, in Clever's order. Source: `grade` of students in Clever's data schema (API 3). */
export const gradeOrder = [
  "InfantToddler",
  "Preschool",
  "PreKindergarten",
  "TransitionalKindergarten",
  "Kindergarten",
  ...["1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13"],
  "PostGraduate",
  "Ungraded",
  "Other",
] as const;

/** Other spellings that student information systems export, without case, blanks and punctuation. */
const aliases: Readonly<Record<string, (typeof gradeOrder)[number]>> = {
  it: "InfantToddler",
  infant: "InfantToddler",
  toddler: "InfantToddler",
  ps: "Preschool",
  pr: "Preschool",
  pk: "PreKindergarten",
  prek: "PreKindergarten",
  tk: "TransitionalKindergarten",
  transitionalk: "TransitionalKindergarten",
  k: "Kindergarten",
  kg: "Kindergarten",
  kinder: "Kindergarten",
  pg: "PostGraduate",
  postgrad: "PostGraduate",
  ug: "Ungraded",
};

const named = new Map<string, string>([
  ...Object.entries(aliases),
  ...gradeOrder.filter((grade) => /[a-z]/.test(grade)).map((grade) => [grade.toLowerCase(), grade] as const),
]);

/** `1`, `01`, `1st`, `Grade 1`, `1st Grade`, without blanks. */
const numbered = /^(?:grade)?0?(1[0-3]|[1-9])(?:st|nd|rd|th)?(?:grade)?$/;

/** A grade in Clever's spelling, from any known form; an unknown one is kept, trimmed. */
export function normalizedGrade(text: string): string {
  const lower = text.toLowerCase();
  // Signs and points have a meaning in a number, but not in a name.
  const number = numbered.exec(lower.replace(/\s/g, ""))?.[1];
  return number ?? named.get(lower.replace(/[\s\-_./]/g, "")) ?? text.trim();
}

/** Whether Clever has this grade. */
export function isKnownGrade(grade: string): boolean {
  return places.has(grade);
}

const places = new Map<string, number>(gradeOrder.map((grade, place) => [grade, place]));

/** Sorts grades in Clever's order, then unknown ones by name, then `null` (no grade). */
export function compareGrades(one: string | null, other: string | null): number {
  if (one === other) return 0;
  if (one === null || other === null) return one === null ? 1 : -1;
  const difference = (places.get(one) ?? places.size) - (places.get(other) ?? places.size);
  return difference !== 0 ? difference : one < other ? -1 : 1;
}
