import { compareGrades } from "../../clever/grades";
import type {
  DayEntry,
  GradeEntry,
  People,
  ReportKind,
  ResourceEntry,
  SchoolEntry,
  SchoolResourceEntry,
  Shown,
  WeekdayEntry,
} from "../answer";
import { isoDate, mondayOf, weekdayOf } from "../calendar";
import type { Days } from "../days";
import type { Facts } from "../groups";
import { compareNames } from "../names";
import { type AttendanceSums, type AttendanceTotals, weekdayDays } from "./attendance";
import { type ChosenUse, useOf } from "./chosenUse";
import { people, shown } from "./parts";
import { isIn, type Scope } from "./scope";
import type { UsageTotals } from "./usage";

/** How many resources `resourcesBySchool` has, and how many weeks a resource shows. */
const topResources = 20;
const mostWeeks = 60;

/** All facts about a question, before they are formatted as an answer. */
export interface Found {
  readonly facts: Facts;
  readonly minimum: number;
  readonly scope: Scope;
  readonly attendance: AttendanceTotals;
  readonly usage: UsageTotals;
  /** Present where the filter chooses resources. */
  readonly chosen: ChosenUse | undefined;
}

/** People of a part who are in daily participation and were never active. */
export const neverActive = (part: AttendanceSums, minimum: number): People =>
  people(part.users - part.activeUsers, part, minimum);

export const ratio = (sum: number, count: number): number => (count === 0 ? 0 : sum / count);

const partly = ({ left }: AttendanceSums) => (left ? { partly: true as const } : {});

function personNumbers(part: AttendanceSums, pairs: number, minimum: number) {
  return {
    users: people(part.users, part, minimum),
    activeUsers: people(part.activeUsers, part, minimum),
    neverActive: neverActive(part, minimum),
    averageLogins: shown(ratio(part.logins, part.loginRows), part),
    averageResources: shown(ratio(part.resources, part.resourceRows), part),
    distinctResourcesPerUser: shown(ratio(pairs, part.users), part),
    ...partly(part),
  };
}

const isThere = ({ counts, left }: AttendanceSums) => counts || left;

export function schoolEntries({ facts, minimum, attendance, usage, chosen }: Found): SchoolEntry[] {
  return facts.names.schools.flatMap((school, number): SchoolEntry[] => {
    const part = attendance.schools[number];
    if (part === undefined || !isThere(part)) return [];
    const accesses = shown(usage.bySchool.accesses[number] ?? 0, part);
    const use = useOf(chosen?.schools[number], part, minimum);
    return [{ school, ...personNumbers(part, usage.bySchool.pairs[number] ?? 0, minimum), accesses, ...use }];
  });
}

export function gradeEntries({ facts, minimum, attendance, usage, chosen }: Found): GradeEntry[] {
  if (!facts.index.hasGrades) return [];
  const entries = facts.names.grades.flatMap((grade, number): GradeEntry[] => {
    const part = attendance.grades[number];
    if (part === undefined || !isThere(part)) return [];
    const use = useOf(chosen?.grades[number], part, minimum);
    return [{ grade, ...personNumbers(part, usage.byGrade.pairs[number] ?? 0, minimum), ...use }];
  });
  return entries.sort((a, b) => compareGrades(a.grade, b.grade));
}

/** The kind of a day, given as a day number. */
export function kindOf(days: Days, day: number): DayEntry["kind"] {
  if (!isIn(days.kinds.data, days, day)) return "noData";
  return isIn(days.kinds.school, days, day) ? "school" : "quiet";
}

/** The reports that are missing on a day for some of the people of a scope. */
export function missingOn(days: Days, { missing }: Scope, day: number): ReportKind[] {
  return (["dailyParticipation", "resourceUsage"] as const).filter((report) =>
    isIn(missing[report], days, day),
  );
}

export function dayEntries({ facts, minimum, scope, attendance, usage, chosen }: Found): DayEntry[] {
  return attendance.days.map((part, place) => {
    const day = scope.from + place;
    const kind = kindOf(facts.days, day);
    const missing = missingOn(facts.days, scope, day);
    const from = <Value>(report: ReportKind, value: Value) =>
      kind === "noData" || missing.includes(report) ? null : value;
    return {
      date: isoDate(day),
      kind,
      ...(missing.length > 0 ? { missing } : {}),
      logins: from("dailyParticipation", shown(part.logins, part)),
      resources: from("dailyParticipation", shown(part.resources, part)),
      activeUsers: from("dailyParticipation", people(part.personDays, part, minimum)),
      distinctResources: from("resourceUsage", shown(usage.byDay[place] ?? 0, part)),
      ...useOf(chosen?.days[place], part, minimum, kind !== "noData" && !missing.includes("resourceUsage")),
      ...partly(part),
    };
  });
}

