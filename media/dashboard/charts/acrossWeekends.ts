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
 * Which days belong to a weekend without school. A weekend day without data does so unless most have data: then its
 * reports are missing. With school on Saturdays, half of them have.
 */
export function weekendsOff(byDay: readonly DayEntry[]): (day: DayEntry) => boolean {
  const isWeekend = ({ date }: DayEntry) => [0, 6].includes(new Date(date).getUTCDay());
  const weekends = byDay.filter(isWeekend);
  const areReported = 2 * weekends.filter(({ kind }) => kind !== "noData").length > weekends.length;
  return (day) =>
    isWeekend(day) && !day.missing && (day.kind === "quiet" || (day.kind === "noData" && !areReported));
}
