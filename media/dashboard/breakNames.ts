import { dayNumber } from "../../src/basics/calendar";
import type { Break } from "../../src/dashboard/answer";
import { fill, type Language } from "./formats";

/** A longer gap over New Year is another one, such as a semester without Clever. */
const maxWinterDays = 31;

/** A break over New Year. */
export const isWinterBreak = ({ from, to }: Break): boolean =>
  from.slice(0, 4) < to.slice(0, 4) && dayNumber(to) - dayNumber(from) < maxWinterDays;

/** The name of a break: of the winter of its years, or by its days. */
export function breakName({ texts, formats }: Language, given: Break): string {
  const { from, to, withoutReports } = given;
  if (isWinterBreak(given)) return fill(texts.winterBreak, `${from.slice(0, 4)}/${to.slice(2, 4)}`);
  return fill(withoutReports ? texts.daysWithoutReports : texts.breakOf, formats.range(from, to));
}
