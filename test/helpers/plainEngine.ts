import type { DashboardFilter } from "../../src/dashboard/filter";
import type { PlainCohort, PlainDivision } from "./plainCohorts";
import { addDays, datesBetween, mondayOf, weekdayOf } from "./plainDates";
import { PlainGroups } from "./plainGroups";
import { PlainPart } from "./plainPart";
import { compareNames, type PlainUse } from "./plainResources";
import type { PlainRows } from "./plainRows";

/**
 * The dashboard's numbers computed independently from rows, by loops and sets: over the whole groups of a division on the
 * days that count, or over everybody without a division.
 */

export interface PlainQuestion {
  readonly filter: DashboardFilter;
  readonly from: string;
  readonly to: string;
  /** Dates excluded from every sum; none by default. */
  readonly isAsked?: (date: string) => boolean;
}

const isAmong = <T>(list: readonly T[], value: T) => list.length === 0 || list.includes(value);

type PlainAnswer = ReturnType<PlainEngine["compute"]>;

export class PlainEngine {
  private readonly groups: PlainGroups;
  /** By filter and range. */
  private readonly answers = new WeakMap<DashboardFilter, Map<string, PlainAnswer>>();

  constructor(
    private readonly rows: PlainRows,
    division?: PlainDivision,
  ) {
    this.groups = new PlainGroups(rows, division);
  }

  private readonly kindOf = (date: string) => this.groups.days.kindOf(date);

  /** The preceding period with as many school days; days off at its end do not make it longer. */
  periodBefore(from: string, to: string, firstDay: string) {
    const schoolDays = (first: string, last: string) =>
      datesBetween(first, last).filter((date) => this.kindOf(date) === "school");
    const earlier = schoolDays(firstDay, addDays(from, -1));
    const count = schoolDays(from, to).length;
    const [first, last] = [earlier[earlier.length - count], earlier.at(-1)];
    if (count === 0 || first === undefined || last === undefined) return undefined;
    const before = datesBetween(first, addDays(from, -1));
    const asLong = before.slice(0, datesBetween(from, to).length).at(-1);
    return { from: first, to: asLong === undefined || asLong < last ? last : asLong };
  }

  /** The reports without a row of the groups that count, although the other report shows use. */
  private absentIn(
    range: readonly string[],
    isSelected: (cohort: PlainCohort) => boolean,
    isWhole: readonly boolean[],
  ) {
    const part = new PlainPart(this.groups.minimum);
    for (const date of range) {
      for (const cell of this.rows.on(date)) {
        const group = this.groups.groupOf(cell.key);
        if (!isSelected(cell.cohort) || isWhole[group] !== true || !this.groups.isCounted(group, date))
          continue;
        part.notice(true, date, cell);
        for (const row of cell.participation) part.attend(date, row, undefined);
      }
    }
    return part.numbers().absent.absent ?? [];
  }

  /**
   * The school days among some dates on which each group counts that counts on any of them; all if these are few.
   *
   * @param others dates that they are compared with
   */
  comparedDates(
    own: readonly string[],
    isWhole: readonly boolean[],
    others: readonly string[] = [],
  ): ReadonlySet<string> {
    const { rows, groups } = this;
    const schoolDays = [...new Set([...own, ...others])].filter((date) => this.kindOf(date) === "school");
    const counts = (group: number) => schoolDays.some((date) => groups.isCounted(group, date));
    const sometimes = groups.groups.flatMap((_, group) => (isWhole[group] && counts(group) ? group : []));
    const isComplete = (date: string) => {
      const present = new Set([...rows.on(date)].map(({ key }) => groups.groupOf(key)));
      return sometimes.every((group) => !present.has(group) || groups.isCounted(group, date));
    };
    const complete = schoolDays.filter(isComplete);
    return new Set(2 * complete.length < schoolDays.length ? schoolDays : complete);
  }

  answer(question: PlainQuestion): PlainAnswer {
    const { filter, from, to, isAsked } = question;
    if (isAsked) return this.compute(question);
    // The periods of a comparison are asked about again.
    const known = this.answers.get(filter) ?? new Map<string, PlainAnswer>();
    this.answers.set(filter, known);
    const answer = known.get(`${from} ${to}`) ?? this.compute(question);
    known.set(`${from} ${to}`, answer);
    return answer;
  }

