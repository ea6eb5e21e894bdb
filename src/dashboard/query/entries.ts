import { compareGrades } from "../../clever/grades";
import type {
  DayEntry,
  GradeEntry,
  ResourceEntry,
  SchoolEntry,
  SchoolResourceEntry,
  Shown,
  WeekdayEntry,
} from "../answer";
import { isoDate, monthPlace, weekdayOf } from "../calendar";
import type { DayKinds } from "../release/dayKinds";
import { compareNames } from "../release/names";
import type { Prepared } from "../release/prepared";
import type { AttendanceFacts } from "./attendance";
import type { AttendanceSums } from "./attendanceSums";
import type { Scope } from "./scope";
import type { UsageFacts } from "./usage";

/** How many resources `resourcesBySchool` tells apart, and how many weeks a resource shows. */
export const topResources = 20;
const mostWeeks = 60;

export interface Facts {
  readonly prepared: Prepared;
  readonly scope: Scope;
  readonly attendance: AttendanceFacts;
  /** Daily participation of each calendar day of the scope. */
  readonly days: readonly AttendanceSums[];
  readonly usage: UsageFacts;
}

/** A sum or count over released blocks: nothing, where something was left out, is not known to be nothing. */
export const released = (value: number, cut: boolean): Shown => (value === 0 && cut ? null : value);

const average = (sum: number, count: number, cut: boolean): Shown =>
  released(count === 0 ? 0 : sum / count, cut);

/** `atLeast` where it holds: entries are many, and few of them are cut. */
const flagged = (cut: boolean) => (cut ? { atLeast: true as const } : {});
const usageFlagged = (cut: boolean) => (cut ? { usageAtLeast: true as const } : {});

function personNumbers(sums: AttendanceSums, pairs: number, usageCut: boolean) {
  const activityCut = sums.usersCut || sums.activityCut;
  return {
    users: released(sums.users, sums.usersCut),
    activeUsers: released(sums.activeUsers, activityCut),
    averageLogins: average(sums.logins, sums.loginRows, activityCut || sums.rowsCut),
    averageResources: average(sums.resources, sums.resourceRows, activityCut || sums.rowsCut),
    distinctResourcesPerUser: average(pairs, sums.users, sums.usersCut || usageCut),
  };
}

const anyCut = (sums: AttendanceSums) => sums.usersCut || sums.activityCut || sums.rowsCut;

export function schoolEntries({ prepared, attendance, usage }: Facts): SchoolEntry[] {
  return prepared.names.schools.flatMap((school, number): SchoolEntry[] => {
    const sums = attendance.schools[number];
    const usageCut = usage.bySchool.cut[number] === 1;
    const accesses = usage.bySchool.accesses[number] ?? 0;
    if (sums === undefined || !(sums.hasRows || usage.bySchool.any[number] === 1)) return [];
    return [
      {
        school,
        ...personNumbers(sums, usage.bySchool.pairs[number] ?? 0, usageCut),
        accesses: released(accesses, sums.usersCut || usageCut),
        ...flagged(anyCut(sums)),
        ...usageFlagged(sums.usersCut || usageCut),
      },
    ];
  });
}

export function gradeEntries({ prepared, attendance, usage }: Facts): GradeEntry[] {
  const entries = prepared.names.grades.flatMap((grade, number): GradeEntry[] => {
    const sums = attendance.grades[number];
    const usageCut = usage.byGrade.cut[number] === 1;
    if (sums === undefined || !(sums.hasRows || usage.byGrade.any[number] === 1)) return [];
    return [
      {
        grade,
        ...personNumbers(sums, usage.byGrade.pairs[number] ?? 0, usageCut),
        ...flagged(anyCut(sums)),
        ...usageFlagged(sums.usersCut || usageCut),
      },
    ];
  });
  return entries.sort((a, b) => compareGrades(a.grade, b.grade));
}

/** Finds the mask of a day's month. */
export function dayLookup({ monthStarts }: Pick<Prepared, "monthStarts">) {
  return (masks: Uint32Array, day: number): boolean => {
    const month = monthPlace(monthStarts, day);
    const bit = month < 0 ? 31 : day - (monthStarts[month] as number);
    return bit < 31 && (((masks[month] as number) >>> bit) & 1) === 1;
  };
}

function kindOf(kinds: DayKinds, isIn: ReturnType<typeof dayLookup>, day: number): DayEntry["kind"] {
  if (!isIn(kinds.data, day)) return "noData";
  return isIn(kinds.school, day) ? "school" : "quiet";
}

