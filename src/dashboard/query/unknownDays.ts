import { countDays, lowestBit } from "../calendar";
import { monthDays } from "../groups/days";
import { dailyOf } from "./entries";
import type { Scope } from "./scope";
import { eachResource, eachRunOf } from "./usageRuns";

/** Groups that are withheld on a day make it unknown if they otherwise have more than this share of a subject's use. */
const leastShare = 0.1;

/** A group that counts on some of the asked days, and not on others on which it has rows. */
interface WithheldGroup {
  readonly cohorts: readonly number[];
  /** How many of the days count, and the others as masks of months. */
  readonly counted: number;
  readonly uncounted: Uint32Array;
}

/** Days as masks of months. */
type DayMasks = Uint32Array;

/** The groups of a question that are withheld on some days only. Those that are left out throughout are never in sums. */
function sometimesWithheld({ groups: { groups, counted, uncounted }, whole }: Scope, asked: DayMasks) {
  const months = asked.length;
  return groups.flatMap((cohorts, group): WithheldGroup[] => {
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
 * A subject's days, with NaN for those on which it is unknown. `use` has the use of each of the withheld groups on the
 * asked days that count.
 */
function withUnknown(
  daily: Float64Array,
  withheld: readonly WithheldGroup[],
  use: ArrayLike<number>,
  { monthStarts, asked, from }: AskedDays,
): Float64Array {
  const lost = new Float64Array(daily.length);
  let [rates, others] = [0, 0];
  const days = countDays(asked);
  eachDay(asked, monthStarts, from, (place) => {
    others += daily[place] || 0;
  });
  withheld.forEach(({ counted, uncounted }, at) => {
    const own = use[at] as number;
    if (own === 0) return;
    rates += own / counted;
    others -= own;
    eachDay(uncounted, monthStarts, from, (place) => {
      lost[place] = (lost[place] as number) + own / counted;
    });
  });
  const most = leastShare * (rates + Math.max(0, others) / days);
  return rates === 0
    ? daily
    : daily.map((value, place) => ((lost[place] as number) > most ? Number.NaN : value));
}

interface AskedDays {
  readonly monthStarts: Int32Array;
  readonly asked: DayMasks;
  /** The first day of the series. */
  readonly from: number;
}

function eachDay(masks: DayMasks, monthStarts: Int32Array, from: number, visit: (place: number) => void) {
  masks.forEach((mask, month) => {
    for (let left = mask; left !== 0; left &= left - 1)
      visit((monthStarts[month] as number) + lowestBit(left) - from);
  });
}

/** The use of each shown resource by day (`rows` of `usageTotals`), with NaN where it is unknown. */
export async function knownUse(
  scope: Scope,
  rows: Float64Array,
  asked: DayMasks,
  signal: AbortSignal | undefined,
): Promise<(resource: number) => Float64Array> {
  const { facts, groups } = scope;
  const withheld = sometimesWithheld(scope, asked);
  if (withheld.length === 0) return (resource) => dailyOf(rows, resource, scope);
  const numberOf = new Int32Array(groups.groupOf.length).fill(-1);
  withheld.forEach(({ cohorts }, number) => {
    for (const cohort of cohorts) numberOf[cohort] = number;
  });
  const use = new Map<number, Float64Array>();
  const only = { ...scope, range: asked };
  await eachResource(scope, signal, (shown) => {
    const ofResource = new Float64Array(withheld.length);
    for (const resource of facts.names.resourcesOf[shown] ?? []) {
      eachRunOf(only, resource, ({ usageRuns, usageCells }, run, mask, _, month) => {
        const number = numberOf[usageRuns.cohort[run] as number] as number;
        if (number < 0) return;
        const days = mask & (asked[month] as number);
        const end = usageRuns.firstCell[run + 1] as number;
        for (let cell = usageRuns.firstCell[run] as number; cell < end; cell++) {
          if ((days & (1 << (usageCells.day[cell] as number))) === 0) continue;
          ofResource[number] = (ofResource[number] as number) + (usageCells.rows[cell] as number);
        }
      });
    }
    use.set(shown, ofResource);
  });
  const days = { monthStarts: facts.days.monthStarts, asked, from: scope.from };
  return (resource) => {
    const daily = dailyOf(rows, resource, scope);
    const ofGroups = use.get(resource);
    return ofGroups ? withUnknown(daily, withheld, ofGroups, days) : daily;
  };
}

/** The active people of each school by day (`schoolDays` of `attendanceTotals`), with NaN where they are unknown. */
export function knownAttendance(
  scope: Scope,
  schoolDays: Float64Array,
  asked: DayMasks,
): (school: number) => Float64Array {
  const { monthStarts, active } = scope.facts.days;
  const months = monthStarts.length;
  const withheld = sometimesWithheld(scope, asked);
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
      scope.groups.schools.countedIn[first] === school ? (use[at] as number) : 0,
    );
    return withUnknown(daily, withheld, ofSchool, { monthStarts, asked, from: scope.from });
  };
}
