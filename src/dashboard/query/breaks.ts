import type { Break } from "../answer";
import { isoDate } from "../calendar";
import type { Days } from "../groups/days";
import { type DataRange, isIn } from "./scope";

/** A shorter gap is a weekend, perhaps with a holiday or two. */
const leastDays = 7;
/** The most and the fewest school days to compare on each side. */
const [mostSchoolDays, leastSchoolDays] = [30, 5];

/** The breaks that have school on both sides, with the surrounding school days. */
export function breaksIn(days: Days, { first, last }: DataRange): Break[] {
  const schoolDays: number[] = [];
  for (let day = first; day <= last; day++) {
    if (isIn(days.kinds.school, days, day)) schoolDays.push(day);
  }
  return schoolDays.flatMap((day, at): Break[] => {
    const next = schoolDays[at + 1];
    const count = Math.min(mostSchoolDays, at + 1, schoolDays.length - at - 1);
    if (next === undefined || next - day <= leastDays || count < leastSchoolDays) return [];
    return [
      {
        from: isoDate(day + 1),
        to: isoDate(next - 1),
        before: { from: isoDate(schoolDays[at - count + 1] as number), to: isoDate(day) },
        after: { from: isoDate(next), to: isoDate(schoolDays[at + count] as number) },
      },
    ];
  });
}
