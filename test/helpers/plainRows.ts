import { cohortsOf, keyOfCohort, type PlainCohort } from "./plainCohorts";
import { weekdayOf } from "./plainDates";
import type { ParticipationRow, UsageRow } from "./plainIndex";
import { PlainResources, type RowResource } from "./plainResources";
import type { RandomRows } from "./randomDistrict";

type Row = ParticipationRow | UsageRow;
type Report = "dailyParticipation" | "resourceUsage";

/** The number of a row's person, which every query needs; undefined if the row has none. */
interface OfPerson {
  readonly number: number | undefined;
}

/** The rows of a cohort on a date. */
export interface PlainCell {
  readonly cohort: PlainCohort;
  readonly key: string;
  readonly participation: (ParticipationRow & OfPerson)[];
  readonly usage: (UsageRow & OfPerson & { readonly resource: RowResource })[];
}

/** The rows of a district by date and cohort, with derived values that do not depend on the groups. */
export class PlainRows {
  readonly cohorts: readonly PlainCohort[];
  readonly resources: PlainResources;
  private readonly cells = new Map<string, Map<string, PlainCell>>();
  private readonly people = new Map<string, number>();
  /** The cohort of each person; `several` for more than one. */
  private readonly cohortOf = new Map<string, string>();
  private readonly participated: ReadonlySet<string>;
  private readonly kinds: ReadonlyMap<string, "school" | "quiet">;
  /** By `user type date`; a report without any rows on the day is missing for all, as `* date`. */
  private readonly missing = new Map<string, Set<Report>>();

  constructor(
    { participation, usage }: RandomRows,
    private readonly hasGrades: boolean,
  ) {
    this.cohorts = [...cohortsOf([...participation, ...usage], hasGrades).values()];
    this.resources = new PlainResources(usage);
    for (const row of participation) {
      const cell = this.cellOf(row);
      cell.participation.push({ ...row, number: this.numberOf(row) });
    }
    for (const row of usage) {
      const cell = this.cellOf(row);
      cell.usage.push({ ...row, number: this.numberOf(row), resource: this.resources.of(row) });
    }
    this.participated = new Set(participation.map(({ date }) => date));
    this.kinds = this.kindsOfDays();
    this.findMissing(participation, usage);
  }

  /** All dates with rows. */
  get dates(): Iterable<string> {
    return this.cells.keys();
  }

  on(date: string): Iterable<PlainCell> {
    return this.cells.get(date)?.values() ?? [];
  }

  isOfSeveralCohorts({ person }: Row): boolean {
    return person !== null && this.cohortOf.get(person) === "several";
  }

  kindOf(date: string): "school" | "quiet" | "noData" {
    return this.kinds.get(date) ?? "noData";
  }

  hasParticipation(date: string): boolean {
    return this.participated.has(date);
  }

  /** The reports that are missing on a date for some of these user types. */
  missingOn(userTypes: readonly string[], date: string): Report[] {
    const found = ["*", ...userTypes].map((type) => this.missing.get(`${type} ${date}`));
    return (["dailyParticipation", "resourceUsage"] as const).filter((report) =>
      found.some((reports) => reports?.has(report)),
    );
  }

  private numberOf({ person }: Row): number | undefined {
    return person === null ? undefined : this.people.get(person);
  }

  private cellOf(row: Row): PlainCell {
    const { person, date } = row;
    const cohort = { school: row.school, userType: row.userType, grade: this.hasGrades ? row.grade : null };
    const key = keyOfCohort(cohort);
    if (person !== null) {
      if (!this.people.has(person)) this.people.set(person, this.people.size);
      const known = this.cohortOf.get(person) ?? key;
      this.cohortOf.set(person, known === key ? key : "several");
    }
    const ofDate = this.cells.get(date) ?? new Map<string, PlainCell>();
    this.cells.set(date, ofDate);
    const cell = ofDate.get(key) ?? { cohort, key, participation: [], usage: [] };
    ofDate.set(key, cell);
    return cell;
  }

  /**
   * The day's kind, for the whole district: quiet if it has less than a tenth of a usual day's active people, or half at
   * weekends.
   */
  private kindsOfDays() {
    const counts = new Map<string, number>();
    for (const [date, ofDate] of this.cells) {
      // Somebody at two schools on one day is active at both.
      const active = [...ofDate.values()].map(({ participation, usage }) => {
        // If the report is missing, those who used something count as present.
        const rows =
          participation.length > 0
            ? participation.filter((row) => row.active)
            : usage.filter((row) => !this.isOfSeveralCohorts(row));
        return new Set(rows.flatMap(({ person }) => person ?? [])).size;
      });
      counts.set(
        date,
        active.reduce((sum, count) => sum + count, 0),
      );
    }
    const isWeekend = (date: string) => weekdayOf(date) > 5;
    const kinds = new Map<string, "school" | "quiet">();
    for (const [date, count] of counts) {
      if (!this.hasParticipation(date) && !isWeekend(date)) {
        kinds.set(date, "school");
        continue;
      }
      const near = [...counts].filter(
        ([each]) =>
          this.hasParticipation(each) &&
          !isWeekend(each) &&
          Math.abs(Date.parse(each) - Date.parse(date)) <= 56 * 86_400_000,
      );
      const some = near.flatMap(([, each]) => (each > 0 ? each : [])).sort((x, y) => x - y);
      const usual = some[Math.floor(some.length * 0.75)] ?? 0;
      const isSchool = count > 0 && count >= usual * (isWeekend(date) ? 0.5 : 0.1);
      kinds.set(date, isSchool ? "school" : "quiet");
    }
    return kinds;
  }

  private findMissing(participation: readonly ParticipationRow[], usage: readonly UsageRow[]): void {
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