  private compute({ filter, from, to, isAsked: isDateAsked = () => true }: PlainQuestion) {
    const { rows, groups } = this;
    const { resources } = rows;
    const isSelected = (cohort: PlainCohort) =>
      isAmong(filter.schools, cohort.school) &&
      isAmong<string>(filter.userTypes, cohort.userType) &&
      (isAmong(filter.grades, cohort.grade) || isAmong(filter.grades, groups.countedGrade(cohort)));
    const isWhole = groups.groups.map((cohorts) => cohorts.every(isSelected));
    const isAsked = resources.chosen(filter);

    const newPart = () => new PlainPart(groups.minimum);
    const total = newPart();
    const schools = new Map<string | null, PlainPart>();
    const grades = new Map<string | null, PlainPart>();
    const days = new Map<string, PlainPart>();
    const weekdays = new Map<number, { dates: string[]; part: PlainPart }>();
    const uses = new Map<number, PlainUse>();
    const usersAtSchool = new Map<string | null, Map<number, Set<number>>>();
    const partOf = <K>(map: Map<K, PlainPart>, key: K): PlainPart => {
      const part = map.get(key) ?? newPart();
      map.set(key, part);
      return part;
    };

    const selected = rows.cohorts.filter(isSelected).map((cohort) => ({
      school: cohort.school,
      grade: groups.countedGrade(cohort),
      group: groups.groupOfCohort(cohort),
    }));
    const range = datesBetween(from, to);
    const isTypeAsked = (type: string) => isAmong<string>(filter.userTypes, type);
    const absent = this.absentIn(range, isSelected, isWhole);
    const missing = (date: string) => {
      const found = new Set([
        ...groups.missingOn(isTypeAsked, date),
        ...(this.kindOf(date) === "noData" ? [] : absent),
        // Where nobody has a row, the report is missing for everyone.
        ...(this.kindOf(date) === "noData" || groups.days.hasParticipation(date)
          ? []
          : ["dailyParticipation" as const]),
      ]);
      return (["dailyParticipation", "resourceUsage"] as const).filter((report) => found.has(report));
    };
    const participated = range.filter(
      (date) =>
        this.kindOf(date) === "school" &&
        groups.days.hasParticipation(date) &&
        !missing(date).includes("dailyParticipation"),
    );
    /** The dates with a report. */
    const reported = {
      dailyParticipation: participated,
      resourceUsage: range.filter((date) => !missing(date).includes("resourceUsage")),
    };
    const compared = {
      dailyParticipation: this.comparedDates(reported.dailyParticipation, isWhole),
      resourceUsage: this.comparedDates(reported.resourceUsage, isWhole),
    };
    for (const date of range) {
      const day = partOf(days, date);
      const weekday = weekdays.get(weekdayOf(date)) ?? { dates: [], part: newPart() };
      const ofWeekday = participated.filter((each) => weekdayOf(each) === weekdayOf(date));
      const isComplete = (each: string) => compared.dailyParticipation.has(each);
      const isCompared = ofWeekday.some(isComplete) ? isComplete(date) : ofWeekday.includes(date);
      if (isCompared) {
        weekday.dates.push(date);
        weekdays.set(weekdayOf(date), weekday);
      }
      if (!isDateAsked(date)) continue;
      const everywhere = [total, day, ...(isCompared ? [weekday.part] : [])];
      for (const { school, grade, group } of this.kindOf(date) === "noData" ? [] : selected) {
        const isNeverCounted = isWhole[group] !== true || !groups.everCounts(group);
        const left = [
          ...(isNeverCounted ? everywhere : []),
          ...(isNeverCounted || !groups.isOfOneSchool(group) ? [partOf(schools, school)] : []),
          ...(isNeverCounted || !groups.isOfOneGrade(group) ? [partOf(grades, grade)] : []),
        ];
        for (const part of left) part.leave(date);
      }
      for (const cell of rows.on(date)) {
        const { cohort } = cell;
        if (!isSelected(cohort)) continue;
        const group = groups.groupOf(cell.key);
        const isIn = isWhole[group] === true && groups.isCounted(group, date);
        const isOfSchool = isIn && groups.isOfOneSchool(group);
        const isOfGrade = isIn && groups.isOfOneGrade(group);
        const parts = [
          ...everywhere.map((part) => ({ part, isIn })),
          { part: partOf(schools, cohort.school), isIn: isOfSchool },
          { part: partOf(grades, groups.countedGrade(cohort)), isIn: isOfGrade },
        ];
        for (const each of parts) each.part.notice(each.isIn, date, cell);
        const counting = parts.filter((each) => each.isIn).map(({ part }) => part);
        for (const row of cell.participation) {
          for (const part of counting) part.attend(date, row, row.number);
        }
        if (!isIn) continue;
        const atSchool = usersAtSchool.get(cohort.school) ?? new Map<number, Set<number>>();
        if (isOfSchool) usersAtSchool.set(cohort.school, atSchool);
        for (const row of cell.usage) {
          const { shown } = row;
          if (!isAsked[shown]) continue;
          const person = row.number;
          for (const part of counting) part.use(row, person, shown);
          const use = uses.get(shown) ?? resources.newUse();
          uses.set(shown, use);
          resources.add(use, row, person);
          if (!isOfSchool || person === undefined) continue;
          atSchool.set(shown, (atSchool.get(shown) ?? new Set()).add(person));
        }
      }
    }

    const weeks = [...new Set(range.map(mondayOf))]
      .slice(-60)
      .map((monday) =>
        range.filter(
          (date) =>
            mondayOf(date) === monday && compared.resourceUsage.has(date) && !partOf(days, date).isSuppressed,
        ),
      );
    const few = (count: number) => (count > 0 && count < groups.minimum ? 1 : count);
    const ordered = [...uses].map(([shown, use]) => ({ shown, use, name: resources.nameOf(shown) }));
    ordered.sort(
      (a, b) =>
        few(b.use.users.size) - few(a.use.users.size) ||
        b.use.rows - a.use.rows ||
        compareNames(a.name.resource, b.name.resource) ||
        compareNames(a.name.type, b.name.type),
    );
    const bySchool = [...schools].sort(([a], [b]) => compareNames(a, b));
    return {
      reported,
      isWhole,
      total: total.numbers(),
      /** An entry without any row. */
      none: newPart().numbers(),
      peopleOfTotal: (count: number) => total.people(count),
      shownOfTotal: (sum: number) => total.shown(sum),
      /** Whether a cohort's use on a date is in the sums overall, of its school and of its grade. */
      hasCell: (cohort: PlainCohort, date: string, list?: "schools" | "grades") => {
        const group = groups.groupOfCohort(cohort);
        const isKnown =
          list === undefined ||
          (list === "schools" ? groups.isOfOneSchool(group) : groups.isOfOneGrade(group));
        const isInRange = date >= from && date <= to;
        return isInRange && isKnown && isWhole[group] === true && groups.isCounted(group, date);
      },
      countedGrade: (cohort: PlainCohort) => groups.countedGrade(cohort),
      /** Whether the filter excludes a resource. */
      choosesResources: isAsked.includes(false),
      schools: bySchool.map(([school, part]) => ({ school, ...part.numbers() })),
      grades: [...grades]
        .sort(([a], [b]) => compareNames(a, b))
        .map(([grade, part]) => ({ grade, ...part.numbers() })),
      days: range.map((date) => ({
        date,
        kind: this.kindOf(date),
        missing: missing(date),
        ...partOf(days, date).numbers({ ofDay: true }),
      })),
      weekdays: [...weekdays]
        .sort(([a], [b]) => a - b)
        .map(([weekday, { dates, part }]) => ({
          weekday,
          /** Those on which something is known. */
          dates: dates.filter((date) => !partOf(days, date).isSuppressed),
          personDays: dates.reduce((sum, date) => sum + partOf(days, date).activeCount, 0),
          ...part.numbers({ ofDay: true }),
        })),
      resources: ordered.map(({ use, name }) => ({
        ...name,
        users: total.people(use.users.size),
        rows: use.rows,
        accesses: use.accesses,
        firstDay: use.firstDay,
        lastDay: use.lastDay,
        weekly: weeks.map((dates) =>
          dates.length === 0
            ? null
            : dates.reduce((sum, date) => sum + (use.daily.get(date) ?? 0), 0) / dates.length,
        ),
      })),
      schoolResources: ordered.slice(0, 20).flatMap(({ shown, name: { resource, type } }) =>
        bySchool.flatMap(([school, part]) => {
          const users = usersAtSchool.get(school)?.get(shown)?.size ?? 0;
          if (users === 0 && !part.isSuppressed) return [];
          return [{ school, resource, type, users: part.people(users), ...part.numbers().partly }];
        }),
      ),
    };
  }
}
