import type { ComparedPeriod, People } from "./answer";

/**
 * A number of one of two periods: undefined if it is unknown, because no compared day has its report; `null` if it is
 * withheld.
 */
export function ofPeriod<Value extends People>(
  { comparedDays }: Pick<ComparedPeriod, "comparedDays">,
  value: Value,
  mayBeWithheld: boolean | undefined,
): Value | undefined {
  return value === null && (comparedDays === 0 || !mayBeWithheld) ? undefined : value;
}
