import { isoDate, isWeekend } from "../../basics/calendar";
import type { Break } from "../answer";
import type { DayKinds } from "../groups/dayKinds";
import type { Days } from "../groups/days";
import { isIn } from "./scope";

/** A shorter gap is a weekend, perhaps with a holiday or two. */
const minDays = 7;
/** The most and the fewest school days to compare on each side. */
const [maxSchoolDays, minSchoolDays] = [30, 5];

/**
 * The breaks that have school on both sides, with the surrounding school days. If the weekends around a gap have rows,
 * so would days off: without rows on its weekdays, the gap lacks its reports and is not a break. Otherwise nothing
 * distinguishes the two.
 */
export function breaksIn({ data, school, span }: DayKinds, days: Days): Break[] {
  const hasData = (day: number) => isIn(data, days, day);
  const schoolDays = daysBetween(span.first, span.last).filter((day) => isIn(school, days, day));
  return schoolDays.flatMap((day, at): Break[] => {
    const next = schoolDays[at + 1];
    const count = Math.min(maxSchoolDays, at + 1, schoolDays.length - at - 1);
    if (next === undefined || next - day <= minDays || count < minSchoolDays) return [];
    const [before, after] = [schoolDays[at - count + 1] as number, schoolDays[at + count] as number];
    const hasRows = daysBetween(day + 1, next - 1).some((each) => !isWeekend(each) && hasData(each));
    const weekends = [...daysBetween(before, day), ...daysBetween(next, after)].filter(isWeekend);
    if (!hasRows && 2 * weekends.filter(hasData).length > weekends.length) return [];
    return [
      {
        from: isoDate(day + 1),
        to: isoDate(next - 1),
        ...(hasRows ? {} : { withoutReports: true }),
        before: { from: isoDate(before), to: isoDate(day) },
        after: { from: isoDate(next), to: isoDate(after) },
      },
    ];
  });
}

function daysBetween(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, place) => from + place);
}
