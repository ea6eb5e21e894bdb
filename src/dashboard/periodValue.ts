import type { ComparedPeriod, People } from "./answer";

/**
 * A number of one of two periods: undefined if it is unknown, because no compared day has its report; `null` if it is
 * suppressed.
 */
export function periodValue<Value extends People>(
  { comparedDays }: Pick<ComparedPeriod, "comparedDays">,
  value: Value,
  mayBeSuppressed: boolean | undefined,
): Value | undefined {
  return value === null && (comparedDays === 0 || !mayBeSuppressed) ? undefined : value;
}
