import { compareGrades } from "../../clever/grades";
import type { ComparedPeriod, ComparedUse, Comparison, Entry, PeriodUse } from "../answer";
import { countDays, mondayOf, spanOf } from "../calendar";
import type { DashboardFilter } from "../filter";
import type { AttendanceSums } from "./attendance";
import { comparedPlaces, dailyOf, sumOf, weeklyAverages } from "./entries";
import { comparedDaysIn, inRange, newScope, type Scope, schoolDaysIn } from "./scope";
import { computeUse, type Totals } from "./totals";
import type { UsageSums } from "./usage";
import { missingReports, withheldIn } from "./withheld";

/** What is found of one period, over the compared days. */
interface PeriodTotals extends Totals {
  readonly period: ComparedPeriod;
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
    both((totals) => useOf(of(totals), totals.attendance.total));
  const listOf = <Name>(list: "schools" | "grades", entryNames: readonly Name[]) =>
    entryNames.flatMap((name, number) => {
      const partOf = ({ attendance }: PeriodTotals) => attendance[list][number] as AttendanceSums;
      if (![before, now].some((totals) => partOf(totals).counts || partOf(totals).hasSuppressed)) return [];
      const entry = both((totals) => ({
        ...useOf(totals.usage[list][number] as Sums, partOf(totals)),
        ...(partOf(totals).hasSuppressed ? { partly: true } : {}),
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

/**
 * Averages are over the days on which not all of the entry is suppressed. A suppressed cohort is suppressed on each
 * day, whether it has rows or not: otherwise an average would reveal when its few people used Clever.
 */
function useOf({ users, personDays, accesses }: Sums, part: AttendanceSums): PeriodUse {
  const days = part.knownDays;
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
  const totals = await computeUse(newScope({ ...whole, range, masks }), signal);
  return {
    ...totals,
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
      ).slice(weeksBeforeSchool(whole)),
    },
  };
}

/** How many calendar weeks of a scope end before its first school day, such as those of a summer. */
function weeksBeforeSchool(scope: Scope): number {
  const first = spanOf(scope.facts.days.monthStarts, schoolDaysIn(scope))?.first ?? scope.from;
  return Math.floor((first - mondayOf(scope.from)) / 7);
}
