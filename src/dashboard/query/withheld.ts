import { isoDate } from "../../basics/calendar";
import { compareGrades } from "../../clever/grades";
import { type UserType, userTypes } from "../../clever/reports";
import {
  type CutGroup,
  type MissingReport,
  type Place,
  reportKinds,
  type UncountedDays,
  type Withheld,
} from "../answer";
import { spanOf } from "../calendar";
import type { Facts, Places } from "../groups/groups";
import { compareNames } from "../groups/names";
import type { Cohort } from "../index/participationIndex";
import { daysWithData, isNeverCounted, type Scope } from "./scope";

/** What a question suppresses, and why: nothing if nobody has rows in its range. */
export function withheldIn(scope: Scope): Withheld {
  const { facts, groups } = scope;
  const { names } = facts;
  const filter: CutGroup[] = [];
  const schools: CutGroup[] = [];
  const grades: CutGroup[] = [];
  const days: UncountedDays[] = [];
  const ungraded: Place[] = [];
  const narrow = (cut: CutGroup[], cohorts: readonly number[], { of, countedIn }: Places) => {
    if (countedIn[cohorts[0] as number] !== -1) return;
    const parts = [...new Set(cohorts.map((cohort) => of[cohort]))].map((entry) =>
      cutGroup(scope, cohorts, (cohort) => of[cohort] === entry),
    );
    // The entry of a small part already names the other parts.
    const small = parts.filter(({ isSmall }) => isSmall);
    cut.push(...(small.length > 0 ? small : parts));
  };
  const withData = daysWithData(scope);
  const isEmpty = withData.every((mask) => mask === 0);
  groups.groups.forEach((cohorts, group) => {
    const isIn = (cohort: number) => scope.cohorts[cohort] === 1;
    if (isEmpty || !cohorts.some(isIn)) return;
    if (scope.whole[group] !== 1) {
      filter.push(cutGroup(scope, cohorts, isIn));
      return;
    }
    narrow(schools, cohorts, groups.schools);
    narrow(grades, cohorts, groups.grades);
    for (const cohort of cohorts) {
      const grade = groups.grades.of[cohort] as number;
      if (grade === names.gradeOf[cohort]) continue;
      const { userType, school } = facts.index.cohorts[cohort] as Cohort;
      ungraded.push({ userType, school, grades: [names.grades[grade] as string | null] });
    }
    const uncounted = isNeverCounted(scope, group)
      ? withData
      : withData.map((mask, month) => mask & (groups.uncounted[group * withData.length + month] as number));
    const span = spanIn(scope, uncounted);
    if (span) days.push({ ...span, group: placesOf(facts, cohorts) });
  });
  ungraded.sort((a, b) => compareNames(a.school, b.school));
  return { filter, schools, grades: facts.index.hasGrades ? grades : [], days, ungraded };
}

function cutGroup(
  { facts, groups: { sizeOf, minimumGroupSize } }: Scope,
  cohorts: readonly number[],
  isLeft: (cohort: number) => boolean,
): CutGroup {
  const left = cohorts.filter(isLeft);
  const together = cohorts.filter((cohort) => !isLeft(cohort));
  return {
    left: placesOf(facts, left),
    together: placesOf(facts, together),
    isSmall: sizeOf(left) < minimumGroupSize,
  };
}

/** The missing reports of a question, by user type. */
export function missingReports(scope: Scope): MissingReport[] {
  const { missing } = scope.facts.days;
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

/** Cohorts by user type and school; with their grades if the school has others too. */
function placesOf({ index, names: { placeOf, cohortsAt } }: Facts, cohorts: readonly number[]): Place[] {
  const places = new Map<number, { userType: UserType; school: string | null; grades: (string | null)[] }>();
  for (const cohort of cohorts) {
    const { userType, school, grade } = index.cohorts[cohort] as Cohort;
    const number = placeOf[cohort] as number;
    const place = places.get(number) ?? { userType, school, grades: [] };
    place.grades.push(grade);
    places.set(number, place);
  }
  return [...places]
    .sort(([a], [b]) => a - b)
    .map(([number, { grades, ...place }]) => ({
      ...place,
      grades: grades.length === cohortsAt[number] ? null : grades.sort(compareGrades),
    }));
}
