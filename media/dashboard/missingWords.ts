import type { DashboardAnswer, DayEntry, MissingReport, ReportKind } from "../../src/dashboard/answer";
import type { DashboardTexts } from "../../src/dashboard/export/texts";
import { fill, isolated, type Language } from "./formats";
import type { Words } from "./model";

/** At most this many are listed one by one. */
const maxNamed = 12;

export function reportName(texts: DashboardTexts, report: ReportKind): string {
  return { dailyParticipation: texts.reportParticipation, resourceUsage: texts.reportUsage }[report];
}

/**
 * `undefined` for a number that is unknown because its report is absent; `null` is one that is suppressed. Where a report
 * is absent, people are counted, so nothing is suppressed entirely.
 */
export function orUnknown<Value>(
  { absent = [] }: { readonly absent?: readonly ReportKind[] },
  value: Value,
): Value | undefined {
  return value === null && absent.length > 0 ? undefined : value;
}

/** Which reports have no row of the people counted, one sentence each; of places only, if some are given. */
export function absentSentences(
  { texts, formats }: Language,
  absent: readonly ReportKind[],
  places: readonly string[] = [],
): string[] {
  return absent.map((report) =>
    fill(
      places.length > 0 ? texts.absentAt : texts.absentReport,
      reportName(texts, report),
      formats.shortList(places.map(isolated), maxNamed),
    ),
  );
}

/** Which reports are missing, one sentence each. */
export function missingSentences({ texts, formats }: Language, missing: readonly MissingReport[]): string[] {
  return missing.map(({ report, userType, days, first, last }) =>
    fill(
      days === 1 ? texts.missingReport : texts.missingReports,
      reportName(texts, report),
      texts[userType],
      formats.range(first, last),
      formats.integer(days),
    ),
  );
}

/** Which reports are in quarantine; empty if there are none or if this is unknown. */
export function quarantineSentences({ texts, formats }: Language, names: readonly string[] = []): string[] {
  return names.length === 0
    ? []
    : [fill(texts.inQuarantine, formats.shortList(names.map(isolated), maxNamed))];
}

/** Which days lack a report, one by one, for exported files. */
export function completenessSentences({ texts, formats, answer }: Words): string[] {
  const days = (["dailyParticipation", "resourceUsage"] as const).flatMap((report) => {
    const missing = answer.byDay.filter((day) => day.missing?.includes(report));
    if (missing.length === 0) return [];
    const dates = formats.shortList(
      missing.map(({ date }) => formats.day(date)),
      maxNamed,
    );
    return [fill(texts.reportMissingOn, reportName(texts, report), dates)];
  });
  return [
    ...(days.length === 0 ? [texts.nothingMissing] : days),
    ...quarantineSentences({ texts, formats }, answer.quarantined),
    ...(answer.rowsChanged ? [texts.rowsChanged] : []),
  ];
}

/** What is missing, as on a day, in a few words each. */
export function missingOfDay(texts: DashboardTexts, { missing = [] }: Pick<DayEntry, "missing">): string[] {
  return missing.map((report) => fill(texts.reportMissing, reportName(texts, report)));
}

/** States that a report is missing, or what its numbers exclude on some days; undefined if they have everything. */
export function withoutDays({ texts, formats, answer }: Words, report: ReportKind): string | undefined {
  if (answer.absent.includes(report)) return fill(texts.reportMissing, reportName(texts, report));
  const worded = (count: number, one: string, several: string) =>
    count === 0 ? [] : [count === 1 ? one : fill(several, formats.integer(count))];
  const sentences = [
    ...worded(missingCount(answer, report), texts.withoutDay, texts.withoutDays),
    ...worded(partialCount(answer, report), texts.withoutGroups, texts.withoutGroupsOnDays),
  ];
  return sentences.length === 0 ? undefined : sentences.join(" · ");
}

/** The same beside the number of days: it includes those on which only some of the people have the report. */
export function daysWithout({ texts, formats, answer }: Words): string | undefined {
  const report = "dailyParticipation";
  const count = missingCount(answer, report);
  if (count === 0 || answer.absent.includes(report)) return withoutDays({ texts, formats, answer }, report);
  return count === 1 ? texts.reportMissingOnDay : fill(texts.reportMissingOnDays, formats.integer(count));
}

/** Days with the report on which some groups are not counted. Groups that are never counted are named separately. */
function partialCount({ byDay, withheld }: DashboardAnswer, report: ReportKind): number {
  const days = byDay.filter(({ kind, missing }) => kind === "school" && !missing?.includes(report));
  const partial = days.filter(({ partly }) => partly);
  return withheld.filter.length > 0 || partial.length === days.length ? 0 : partial.length;
}

function missingCount({ byDay }: DashboardAnswer, report: ReportKind): number {
  return byDay.filter(({ missing }) => missing?.includes(report)).length;
}