/** The calendar days from `from` on, each with what its sums say about activity. */
export function activityOfDays(
  { monthStarts, dayKinds }: Prepared,
  from: number,
  days: readonly AttendanceSums[],
): Pick<DayEntry, "date" | "kind" | "activeUsers">[] {
  const isIn = dayLookup({ monthStarts });
  return days.map((sums, place) => ({
    date: isoDate(from + place),
    kind: kindOf(dayKinds, isIn, from + place),
    activeUsers: released(sums.personDays, sums.usersCut || sums.activityCut),
  }));
}

export function dayEntries({ prepared, scope, days, usage }: Facts): DayEntry[] {
  const activity = activityOfDays(prepared, scope.from, days);
  return days.flatMap((sums, place): DayEntry[] => {
    const day = activity[place];
    if (day === undefined) return [];
    const cut = sums.usersCut || sums.activityCut;
    const usageCut = sums.usersCut || usage.byDay.cut[place] === 1;
    return [
      {
        ...day,
        logins: released(sums.logins, cut),
        resources: released(sums.resources, cut),
        distinctResources: released(usage.byDay.resources[place] ?? 0, usageCut),
        ...flagged(cut),
        ...usageFlagged(usageCut),
      },
    ];
  });
}

export function weekdayEntries({ prepared, scope, attendance }: Facts): WeekdayEntry[] {
  const isIn = dayLookup(prepared);
  const days = new Array<number>(7).fill(0);
  for (let day = scope.from; day <= scope.to; day++) {
    const { participation, school } = prepared.dayKinds;
    if (isIn(participation, day) && isIn(school, day)) {
      days[weekdayOf(day) - 1] = (days[weekdayOf(day) - 1] as number) + 1;
    }
  }
  return attendance.weekdays.flatMap((sums, number): WeekdayEntry[] => {
    const count = days[number] ?? 0;
    if (count === 0) return [];
    const cut = sums.usersCut || sums.activityCut;
    return [
      {
        weekday: number + 1,
        days: count,
        activeUsers: average(sums.personDays, count, cut),
        logins: average(sums.logins, count, cut),
        ...flagged(cut),
      },
    ];
  });
}

/** With the number of each shown resource, since names alone need not be told apart. */
export function resourceEntries({ prepared, scope, attendance, usage }: Facts): {
  entries: ResourceEntry[];
  order: number[];
} {
  const { byResource } = usage;
  const { usersCut } = attendance.total;
  const found = prepared.names.shown.flatMap(({ name, type }, number) => {
    if (scope.resources[number] !== 1) return [];
    const cut = usersCut || byResource.cut[number] === 1;
    const rows = byResource.rows[number] ?? 0;
    const accesses = byResource.accesses[number] ?? 0;
    const users = byResource.users[number] ?? 0;
    const firstDay = byResource.firstDay[number] ?? 0;
    if (firstDay === 0 && !cut) return [];
    const entry: ResourceEntry = {
      resource: name,
      type,
      users: released(users, cut),
      rows: released(rows, cut),
      accesses: released(accesses, cut),
      firstDay: firstDay === 0 ? null : isoDate(firstDay),
      lastDay: firstDay === 0 ? null : isoDate(byResource.lastDay[number] ?? 0),
      weekly: weeklyOf(number, attendance, usage),
      ...flagged(cut),
    };
    return [{ entry, number }];
  });
  found.sort(
    ({ entry: a }, { entry: b }) =>
      (b.users ?? -1) - (a.users ?? -1) ||
      compareNames(a.resource, b.resource) ||
      compareNames(a.type, b.type),
  );
  return { entries: found.map(({ entry }) => entry), order: found.map(({ number }) => number) };
}

function weeklyOf(resource: number, { weekUsersCut }: AttendanceFacts, { byResource }: UsageFacts): Shown[] {
  const { weeks, weekly, weeklyCut } = byResource;
  const shown: Shown[] = [];
  for (let week = Math.max(weeks - mostWeeks, 0); week < weeks; week++) {
    const at = resource * weeks + week;
    shown.push(released(weekly[at] ?? 0, weeklyCut[at] === 1 || weekUsersCut[week] === 1));
  }
  return shown;
}

export function schoolResourceEntries(
  { prepared, attendance, usage }: Facts,
  resources: readonly number[],
): SchoolResourceEntry[] {
  const { schools, shown } = prepared.names;
  return resources.slice(0, topResources).flatMap((resource) =>
    schools.flatMap((school, number): SchoolResourceEntry[] => {
      const at = resource * schools.length + number;
      const users = usage.bySchoolResource.users[at] ?? 0;
      const cut = usage.bySchoolResource.cut[at] === 1 || attendance.schools[number]?.usersCut === true;
      if (users === 0 && !cut) return [];
      const { name, type } = shown[resource] ?? { name: null, type: null };
      return [{ school, resource: name, type, users: released(users, cut), ...flagged(cut) }];
    }),
  );
}
