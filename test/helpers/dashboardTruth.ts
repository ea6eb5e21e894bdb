import { expect } from "vitest";
import type { DashboardAnswer } from "../../src/dashboard/answer";
import type { DashboardFilter } from "../../src/dashboard/filter";
import { factsOf, groupsOf } from "../../src/dashboard/groups/groups";
import type { ParticipationIndex } from "../../src/dashboard/index/participationIndex";
import type { KeepWhole } from "../../src/dashboard/opening";
import { answer } from "../../src/dashboard/query/answer";
import type { Withheld } from "../../src/dashboard/withheld";
import { randomStream } from "../../src/sample/random";
import type { PlainDivision } from "./plainCohorts";
import { addDays, mondayOf } from "./plainDates";
import { PlainEngine } from "./plainEngine";
import type { PlainRows } from "./plainRows";
import type { RandomRows } from "./randomDistrict";

/** Compares the dashboard's engine with the plain computation. */

export const settings = { schoolYearStart: "09-01", now: new Date("2026-01-01T12:00:00Z") };

export async function ask(
  index: ParticipationIndex,
  filter: DashboardFilter,
  minimumGroupSize: number,
  keepWhole: KeepWhole = "schools",
): Promise<DashboardAnswer> {
  const given = await answer(index, filter, { ...settings, minimumGroupSize, keepWhole });
  if ("empty" in given) throw new Error("no answer");
  return given;
}

/** The division that the engine makes, for the plain computation. */
export function divisionOf(index: ParticipationIndex, minimum: number, keep: KeepWhole): PlainDivision {
  const facts = factsOf(index);
  const { groups, lists } = groupsOf(facts, { minimumGroupSize: minimum, keepWhole: keep });
  const cohortsOf = (numbers: readonly number[]) => numbers.flatMap((number) => index.cohorts[number] ?? []);
  const grades = groups.map(([first = 0]) => facts.names.grades[lists.grades.countedIn[first] ?? -1]);
  return { minimum, groups: groups.map(cohortsOf), grades };
}

/** What a district's filters can choose, in the order of the rows. */
function choicesOf({ participation, usage }: RandomRows) {
  const all = [...participation, ...usage];
  const dates = [...new Set(all.map(({ date }) => date))].sort();
  return {
    first: dates[0] ?? "",
    last: dates[dates.length - 1] ?? "",
    schools: [...new Set(all.map(({ school }) => school))],
    grades: [...new Set(all.map(({ grade }) => grade))],
    resources: [...new Set(usage.map(({ name }) => name))],
    resourceTypes: [...new Set(usage.map(({ type }) => type))],
  };
}

/** Any combination of the filter bar's controls. Some compare two periods. */
function randomFilter(
  random: () => number,
  { first, last, ...lists }: ReturnType<typeof choicesOf>,
): DashboardFilter {
  const length = (Date.parse(last) - Date.parse(first)) / 86_400_000;
  const some = <T>(values: readonly T[]): T[] => (random() < 0.5 ? [] : values.filter(() => random() < 0.4));
  const range = (): DashboardFilter["range"] => {
    const presets = ["last7", "last30", "schoolYear", "all"] as const;
    if (random() < 0.4) return { preset: presets[Math.floor(random() * 4)] ?? "all" };
    const from = Math.floor(random() * length);
    const to = from + Math.floor(random() ** 2 * (length - from));
    return { from: addDays(first, from), to: addDays(first, to) };
  };
  const compare = random() < 0.6 ? undefined : range();
  return {
    range: range(),
    ...(compare && "from" in compare ? { compare: { ...compare, name: "before", rangeName: "" } } : {}),
    schools: some(lists.schools),
    resources: some(lists.resources),
    resourceTypes: random() < 0.7 ? [] : some(lists.resourceTypes),
    userTypes: some(["students", "teachers"] as const),
    grades: some(lists.grades),
  };
}

type Plain = ReturnType<PlainEngine["answer"]>;
type Report = "dailyParticipation" | "resourceUsage";

const isKnown = ({ kind, missing }: Pick<Plain["days"][number], "kind" | "missing">, report: Report) =>
  kind !== "noData" && !missing.includes(report);

/** The school days of a period that averages cover in a comparison with another one. */
function comparedDates(plain: PlainEngine, period: Plain, other: Plain, report: Report): ReadonlySet<string> {
  const all = plain.comparedDates(period.reported[report], period.isWhole, other.reported[report]);
  return new Set(period.days.flatMap(({ date }) => (all.has(date) ? date : [])));
}

