import type { People, Shown } from "../answer";
import type { AttendanceSums } from "./attendance";

/** A sum, average or count of a part. */
export const shown = (value: number, part: AttendanceSums): Shown => (part.isWithheld ? null : value);

/** A number of people of a part. */
export function people(count: number, part: AttendanceSums, minimum: number): People {
  if (part.isWithheld) return null;
  return count > 0 && count < minimum ? "few" : count;
}
