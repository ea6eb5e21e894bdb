import { cohortsOf, keyOfCohort, type PlainCohort, type PlainDivision } from "./plainCohorts";
import type { ParticipationRow, UsageRow } from "./plainIndex";
import type { RandomRows } from "./randomDistrict";

type Row = ParticipationRow | UsageRow;
type Report = "dailyParticipation" | "resourceUsage";

const milliseconds = 86_400_000;
export const addDays = (date: string, days: number) =>
  new Date(Date.parse(date) + days * milliseconds).toISOString().slice(0, 10);
/** 1 Monday … 7 Sunday */
export const weekdayOf = (date: string) => new Date(date).getUTCDay() || 7;
const mondays = new Map<string, string>();
export const mondayOf = (date: string) => {
  const monday = mondays.get(date) ?? addDays(date, 1 - weekdayOf(date));
  mondays.set(date, monday);
  return monday;
};

/** All calendar days of a range. */
export const dates = (from: string, to: string) => {
  const list: string[] = [];
  for (let date = from; date <= to; date = addDays(date, 1)) list.push(date);
  return list;
};

/** The rows of a cohort on a date. */
export interface PlainCell {
  readonly cohort: PlainCohort;
  readonly group: number;
  readonly participation: ParticipationRow[];
  readonly usage: UsageRow[];
}

/** The rows of a district by cohort and date, with what follows for each date: groups, kinds of days, missing reports. */
export class PlainCells {
  readonly groups: readonly (readonly PlainCohort[])[];
  readonly minimum: number;
  private readonly groupsByKey = new Map<string, number>();
  private readonly cells = new Map<string, Map<string, PlainCell>>();
  private readonly people = new Map<string, number>();
  private readonly participated: ReadonlySet<string>;
  /** Group and date of all that counts. */
  private readonly counted = new Set<string>();
  private readonly kinds: ReadonlyMap<string, "school" | "quiet">;
  /** By `user type date`; a report that nobody has on the day is missing for all, as `* date`. */
  private readonly missing = new Map<string, Set<Report>>();
  /** User types with a group of their own. */
  private readonly told: ReadonlySet<string>;

  constructor(
    district: RandomRows,
    private readonly hasGrades: boolean,
    division?: PlainDivision,
  ) {
    const { participation, usage } = district;
    this.minimum = division?.minimum ?? 0;
    const all = [...participation, ...usage];
    this.groups = division?.groups ?? [...cohortsOf(all, hasGrades).values()].map((cohort) => [cohort]);
    this.groups.forEach((cohorts, group) => {
      for (const cohort of cohorts) this.groupsByKey.set(keyOfCohort(cohort), group);
    });
    for (const row of participation) this.cellOf(row).participation.push(row);
    for (const row of usage) this.cellOf(row).usage.push(row);
    for (const { person } of all)
      if (person !== null && !this.people.has(person)) this.people.set(person, this.people.size);
    this.participated = new Set(participation.map(({ date }) => date));
    this.countDays();
    this.kinds = this.kindsOfDays();
    this.told = new Set(
      this.groups.flatMap(([first, ...others]) =>
        first && others.every(({ userType }) => userType === first.userType) ? [first.userType] : [],
      ),
    );
    this.findMissing(district);
  }

  on(date: string): Iterable<PlainCell> {
    return this.cells.get(date)?.values() ?? [];
  }

  personOf({ person }: Row): number | undefined {
    return person === null ? undefined : this.people.get(person);
  }

  groupOf(cohort: PlainCohort): number {
    return this.groupsByKey.get(keyOfCohort(cohort)) ?? -1;
  }

  /** Whether a day counts for a group. */
  isCounted(group: number, date: string): boolean {
    return this.counted.has(`${group} ${date}`);
  }

  isOfOneSchool(group: number): boolean {
    return new Set(this.groups[group]?.map(({ school }) => school)).size === 1;
  }

  isOfOneGrade(group: number): boolean {
    return new Set(this.groups[group]?.map(({ grade }) => grade)).size === 1;
  }

  kindOf(date: string): "school" | "quiet" | "noData" {
    return this.kinds.get(date) ?? "noData";
  }