type CardKey = keyof DashboardAnswer["cards"];
const reportOf = (key: CardKey): Report =>
  ["users", "activeUsers", "logins"].includes(key) ? "dailyParticipation" : "resourceUsage";

/** Whether a card can be compared: people and things only over equally many school days that averages cover. */
function areComparable(plain: PlainEngine, key: CardKey, [now, past]: readonly [Plain, Plain]): boolean {
  if (key === "logins" || key === "accesses") return true;
  const count = (period: Plain, other: Plain) => {
    const dates = comparedDates(plain, period, other, reportOf(key));
    const { total, days } = period;
    return total.isSuppressed ? 0 : days.filter((day) => dates.has(day.date) && !day.isSuppressed).length;
  };
  return count(now, past) > 0 && count(now, past) === count(past, now);
}

/** What a card compares with another period: sums per school day, people and things as they are. */
function comparable(plain: PlainEngine, key: CardKey, period: Plain, other: Plain): number | null {
  if (key === "days") return null;
  const { total, days } = period;
  if (key !== "logins" && key !== "accesses") {
    const value = total[key];
    return typeof value === "number" ? value : null;
  }
  const dates = comparedDates(plain, period, other, reportOf(key));
  const school = days.filter((day) => dates.has(day.date) && day[key] !== null);
  if (school.length === 0 || total[key] === null) return null;
  return school.reduce((sum, day) => sum + (day[key] ?? 0), 0) / school.length;
}

/** The plain numbers in the answer's form. */
function expected(plain: PlainEngine, given: DashboardAnswer, hasGrades: boolean) {
  const { filter, from, to } = given;
  const now = plain.answer({ filter, from, to });
  const { compare } = filter;
  const other = compare ?? plain.periodBefore(from, to, given.options.firstDay);
  const past = other && plain.answer({ filter, from: other.from, to: other.to });
  const before = past ? past.total : undefined;
  const { total } = now;
  const keys = ["users", "activeUsers", "days", "logins", "accesses", "resources", "resourceUsers"] as const;
  const choosesResources = now.choosesResources;
  const useOf = ({ usePersonDays, accesses, resourceUsers }: Plain["total"], isThere = true) => {
    const use = isThere
      ? { users: resourceUsers, personDays: usePersonDays, accesses }
      : { users: null, personDays: null, accesses: null };
    return choosesResources ? { use } : {};
  };
  const part = (numbers: Plain["total"]) => ({
    users: numbers.users,
    activeUsers: numbers.activeUsers,
    neverActive: numbers.neverActive,
    averageLogins: numbers.averageLogins,
    averageResources: numbers.averageResources,
    distinctResourcesPerUser: numbers.perPerson,
    ...useOf(numbers),
    ...numbers.partly,
    ...numbers.absent,
  });
  return {
    cards: Object.fromEntries(
      keys.map((key) => {
        // The number of counted days is known even if it is zero.
        const days = key === "days" && total[key] === null ? null : total[key];
        const was = past ? comparable(plain, key, past, now) : null;
        const is = past ? comparable(plain, key, now, past) : null;
        const isAlike = past !== undefined && areComparable(plain, key, [now, past]);
        const compared = is === null || was === null || !isAlike ? null : { now: is, before: was };
        return [key, { value: days, before: before?.[key] ?? null, compared }];
      }),
    ),
    neverActive: total.neverActive,
    bySchool: now.schools.map((one) => ({ school: one.school, ...part(one), accesses: one.accesses })),
    byGrade: hasGrades ? now.grades.map((one) => ({ grade: one.grade, ...part(one) })) : [],
    byDay: now.days.map((one) => ({
      date: one.date,
      kind: one.kind,
      ...(one.missing.length > 0 ? { missing: one.missing } : {}),
      logins: isKnown(one, "dailyParticipation") ? one.logins : null,
      resources: isKnown(one, "dailyParticipation") ? one.resourceSum : null,
      activeUsers: isKnown(one, "dailyParticipation") ? one.activeUsers : null,
      distinctResources: isKnown(one, "resourceUsage") ? one.resources : null,
      ...useOf(one, isKnown(one, "resourceUsage")),
      ...one.partly,
    })),
    byWeekday: now.weekdays.map((one) => ({
      weekday: one.weekday,
      days: one.dates.length,
      activeUsers: one.isSuppressed ? null : one.personDays / one.dates.length,
      logins: one.logins === null ? null : one.logins / one.dates.length,
      ...one.partly,
    })),
    resources: now.resources,
    resourcesBySchool: now.schoolResources,
    comparison: other && (compare || choosesResources) ? comparisonOf(plain, given, other, hasGrades) : null,
  };
}

