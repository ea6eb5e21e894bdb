import type { DayEntry, Shown } from "../../../src/dashboard/answer";

/** The values of school days, with weekends interpolated between them. */
export function acrossWeekends(byDay: readonly DayEntry[], value: (day: DayEntry) => Shown): Shown[] {
  if (!byDay.some(({ kind }) => kind === "school")) return byDay.map(value);
  const drawn: Shown[] = byDay.map((day) => (day.kind === "school" ? value(day) : null));
  const isOff = weekendsOff(byDay);
  let last: number | undefined;
  byDay.forEach((day, at) => {
    const here = drawn[at] ?? null;
    if (here === null) {
      if (!isOff(day)) last = undefined;
      return;
    }
    const start = last === undefined ? here : (drawn[last] ?? here);
    for (let between = (last ?? at) + 1; between < at; between++) {
      drawn[between] = start + ((here - start) * (between - (last ?? at))) / (at - (last ?? at));
    }
    last = at;
  });
  return drawn;
}

/**
 * Which days belong to a weekend without school. A Saturday without data does so unless most Saturdays have data: then
 * its reports are missing. So does a Sunday.
 */
export function weekendsOff(byDay: readonly DayEntry[]): (day: DayEntry) => boolean {
  const weekdayOf = ({ date }: DayEntry) => new Date(date).getUTCDay();
  const areReported = (weekday: number) => {
    const days = byDay.filter((day) => weekdayOf(day) === weekday);
    return 2 * days.filter(({ kind }) => kind !== "noData").length > days.length;
  };
  const reported = new Map([0, 6].map((weekday) => [weekday, areReported(weekday)]));
  return (day) => {
    const isReported = reported.get(weekdayOf(day));
    if (isReported === undefined || day.missing) return false;
    return day.kind === "quiet" || (day.kind === "noData" && !isReported);
  };
}
