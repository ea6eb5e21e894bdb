import type { Break, ComparedPeriod, ComparedUse, Comparison } from "../../src/dashboard/answer";
import type { DashboardFilter } from "../../src/dashboard/filter";
import { breakName } from "./breakNames";
import { fill, type Language } from "./formats";
import type { FilterPatch, Ready } from "./model";

/** The names of the two periods: first the one that is compared with, which may be later if it was chosen. */
export function periodNames(
  { texts, answer }: Pick<Ready, "texts" | "answer">,
  { before, now }: Comparison,
): readonly [string, string] {
  const [first, second] = answer.filter.compare
    ? [texts.firstPeriod, texts.secondPeriod]
    : [texts.periodBefore, texts.thisPeriod];
  return [before.name || first, now.name || second];
}

/** A number of school days. */
export function schoolDaysText({ texts, formats }: Language, days: number): string {
  return fill(days === 1 ? texts.oneSchoolDay : texts.schoolDaysCount, formats.integer(days));
}

/** The days of a period, and how many school days its averages cover. */
export function periodDays(language: Language, period: ComparedPeriod): string {
  const { texts, formats } = language;
  const { from, to, schoolDays, comparedDays } = period;
  const compared =
    comparedDays === schoolDays ? "" : ` (${fill(texts.daysCompared, formats.integer(comparedDays))})`;
  return `${formats.range(from, to)} · ${schoolDaysText(language, schoolDays)}${compared}`;
}

/** A change in percent; in words if it cannot be computed. */
export function changeIn({ texts, formats }: Language, before: number, now: number): string {
  if (before === now) return texts.unchanged;
  if (before === 0) return texts.isNew;
  const change = now / before - 1;
  return `${change > 0 ? "+" : "−"}${formats.share(Math.abs(change))}`;
}

/** The change in person-days per school day; a dash if either is suppressed. */
export function changeText(language: Language, { before, now }: ComparedUse): string {
  const [was, is] = [before.personDaysPerDay, now.personDaysPerDay];
  return was === null || is === null ? "–" : changeIn(language, was, is);
}

/** Compares the school days before a break with those after it, with names. */
export function breakPatch(language: Language, given: Break): FilterPatch {
  const { texts } = language;
  const name = breakName(language, given);
  return {
    range: given.after,
    compare: {
      ...given.before,
      name: fill(texts.beforeBreak, name).slice(0, 60),
      rangeName: fill(texts.afterBreak, name).slice(0, 60),
    },
  };
}

/** The comparison period of a filter, in words; undefined if there is none. */
export function comparedText({ texts, formats }: Language, { compare }: DashboardFilter): string | undefined {
  if (!compare) return undefined;
  const days = formats.range(compare.from, compare.to);
  return fill(texts.comparedWith, compare.name ? `${compare.name} (${days})` : days);
}
