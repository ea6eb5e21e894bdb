import { capitalized } from "../../src/basics/capitalized";
import { groupBy } from "../../src/basics/groupBy";
import type { CutGroup, Place, UncountedDays } from "../../src/dashboard/answer";
import { fill, isolated } from "./formats";
import { isNumbered, nameIn, type Ready, type Words } from "./model";

/** At most this many places are listed one by one. */
const maxNamed = 4;

/** Why groups are suppressed, one sentence each; small parts of the same group are in one sentence. */
export function cutSentences(words: Words, groups: readonly CutGroup[]): string[] {
  const { texts, formats, answer } = words;
  const minimum = formats.integer(answer.minimumGroupSize);
  const write = (text: string, left: readonly Place[], together: readonly Place[]) =>
    sentence(words, fill(text, placesName(words, left), minimum, placesName(words, together)));
  return [...groupBy(groups, wholeGroup).values()].flatMap((parts) => {
    const small = parts.filter(({ isSmall }) => isSmall);
    if (small.length > 1) {
      const left = small.flatMap((part) => part.left.flatMap(byGrade));
      const named = new Set(left.map(placeKey));
      const others = (small[0]?.together ?? []).flatMap(byGrade).filter((each) => !named.has(placeKey(each)));
      const text = others.length === 0 ? texts.cutSmallEach : texts.cutSmallEachWith;
      return [write(text, withGrades(left), withGrades(others))];
    }
    return parts.map(({ left, together, isSmall }) => {
      const [one, several] = isSmall
        ? [texts.cutSmall, texts.cutSmallSeveral]
        : [texts.cutByOthers, texts.cutByOthersSeveral];
      const isOne = left.length === 1 && left[0]?.userType !== "teachers";
      return write(isOne ? one : several, left, together);
    });
  });
}

/** All places of a suppressed group; parts of the same group have the same ones. */
function wholeGroup({ left, together }: CutGroup): string {
  return [...left, ...together].flatMap(byGrade).map(placeKey).sort().join();
}

/** A place for each of a place's grades. */
function byGrade(place: Place): Place[] {
  return place.grades?.map((grade) => ({ ...place, grades: [grade] })) ?? [place];
}

function placeKey({ userType, school, grades }: Place): string {
  return JSON.stringify([userType, school, grades]);
}

/** The opposite of `byGrade`. */
function withGrades(places: readonly Place[]): Place[] {
  const schools = groupBy(places, (place) => placeKey({ ...place, grades: null }));
  return [...schools.values()].flatMap(([first, ...others]) =>
    first
      ? [{ ...first, grades: first.grades && [first, ...others].flatMap(({ grades }) => grades ?? []) }]
      : [],
  );
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
  const list = formats.list(grades.map((grade) => nameIn(texts, "grades", grade)));
  if (grades.every((grade) => grade === null)) return `${where} ${list}`;
  // Other grades, such as Kindergarten, are names.
  if (!grades.some((grade) => grade !== null && isNumbered(grade))) return `${where} (${list})`;
  return fill(grades.length === 1 ? texts.placeGrade : texts.placeGrades, where, list);
}
