import { keyOfCohort, type PlainCohort, type PlainDivision } from "./plainCohorts";
import { PlainDayKinds } from "./plainDayKinds";
import type { PlainRows } from "./plainRows";

/** The groups of a division, and the days that count for each. */
export class PlainGroups {
  readonly minimum: number;
  readonly groups: readonly (readonly PlainCohort[])[];
  /** User types with their own group that has a day that counts. */
  readonly userTypes: readonly string[];
  private readonly byKey = new Map<string, number>();
  private readonly byCohort = new WeakMap<PlainCohort, number>();
  private readonly ofOneSchool: readonly boolean[];
  private readonly grades: readonly (string | null | undefined)[];
  /** Group and date of everything that counts. */
  private readonly counted = new Set<string>();
  private readonly counting: ReadonlySet<number>;
  readonly days: PlainDayKinds;

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
    const ofOneType = isOfOne("userType");
    for (const date of rows.dates) this.countDay(rows, date);
    this.counting = new Set([...this.counted].map((text) => Number(text.split(" ")[0])));
    this.days = new PlainDayKinds(rows, (key) => this.counting.has(this.groupOf(key)));
    this.userTypes = [
      ...new Set(
        this.groups.flatMap(([first], group) =>
          first && ofOneType[group] && this.counting.has(group) ? first.userType : [],
        ),
      ),
    ];
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
}
