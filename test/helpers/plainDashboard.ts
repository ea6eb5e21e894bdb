import type { DashboardFilter } from "../../src/dashboard/filter";
import type { PlainCohort, PlainDivision } from "./plainCohorts";
import type { ParticipationRow, UsageRow } from "./plainIndex";
import type { RandomRows } from "./randomDistrict";

/**
 * The dashboard's numbers once more, from rows, by loops and sets, for comparison: over the whole groups of a division
 * on the days that count, or over everybody where there is no division.
 */

export interface PlainQuestion {
  readonly filter: DashboardFilter;
  readonly from: string;
  readonly to: string;
  /** Of these, the days that are asked about; all where left out. */
  readonly isAsked?: (date: string) => boolean;
}

type Row = ParticipationRow | UsageRow;
type Shown = number | null;
type People = Shown | "few";

const milliseconds = 86_400_000;
export const addDays = (date: string, days: number) =>
  new Date(Date.parse(date) + days * milliseconds).toISOString().slice(0, 10);
const weekday = (date: string) => new Date(date).getUTCDay() || 7;
const monday = (date: string) => addDays(date, 1 - weekday(date));
const isAmong = <T>(list: readonly T[], value: T) => list.length === 0 || list.includes(value);
const sum = (values: readonly (number | null)[]) =>
  values.reduce<number>((total, value) => total + (value ?? 0), 0);
const unique = <T>(values: readonly T[]) => [...new Set(values)];
const different = (values: readonly (string | null)[]) =>
  new Set(values.filter((value) => value !== null)).size;
const peopleOf = (rows: readonly Row[]) => different(rows.map(({ person }) => person));
const resourceOf = ({ id, name }: UsageRow) => id ?? name;
const compare = (a: string | null, b: string | null) =>
  (a === null ? 1 : 0) - (b === null ? 1 : 0) || (a === b ? 0 : (a ?? "") < (b ?? "") ? -1 : 1);
const average = (values: readonly (number | null)[]) => {
  const count = values.filter((value) => value !== null).length;
  return count === 0 ? 0 : sum(values) / count;
};
const keyOf = ({ school, userType, grade }: PlainCohort) => JSON.stringify([school, userType, grade]);

const days = (from: string, to: string) => {
  const list: string[] = [];
  for (let date = from; date <= to; date = addDays(date, 1)) list.push(date);
  return list;
};

export class PlainDashboard {
  private readonly groupOf = new Map<string, number>();
  /** Group and date of all that counts. */
  private readonly counted = new Set<string>();
  private readonly kinds: ReadonlyMap<string, "school" | "quiet" | "noData">;
  private readonly groups: readonly (readonly PlainCohort[])[];
  private readonly minimum: number;
  /** User types with a group of their own. */
  private readonly told: ReadonlySet<string>;
  /** By resource, as the rows have it. */
  private readonly newest: ReadonlyMap<string, { name: string | null; type: string | null }>;
  private readonly former = new Map<string, string[]>();
  private readonly missingDays = new Map<string, Set<"dailyParticipation" | "resourceUsage">>();

  constructor(
    private readonly district: RandomRows,
    private readonly hasGrades: boolean,
    private readonly division?: PlainDivision,
  ) {
    const rows: readonly Row[] = [...district.participation, ...district.usage];
    this.minimum = division?.minimum ?? 0;
    this.groups =
      division?.groups ??
      [...new Map(rows.map((row) => [this.key(row), this.cohortOf(row)])).values()].map((cohort) => [cohort]);
    this.groups.forEach((cohorts, group) => {
      for (const cohort of cohorts) this.groupOf.set(keyOf(cohort), group);
    });
    this.kinds = this.dayKinds();
    this.told = new Set(
      this.groups.flatMap(([first, ...others]) =>
        first && others.every(({ userType }) => userType === first.userType) ? [first.userType] : [],
      ),
    );
    this.findMissing();
    this.newest = this.newestOf();
    this.findFormer();
    this.countDays(rows);
  }

  /** By `user type date`; a report that nobody has on the day is missing for all, as `* date`. */
  private findMissing(): void {
    const at = ({ userType, date }: Row) => `${userType} ${date}`;
    const { participation, usage } = this.district;
    const [there, used] = [new Set(participation.map(at)), new Set(usage.map(at))];
    const types = (rows: readonly Row[]) => new Set(rows.map(({ userType }) => userType));
    const [ever, everUsed] = [types(participation), types(usage)];
    const add = (key: string, report: "dailyParticipation" | "resourceUsage") =>
      this.missingDays.set(key, (this.missingDays.get(key) ?? new Set()).add(report));
    for (const row of usage) {
      if (!there.has(at(row)) && ever.has(row.userType)) add(at(row), "dailyParticipation");
    }
    for (const row of participation) {
      if ((row.resources ?? 0) > 0 && !used.has(at(row)) && everUsed.has(row.userType))
        add(at(row), "resourceUsage");
    }
    const dates = new Set(participation.map(({ date }) => date));
    for (const { date } of usage) if (!dates.has(date)) add(`* ${date}`, "dailyParticipation");
  }

