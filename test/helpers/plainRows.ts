import { cohortsOf, keyOfCohort, type PlainCohort } from "./plainCohorts";
import type { ParticipationRow, UsageRow } from "./plainIndex";
import { PlainResources } from "./plainResources";
import type { RandomRows } from "./randomDistrict";

type Row = ParticipationRow | UsageRow;

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
}
