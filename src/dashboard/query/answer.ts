import { compareGrades } from "../../clever/grades";
import { userTypes } from "../../clever/reports";
import type { Card, Cards, Changes, DashboardAnswer, FilterOptions, NoAnswer } from "../answer";
import { isoDate } from "../calendar";
import { daysNeeded, findChanges, type SubjectSeries } from "../changes";
import type { DashboardFilter } from "../filter";
import type { ParticipationIndex } from "../index/participationIndex";
import { compareNames } from "../release/names";
import type { Prepared } from "../release/prepared";
import { attendanceFacts } from "./attendance";
import {
  dayEntries,
  type Facts,
  gradeEntries,
  released,
  resourceEntries,
  schoolEntries,
  schoolResourceEntries,
  weekdayEntries,
} from "./entries";
import {
  type DataRange,
  dataRange,
  type Scope,
  schoolYearStart,
  scopeBefore,
  scopeOf,
  scopeWithHistory,
} from "./scope";
import { usageCards, usageFacts } from "./usage";

export interface AnswerOptions {
  /** The same as at `prepare`. */
  readonly minimumGroupSize: number;
  /** The first day of the school year, `MM-dd`. */
  readonly schoolYearStart: string;
  readonly now: Date;
}

/**
 * Everything that the dashboard shows for a filter, computed from whole release blocks only. Throws the signal's
 * reason when aborted. `{ empty: true }` where the tables hold no row.
 */
export async function answer(
  index: ParticipationIndex,
  prepared: Prepared,
  filter: DashboardFilter,
  options: AnswerOptions,
  signal?: AbortSignal,
): Promise<DashboardAnswer | NoAnswer> {
  signal?.throwIfAborted();
  const data = dataRange(index);
  if (data === undefined) return { empty: true };
  const scope = scopeOf(prepared, filter, data, options.schoolYearStart);
  const facts = await factsOf(prepared, scope, signal);
  const history = scopeWithHistory(scope, data, daysNeeded);
  const past = history === scope ? facts : await factsOf(prepared, history, signal);
  const beforeScope = scopeBefore(scope, data);
  const before =
    beforeScope === undefined
      ? undefined
      : cardNumbers({
          attendance: attendanceFacts(prepared, beforeScope),
          usage: await usageCards(prepared, beforeScope, signal),
        });
  const byDay = dayEntries(facts);
  const { entries: resources, order } = resourceEntries(facts);
  return {
    filter,
    from: isoDate(scope.from),
    to: isoDate(scope.to),
    minimumGroupSize: prepared.minimumGroupSize,
    computed: options.now.toISOString(),
    versions: index.versions,
    options: filterOptions(index, prepared, data, options.schoolYearStart),
    cards: cardsOf(cardNumbers(facts), before),
    bySchool: schoolEntries(facts),
    byGrade: index.hasGrades ? gradeEntries(facts) : [],
    byDay,
    byWeekday: weekdayEntries(facts),
    resources,
    resourcesBySchool: schoolResourceEntries(facts, order),
    changes: changesOf(past, past === facts ? byDay : dayEntries(past)),
  };
}

async function factsOf(prepared: Prepared, scope: Scope, signal: AbortSignal | undefined): Promise<Facts> {
  return {
    prepared,
    scope,
    attendance: attendanceFacts(prepared, scope),
    usage: await usageFacts(prepared, scope, signal),
  };
}

type CardNumbers = Record<keyof Cards, { readonly value: number; readonly cut: boolean }>;

function cardNumbers({
  attendance,
  usage,
}: {
  readonly attendance: Facts["attendance"];
  readonly usage: Pick<Facts["usage"], "users" | "accesses" | "resources" | "cut">;
}): CardNumbers {
  const { total } = attendance;
  const activityCut = total.usersCut || total.activityCut;
  const usageCut = total.usersCut || usage.cut;
  return {
    users: { value: total.users, cut: total.usersCut },
    activeUsers: { value: total.activeUsers, cut: activityCut },
    days: { value: attendance.shownDays, cut: attendance.daysCut },
    logins: { value: total.logins, cut: activityCut },
    accesses: { value: usage.accesses, cut: usageCut },
    resources: { value: usage.resources, cut: usageCut },
    resourceUsers: { value: usage.users, cut: usageCut },
  };
}

function cardsOf(numbers: CardNumbers, before: CardNumbers | undefined): Cards {
  const card = (key: keyof Cards): Card => {
    const { value, cut } = numbers[key];
    const earlier = before?.[key];
    return {
      value: released(value, cut),
      atLeast: cut,
      before: earlier === undefined ? null : released(earlier.value, earlier.cut),
      ...(earlier?.cut === true ? { beforeAtLeast: true as const } : {}),
    };
  };
  return {
    users: card("users"),
    activeUsers: card("activeUsers"),
    days: card("days"),
    logins: card("logins"),
    accesses: card("accesses"),
    resources: card("resources"),
    resourceUsers: card("resourceUsers"),
  };
}

function filterOptions(
  index: ParticipationIndex,
  { names }: Prepared,
  data: DataRange,
  yearStart: string,
): FilterOptions {
  const types = new Set(names.ranked.map(({ userType }) => userType));
  return {
    firstDay: isoDate(data.first),
    lastDay: isoDate(data.last),
    schoolYearStart: isoDate(schoolYearStart(data.lastParticipation, yearStart)),
    schools: names.schools,
    resources: names.shown,
    resourceTypes: [...new Set(names.shown.map(({ type }) => type))].sort(compareNames),
    userTypes: userTypes.filter((type) => types.has(type)),
    grades: index.hasGrades ? [...names.grades].sort(compareGrades) : [],
  };
}

/** What changed, from the day by day numbers of whole blocks. */
function changesOf({ prepared, scope, attendance, usage }: Facts, days: DashboardAnswer["byDay"]): Changes {
  const length = days.length;
  const { daily, dailyCut } = usage.byResource;
  const resources = prepared.names.shown.flatMap(({ name, type }, number): SubjectSeries[] => {
    if (scope.resources[number] !== 1) return [];
    const series = daily.slice(number * length, (number + 1) * length);
    for (let day = 0; day < length; day++) {
      const cut = dailyCut[number * length + day] === 1 || attendance.days[day]?.usersCut === true;
      if (series[day] === 0 && cut) series[day] = Number.NaN;
    }
    return [{ subject: "resource", name, type, daily: series }];
  });
  const schools = prepared.names.schools.map(
    (name, number): SubjectSeries => ({
      subject: "school",
      name,
      type: null,
      daily: attendance.schoolDays.slice(number * length, (number + 1) * length),
    }),
  );
  return findChanges({ days, subjects: [...resources, ...schools] });
}
