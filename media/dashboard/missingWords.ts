import type { DashboardAnswer, DayEntry, ReportKind } from "../../src/dashboard/answer";
import type { DashboardTexts } from "../../src/dashboard/export/texts";
import { fill } from "./formats";
import type { Ready } from "./model";

function reportName(texts: DashboardTexts, report: ReportKind): string {
  return { dailyParticipation: texts.reportParticipation, resourceUsage: texts.reportUsage }[report];
}

/** Which reports are missing in the range, one sentence each. */
export function missingSentences({ texts, formats, answer }: Pick<Ready, "texts" | "formats" | "answer">) {
  return answer.missing.map(({ report, userType, days, first, last }) =>
    fill(
      days === 1 ? texts.missingReport : texts.missingReports,
      reportName(texts, report),
      texts[userType],
      formats.range(first, last),
      formats.integer(days),
    ),
  );
}

/** What is missing of a day, in a few words each. */
export function missingOfDay(texts: DashboardTexts, { missing = [] }: DayEntry): string[] {
  return missing.map((report) => fill(texts.reportMissing, reportName(texts, report)));
}

/** That numbers from a report are without some days; undefined where none is missing. */
export function withoutDays(
  { texts, formats, answer }: Pick<Ready, "texts" | "formats" | "answer">,
  report: ReportKind,
): string | undefined {
  const count = missingCount(answer, report);
  if (count === 0) return undefined;
  return count === 1 ? texts.withoutDay : fill(texts.withoutDays, formats.integer(count));
}

function missingCount({ byDay }: DashboardAnswer, report: ReportKind): number {
  return byDay.filter(({ missing }) => missing?.includes(report)).length;
}
