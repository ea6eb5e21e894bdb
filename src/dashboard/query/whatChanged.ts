import type { Changes } from "../answer";
import { daysNeeded, findChanges, type SubjectSeries } from "../changes";
import { calendarWeeks } from "../changes/weeks";
import type { Prepared } from "../release/prepared";
import { attendanceDays } from "./attendance";
import { attendanceCover } from "./attendanceCover";
import { activityOfDays } from "./entries";
import { type DataRange, type Scope, scopeWithHistory } from "./scope";
import { SteadyGroups } from "./steadyGroups";
import { steadyResources, steadySchools } from "./steadyUse";

/**
 * What changed in a scope, from the day by day numbers of whole blocks. A scope that is too short to judge by takes in
 * the days before it.
 */
export async function whatChanged(
  prepared: Prepared,
  scope: Scope,
  data: DataRange,
  signal: AbortSignal | undefined,
): Promise<Changes> {
  const history = scopeWithHistory(scope, data, daysNeeded);
  const cover = attendanceCover(prepared, history);
  const days = attendanceDays(prepared, cover);
  const activity = activityOfDays(prepared, history.from, days);
  const steady = new SteadyGroups(calendarWeeks(activity), history.from, prepared.monthStarts);
  const ofResources = await steadyResources(prepared, history, steady, signal);
  const ofSchools = steadySchools(prepared, cover, steady);
  const resources = prepared.names.shown.flatMap(({ name, type }, number): SubjectSeries[] => {
    if (scope.resources[number] !== 1) return [];
    const daily = seriesOf(ofResources, number, days.length);
    // Where people are too few to be shown, nothing is said to be 0.
    daily.forEach((rows, day) => {
      if (rows === 0 && days[day]?.usersCut === true) daily[day] = Number.NaN;
    });
    return [{ subject: "resource", name, type, daily }];
  });
  const schools = prepared.names.schools.map(
    (name, number): SubjectSeries => ({
      subject: "school",
      name,
      type: null,
      daily: seriesOf(ofSchools, number, days.length),
    }),
  );
  return findChanges({
    days: activity,
    subjects: [...resources, ...schools],
  });
}

const seriesOf = (daily: Float64Array, number: number, length: number): Float64Array =>
  daily.slice(number * length, (number + 1) * length);
