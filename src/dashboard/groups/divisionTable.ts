import { isoDate } from "../../basics/calendar";
import { compareGrades } from "../../clever/grades";
import type { Division } from "../../clever/groupsTable";
import { userTypes, userTypeValue } from "../../clever/reports";
import { lowestBit } from "../calendar";
import type { ParticipationIndex } from "../index/participationIndex";
import type { Counting } from "../opening";
import { factsOf, groupsOf } from "./groups";
import { compareNames } from "./names";

/**
 * How the people of an index are divided, for products that have no index. The same index and settings give the same
 * numbers in the same order. A group that no day counts for is suppressed, so that it does not count on later days
 * either.
 *
 * @param index undefined if the tables are empty
 */
export function divisionOf(index: ParticipationIndex | undefined, counting: Counting): Division {
  const { minimumGroupSize } = counting;
  if (index === undefined) return { minimumGroupSize, cohorts: [], daysLeftOut: [], knownDays: null };
  const facts = factsOf(index);
  const { groupOf, counted, everCounts, kinds } = groupsOf(facts, counting);
  const months = index.months.length;
  const order = index.cohorts
    .map((cohort, number) => ({ ...cohort, number }))
    .filter(({ number }) => everCounts[groupOf[number] as number] === 1)
    .sort(
      (a, b) =>
        userTypes.indexOf(a.userType) - userTypes.indexOf(b.userType) ||
        compareNames(a.school, b.school) ||
        compareGrades(a.grade, b.grade),
    );
  // Groups in the order of their first cohorts; the index has cohorts in no particular order.
  const numbers = new Map<number, number>();
  for (const { number } of order) {
    const group = groupOf[number] as number;
    if (!numbers.has(group)) numbers.set(group, numbers.size + 1);
  }
  const cohorts = order.map(({ school, userType, grade, number }) => ({
    school,
    userType: userTypeValue[userType],
    grade,
    group: numbers.get(groupOf[number] as number) ?? 0,
  }));
  const { first, last } = kinds.span;
  // Without a minimum every day counts.
  const known = minimumGroupSize > 1 ? Array.from({ length: last + 1 - first }, (_, at) => first + at) : [];
  const daysLeftOut = [...numbers].flatMap(([at, group]) => {
    const counting = new Set(
      Array.from(facts.days.monthStarts).flatMap((start, month) =>
        bitsOf(counted[at * months + month] as number).map((bit) => start + bit),
      ),
    );
    return known.filter((day) => !counting.has(day)).map((day) => ({ group, day: isoDate(day) }));
  });
  const knownDays = { first: isoDate(first), end: isoDate(last + 1) };
  return { minimumGroupSize, cohorts, daysLeftOut, knownDays };
}

function bitsOf(mask: number): number[] {
  const bits: number[] = [];
  for (let left = mask; left !== 0; left &= left - 1) bits.push(lowestBit(left));
  return bits;
}
