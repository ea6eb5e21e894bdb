import type { Changes, ReportKind } from "../answer";
import { isoDate } from "../calendar";
import { daysNeeded, findChanges, type SubjectSeries } from "../changes/changes";
import { attendanceTotals } from "./attendance";
import { dailyOf, kindOf, missingOn } from "./entries";
import type { Found } from "./found";
import { type DataRange, inRange } from "./scope";
import { usageRows } from "./usage";

/**
 * What changed in a question, from the daily sums of whole groups. A range that is too short to judge is extended by
 * earlier days. A school with withheld groups is judged by its others, and marked.
 */
export async function whatChanged(
  { facts, groups, scope, ...found }: Found,
  data: DataRange,
  signal: AbortSignal | undefined,
): Promise<Changes> {
  const { names, days } = facts;
  const from = Math.min(Math.max(scope.to - daysNeeded + 1, data.first), scope.from);
  const isLonger = from < scope.from;
  const history = isLonger ? inRange(facts, groups, scope, { from, to: scope.to }) : scope;
  const attendance = isLonger ? attendanceTotals(facts, groups, history) : found.attendance;
  const rows = isLonger ? await usageRows(facts, groups, history, signal) : found.usage.rows;
  const missing = attendance.days.map((_, place) => missingOn(days, history, history.from + place));
  /** On a day without the report, the value is unknown. */
  const seriesOf = (daily: Float64Array, number: number, report: ReportKind) => {
    const own = dailyOf(daily, number, history);
    return own.some(Boolean) && missing.some((reports) => reports.includes(report))
      ? own.map((count, place) => (missing[place]?.includes(report) ? Number.NaN : count))
      : own;
  };
  const resources = names.shown.flatMap(({ name, type }, number): SubjectSeries[] =>
    scope.resources[number] === 1
      ? [{ subject: "resource", name, type, daily: seriesOf(rows, number, "resourceUsage") }]
      : [],
  );
  const schools = names.schools.flatMap((name, number): SubjectSeries[] => {
    const part = attendance.schools[number];
    if (!part?.counts) return [];
    const daily = seriesOf(attendance.schoolDays, number, "dailyParticipation");
    return [{ subject: "school", name, type: null, daily, ...(part.left ? { partly: true } : {}) }];
  });
  return findChanges({
    days: attendance.days.map((part, place) => ({
      date: isoDate(history.from + place),
      kind: kindOf(days, history.from + place),
      activeUsers: missing[place]?.includes("dailyParticipation") ? null : part.shown(part.personDays),
    })),
    subjects: [...resources, ...schools],
    leftOut: attendance.schools.filter((part) => part.isWithheld).length,
  });
}
