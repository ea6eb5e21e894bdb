import type { Changes } from "../answer";
import { daysNeeded, findChanges, type SubjectSeries } from "../changes";
import type { Prepared } from "../release/prepared";
import { type AttendanceDays, attendanceDays } from "./attendance";
import { attendanceCover } from "./attendanceCover";
import { dailyUse } from "./dailyUse";
import { activityOfDays } from "./entries";
import { type DataRange, type Scope, scopeWithHistory } from "./scope";

/**
 * What changed in a scope, from the day by day numbers of whole blocks. A scope that is too short to judge by takes in
 * the days before it; `days` are those of the scope itself.
 */
export async function whatChanged(
  prepared: Prepared,
  { scope, days }: { readonly scope: Scope; readonly days: AttendanceDays },
  data: DataRange,
  signal: AbortSignal | undefined,
): Promise<Changes> {
  const history = scopeWithHistory(scope, data, daysNeeded);
  const past = history === scope ? days : attendanceDays(prepared, attendanceCover(prepared, history));
  const use = await dailyUse(prepared, history, signal);
  const length = past.days.length;
  const resources = prepared.names.shown.flatMap(({ name, type }, number): SubjectSeries[] => {
    if (scope.resources[number] !== 1) return [];
    const daily = use.rows.slice(number * length, (number + 1) * length);
    for (let day = 0; day < length; day++) {
      const cut = use.cut[number * length + day] === 1 || past.days[day]?.usersCut === true;
      if (daily[day] === 0 && cut) daily[day] = Number.NaN;
    }
    return [{ subject: "resource", name, type, daily }];
  });
  const schools = prepared.names.schools.map(
    (name, number): SubjectSeries => ({
      subject: "school",
      name,
      type: null,
      daily: past.schoolDays.slice(number * length, (number + 1) * length),
    }),
  );
  return findChanges({
    days: activityOfDays(prepared, history.from, past.days),
    subjects: [...resources, ...schools],
  });
}
