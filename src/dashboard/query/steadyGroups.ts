import { countBits, monthPlace } from "../calendar";
import { leastKnown, weeksCompared, weeksJudged } from "../changes/frame";
import type { Week } from "../changes/weeks";

/** A part of a subject's use, with the days on which it is hidden, as masks per month. */
export interface Group {
  readonly number: number;
  readonly hidden: Uint32Array;
}

/** The chosen groups, and the days on which one of them is hidden, as masks per month. */
export interface Choice {
  readonly chosen: readonly Group[];
  readonly hidden: Uint32Array;
}

/** Of the weeks that are compared with, this share must stay known. */
const leastPastKnown = 0.75;

/**
 * Chooses the groups of a subject by which its days can be compared. Which groups are hidden on a day depends on how many
 * used the subject on it: a sum of whatever is shown would fall by more than the use, and rise by more, and change where
 * nothing did. So the days of a subject are compared by the same groups, on the days on which all of these are shown:
 * those that are hidden least, and as many as leave enough days of enough weeks.
 */
export class SteadyGroups {
  /** The days of school of the weeks that are compared, the judged ones last: month and bit. */
  private readonly weeks: readonly (readonly { readonly month: number; readonly bit: number }[])[];
  private readonly school: Uint32Array;

  /** `firstDay` is the day number that the weeks' places count from. */
  constructor(
    weeks: readonly Week[],
    firstDay: number,
    private readonly monthStarts: Int32Array,
  ) {
    const compared = weeks.filter(({ counts }) => counts).slice(-weeksJudged - weeksCompared);
    this.weeks = compared.map(({ days }) => days.map(({ index }) => this.placeOf(firstDay + index)));
    this.school = new Uint32Array(monthStarts.length);
    for (const { month, bit } of this.weeks.flat()) {
      this.school[month] = (this.school[month] as number) | bit;
    }
  }

  choose(groups: readonly Group[]): Choice {
    const counted = groups.map((group) => ({ group, days: this.hiddenDays(group.hidden) }));
    counted.sort((a, b) => a.days - b.days || a.group.number - b.group.number);
    let hidden = new Uint32Array(this.monthStarts.length);
    const chosen: Group[] = [];
    for (const { group } of counted) {
      const together = hidden.map((mask, month) => mask | (group.hidden[month] as number));
      if (!this.leaveEnough(together)) continue;
      hidden = together;
      chosen.push(group);
    }
    return { chosen, hidden };
  }

  private placeOf(day: number): { month: number; bit: number } {
    const month = monthPlace(this.monthStarts, day);
    return { month, bit: (1 << (day - (this.monthStarts[month] as number))) >>> 0 };
  }

  private hiddenDays(hidden: Uint32Array): number {
    let days = 0;
    for (let month = 0; month < hidden.length; month++) {
      days += countBits((hidden[month] as number) & (this.school[month] as number));
    }
    return days;
  }

  private leaveEnough(hidden: Uint32Array): boolean {
    const known = this.weeks.map((days) => {
      const left = days.filter(({ month, bit }) => ((hidden[month] as number) & bit) === 0);
      return left.length >= leastKnown * days.length;
    });
    const past = known.slice(0, -weeksJudged);
    return (
      known.slice(-weeksJudged).every((isKnown) => isKnown) &&
      past.filter((isKnown) => isKnown).length >= leastPastKnown * past.length
    );
  }
}
