import { capitalized } from "../../src/basics/capitalized";
import type { DashboardTexts } from "../../src/dashboard/export/texts";
import type { CutGroup, Place, UncountedDays } from "../../src/dashboard/withheld";
import { fill, isolated } from "./formats";
import { isNumbered, nameIn, type Ready, type Words } from "./model";

/** At most this many places are listed one by one. */
const maxNamed = 4;

/** Why groups are suppressed, one sentence each. */
export function cutSentences(words: Words, groups: readonly CutGroup[]): string[] {
  const minimum = words.formats.integer(words.answer.minimumGroupSize);
  return groups.map((group) => {
    const [left, together] = [placesName(words, group.left), placesName(words, group.together)];
    return sentence(words, fill(cutText(words.texts, group), left, minimum, together));
  });
}

function cutText(texts: DashboardTexts, { left, together, isSmall, each }: CutGroup): string {
  if (together.length === 0) return isSmall ? texts.cutSmallEach : texts.cutEach;
  if (each) return texts.cutSmallEachWith;
  if (left.length === 1 && left[0]?.userType !== "teachers") return isSmall ? texts.cutSmall : texts.cutLarge;
  return isSmall ? texts.cutSmallSeveral : texts.cutLargeSeveral;
}

/** A school's name stays as it is: it begins with a mark of its direction (see `isolated`). */
function sentence({ texts }: Words, text: string): string {
  return capitalized(text, texts.locale);
}

/**
 * The groups and days that the whole answer suppresses, one sentence each: groups that the filter splits, and days
 * that are not counted. If the filter chooses grades, also the people without a grade who count with them.
 */
export function suppressionSentences(words: Words): string[] {
  const { withheld, filter } = words.answer;
  return [
    ...cutSentences(words, withheld.filter),
    ...uncountedSentences(words, withheld.days),
    ...(filter.grades.length > 0 ? ungradedSentences(words) : []),
  ];
}

/** Whether the numbers of the whole answer exclude groups or days. */
export function isPartial({ withheld }: Ready["answer"]): true | undefined {
  return withheld.filter.length + withheld.days.length > 0 || undefined;
}

/** The grades with which people without a grade count, in at most one sentence. */
export function ungradedSentences(words: Words): string[] {
  const { texts, formats, answer } = words;
  const { ungraded } = answer.withheld;
  if (ungraded.length === 0) return [];
  return [fill(texts.ungraded, placesName(words, ungraded), formats.integer(answer.minimumGroupSize))];
}

/** Whether people without a grade count with this grade or, for `null`, whether some of them count with a grade. */
export function countsUngraded({ withheld }: Ready["answer"], grade: string | null): boolean {
  return withheld.ungraded.some(({ grades }) => grade === null || grades?.includes(grade));
}

/** Which days of groups are not counted, and why; one sentence for all groups with the same single day. */
export function uncountedSentences(words: Words, all: readonly UncountedDays[]): string[] {
  const { texts, formats, answer } = words;
  const minimum = formats.integer(answer.minimumGroupSize);
  return all.flatMap((each) => {
    const { group, days, first, last } = each;
    const range = formats.range(first, last);
    const sharing = all.filter((other) => days === 1 && other.days === 1 && other.first === first);
    if (sharing.length > 1) {
      const names = sharing.map((other) => placesName(words, other.group));
      const text = fill(texts.uncountedGroups, formats.shortList(names, maxNamed), range, minimum);
      return sharing[0] === each ? [sentence(words, text)] : [];
    }
    const text = days === 1 ? texts.uncountedDay : texts.uncountedDays;
    return [sentence(words, fill(text, placesName(words, group), formats.integer(days), range, minimum))];
  });
}

function placesName(words: Words, places: readonly Place[]): string {
  return words.formats.shortList(
    places.map((place) => placeName(words, place)),
    maxNamed,
  );
}

function placeName({ texts, formats }: Words, { userType, school, grades }: Place): string {
  const name = isolated(nameIn(texts, "schools", school));
  const people = { students: name, teachers: texts.teachersAt, staff: texts.staffAt }[userType];
  const where = userType === "students" ? name : fill(people, name);
  if (grades === null) return where;
  if (grades.every((grade) => grade === null)) return `${where} ${texts.noGrade}`;
  const list = formats.list(
    grades.map((grade) => (grade === null ? texts.withoutGrade : nameIn(texts, "grades", grade))),
  );
  // Other grades, such as Kindergarten, are names.
  if (!grades.some((grade) => grade !== null && isNumbered(grade))) return `${where} (${list})`;
  return fill(grades.length === 1 ? texts.placeGrade : texts.placeGrades, where, list);
}