  hasParticipation(date: string): boolean {
    return this.participated.has(date);
  }

  /** The reports that are missing on a date for some of the people. */
  missingOn(userTypes: readonly string[], date: string): Report[] {
    const types = [...this.told].filter((type) => userTypes.length === 0 || userTypes.includes(type));
    const found = ["*", ...types].map((type) => this.missing.get(`${type} ${date}`));
    return (["dailyParticipation", "resourceUsage"] as const).filter((report) =>
      found.some((reports) => reports?.has(report)),
    );
  }

  private cellOf(row: Row): PlainCell {
    const cohort = { school: row.school, userType: row.userType, grade: this.hasGrades ? row.grade : null };
    const key = keyOfCohort(cohort);
    const ofDate = this.cells.get(row.date) ?? new Map<string, PlainCell>();
    this.cells.set(row.date, ofDate);
    const cell = ofDate.get(key) ?? {
      cohort,
      group: this.groupsByKey.get(key) ?? -1,
      participation: [],
      usage: [],
    };
    ofDate.set(key, cell);
    return cell;
  }

  private countDays(): void {
    const cohorts = new Map<string, Set<string>>();
    for (const ofDate of this.cells.values()) {
      for (const [key, { participation, usage }] of ofDate) {
        for (const { person } of [...participation, ...usage])
          if (person !== null) cohorts.set(person, (cohorts.get(person) ?? new Set()).add(key));
      }
    }
    for (const [date, ofDate] of this.cells) {
      for (const group of new Set([...ofDate.values()].map((cell) => cell.group))) {
        const cells = [...ofDate.values()].filter((cell) => cell.group === group);
        const there = cells.flatMap(({ participation }) => participation);
        // Of people of several cohorts it is not known without more where they were counted.
        const isOfOne = ({ person }: Row) => (cohorts.get(person ?? "")?.size ?? 1) === 1;
        const rows: readonly Row[] =
          there.length > 0 ? there : cells.flatMap(({ usage }) => usage).filter(isOfOne);
        const people = new Set(rows.flatMap(({ person }) => person ?? []));
        if (people.size >= this.minimum || this.minimum <= 1) this.counted.add(`${group} ${date}`);
      }
    }
  }

  /** The day's kind, by the whole district: quiet below a tenth of the usual day's active people. */
  private kindsOfDays() {
    const counts = new Map<string, number>();
    const kinds = new Map<string, "school" | "quiet">();
    for (const [date, ofDate] of this.cells) {
      const cells = [...ofDate.values()];
      if (!this.hasParticipation(date)) {
        kinds.set(date, "school");
        continue;
      }
      // Somebody at two schools on one day is active at both.
      const active = cells.map(({ participation }) => {
        const rows = participation.filter((row) => row.active && row.person !== null);
        return new Set(rows.map(({ person }) => person)).size;
      });
      counts.set(
        date,
        active.reduce((sum, count) => sum + count, 0),
      );
    }
    const some = [...counts.values()].filter((count) => count > 0).sort((a, b) => a - b);
    const usual = some[Math.floor(some.length / 2)] ?? 0;
    for (const [date, count] of counts)
      kinds.set(date, count > 0 && count >= usual * 0.1 ? "school" : "quiet");
    return kinds;
  }

  private findMissing({ participation, usage }: RandomRows): void {
    const at = ({ userType, date }: Row) => `${userType} ${date}`;
    const [there, used] = [new Set(participation.map(at)), new Set(usage.map(at))];
    const types = (rows: readonly Row[]) => new Set(rows.map(({ userType }) => userType));
    const [ever, everUsed] = [types(participation), types(usage)];
    const add = (key: string, report: Report) =>
      this.missing.set(key, (this.missing.get(key) ?? new Set()).add(report));
    for (const row of usage) {
      if (!there.has(at(row)) && ever.has(row.userType)) add(at(row), "dailyParticipation");
      if (!this.hasParticipation(row.date)) add(`* ${row.date}`, "dailyParticipation");
    }
    for (const row of participation) {
      if ((row.resources ?? 0) > 0 && !used.has(at(row)) && everUsed.has(row.userType))
        add(at(row), "resourceUsage");
    }
  }
}
