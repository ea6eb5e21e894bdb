import type { ParticipationRow, UsageRow } from "./plainIndex";

type Shown = number | null;
type People = Shown | "few";

/** A sum and its number of values; blanks are not values. */
class Mean {
  sum = 0;
  private count = 0;

  add(value: number | null): void {
    if (value === null) return;
    this.sum += value;
    this.count++;
  }

  get average(): number {
    return this.count === 0 ? 0 : this.sum / this.count;
  }
}

/** The numbers of a query, or of an entry such as a school or a day: rows are added one by one. */
export class PlainPart {
  private isLeft = false;
  /** Dates with rows, and those with counted rows. */
  private readonly noticed = new Set<string>();
  private readonly counted = new Set<string>();
  private readonly users = new Set<number>();
  private readonly active = new Set<number>();
  private readonly dates = new Set<string>();
  private readonly logins = new Mean();
  private readonly resources = new Mean();
  private accesses = 0;
  private usePersonDays = 0;
  private readonly resourceUsers = new Set<number>();
  private readonly identities = new Set<number>();
  /** Person and resource. */
  private readonly pairs = new Set<number>();

  constructor(private readonly minimum: number) {}

  /** Rows of a cohort and day are within the part, and are counted or left out. */
  notice(isIn: boolean, date: string): void {
    this.noticed.add(date);
    if (isIn) this.counted.add(date);
    else this.isLeft = true;
  }

  attend(date: string, row: ParticipationRow, person: number | undefined): void {
    this.dates.add(date);
    this.logins.add(row.logins);
    this.resources.add(row.resources);
    if (person === undefined) return;
    this.users.add(person);
    if (row.active) this.active.add(person);
  }

  /** @param identity the resource by its id, or by its name if it has none */
  use({ accesses }: UsageRow, person: number | undefined, identity: number | undefined): void {
    this.accesses += accesses ?? 0;
    if (identity !== undefined) this.identities.add(identity);
    if (person === undefined) return;
    this.usePersonDays++;
    this.resourceUsers.add(person);
    if (identity !== undefined) this.pairs.add(person * 100_000 + identity);
  }

  /** Whether nothing is known because everything was left out. */
  get isWithheld(): boolean {
    return this.isLeft && this.counted.size === 0;
  }

  get activeCount(): number {
    return this.active.size;
  }

  shown(value: number): Shown {
    return this.isWithheld ? null : value;
  }

  people(value: number): People {
    return this.isWithheld ? null : value > 0 && value < this.minimum ? "few" : value;
  }

  numbers() {
    const { users, active } = this;
    return {
      partly: this.isLeft ? { partly: true } : {},
      isWithheld: this.isWithheld,
      /** Dates with rows, all of which are left out. */
      leftDates: new Set([...this.noticed].filter((date) => !this.counted.has(date))),
      users: this.people(users.size),
      activeUsers: this.people(active.size),
      neverActive: this.people(users.size - active.size),
      days: this.shown(this.dates.size),
      logins: this.shown(this.logins.sum),
      resourceSum: this.shown(this.resources.sum),
      averageLogins: this.shown(this.logins.average),
      averageResources: this.shown(this.resources.average),
      accesses: this.shown(this.accesses),
      usePersonDays: this.shown(this.usePersonDays),
      resources: this.shown(this.identities.size),
      resourceUsers: this.people(this.resourceUsers.size),
      perPerson: this.shown(users.size === 0 ? 0 : this.pairs.size / users.size),
    };
  }
}
