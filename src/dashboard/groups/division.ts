import { compareGrades } from "../../clever/grades";
import { type UserType, userTypes } from "../../clever/reports";
import type { Cohort } from "../index/participationIndex";
import type { KeepWhole } from "../opening";
import { compareNames } from "./names";

/** Cohort numbers, and how many people they have together. */
interface Part {
  readonly cohorts: readonly number[];
  readonly size: number;
}

/**
 * Divides the cohorts into groups of at least `minimum` people. A cohort that is large enough is a group; smaller
 * ones are joined in order until they are. Joining happens first within a user type and school (or grade), then among
 * the remainders within the user type, then among the remainders of user types. A last remainder joins the smallest
 * group there, but not one of students: fewer than `minimum` other people form a group that is too small to be shown.
 * The division depends only on the cohorts and their sizes. Fewer than `minimum` people in all are one group.
 *
 * @param sizeOf how many people cohorts have together
 */
export function divide(
  cohorts: readonly Cohort[],
  sizeOf: (cohorts: readonly number[]) => number,
  minimum: number,
  keep: KeepWhole,
): readonly (readonly number[])[] {
  if (minimum <= 1) return cohorts.map((_, cohort) => [cohort]);
  const join = (parts: readonly Part[]): Part => {
    const joined = parts.flatMap((part) => part.cohorts);
    return { cohorts: joined, size: sizeOf(joined) };
  };
  /** Adds groups of parts in order, and returns the remainder if no group can take it. */
  const joinSmall = (parts: readonly Part[], groups: Part[]) => {
    let open: Part | undefined;
    let lastJoined = -1;
    for (const part of parts) {
      if (part.size >= minimum) {
        groups.push(part);
        continue;
      }
      open = open ? join([open, part]) : part;
      if (open.size < minimum) continue;
      lastJoined = groups.push(open) - 1;
      open = undefined;
    }
    const smallest = groups.reduce(
      (found, { size }, at) => (size < (groups[found]?.size ?? 0) ? at : found),
      0,
    );
    const at = lastJoined >= 0 ? lastJoined : smallest;
    const target = groups[at];
    if (open === undefined || target === undefined) return open;
    groups[at] = join([target, open]);
    return undefined;
  };
  const parts = cohorts.map((_, cohort) => ({ cohort, ...join([{ cohorts: [cohort], size: 0 }]) }));
  const nameOf = (cohort: number) => cohorts[cohort] as Cohort;
  const outer = (cohort: number) => (keep === "schools" ? nameOf(cohort).school : nameOf(cohort).grade);
  const compareOuter = keep === "schools" ? compareNames : compareGrades;
  const compareInner = (a: Cohort, b: Cohort) =>
    keep === "schools" ? compareGrades(a.grade, b.grade) : compareNames(a.school, b.school);
  const groupsOfTypes: { readonly userType: UserType; readonly groups: Part[] }[] = [];
  const remaindersOfTypes: Part[] = [];
  for (const userType of userTypes) {
    const ofType = parts.filter(({ cohort }) => nameOf(cohort).userType === userType);
    const outerNames = [...new Set(ofType.map(({ cohort }) => outer(cohort)))].sort(compareOuter);
    const groups: Part[] = [];
    const remainders = outerNames.flatMap((name) => {
      const together = ofType.filter(({ cohort }) => outer(cohort) === name);
      together.sort((a, b) => compareInner(nameOf(a.cohort), nameOf(b.cohort)));
      const inside: Part[] = [];
      const remainder = joinSmall(together, inside);
      groups.push(...inside);
      return remainder ?? [];
    });
    const remainder = joinSmall(remainders, groups);
    if (remainder) remaindersOfTypes.push(remainder);
    if (groups.length > 0) groupsOfTypes.push({ userType, groups });
  }
  // Nearly every question is about students; a few other people must not split their groups.
  const host = [...groupsOfTypes].reverse().find(({ userType }) => userType !== "students");
  const others = host?.groups ?? [];
  const remainder = joinSmall(remaindersOfTypes, others);
  const all = [
    ...groupsOfTypes.flatMap(({ groups }) => groups),
    ...(host ? [] : others),
    ...(remainder ? [remainder] : []),
  ];
  return all.map((part) => part.cohorts);
}
