import { compareGrades } from "../../clever/grades";
import type { ComparedPeriod, ComparedUse, Comparison, Entry, PeriodUse, Shown } from "../answer";
import { countBits, isoDate, mondayOf } from "../calendar";
import type { DashboardFilter } from "../filter";
import type { Facts, Groups } from "../groups";
import { compareNames } from "../names";
import { type AttendanceSums, type AttendanceTotals, attendanceTotals } from "./attendance";
import { type ChosenUse, chosenUse } from "./chosenUse";
import { missingReports } from "./completeness";
import { people, shown } from "./parts";
import { inRange, isIn, type Scope, schoolDaysIn } from "./scope";
import { type UsageTotals, usageTotals } from "./usage";
import { withheldIn } from "./withheld";

/** Everything compared of one period, over the compared days. */
interface FoundPeriod {
  readonly period: ComparedPeriod;
  readonly scope: Scope;
  readonly attendance: AttendanceTotals;
  readonly usage: UsageTotals;
  readonly use: ChosenUse;
  /** How many days the averages cover: in total, and per school and grade. */
  readonly days: { readonly total: number; readonly schools: Uint32Array; readonly grades: Uint32Array };
}

/**
 * What people and resources of a scope do, per school day, in its range and in another one. Throws the signal's
 * reason when aborted.
 */
export async function comparisonOf(
  facts: Facts,
  groups: Groups,
  scope: Scope,
  other: Pick<Scope, "from" | "to">,
  names: DashboardFilter["compare"],
  signal: AbortSignal | undefined,
): Promise<Comparison> {
  const before = await findPeriod(facts, groups, inRange(facts, groups, scope, other), names?.name, signal);
  const now = await findPeriod(facts, groups, scope, names?.rangeName, signal);
  const both = (of: (found: FoundPeriod) => PeriodUse & Entry): ComparedUse => {
    const [{ partly: wasPartly, ...was }, { partly, ...is }] = [of(before), of(now)];
    return { before: was, now: is, ...(partly || wasPartly ? { partly: true } : {}) };
  };
  const minimum = groups.minimumGroupSize;
  const useOf = ({ users, personDays, accesses }: Sums, part: AttendanceSums, days: number): PeriodUse => {
    const average = (total: number) => (days === 0 ? null : shown(total / days, part));
    return {
      users: people(users, part, minimum),
      personDaysPerDay: average(personDays),
      accessesPerDay: average(accesses),
    };
  };
  const ofAll = (of: (found: FoundPeriod) => Sums) =>
    both((found) => useOf(of(found), found.attendance.total, found.days.total));
  const listOf = (list: "schools" | "grades") => (name: string | null, number: number) => {
    const partOf = ({ attendance }: FoundPeriod) => attendance[list][number] as AttendanceSums;
    if (![before, now].some((found) => partOf(found).counts || partOf(found).left)) return [];
    const entry = both((found) => ({
      ...useOf(found.use[list][number] as Sums, partOf(found), found.days[list][number] as number),
      ...(partOf(found).left ? { partly: true } : {}),
    }));
    return [{ name, entry }];
  };
  const { names: known, index } = facts;
  const resources = known.shown.flatMap(({ name, type }, number) => {
    const isUsed = ({ usage }: FoundPeriod) => usage.byResource.firstDay[number] !== 0;
    if (!isUsed(before) && !isUsed(now)) return [];
    const entry = ofAll(({ usage, scope: { from, to } }) => ({
      users: usage.byResource.users[number] ?? 0,
      personDays: sum(usage.rows.subarray(number * (to - from + 1), (number + 1) * (to - from + 1))),
      accesses: usage.byResource.accesses[number] ?? 0,
    }));
    return [{ resource: name, type, ...entry }];
  });
  const difference = ({ before: was, now: is }: ComparedUse) =>
    Math.abs((is.personDaysPerDay ?? 0) - (was.personDaysPerDay ?? 0));
  return {
    before: before.period,
    now: now.period,
    total: ofAll(({ usage }) => ({
      users: usage.users,
      personDays: sum(usage.rows),
      accesses: usage.accesses,
    })),
    bySchool: known.schools.flatMap(listOf("schools")).map(({ name, entry }) => ({ school: name, ...entry })),
    byGrade: index.hasGrades
      ? known.grades
          .flatMap(listOf("grades"))
          .map(({ name, entry }) => ({ grade: name, ...entry }))
          .sort((a, b) => compareGrades(a.grade, b.grade))
      : [],
    resources: resources.sort(
      (a, b) =>
        difference(b) - difference(a) || compareNames(a.resource, b.resource) || compareNames(a.type, b.type),
    ),
  };
}

