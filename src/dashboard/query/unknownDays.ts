import { countDays, lowestBit } from "../calendar";
import { monthDays } from "../groups/days";
import { dailyOf } from "./entries";
import type { Scope } from "./scope";
import { forEachRun } from "./usageRuns";

/** Groups suppressed on a day make it unknown if they otherwise have more than this share of a subject's use. */
const minShare = 0.1;

/** A group that counts on some of the asked days, and not on others on which it has rows. */
interface SuppressedGroup {
  readonly cohorts: readonly number[];
  /** How many of the days count, and the others as masks of months. */
  readonly counted: number;
  readonly uncounted: Uint32Array;
}

/** Days as masks of months. */
type DayMasks = Uint32Array;

/** The groups of a question that are suppressed on some days only. Those suppressed throughout are never in sums. */
function sometimesSuppressed({ groups: { groups, counted, uncounted }, whole }: Scope, asked: DayMasks) {
  const months = asked.length;
  return groups.flatMap((cohorts, group): SuppressedGroup[] => {
    if (whole[group] !== 1) return [];
    const ofGroup = (days: Uint32Array) =>
      days
        .subarray(group * months, (group + 1) * months)
        .map((mask, month) => mask & (asked[month] as number));
    const [there, left] = [countDays(ofGroup(counted)), ofGroup(uncounted)];
    return there > 0 && left.some((mask) => mask !== 0) ? [{ cohorts, counted: there, uncounted: left }] : [];
  });
}

/**
 * A subject's days, with NaN for those on which it is unknown. `use` has the use of each of the suppressed groups on
 * the asked days that count.
 */
function withUnknown(
  scope: Scope,
  asked: DayMasks,
  daily: Float64Array,
  withheld: readonly SuppressedGroup[],
  use: ArrayLike<number>,
): Float64Array {
  const lost = new Float64Array(daily.length);
  let [rates, others] = [0, 0];
  eachDay(scope, asked, (place) => {
    others += daily[place] || 0;
  });
  withheld.forEach(({ counted, uncounted }, at) => {
    const own = use[at] as number;
    if (own === 0) return;
    rates += own / counted;
    others -= own;
    eachDay(scope, uncounted, (place) => {
      lost[place] = (lost[place] as number) + own / counted;
    });
  });
  const threshold = minShare * (rates + Math.max(0, others) / countDays(asked));
  return rates === 0
    ? daily
    : daily.map((value, place) => ((lost[place] as number) > threshold ? Number.NaN : value));
}

function eachDay({ facts, from }: Scope, masks: DayMasks, visit: (place: number) => void) {
  masks.forEach((mask, month) => {
    const start = (facts.days.monthStarts[month] as number) - from;
    for (let left = mask; left !== 0; left &= left - 1) visit(start + lowestBit(left));
  });
}

/**
 * The use of a shown resource by day, with NaN where it is unknown.
 *
 * @param rows the scope's `rows` of `usageTotals`, if they are available
 */
export function knownUse(
  scope: Scope,
  asked: DayMasks,
  rows: Float64Array | undefined,
): (shown: number) => Float64Array {
  const { facts, groups } = scope;
  const withheld = sometimesSuppressed(scope, asked);
  const numberOf = new Int32Array(groups.groupOf.length).fill(-1);
  withheld.forEach(({ cohorts }, number) => {
    for (const cohort of cohorts) numberOf[cohort] = number;
  });
  return (shown) => {
    const length = scope.to - scope.from + 1;
    const daily = rows?.subarray(shown * length, (shown + 1) * length) ?? new Float64Array(length);
    if (rows && withheld.length === 0) return daily;
    const use = new Float64Array(withheld.length);
    for (const resource of facts.names.resourcesOf[shown] ?? []) {
      forEachRun(scope, resource, ({ cohort, firstCell }, { cells }, run, mask, start, month) => {
        const number = numberOf[cohort[run] as number] as number;
        if (rows && number < 0) return;
        const ofGroup = number < 0 ? 0 : mask & (asked[month] as number);
        const end = firstCell[run + 1] as number;
        for (let cell = firstCell[run] as number; cell < end; cell++) {
          const day = cells.day[cell] as number;
          const count = cells.rows[cell] as number;
          if ((mask & (1 << day)) === 0) continue;
          if (!rows) daily[start + day] = (daily[start + day] as number) + count;
          if ((ofGroup & (1 << day)) !== 0) use[number] = (use[number] as number) + count;
        }
      });
    }
    return withUnknown(scope, asked, daily, withheld, use);
  };
}

/** The active people of each school by day (`schoolDays` of `attendanceTotals`), with NaN where they are unknown. */
export function knownAttendance(
  scope: Scope,
  schoolDays: Float64Array,
  asked: DayMasks,
): (school: number) => Float64Array {
  const { active } = scope.facts.days;
  const months = asked.length;
  const withheld = sometimesSuppressed(scope, asked);
  const use = withheld.map(({ cohorts }) => {
    let sum = 0;
    for (const cohort of cohorts) {
      asked.forEach((mask, month) => {
        const slot = cohort * months + month;
        for (let left = mask & (scope.masks[slot] as number); left !== 0; left &= left - 1)
          sum += active[slot * monthDays + lowestBit(left)] as number;
      });
    }
    return sum;
  });
  return (school) => {
    const daily = dailyOf(schoolDays, school, scope);
    const ofSchool = withheld.map(({ cohorts: [first = 0] }, at) =>
      scope.lists.schools.countedIn[first] === school ? (use[at] as number) : 0,
    );
    return withUnknown(scope, asked, daily, withheld, ofSchool);
  };
}