/** Use in both periods, each average over the days on which its entry is not suppressed completely. */
function comparisonOf(
  plain: PlainEngine,
  { filter, from, to }: DashboardAnswer,
  other: { readonly from: string; readonly to: string },
  hasGrades: boolean,
) {
  type Range = { readonly from: string; readonly to: string };
  const periodOf = (range: Range, beside: Range) => {
    const period = plain.answer({ filter, ...range });
    const schoolDays = period.days.filter(({ kind }) => kind === "school");
    const dates = comparedDates(plain, period, plain.answer({ filter, ...beside }), "resourceUsage");
    const compared = [...dates];
    const found = plain.answer({ filter, ...range, isAsked: (date) => dates.has(date) });
    return { range, schoolDays, compared, found };
  };
  const [thisRange, otherRange] = [
    { from, to },
    { from: other.from, to: other.to },
  ];
  const [before, now] = [periodOf(otherRange, thisRange), periodOf(thisRange, otherRange)];
  type Period = typeof now;
  type Part = Plain["total"];
  const useOf = (
    { compared }: Period,
    part: Part,
    sums: Pick<Part, "resourceUsers" | "usePersonDays" | "accesses"> = part,
  ) => {
    const days = compared.filter((date) => !part.leftDates.has(date)).length;
    const average = (sum: number | null) => (days === 0 || sum === null ? null : sum / days);
    return {
      users: days === 0 ? null : sums.resourceUsers,
      personDaysPerDay: average(sums.usePersonDays),
      accessesPerDay: average(sums.accesses),
    };
  };
  const both = (of: (period: Period) => Part) => {
    const [was, is] = [of(before), of(now)];
    return { before: useOf(before, was), now: useOf(now, is), ...was.partly, ...is.partly };
  };
  const { partly: _, ...total } = both(({ found }) => found.total);
  const lists = <Key extends string | null, Entry extends Part>(
    of: (period: Period) => readonly Entry[],
    keyOf: (entry: Entry) => Key,
  ) => {
    const keys = [...new Set([before, now].flatMap((period) => of(period).map(keyOf)))];
    return keys.map((key) => ({
      key,
      ...both((period) => of(period).find((entry) => keyOf(entry) === key) ?? period.found.none),
    }));
  };
  const nameOf = ({ resource, type }: { resource: string | null; type: string | null }) =>
    JSON.stringify([resource, type]);
  const resources = new Map(
    [before, now].flatMap(({ found }) => found.resources.map((each) => [nameOf(each), each] as const)),
  );
  const periodNumbers = ({ range, schoolDays, compared, found }: Period, name: string) => ({
    ...range,
    name,
    schoolDays: schoolDays.length,
    comparedDays: compared.length,
    weeks: [...new Set(found.days.map(({ date }) => mondayOf(date)))].flatMap((monday) => {
      if (addDays(monday, 6) < (schoolDays[0]?.date ?? "")) return [];
      const days = found.days.filter(
        ({ date, isSuppressed }) => mondayOf(date) === monday && compared.includes(date) && !isSuppressed,
      );
      const sum = days.reduce((all, { usePersonDays }) => all + (usePersonDays ?? 0), 0);
      return days.length === 0 ? [null] : sum / days.length;
    }),
  });
  return sortedComparison({
    before: periodNumbers(before, filter.compare?.name ?? ""),
    now: periodNumbers(now, filter.compare?.rangeName ?? ""),
    total,
    bySchool: lists(
      ({ found }) => found.schools,
      ({ school }) => school,
    ).map(({ key: school, ...entry }) => ({ school, ...entry })),
    byGrade: hasGrades
      ? lists(
          ({ found }) => found.grades,
          ({ grade }) => grade,
        ).map(({ key: grade, ...entry }) => ({ grade, ...entry }))
      : [],
    resources: [...resources.values()].map(({ resource, type }) => {
      const use = (period: Period) => {
        const { total: all, resources: periodValue, peopleOfTotal, shownOfTotal } = period.found;
        const found = periodValue.find((each) => nameOf(each) === nameOf({ resource, type }));
        return useOf(period, all, {
          resourceUsers: found?.users ?? peopleOfTotal(0),
          usePersonDays: shownOfTotal(found?.rows ?? 0),
          accesses: shownOfTotal(found?.accesses ?? 0),
        });
      };
      return { resource, type, before: use(before), now: use(now) };
    }),
  });
}

