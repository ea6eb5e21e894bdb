import { isoDate } from "../../basics/calendar";
import { type Changes, type ReportKind, reportKinds } from "../answer";
import { daysMask } from "../calendar";
import { daysNeeded, findChanges, firstCompared, type SubjectSeries } from "../changes/changes";
import type { ShownResource } from "../groups/names";
import { attendanceSums } from "./attendance";
import { kindOf, missingOn } from "./entries";
import { inRange, schoolDaysIn } from "./scope";
import type { Totals } from "./totals";
import { knownAttendance, knownUse } from "./unknownDays";
import { forEachResource } from "./usageRuns";

/**
 * What changed in a question, from the daily sums of whole groups. A range that is too short to judge is extended by
 * earlier days. A school with suppressed groups is judged by its others, and marked.
 */
export async function whatChanged(
  { scope, ...totals }: Totals,
  signal: AbortSignal | undefined,
): Promise<Changes> {
  const { names, days } = scope.facts;
  const from = Math.min(Math.max(scope.to - daysNeeded + 1, scope.groups.kinds.span.first), scope.from);
  const isLonger = from < scope.from;
  const history = isLonger ? inRange(scope, { from, to: scope.to }) : scope;
  const attendance = isLonger ? attendanceSums(history) : totals.attendance;
  const missing = attendance.days.map((_, place) => missingOn(history, history.from + place));
  const changesDays = attendance.days.map((part, place) => ({
    date: isoDate(history.from + place),
    kind: kindOf(history, history.from + place),
    activeUsers: missing[place]?.includes("dailyParticipation") ? null : part.shown(part.personDays),
  }));
  const first = firstCompared(changesDays);
  /** The school days that are compared and have the reports. */
  const asked = (...reports: readonly ReportKind[]) =>
    schoolDaysIn(history, ...reports).map((mask, month) => {
      const since = daysMask(history.from + first - (days.monthStarts[month] as number), 31);
      return first < 0 ? 0 : mask & since;
    });
  const useOf = knownUse(history, asked(...reportKinds), isLonger ? undefined : totals.usage.rows);
  const attendanceOf = knownAttendance(history, attendance.schoolDays, asked("dailyParticipation"));
  /** On a day without the report, the value is unknown. */
  const seriesOf = (own: Float64Array, report: ReportKind) =>
    own.some(Boolean) && missing.some((reports) => reports.includes(report))
      ? own.map((count, place) => (missing[place]?.includes(report) ? Number.NaN : count))
      : own;
  const resources: SubjectSeries[] = [];
  await forEachResource(history, signal, (shown) => {
    const { name, type } = names.shown[shown] as ShownResource;
    resources.push({ subject: "resource", name, type, daily: seriesOf(useOf(shown), "resourceUsage") });
  });
  const schools = names.schools.flatMap((name, number): SubjectSeries[] => {
    const part = attendance.schools[number];
    if (!part?.counts) return [];
    const daily = seriesOf(attendanceOf(number), "dailyParticipation");
    return [{ subject: "school", name, type: null, daily, ...(part.hasSuppressed ? { partly: true } : {}) }];
  });
  return findChanges({
    days: changesDays,
    subjects: [...resources, ...schools],
    suppressed: attendance.schools.filter((part) => part.isSuppressed).length,
  });
}