  /** The reports that are missing on a date for some of the people. */
  missingOn(userTypes: readonly string[], date: string): ("dailyParticipation" | "resourceUsage")[] {
    const types = [...this.told].filter((type) => isAmong(userTypes, type));
    const found = ["*", ...types].map((type) => this.missingDays.get(`${type} ${date}`));
    return (["dailyParticipation", "resourceUsage"] as const).filter((report) =>
      found.some((reports) => reports?.has(report)),
    );
  }

  private newestOf(): ReadonlyMap<string, { name: string | null; type: string | null }> {
    const uses = new Map<string, Map<string, UsageRow[]>>();
    for (const row of this.district.usage) {
      const key = row.id === null ? JSON.stringify([row.name, row.type]) : `id ${row.id}`;
      const names = uses.get(key) ?? new Map<string, UsageRow[]>();
      const name = JSON.stringify([row.name, row.type]);
      names.set(name, [...(names.get(name) ?? []), row]);
      uses.set(key, names);
    }
    const dates = (rows: readonly UsageRow[]) => rows.map(({ date }) => date).sort();
    return new Map(
      [...uses].map(([key, names]) => {
        const ordered = [...names.values()].sort((a, b) => {
          const [one, other] = [a[0], b[0]];
          return (
            Number(one?.name === null) - Number(other?.name === null) ||
            compare(dates(b).at(-1) ?? null, dates(a).at(-1) ?? null) ||
            compare(dates(b)[0] ?? null, dates(a)[0] ?? null) ||
            compare(one?.name ?? null, other?.name ?? null) ||
            compare(one?.type ?? null, other?.type ?? null)
          );
        });
        const [{ name = null, type = null } = {}] = ordered[0] ?? [];
        return [key, { name, type }];
      }),
    );
  }

  /** A row's resource under the name and type that its id has last. */
  shownOf(row: UsageRow) {
    const key = row.id === null ? JSON.stringify([row.name, row.type]) : `id ${row.id}`;
    const { name, type } = this.newest.get(key) ?? row;
    return { name, type, formerNames: this.former.get(JSON.stringify([name, type])) ?? [] };
  }

  private findFormer(): void {
    const all = new Map<string, Set<string>>();
    for (const row of this.district.usage) {
      const { name, type } = this.shownOf(row);
      const key = JSON.stringify([name, type]);
      if (row.name !== null && row.name !== name) all.set(key, (all.get(key) ?? new Set()).add(row.name));
    }
    for (const [key, names] of all) this.former.set(key, [...names].sort(compare));
  }

  private formerNames(name: string | null, type: string | null) {
    const formerNames = this.former.get(JSON.stringify([name, type]));
    return formerNames ? { formerNames } : {};
  }

  schoolDays(from: string, to: string): string[] {
    return days(from, to).filter((date) => this.kinds.get(date) === "school");
  }

  /** The first day of as many school days before the range. */
  startBefore(from: string, to: string, firstDay: string): string | undefined {
    const earlier = this.schoolDays(firstDay, addDays(from, -1));
    const count = this.schoolDays(from, to).length;
    return count === 0 ? undefined : earlier[earlier.length - count];
  }

  cohortOf({ school, userType, grade }: Row): PlainCohort {
    return { school, userType, grade: this.hasGrades ? grade : null };
  }

  /** The grade that a cohort counts with. */
  countedGrade(cohort: PlainCohort): string | null {
    return this.division?.grades[this.groupOf.get(keyOf(cohort)) ?? -1] ?? cohort.grade;
  }

  private key(row: Row): string {
    return keyOf(this.cohortOf(row));
  }

  private group(row: Row): number {
    return this.groupOf.get(this.key(row)) ?? -1;
  }

  private countDays(rows: readonly Row[]): void {
    const cohorts = new Map<string, Set<string>>();
    for (const row of rows) {
      if (row.person !== null)
        cohorts.set(row.person, (cohorts.get(row.person) ?? new Set()).add(this.key(row)));
    }
    const there = new Map<string, Set<string>>();
    const usedOnly = new Map<string, Set<string>>();
    const at = (row: Row) => `${this.group(row)} ${row.date}`;
    const add = (to: Map<string, Set<string>>, row: Row, person: string | null) => {
      const people = to.get(at(row)) ?? new Set();
      if (person !== null) people.add(person);
      to.set(at(row), people);
    };
    for (const row of this.district.participation) add(there, row, row.person);
    for (const row of this.district.usage) {
      if (there.has(at(row))) continue;
      // Of people of several cohorts it is not known without more where they were counted.
      add(usedOnly, row, (cohorts.get(row.person ?? "")?.size ?? 1) > 1 ? null : row.person);
    }
    for (const [place, { size }] of [...there, ...usedOnly]) {
      if (size >= this.minimum || this.minimum <= 1) this.counted.add(place);
    }
  }