type Sums = Pick<ChosenUse["schools"][number], "users" | "personDays" | "accesses">;

const sum = (numbers: Float64Array) => numbers.reduce((total, each) => total + each, 0);

async function findPeriod(
  facts: Facts,
  groups: Groups,
  whole: Scope,
  name: string | undefined,
  signal: AbortSignal | undefined,
): Promise<FoundPeriod> {
  const { kinds, monthStarts } = facts.days;
  const months = monthStarts.length;
  const range = whole.range.map(
    (mask, month) => mask & (kinds.school[month] as number) & ~(whole.missing.resourceUsage[month] as number),
  );
  const scope: Scope = {
    ...whole,
    range,
    masks: whole.masks.map((mask, at) => mask & (range[at % months] as number)),
  };
  const attendance = attendanceTotals(facts, groups, scope);
  const usage = await usageTotals(facts, groups, scope, signal);
  const use = await chosenUse(facts, groups, scope, attendance, signal);
  const days = comparedDays(facts, groups, scope);
  return {
    scope,
    attendance,
    usage,
    use,
    days,
    period: {
      from: isoDate(whole.from),
      to: isoDate(whole.to),
      name: name ?? "",
      schoolDays: schoolDaysIn(facts.days, whole),
      comparedDays: range.reduce((count, mask) => count + countBits(mask), 0),
      missing: missingReports(facts, whole),
      uncounted: withheldIn(facts, groups, whole).days,
      weeklyPersonDaysPerDay: weeksOf(facts, scope, attendance, use),
    },
  };
}

function weeksOf(
  { days }: Facts,
  { from, range }: Scope,
  attendance: AttendanceTotals,
  use: ChosenUse,
): Shown[] {
  const weeks: { personDays: number; days: number }[] = [];
  use.days.forEach(({ personDays }, place) => {
    const number = Math.floor((from + place - mondayOf(from)) / 7);
    weeks[number] ??= { personDays: 0, days: 0 };
    const week = weeks[number];
    if (!week || !isIn(range, days, from + place) || attendance.days[place]?.isWithheld) return;
    week.personDays += personDays;
    week.days++;
  });
  return weeks.map((week) => (week.days === 0 ? null : week.personDays / week.days));
}

/** The days of a scope; for each entry without the days on which all of its rows are withheld. */
function comparedDays(
  { names, days }: Facts,
  { groupOf, schoolOf, gradeOf, countedGrade }: Groups,
  { cohorts, masks, range }: Scope,
): FoundPeriod["days"] {
  const months = days.monthStarts.length;
  const count = (
    entries: number,
    entryOf: (cohort: number) => number,
    isWhole: (group: number) => boolean,
  ) => {
    const counts = new Uint32Array(entries);
    for (let month = 0; month < months; month++) {
      const [rows, counted] = [new Uint32Array(entries), new Uint32Array(entries)];
      cohorts.forEach((one, cohort) => {
        if (one !== 1) return;
        const [entry, at] = [entryOf(cohort), cohort * months + month];
        const all = (days.participated[at] as number) | (days.used[at] as number);
        rows[entry] = (rows[entry] as number) | all;
        if (isWhole(groupOf[cohort] as number))
          counted[entry] = (counted[entry] as number) | (all & (masks[at] as number));
      });
      rows.forEach((all, entry) => {
        const left = all & ~(counted[entry] as number);
        counts[entry] = (counts[entry] as number) + countBits((range[month] as number) & ~left);
      });
    }
    return counts;
  };
  const total = count(
    1,
    () => 0,
    () => true,
  );
  const [schools, grades] = [names.schools.length, names.grades.length];
  return {
    total: total[0] as number,
    schools: count(
      schools,
      (cohort) => names.schoolOf[cohort] as number,
      (group) => (schoolOf[group] as number) >= 0,
    ),
    grades: count(
      grades,
      (cohort) => countedGrade[cohort] as number,
      (group) => (gradeOf[group] as number) >= 0,
    ),
  };
}
