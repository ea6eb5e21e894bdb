import type { Changes } from "../answer";
import { isoDate } from "../calendar";
import { daysNeeded, findChanges, type SubjectSeries } from "../changes";
import type { Groups } from "../groups";
import { attendanceFacts } from "./attendance";
import { type Found, kindOf, shown } from "./entries";
import { type DataRange, inRange } from "./scope";
import { usageRows } from "./usage";

/**
 * What changed in a question, from the day by day sums of whole groups. A range that is too short to judge by takes in
 * the days before it. A school of which groups are left out is judged by the others, and says so.
 */
export async function whatChanged(
  { facts, scope, ...found }: Found,
  groups: Groups,
  data: DataRange,
  signal: AbortSignal | undefined,
): Promise<Changes> {
  const { names, days } = facts;
  const from = Math.min(Math.max(scope.to - daysNeeded + 1, data.first), scope.from);
  const isLonger = from < scope.from;
  const history = isLonger ? inRange(facts, groups, scope, { from, to: scope.to }) : scope;
  const attendance = isLonger ? attendanceFacts(facts, groups, history) : found.attendance;
  const rows = isLonger ? await usageRows(facts, groups, history, signal) : found.usage.rows;
  const length = attendance.days.length;
  const seriesOf = (daily: Float64Array, number: number) =>
    daily.subarray(number * length, (number + 1) * length);
  const resources = names.shown.flatMap(({ name, type }, number): SubjectSeries[] =>
    scope.resources[number] === 1 ? [{ subject: "resource", name, type, daily: seriesOf(rows, number) }] : [],
  );
  const schools = names.schools.flatMap((name, number): SubjectSeries[] => {
    const part = attendance.schools[number];
    if (!part?.counts) return [];
    const daily = seriesOf(attendance.schoolDays, number);
    return [{ subject: "school", name, type: null, daily, ...(part.left ? { partly: true } : {}) }];
  });
  return findChanges({
    days: attendance.days.map((part, place) => ({
      date: isoDate(history.from + place),
      kind: kindOf(days, history.from + place),
      activeUsers: shown(part.personDays, part),
    })),
    subjects: [...resources, ...schools],
  });
}