export function weekdayEntries({ facts: { days }, scope, attendance }: Found): WeekdayEntry[] {
  const counts = new Array<number>(7).fill(0);
  const compared = weekdayDays(days, scope);
  for (let day = scope.from; day <= scope.to; day++) {
    if (!isIn(compared, days, day)) continue;
    counts[weekdayOf(day) - 1] = (counts[weekdayOf(day) - 1] as number) + 1;
  }
  return attendance.weekdays.flatMap((part, number): WeekdayEntry[] => {
    const count = counts[number] ?? 0;
    if (count === 0) return [];
    return [
      {
        weekday: number + 1,
        days: count,
        activeUsers: shown(part.personDays / count, part),
        logins: shown(part.logins / count, part),
        ...partly(part),
      },
    ];
  });
}

/** Includes the number of each shown resource, because names are not unique. */
export function resourceEntries({ facts, minimum, scope, attendance, usage }: Found): {
  readonly entries: readonly ResourceEntry[];
  readonly order: readonly number[];
} {
  const { byResource } = usage;
  const { total } = attendance;
  const found = facts.names.shown.flatMap(({ name, type, formerNames }, number) => {
    const first = byResource.firstDay[number] ?? 0;
    if (scope.resources[number] !== 1 || first === 0) return [];
    const daily = rowsOf(usage, attendance, number);
    const users = byResource.users[number] ?? 0;
    const entry: ResourceEntry = {
      resource: name,
      type,
      ...(formerNames ? { formerNames } : {}),
      users: people(users, total, minimum),
      rows: daily.reduce((sum, rows) => sum + rows, 0),
      accesses: byResource.accesses[number] ?? 0,
      firstDay: isoDate(first),
      lastDay: isoDate(byResource.lastDay[number] ?? 0),
      weekly: weeklyOf(daily, scope.from, (day) => isIn(scope.missing.resourceUsage, facts.days, day)),
    };
    return [{ entry, number, users }];
  });
  found.sort(
    (a, b) =>
      shownPeople(b.users, minimum) - shownPeople(a.users, minimum) ||
      (b.entry.rows ?? 0) - (a.entry.rows ?? 0) ||
      compareNames(a.entry.resource, b.entry.resource) ||
      compareNames(a.entry.type, b.entry.type),
  );
  return { entries: found.map(({ entry }) => entry), order: found.map(({ number }) => number) };
}

/** All `few` sort alike, so that the order does not disclose how many they are. */
export const shownPeople = (count: number, minimum: number) => (count > 0 && count < minimum ? 1 : count);

/** Rows of a shown resource that have a person, by day of the scope. */
function rowsOf({ rows }: UsageTotals, { days }: AttendanceTotals, resource: number): Float64Array {
  return rows.subarray(resource * days.length, (resource + 1) * days.length);
}

function weeklyOf(daily: Float64Array, from: number, isMissing: (day: number) => boolean): Shown[] {
  const firstMonday = mondayOf(from);
  const weekly: Shown[] = [];
  daily.forEach((rows, place) => {
    const week = Math.floor((from + place - firstMonday) / 7);
    const before = weekly[week] === undefined ? 0 : (weekly[week] as Shown);
    weekly[week] = before === null || isMissing(from + place) ? null : before + rows;
  });
  return weekly.slice(-mostWeeks);
}

export function schoolResourceEntries(
  { facts, minimum, attendance, usage }: Found,
  resources: readonly number[],
  most = topResources,
): SchoolResourceEntry[] {
  const { schools, shown: shownResources } = facts.names;
  return resources.slice(0, most).flatMap((resource) =>
    schools.flatMap((school, number): SchoolResourceEntry[] => {
      const count = usage.bySchoolResource[resource * schools.length + number] ?? 0;
      const part = attendance.schools[number];
      if (part === undefined || (count === 0 && !part.isWithheld)) return [];
      const { name, type } = shownResources[resource] ?? { name: null, type: null };
      return [{ school, resource: name, type, users: people(count, part, minimum), ...partly(part) }];
    }),
  );
}
