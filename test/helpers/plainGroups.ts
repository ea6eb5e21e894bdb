import { keyOfCohort, type PlainCohort, type PlainDivision } from "./plainCohorts";
import { PlainDayKinds } from "./plainDayKinds";
import type { PlainRows } from "./plainRows";

type Report = "dailyParticipation" | "resourceUsage";

/** The groups of a division, and the days that count for each. */
export class PlainGroups {
  readonly minimum: number;
  readonly groups: readonly (readonly PlainCohort[])[];
  private readonly byKey = new Map<string, number>();
  private readonly byCohort = new WeakMap<PlainCohort, number>();
  private readonly ofOneSchool: readonly boolean[];
  private readonly grades: readonly (string | null | undefined)[];
  /** Group and date of everything that counts. */
  private readonly counted = new Set<string>();
  private readonly counting: ReadonlySet<number>;
  readonly days: PlainDayKinds;
  /** By date and user type. */
  private readonly missing = new Map<string, Map<string, Report[]>>();

  /** Without a division each cohort is a group, and every day counts. */
  constructor(rows: PlainRows, division?: PlainDivision) {
    this.minimum = division?.minimum ?? 0;
    this.groups = division?.groups ?? rows.cohorts.map((cohort) => [cohort]);
    this.groups.forEach((cohorts, group) => {
      for (const cohort of cohorts) this.byKey.set(keyOfCohort(cohort), group);
    });
    const isOfOne = (of: keyof PlainCohort) =>
      this.groups.map((cohorts) => new Set(cohorts.map((cohort) => cohort[of])).size === 1);
    this.ofOneSchool = isOfOne("school");
    this.grades = division?.grades ?? this.groups.map(([cohort]) => cohort?.grade);
    for (const date of rows.dates) this.countDay(rows, date);
    this.counting = new Set([...this.counted].map((text) => Number(text.split(" ")[0])));
    this.days = new PlainDayKinds(
      rows,
      (key) => this.counting.has(this.groupOf(key)),
      (key, date) => this.isCounted(this.groupOf(key), date),
      (date) => !this.missingOn(() => true, date).includes("dailyParticipation"),
    );
    this.findMissing(rows, isOfOne("userType"));
  }

  /** The reports that are missing on a date for some of the user types that are asked for. */
  missingOn(isAsked: (userType: string) => boolean, date: string): Report[] {
    const reports = [...(this.missing.get(date) ?? [])].flatMap(([type, found]) =>
      isAsked(type) ? found : [],
    );
    return (["dailyParticipation", "resourceUsage"] as const).filter((report) => reports.includes(report));
  }

  /** @param key of a cohort */
  groupOf(key: string): number {
    return this.byKey.get(key) ?? -1;
  }

  groupOfCohort(cohort: PlainCohort): number {
    const group = this.byCohort.get(cohort) ?? this.groupOf(keyOfCohort(cohort));
    this.byCohort.set(cohort, group);
    return group;
  }

  isOfOneSchool(group: number): boolean {
    return this.ofOneSchool[group] === true;
  }

  isOfOneGrade(group: number): boolean {
    return this.grades[group] !== undefined;
  }

  /** The grade that a cohort counts with. */
  countedGrade(cohort: PlainCohort): string | null {
    return this.grades[this.groupOfCohort(cohort)] ?? cohort.grade;
  }

  /** Whether a day counts for a group. */
  isCounted(group: number, date: string): boolean {
    return this.counted.has(`${group} ${date}`);
  }

  /** Whether any day counts for a group. */
  everCounts(group: number): boolean {
    return this.counting.has(group);
  }

  private countDay(rows: PlainRows, date: string): void {
    const cells = [...rows.on(date)].map((cell) => ({ ...cell, group: this.groupOf(cell.key) }));
    for (const group of new Set(cells.map((cell) => cell.group))) {
      const own = cells.filter((cell) => cell.group === group);
      const isThere = own.some(({ participation }) => participation.length > 0);
      const people = new Set<string | null>();
      for (const { participation, usage } of own) {
        for (const row of isThere ? participation : usage) {
          // For people of several cohorts, it is unclear where they were counted.
          if (isThere || !rows.isOfSeveralCohorts(row)) people.add(row.person);
        }
      }
      people.delete(null);
      if (people.size >= this.minimum || this.minimum <= 1) this.counted.add(`${group} ${date}`);
    }
  }

  /** By groups of one user type that ever count; about resource usage, by the days that count for them. */
  private findMissing(rows: PlainRows, ofOneType: readonly boolean[]): void {
    const ever: Record<Report, Set<string>> = { dailyParticipation: new Set(), resourceUsage: new Set() };
    const found = [...rows.dates].flatMap((date) => {
      const byType = new Map<string, Set<string>>();
      for (const { key, cohort, participation, usage } of rows.on(date)) {
        const group = this.groupOf(key);
        if (!ofOneType[group] || !this.everCounts(group)) continue;
        const has = byType.get(cohort.userType) ?? new Set<string>();
        byType.set(cohort.userType, has);
        if (participation.length > 0) has.add("rows");
        if (usage.length > 0) has.add("usage");
        if (!this.isCounted(group, date)) continue;
        if (usage.length > 0) has.add("counted usage");
        if (participation.some(({ resources }) => (resources ?? 0) > 0)) has.add("use");
      }
      return [...byType].map(([type, has]) => ({ date, type, has }));
    });
    for (const { type, has } of found) {
      if (has.has("rows")) ever.dailyParticipation.add(type);
      if (has.has("counted usage")) ever.resourceUsage.add(type);
    }
    for (const { date, type, has } of found) {
      const reports: Report[] = [];
      if (has.has("usage") && !has.has("rows")) reports.push("dailyParticipation");
      if (has.has("use") && !has.has("counted usage")) reports.push("resourceUsage");
      const missing = this.missing.get(date) ?? new Map<string, Report[]>();
      this.missing.set(date, missing);
      missing.set(
        type,
        reports.filter((report) => ever[report].has(type)),
      );
    }
  }
}