  /** The day's kind, by the whole district: quiet below a tenth of the usual day's active people. */
  private dayKinds() {
    const { participation, usage } = this.district;
    const counts = new Map<string, number>();
    for (const date of unique(participation.map((row) => row.date))) {
      const active = participation.filter((row) => row.date === date && row.active && row.person !== null);
      // Somebody at two schools on one day is active at both.
      counts.set(date, new Set(active.map((row) => JSON.stringify([row.person, this.key(row)]))).size);
    }
    const some = [...counts.values()].filter((count) => count > 0).sort((a, b) => a - b);
    const usual = some[Math.floor(some.length / 2)] ?? 0;
    const kinds = new Map<string, "school" | "quiet" | "noData">();
    for (const { date } of usage) kinds.set(date, "school");
    for (const [date, count] of counts) {
      kinds.set(date, count > 0 && count >= usual * 0.1 ? "school" : "quiet");
    }
    return kinds;
  }

  answer({ filter, from, to, isAsked = () => true }: PlainQuestion) {
    const isSelected = (cohort: PlainCohort) =>
      isAmong(filter.schools, cohort.school) &&
      isAmong<string>(filter.userTypes, cohort.userType) &&
      (isAmong(filter.grades, cohort.grade) || isAmong(filter.grades, this.countedGrade(cohort)));
    const passing = <R extends Row>(rows: readonly R[]) =>
      rows.filter(
        (row) => row.date >= from && row.date <= to && isAsked(row.date) && isSelected(this.cohortOf(row)),
      );
    const [there, anyUse] = [passing(this.district.participation), passing(this.district.usage)];
    const current = new Set([...this.newest.values()].map(({ name }) => name));
    const former = filter.resources.filter((name) => name !== null && !current.has(name));
    const used = anyUse.filter((row) => {
      const { name, type, formerNames } = this.shownOf(row);
      const isNamed = isAmong(filter.resources, name) || formerNames.some((each) => former.includes(each));
      return isNamed && isAmong(filter.resourceTypes, type);
    });

    /** The question narrowed to days and cohorts. */
    const part = (ofDay: (date: string) => boolean, ofCohort: (cohort: PlainCohort) => boolean) => {
      const whole = this.groups.map((cohorts) => cohorts.every((each) => isSelected(each) && ofCohort(each)));
      const isIn = (row: Row) => ofDay(row.date) && ofCohort(this.cohortOf(row));
      const counts = (row: Row) => {
        const group = this.group(row);
        return whole[group] === true && this.counted.has(`${group} ${row.date}`);
      };
      const all: readonly Row[] = [...there, ...anyUse].filter(isIn);
      const left = all.some((row) => !counts(row));
      const countedDates = new Set(all.filter(counts).map(({ date }) => date));
      const isWithheld = left && !all.some(counts);
      const rows = there.filter((row) => isIn(row) && counts(row));
      const usage = used.filter((row) => isIn(row) && counts(row));
      const shown = (value: number): Shown => (isWithheld ? null : value);
      const people = (value: number): People =>
        isWithheld ? null : value > 0 && value < this.minimum ? "few" : value;
      const active = rows.filter((row) => row.active && row.person !== null);
      const activePeople = new Set(active.map(({ person }) => person));
      const byPerson = new Map<string, (string | null)[]>();
      for (const row of usage) {
        if (row.person === null) continue;
        byPerson.set(row.person, [...(byPerson.get(row.person) ?? []), resourceOf(row)]);
      }
      const users = peopleOf(rows);
      const personDays = new Set(active.map((row) => `${row.date} ${row.person}`)).size;
      return {
        rows,
        usage,
        /** Whether what people of a cohort did on a date is in the part's sums. */
        hasCell: (cohort: PlainCohort, date: string) => {
          const group = this.groupOf.get(keyOf(cohort)) ?? -1;
          const isPart = date >= from && date <= to && ofDay(date) && ofCohort(cohort);
          return isPart && whole[group] === true && this.counted.has(`${group} ${date}`);
        },
        people: peopleOf(all),
        partly: left ? { partly: true } : {},
        /** Dates with rows, all of which are left out. */
        leftDates: new Set(all.map(({ date }) => date).filter((date) => !countedDates.has(date))),
        shown,
        told: people,
        users: people(users),
        activeUsers: people(peopleOf(active)),
        neverActive: people(peopleOf(rows.filter(({ person }) => !activePeople.has(person)))),
        days: shown(unique(rows.map(({ date }) => date)).length),
        logins: shown(sum(rows.map(({ logins }) => logins))),
        resourceSum: shown(sum(rows.map(({ resources }) => resources))),
        averageLogins: shown(average(rows.map(({ logins }) => logins))),
        averageResources: shown(average(rows.map(({ resources }) => resources))),
        personDays,
        accesses: shown(sum(usage.map(({ accesses }) => accesses))),
        resources: shown(different(usage.map(resourceOf))),
        resourceUsers: people(peopleOf(usage)),
        perPerson: shown(users === 0 ? 0 : sum([...byPerson.values()].map(different)) / users),
      };
    };
    const anyDay = () => true;
    const anyCohort = () => true;
    const total = part(anyDay, anyCohort);
    const range = days(from, to);
    const missing = (date: string) => this.missingOn(filter.userTypes, date);
    const weeks = unique(range.map(monday)).slice(-60);
    const schools = unique([...there, ...anyUse].map(({ school }) => school))
      .sort(compare)
      .map((school) => ({ school, ...part(anyDay, (cohort) => cohort.school === school) }));
    const grades = unique([...there, ...anyUse].map((row) => this.countedGrade(this.cohortOf(row))))
      .sort(compare)
      .map((grade) => ({ grade, ...part(anyDay, (cohort) => this.countedGrade(cohort) === grade) }));
    const few = (count: number) => (count > 0 && count < this.minimum ? 1 : count);
    const isOf = (row: UsageRow, resource: string | null, type: string | null) => {
      const shown = this.shownOf(row);
      return shown.name === resource && shown.type === type;
    };
    const resources = unique(
      total.usage.map((row) => {
        const { name, type } = this.shownOf(row);
        return JSON.stringify([name, type]);
      }),
    )
      .map((text) => JSON.parse(text) as [string | null, string | null])
      .map(([resource, type]) => {
        const usage = total.usage.filter((row) => isOf(row, resource, type));
        const rows = usage.filter(({ person }) => person !== null);
        const dates = usage.map(({ date }) => date).sort();
        return {
          order: few(peopleOf(usage)),
          resource,
          type,
          ...this.formerNames(resource, type),
          users: total.told(peopleOf(usage)),
          rows: rows.length,
          accesses: sum(usage.map(({ accesses }) => accesses)),
          firstDay: dates[0] ?? null,
          lastDay: dates[dates.length - 1] ?? null,
          weekly: weeks.map((week) =>
            range.some((date) => monday(date) === week && missing(date).includes("resourceUsage"))
              ? null
              : rows.filter(({ date }) => monday(date) === week).length,
          ),
        };
      })
      .sort(
        (a, b) =>
          b.order - a.order || b.rows - a.rows || compare(a.resource, b.resource) || compare(a.type, b.type),
      );
    const onDate = (date: string) => part((each) => each === date, anyCohort);
    const passes = ({ name, type, formerNames }: ReturnType<typeof this.shownOf>) =>
      (isAmong(filter.resources, name) || formerNames.some((each) => former.includes(each))) &&
      isAmong(filter.resourceTypes, type);
    return {
      total,
      part,
      /** Whether the filter leaves out a resource. */
      choosesResources: this.district.usage.some((row) => !passes(this.shownOf(row))),
      schools,
      grades,
      days: range.map((date) => ({
        date,
        kind: this.kinds.get(date) ?? ("noData" as const),
        missing: missing(date),
        ...onDate(date),
      })),
      weekdays: [1, 2, 3, 4, 5, 6, 7].flatMap((number) => {
        const dates = new Set(this.district.participation.map(({ date }) => date));
        const isCompared = (date: string) =>
          weekday(date) === number &&
          this.kinds.get(date) === "school" &&
          dates.has(date) &&
          !missing(date).includes("dailyParticipation");
        const countedDays = range.filter(isCompared).length;
        return countedDays === 0 ? [] : [{ weekday: number, countedDays, ...part(isCompared, anyCohort) }];
      }),
      resources: resources.map(({ order: _, ...entry }) => entry),
      schoolResources: resources.slice(0, 20).flatMap(({ resource, type }) =>
        schools.flatMap(({ school, usage, told, partly, shown }) => {
          const users = peopleOf(usage.filter((row) => isOf(row, resource, type)));
          if (users === 0 && shown(0) === 0) return [];
          return [{ school, resource, type, users: told(users), ...partly }];
        }),
      ),
    };
  }
}
