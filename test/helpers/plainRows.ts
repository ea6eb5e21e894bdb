import { cohortsOf, keyOfCohort, type PlainCohort } from "./plainCohorts";
import type { ParticipationRow, UsageRow } from "./plainIndex";
import { PlainResources } from "./plainResources";
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
  readonly usage: (UsageRow & OfPerson & { readonly shown: number })[];
}

/** The rows of a district by date and cohort, with derived values that do not depend on the groups. */
export class PlainRows {
  readonly cohorts: readonly PlainCohort[];
  readonly resources: PlainResources;
  private readonly cells = new Map<string, Map<string, PlainCell>>();
  private readonly people = new Map<string, number>();
  /** The cohort of each person; `several` for more than one. */
  private readonly cohortOf = new Map<string, string>();
  /** By `user type date`. */
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
      cell.usage.push({ ...row, number: this.numberOf(row), shown: this.resources.of(row) });
    }
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

  /** The reports that are missing on a date for some of these user types. */
  missingOn(userTypes: readonly string[], date: string): Report[] {
    const found = userTypes.map((type) => this.missing.get(`${type} ${date}`));
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

  private findMissing(participation: readonly ParticipationRow[], usage: readonly UsageRow[]): void {
    const at = ({ userType, date }: Row) => `${userType} ${date}`;
    const [there, used] = [new Set(participation.map(at)), new Set(usage.map(at))];
    const types = (rows: readonly Row[]) => new Set(rows.map(({ userType }) => userType));
    const [ever, everUsed] = [types(participation), types(usage)];
    const add = (key: string, report: Report) =>
      this.missing.set(key, (this.missing.get(key) ?? new Set()).add(report));
    for (const row of usage) {
      if (!there.has(at(row)) && ever.has(row.userType)) add(at(row), "dailyParticipation");
    }
    for (const row of participation) {
      if ((row.resources ?? 0) > 0 && !used.has(at(row)) && everUsed.has(row.userType))
        add(at(row), "resourceUsage");
    }
  }
}
