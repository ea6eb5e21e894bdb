import { isoDate, weekdayOf } from "../../basics/calendar";
import { compareGrades } from "../../clever/grades";
import {
  type DayEntry,
  type GradeEntry,
  type People,
  type ReportKind,
  type ResourceEntry,
  reportKinds,
  type SchoolEntry,
  type SchoolResourceEntry,
  type Shown,
  type Use,
  type WeekdayEntry,
} from "../answer";
import { mondayOf } from "../calendar";
import type { Groups } from "../groups/groups";
import type { ShownResource } from "../groups/names";
import { type AttendanceSums, sumOfDays } from "./attendance";
import { choosesResources, comparedDaysIn, isIn, type Scope, schoolDaysIn } from "./scope";
import type { Totals } from "./totals";
import type { UsageSums } from "./usage";

/** How many resources `resourcesBySchool` has, and how many weeks a resource shows. */
const topResources = 20;
const maxWeeks = 60;

/** People of a part who are in daily participation and were never active. */
export const neverActive = (part: AttendanceSums): People => part.people(part.users - part.activeUsers);

const ratio = (sum: number, count: number): number => (count === 0 ? 0 : sum / count);

export const partly = ({ hasSuppressed }: AttendanceSums) => (hasSuppressed ? { partly: true as const } : {});

/** A number that comes from some reports: unknown if one of them is absent. */
export const nullIfAbsent = <Value>(
  { absent }: { readonly absent: readonly ReportKind[] },
  reports: readonly ReportKind[],
  value: Value,
): Value | null => (reports.some((report) => absent.includes(report)) ? null : value);

function placeNumbers(scope: Scope, part: AttendanceSums, used: UsageSums) {
  const present = <Value>(value: Value) => nullIfAbsent(part, ["dailyParticipation"], value);
  return {
    users: present(part.people(part.users)),
    activeUsers: present(part.people(part.activeUsers)),
    neverActive: present(neverActive(part)),
    averageLogins: present(part.shown(ratio(part.logins, part.loginRows))),
    averageResources: present(part.shown(ratio(part.resources, part.resourceRows))),
    distinctResourcesPerUser: nullIfAbsent(part, reportKinds, part.shown(ratio(used.resources, part.users))),
    ...partly(part),
    ...(part.absent.length > 0 ? { absent: part.absent } : {}),
    ...useOf(scope, used, part, !part.absent.includes("resourceUsage")),
  };
}

/** The use of chosen resources; nothing if the scope chooses none. `isKnown` is false if the report is missing. */
function useOf(
  scope: Scope,
  { users, personDays, accesses }: UsageSums,
  part: AttendanceSums,
  isKnown = true,
): { readonly use?: Use } {
  if (!choosesResources(scope)) return {};
  const known = <Value>(value: Value) => (isKnown ? value : null);
  return {
    use: {
      users: known(part.people(users)),
      personDays: known(part.shown(personDays)),
      accesses: known(part.shown(accesses)),
    },
  };
}

export const hasRows = ({ counts, hasSuppressed }: AttendanceSums) => counts || hasSuppressed;

export function schoolEntries({ scope, attendance, usage: { schools } }: Totals): SchoolEntry[] {
  return scope.facts.names.schools.flatMap((school, number): SchoolEntry[] => {
    const [part, used] = [attendance.schools[number] as AttendanceSums, schools[number] as UsageSums];
    const accesses = nullIfAbsent(part, ["resourceUsage"], part.shown(used.accesses));
    return hasRows(part) ? [{ school, ...placeNumbers(scope, part, used), accesses }] : [];
  });
}

export function gradeEntries({ scope, attendance, usage: { grades } }: Totals): GradeEntry[] {
  const { index, names } = scope.facts;
  if (!index.hasGrades) return [];
  const entries = names.grades.flatMap((grade, number): GradeEntry[] => {
    const [part, used] = [attendance.grades[number] as AttendanceSums, grades[number] as UsageSums];
    return hasRows(part) ? [{ grade, ...placeNumbers(scope, part, used) }] : [];
  });
  return entries.sort((a, b) => compareGrades(a.grade, b.grade));
}

/** The kind of a day, given as a day number. */
export function kindOf({ facts: { days }, groups: { kinds } }: Scope, day: number): DayEntry["kind"] {
  if (!isIn(kinds.data, days, day)) return "noData";
  return isIn(kinds.school, days, day) ? "school" : "quiet";
}

/** The reports that are missing on a day for some of the people of a scope. */
export function missingOn({ facts, missing }: Scope, day: number): ReportKind[] {
  return reportKinds.filter((report) => isIn(missing[report], facts.days, day));
}

/**
 * The days that averages per school day cover, by their places in the scope; not those of which all is suppressed.
 *
 * @param other the scope of the period that this one is compared with
 */
export function comparedPlaces(
  { scope, attendance }: Pick<Totals, "scope" | "attendance">,
  report: ReportKind,
  other?: Scope,
): number[] {
  const asked = comparedDaysIn(scope, report, other);
  return attendance.days.flatMap(({ isSuppressed }, place) =>
    !isSuppressed && isIn(asked, scope.facts.days, scope.from + place) ? [place] : [],
  );
}