/** A comparison of an answer in the form of the plain one. */
function plainForm({ before, now, ...entries }: NonNullable<DashboardAnswer["comparison"]>) {
  const period = ({ missing: _, uncounted: __, weeklyPersonDaysPerDay: weeks, ...rest }: typeof now) => ({
    ...rest,
    weeks,
  });
  return sortedComparison({ before: period(before), now: period(now), ...entries });
}

/** In a fixed order. */
function sortedComparison<
  C extends { bySchool: readonly object[]; byGrade: readonly object[]; resources: readonly object[] },
>(comparison: C): C {
  const byText = (list: readonly object[]) =>
    [...list].sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
  return {
    ...comparison,
    bySchool: byText(comparison.bySchool),
    byGrade: byText(comparison.byGrade),
    resources: byText(comparison.resources),
  };
}

const byGradeName = <E extends { readonly grade: string | null }>(entries: readonly E[]) =>
  [...entries].sort((a, b) => ((a.grade ?? "~") < (b.grade ?? "~") ? -1 : 1));

function parts({
  cards,
  neverActive,
  bySchool,
  byGrade,
  byDay,
  byWeekday,
  resources,
  resourcesBySchool,
  comparison,
}: DashboardAnswer) {
  return {
    cards,
    neverActive,
    bySchool,
    byGrade: byGradeName(byGrade),
    byDay,
    byWeekday,
    resources,
    resourcesBySchool,
    comparison: comparison && plainForm(comparison),
  };
}

/** How many numbers were compared with those of everybody, and how many answers had nothing suppressed. */
export interface Held {
  answers: number;
  complete: number;
  /** The number of numbers in answers (including `<10`), and of those that equal everybody's exactly. */
  shown: number;
  same: number;
  few: number;
}

export interface Comparison {
  readonly rows: PlainRows;
  readonly index: ParticipationIndex;
  readonly minimum: number;
  readonly keep?: KeepWhole;
  readonly filters: readonly DashboardFilter[];
}

/**
 * Each answer must equal that of loops over the rows of whole groups. In each part that has all of its groups and days, it
 * must also equal that of loops over everybody's rows, except for numbers of fewer people than the minimum.
 */
export async function compareWithRows(comparison: Comparison): Promise<Held> {
  const { rows, index, minimum, keep = "schools", filters } = comparison;
  const { hasGrades } = index;
  const plain = new PlainEngine(rows, divisionOf(index, minimum, keep));
  const everybody = new PlainEngine(rows);
  const held: Held = { answers: 0, complete: 0, shown: 0, same: 0, few: 0 };
  for (const filter of filters) {
    const given = await ask(index, filter, minimum, keep);
    const wanted = expected(plain, given, hasGrades);
    wanted.byGrade = byGradeName(wanted.byGrade);
    expect(parts(given), JSON.stringify(filter)).toEqual(wanted);
    compareWithEverybody(given, expected(everybody, given, hasGrades), held);
  }
  return held;
}

function compareWithEverybody(given: DashboardAnswer, exact: ReturnType<typeof expected>, held: Held): void {
  const { minimumGroupSize: minimum, withheld } = given;
  // A selected grade may include people without one, and the page says so.
  const includesUngraded = given.filter.grades.length > 0 && withheld.ungraded.length > 0;
  const isComplete = withheld.filter.length + withheld.days.length === 0 && !includesUngraded;
  held.answers++;
  if (isComplete) held.complete++;
  const { entries, ...whole } = numbersOf(parts(given), withheld.ungraded);
  const truth = numbersOf(parts(exact as never));
  // A user type without its own group is not reported as lacking a report.
  const isAlike = exact.byDay.every(
    ({ missing }, at) => JSON.stringify(missing) === JSON.stringify(given.byDay[at]?.missing),
  );
  const hold = (
    numbers: ReadonlyMap<string, unknown>,
    true_: ReadonlyMap<string, unknown>,
    isAll: boolean,
  ) => {
    for (const [place, value] of numbers) {
      const real = true_.get(place);
      const isFew = value === "few" && typeof real === "number" && real > 0 && real < minimum;
      held.shown++;
      if (value === real) held.same++;
      if (isFew) held.few++;
      if (isAll && isAlike && real !== undefined && value !== real && !isFew)
        expect.fail(`${place} is ${value}, and ${real} of everybody (${JSON.stringify(given.filter)})`);
    }
  };
  hold(whole.numbers, truth.numbers, isComplete);
  for (const [place, { numbers, isPartly }] of entries) {
    const real = truth.entries.get(place)?.numbers ?? new Map();
    // Averages of a weekday do not cover days without some of the people.
    const isOfSameDays = [...numbers].every(
      ([key, value]) => !key.endsWith(" days") || value === real.get(key),
    );
    hold(numbers, real, !isPartly && !includesUngraded && isOfSameDays);
  }
}

