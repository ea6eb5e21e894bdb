import { addDays, weekdayOf } from "./plainDates";
import type { PlainRows } from "./plainRows";

type Kind = "school" | "quiet" | "noData";

/** The kinds of days, for all groups that ever count; if there are none, each day of their months is a quiet one. */
export class PlainDayKinds {
  private readonly known = new Map<string, Kind>();
  private readonly participated = new Set<string>();
  private readonly counts = new Map<string, number>();
  private readonly months: ReadonlySet<string> | undefined;

  /**
   * @param isShown whether the group of a cohort, given by its key, ever counts
   * @param isCounted whether it counts on a date
   * @param isComplete whether a date has daily participation of all user types that were there
   */
  constructor(
    rows: PlainRows,
    isShown: (key: string) => boolean,
    isCounted: (key: string, date: string) => boolean,
    private readonly isComplete: (date: string) => boolean,
  ) {
    for (const date of rows.dates) {
      const cells = [...rows.on(date)].filter(({ key }) => isShown(key));
      if (cells.length === 0) continue;
      if (cells.some(({ participation }) => participation.length > 0)) this.participated.add(date);
      // Somebody at two schools on one day is active at both.
      const active = cells.map(({ key, participation, usage }) => {
        if (!isCounted(key, date)) return 0;
        // If the report is missing, those who used something count as present.
        const present =
          participation.length > 0
            ? participation.filter((row) => row.active)
            : usage.filter((row) => !rows.isOfSeveralCohorts(row));
        return new Set(present.flatMap(({ person }) => person ?? [])).size;
      });
      this.counts.set(
        date,
        active.reduce((sum, count) => sum + count, 0),
      );
    }
    if (this.counts.size === 0) this.months = new Set([...rows.dates].map((date) => date.slice(0, 7)));
  }

  kindOf(date: string): Kind {
    const kind = this.known.get(date) ?? this.judge(date);
    this.known.set(date, kind);
    return kind;
  }

  private judge(date: string): Kind {
    if (this.months?.has(date.slice(0, 7))) return "quiet";
    const count = this.counts.get(date);
    if (count === undefined) return "noData";
    const isWeekend = (each: string) => weekdayOf(each) > 5;
    const isKnown = (each: string) => this.participated.has(each) && this.isComplete(each);
    if (!isKnown(date) && !isWeekend(date)) return "school";
    const near = [...this.counts].filter(
      ([each]) =>
        isKnown(each) && !isWeekend(each) && each >= addDays(date, -112) && each <= addDays(date, 56),
    );
    const some = near.flatMap(([, each]) => (each > 0 ? each : [])).sort((x, y) => x - y);
    const usual = some[Math.floor(some.length * 0.9)] ?? 0;
    return count > 0 && count >= usual * (isWeekend(date) ? 0.5 : 0.1) ? "school" : "quiet";
  }

  hasParticipation(date: string): boolean {
    return this.months?.has(date.slice(0, 7)) === true || this.participated.has(date);
  }
}