/** Per calendar week, oldest first: the average over its compared days; `null` if it has none. */
export function weeklyAverages(
  daily: Float64Array,
  compared: readonly number[],
  { from, to }: Scope,
): Shown[] {
  const weekOf = (day: number) => Math.floor((day - mondayOf(from)) / 7);
  const weeks = Array.from({ length: weekOf(to) + 1 }, () => ({ sum: 0, days: 0 }));
  for (const place of compared) {
    const week = weeks[weekOf(from + place)] as (typeof weeks)[number];
    week.sum += daily[place] as number;
    week.days++;
  }
  return weeks.map(({ sum, days }) => (days === 0 ? null : sum / days));
}

export function dayEntries({ scope, attendance, usage }: Totals): DayEntry[] {
  return attendance.days.map((part, place) => {
    const day = scope.from + place;
    const used = usage.days[place] as UsageSums;
    const kind = kindOf(scope, day);
    const missing = missingOn(scope, day);
    const isKnown = (report: ReportKind) => kind !== "noData" && !missing.includes(report);
    const from = <Value>(report: ReportKind, value: Value) => (isKnown(report) ? value : null);
    return {
      date: isoDate(day),
      kind,
      ...(missing.length > 0 ? { missing } : {}),
      logins: from("dailyParticipation", part.shown(part.logins)),
      resources: from("dailyParticipation", part.shown(part.resources)),
      activeUsers: from("dailyParticipation", part.people(part.personDays)),
      distinctResources: from("resourceUsage", part.shown(used.resources)),
      ...useOf(scope, used, part, isKnown("resourceUsage")),
      ...partly(part),
    };
  });
}

export function weekdayEntries({ scope, attendance }: Totals): WeekdayEntry[] {
  const asked = schoolDaysIn(scope, "dailyParticipation");
  const compared = comparedDaysIn(scope, "dailyParticipation");
  return [1, 2, 3, 4, 5, 6, 7].flatMap((weekday): WeekdayEntry[] => {
    const daysIn = (masks: Uint32Array) =>
      attendance.days.filter((_, place) => {
        const day = scope.from + place;
        return weekdayOf(day) === weekday && isIn(masks, scope.facts.days, day);
      });
    const complete = daysIn(compared);
    const days = complete.length > 0 ? complete : daysIn(asked);
    const part = sumOfDays(days, scope);
    const count = days.filter(({ isSuppressed }) => !isSuppressed).length;
    // A weekday of which everything is suppressed has an entry too.
    if (count === 0 && !part.isSuppressed) return [];
    return [
      {
        weekday,
        days: count,
        activeUsers: part.shown(part.personDays / count),
        logins: part.shown(part.logins / count),
        ...partly(part),
      },
    ];
  });
}

/** Includes the number of each shown resource, because names are not unique. */
export function resourceEntries({ scope, attendance, usage }: Totals): {
  readonly entries: readonly ResourceEntry[];
  readonly order: readonly number[];
} {
  const { byResource } = usage;
  const compared = comparedPlaces({ scope, attendance }, "resourceUsage");
  const numbered = scope.facts.names.shown.flatMap(({ name, type, formerNames }, number) => {
    const first = byResource.firstDay[number] as number;
    if (scope.resources[number] !== 1 || first === 0) return [];
    const daily = dailyOf(usage.rows, number, scope);
    const users = byResource.users[number] as number;
    const entry: ResourceEntry = {
      resource: name,
      type,
      ...(formerNames ? { formerNames } : {}),
      users: attendance.total.people(users),
      rows: sumOf(daily),
      accesses: byResource.accesses[number] as number,
      firstDay: isoDate(first),
      lastDay: isoDate(byResource.lastDay[number] as number),
      weekly: weeklyAverages(daily, compared, scope).slice(-maxWeeks),
    };
    return [{ entry, number, users: comparable(users, scope.groups) }];
  });
  // Otherwise they stay in the order of their names, as they are.
  numbered.sort((a, b) => b.users - a.users || (b.entry.rows ?? 0) - (a.entry.rows ?? 0));
  return { entries: numbered.map(({ entry }) => entry), order: numbered.map(({ number }) => number) };
}

/** For sorting: all `few` are alike, so that the order does not disclose how many they are. */
export const comparable = (count: number, { minimumGroupSize }: Groups) =>
  count > 0 && count < minimumGroupSize ? 1 : count;

/** The days of one resource or school, of values by it and by day of a scope. */
export function dailyOf(values: Float64Array, number: number, { from, to }: Scope): Float64Array {
  const length = to - from + 1;
  return values.subarray(number * length, (number + 1) * length);
}

export const sumOf = (values: Float64Array): number => values.reduce((sum, each) => sum + each, 0);

export function schoolResourceEntries(
  { scope, attendance, usage }: Totals,
  resources: readonly number[],
  limit = topResources,
): SchoolResourceEntry[] {
  const { schools, shown } = scope.facts.names;
  return resources.slice(0, limit).flatMap((resource) =>
    schools.flatMap((school, number): SchoolResourceEntry[] => {
      const count = usage.bySchoolResource[resource * schools.length + number] as number;
      const part = attendance.schools[number] as AttendanceSums;
      if (count === 0 && !part.isSuppressed) return [];
      const { name, type } = shown[resource] as ShownResource;
      return [{ school, resource: name, type, users: part.people(count), ...partly(part) }];
    }),
  );
}
