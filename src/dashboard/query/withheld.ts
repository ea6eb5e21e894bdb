import { isoDate } from "../../basics/calendar";
import { groupBy } from "../../basics/groupBy";
import { compareGrades } from "../../clever/grades";
import { userTypes } from "../../clever/reports";
import { type MissingReport, reportKinds } from "../answer";
import { spanOf } from "../calendar";
import type { Facts, Places } from "../groups/groups";
import { compareNames } from "../groups/names";
import type { Cohort } from "../index/participationIndex";
import type { CutGroup, Place, UncountedDays, Withheld } from "../withheld";
import { daysWithData, isNeverCounted, type Scope } from "./scope";

/** What a question suppresses, and why: nothing if nobody has rows in its range. */
export function withheldIn(scope: Scope): Withheld {
  const { facts, groups, lists } = scope;
  const { names } = facts;
  const filter: CutGroup[] = [];
  const schools: CutGroup[] = [];
  const grades: CutGroup[] = [];
  const days: UncountedDays[] = [];
  const ungraded: Place[] = [];
  const splitBy = ({ of, countedIn }: Places, cohorts: readonly number[]): CutGroup[] => {
    if (countedIn[cohorts[0] as number] !== -1) return [];
    const parts = [...groupBy(cohorts, (cohort) => of[cohort]).values()];
    const small = parts.filter((part) => groups.sizeOf(part) < groups.minimumGroupSize);
    return [cutGroup(scope, cohorts, small.length > 0 ? small : parts, of === lists.grades.of)];
  };
  const withData = daysWithData(scope);
  const isEmpty = withData.every((mask) => mask === 0);
  groups.groups.forEach((cohorts, group) => {
    const selected = cohorts.filter((cohort) => scope.cohorts[cohort] === 1);
    if (isEmpty || selected.length === 0) return;
    for (const cohort of selected) {
      const grade = lists.grades.of[cohort] as number;
      if (grade === names.gradeOf[cohort]) continue;
      const { userType, school } = facts.index.cohorts[cohort] as Cohort;
      ungraded.push({ userType, school, grades: [names.grades[grade] as string | null] });
    }
    if (scope.whole[group] !== 1) {
      filter.push(cutGroup(scope, cohorts, [selected]));
      return;
    }
    schools.push(...splitBy(lists.schools, cohorts));
    grades.push(...splitBy(lists.grades, cohorts));
    const uncounted = isNeverCounted(scope, group)
      ? withData
      : withData.map((mask, month) => mask & (groups.uncounted[group * withData.length + month] as number));
    const span = spanIn(scope, uncounted);
    if (span) days.push({ ...span, group: placesOf(facts, cohorts) });
  });
  ungraded.sort((a, b) => compareNames(a.school, b.school));
  return { filter, schools, grades: facts.index.hasGrades ? grades : [], days, ungraded };
}

/** @param parts the parts of the group to name first */
function cutGroup(
  { facts, groups: { sizeOf, minimumGroupSize } }: Scope,
  cohorts: readonly number[],
  parts: readonly (readonly number[])[],
  namesGrades?: boolean,
): CutGroup {
  const left = parts.flat();
  const together = cohorts.filter((cohort) => !left.includes(cohort));
  return {
    left: placesOf(facts, left, namesGrades),
    together: placesOf(facts, together, namesGrades),
    isSmall: parts.every((part) => sizeOf(part) < minimumGroupSize),
    ...(parts.length > 1 ? { each: true } : {}),
  };
}

/** The missing reports of a question, by user type. */
export function missingReports(scope: Scope): MissingReport[] {
  const { missing } = scope.groups;
  const months = scope.range.length;
  return reportKinds.flatMap((report) =>
    userTypes.flatMap((userType, type): MissingReport[] => {
      if (scope.types[type] !== 1) return [];
      const masks = scope.range.map(
        (mask, month) => mask & (missing[report][type * months + month] as number),
      );
      const span = spanIn(scope, masks);
      return span ? [{ ...span, report, userType }] : [];
    }),
  );
}

/** How many days masks of months have, with the first and the last of them; undefined if they have none. */
function spanIn({ facts }: Scope, masks: Uint32Array) {
  const span = spanOf(facts.days.monthStarts, masks);
  return span && { ...span, first: isoDate(span.first), last: isoDate(span.last) };
}

/**
 * Cohorts by user type and school; with their grades if the school has others too.
 *
 * @param namesGrades whether grades are named as soon as there are several
 */
function placesOf(
  { index, names: { schools, schoolOf, typeOf } }: Facts,
  cohorts: readonly number[],
  namesGrades = false,
): Place[] {
  const placeOf = (cohort: number) =>
    (typeOf[cohort] as number) * schools.length + (schoolOf[cohort] as number);
  return [...groupBy(cohorts, placeOf)]
    .sort(([a], [b]) => a - b)
    .map(([place, numbers]) => {
      const { userType, school } = index.cohorts[numbers[0] as number] as Cohort;
      const isWhole = index.cohorts.every(
        (_, cohort) => placeOf(cohort) !== place || numbers.includes(cohort),
      );
      if (isWhole && !(namesGrades && numbers.length > 1)) return { userType, school, grades: null };
      const grades = numbers.map((cohort) => (index.cohorts[cohort] as Cohort).grade);
      return { userType, school, grades: grades.sort(compareGrades) };
    });
}