interface Numbers {
  readonly numbers: Map<string, unknown>;
  /** `isPartly` if the page says that an entry lacks people, or that those without a grade count elsewhere. */
  readonly entries: Map<string, { readonly numbers: Map<string, unknown>; readonly isPartly: boolean }>;
}

/** The numbers of a page by position: overall, and of the entries of its lists by name. */
function numbersOf(
  { cards, neverActive, resources, comparison: _, ...lists }: ReturnType<typeof parts>,
  ungraded: Withheld["ungraded"] = [],
): Numbers {
  const changedGrades =
    ungraded.length === 0 ? [] : [null, ...ungraded.flatMap(({ grades }) => grades ?? [])];
  const numbers = new Map<string, unknown>();
  for (const [key, { value }] of Object.entries(cards)) addNumbers(value, key, numbers);
  addNumbers(neverActive, "neverActive", numbers);
  for (const { resource, type, formerNames: _, ...entry } of resources)
    addNumbers(entry, JSON.stringify([resource, type]), numbers);
  const entries: Numbers["entries"] = new Map();
  for (const [list, each] of Object.entries(lists)) {
    for (const entry of each) {
      const {
        partly,
        school,
        grade,
        date,
        weekday,
        resource,
        type,
        ...rest
      }: Readonly<Record<string, unknown>> = { ...entry };
      const found = new Map<string, unknown>();
      const place = `${list} ${JSON.stringify([school, grade, date, weekday, resource, type])}`;
      addNumbers(rest, place, found);
      const isChanged = list === "byGrade" && changedGrades.some((each) => each === grade);
      entries.set(place, { numbers: found, isPartly: partly === true || isChanged });
    }
  }
  return { numbers, entries };
}

function addNumbers(value: unknown, place: string, found: Map<string, unknown>): void {
  if (typeof value === "number" || value === "few") found.set(place, value);
  if (typeof value !== "object" || value === null) return;
  for (const [key, each] of Object.entries(value)) addNumbers(each, `${place} ${key}`, found);
}

/**
 * For the numbers that a page shows: how many equal those without groups, how many are `<10`, and how many others are in
 * entries that are marked as partial. `all` is the number of numbers without groups.
 */
export async function sharesShown(index: ParticipationIndex, filter: DashboardFilter, minimum: number) {
  const given = await ask(index, filter, minimum);
  const shown = numbersOf(parts(given), given.withheld.ungraded);
  const exact = numbersOf(parts(await ask(index, filter, 0)));
  const all = [exact.numbers, ...[...exact.entries.values()].map(({ numbers }) => numbers)];
  const shares = { shown: 0, same: 0, few: 0, partly: 0, all: all.reduce((sum, { size }) => sum + size, 0) };
  const count = (numbers: ReadonlyMap<string, unknown>, truth: Numbers["numbers"], isPartly: boolean) => {
    for (const [place, value] of numbers) {
      const real = truth.get(place);
      shares.shown++;
      if (value === real) shares.same++;
      else if (value === "few" && Number(real) < minimum) shares.few++;
      else if (isPartly) shares.partly++;
    }
  };
  count(shown.numbers, exact.numbers, false);
  for (const [place, { numbers, isPartly }] of shown.entries)
    count(numbers, exact.entries.get(place)?.numbers ?? new Map(), isPartly);
  return shares;
}

export function randomFilters(district: RandomRows, count: number, seed: number): DashboardFilter[] {
  const random = randomStream(seed, "filters");
  const choices = choicesOf(district);
  return Array.from({ length: count }, () => randomFilter(random, choices));
}
