import { compareGrades } from "../../clever/grades";
import type { ComparedPeriod, ComparedUse, Comparison, Entry, PeriodUse } from "../answer";
import { countBits, countDays } from "../calendar";
import type { DashboardFilter } from "../filter";
import type { Places } from "../groups/groups";
import type { AttendanceSums } from "./attendance";
import { comparedPlaces, dailyOf, sumOf, weeklyAverages } from "./entries";
import { comparedDaysIn, inRange, isNeverCounted, type Scope, schoolDaysIn } from "./scope";
import { computeUse, type Totals } from "./totals";
import type { UsageSums } from "./usage";
import { missingReports, withheldIn } from "./withheld";

/** What is found of one period, over the compared days. */
interface PeriodTotals extends Totals {
  readonly period: ComparedPeriod;
  /** How many days the averages cover: in total, and per school and grade. */
  readonly days: { readonly total: number; readonly schools: Uint32Array; readonly grades: Uint32Array };
}

/**
 * What people and resources of a scope do, per school day, in its range and in another one. Throws the signal's
 * reason when aborted.
 */
export async function comparisonOf(
  scope: Scope,
  other: Pick<Scope, "from" | "to">,
  periodNames: DashboardFilter["compare"],
  signal: AbortSignal | undefined,
): Promise<Comparison> {
  const earlier = inRange(scope, other);
  const before = await computePeriod(earlier, scope, periodNames?.name, signal);
  const now = await computePeriod(scope, earlier, periodNames?.rangeName, signal);
  const both = (of: (totals: PeriodTotals) => PeriodUse & Entry): ComparedUse => {
    const [{ partly: wasPartly, ...was }, { partly, ...is }] = [of(before), of(now)];
    return { before: was, now: is, ...(partly || wasPartly ? { partly: true } : {}) };
  };
  const ofAll = (of: (totals: PeriodTotals) => Sums) =>
    both((totals) => useOf(of(totals), totals.attendance.total, totals.days.total));
  const listOf = <Name>(list: "schools" | "grades", entryNames: readonly Name[]) =>
    entryNames.flatMap((name, number) => {
      const partOf = ({ attendance }: PeriodTotals) => attendance[list][number] as AttendanceSums;
      if (![before, now].some((totals) => partOf(totals).counts || partOf(totals).left)) return [];
      const entry = both((totals) => ({
        ...useOf(totals.usage[list][number] as Sums, partOf(totals), totals.days[list][number] as number),
        ...(partOf(totals).left ? { partly: true } : {}),
      }));
      return [{ name, entry }];
    });
  const { names, index } = scope.facts;
  const resources = names.shown.flatMap(({ name, type }, number) => {
    const isUsed = ({ usage }: PeriodTotals) => usage.byResource.firstDay[number] !== 0;
    if (!isUsed(before) && !isUsed(now)) return [];
    const entry = ofAll(({ usage, scope: own }) => ({
      users: usage.byResource.users[number] as number,
      personDays: sumOf(dailyOf(usage.rows, number, own)),
      accesses: usage.byResource.accesses[number] as number,
    }));
    return [{ resource: name, type, ...entry }];
  });
  const difference = ({ before: was, now: is }: ComparedUse) =>
    Math.abs((is.personDaysPerDay ?? 0) - (was.personDaysPerDay ?? 0));
  return {
    before: before.period,
    now: now.period,
    total: ofAll(({ usage }) => usage.total),
    bySchool: listOf("schools", names.schools).map(({ name, entry }) => ({ school: name, ...entry })),
    byGrade: index.hasGrades
      ? listOf("grades", names.grades)
          .map(({ name, entry }) => ({ grade: name, ...entry }))
          .sort((a, b) => compareGrades(a.grade, b.grade))
      : [],
    // Otherwise they stay in the order of their names, as they are.
    resources: resources.sort((a, b) => difference(b) - difference(a)),
  };
}

type Sums = Pick<UsageSums, "users" | "personDays" | "accesses">;

function useOf({ users, personDays, accesses }: Sums, part: AttendanceSums, days: number): PeriodUse {
  const isKnown = days > 0 && !part.absent.includes("resourceUsage");
  const average = (total: number) => (isKnown ? part.shown(total / days) : null);
  return {
    users: isKnown ? part.people(users) : null,
    personDaysPerDay: average(personDays),
    accessesPerDay: average(accesses),
  };
}

async function computePeriod(
  whole: Scope,
  other: Scope,
  name: string | undefined,
  signal: AbortSignal | undefined,
): Promise<PeriodTotals> {
  const range = comparedDaysIn(whole, "resourceUsage", other);
  const masks = whole.masks.map((mask, at) => mask & (range[at % range.length] as number));
  const totals = await computeUse({ ...whole, range, masks }, signal);
  return {
    ...totals,
    days: {
      total: daysOf(totals.scope, whole.groups.everyone)[0] as number,
      schools: daysOf(totals.scope, whole.groups.schools),
      grades: daysOf(totals.scope, whole.groups.grades),
    },
    period: {
      ...whole.told,
      name: name ?? "",
      schoolDays: countDays(schoolDaysIn(whole)),
      comparedDays: countDays(range),
      missing: missingReports(whole),
      uncounted: withheldIn(whole).days,
      weeklyPersonDaysPerDay: weeklyAverages(
        Float64Array.from(totals.usage.days, ({ personDays }) => personDays),
        comparedPlaces(totals, "resourceUsage", other),
        whole,
      ),
    },
  };
}

/**
 * Per entry: the days of the scope without those on which all of the entry is suppressed. A suppressed cohort is
 * suppressed on each of these days, whether it has rows or not: otherwise an average would reveal when its few people
 * used Clever.
 */
function daysOf(scope: Scope, { count, of, countedIn }: Places): Uint32Array {
  const { participated, used } = scope.facts.days;
  const months = scope.range.length;
  const days = new Uint32Array(count);
  scope.range.forEach((range, month) => {
    const [left, counted] = [new Uint32Array(count), new Uint32Array(count)];
    scope.cohorts.forEach((isChosen, cohort) => {
      if (isChosen !== 1) return;
      const [entry, at] = [of[cohort] as number, cohort * months + month];
      const isLeftOut =
        (countedIn[cohort] as number) < 0 || isNeverCounted(scope, scope.groups.groupOf[cohort] as number);
      const [rows, mask] = [
        (participated[at] as number) | (used[at] as number),
        isLeftOut ? 0 : (scope.masks[at] as number),
      ];
      left[entry] = (left[entry] as number) | (isLeftOut ? range : rows & ~mask);
      counted[entry] = (counted[entry] as number) | (rows & mask);
    });
    left.forEach((mask, entry) => {
      days[entry] = (days[entry] as number) + countBits(range & ~(mask & ~(counted[entry] as number)));
    });
  });
  return days;
}
