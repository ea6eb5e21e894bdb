import type { ParticipationRow, UsageRow } from "./plainIndex";
import type { PlainCell } from "./plainRows";

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
  /** Whether a row of each report is counted, of any resource. */
  private participated = false;
  private used = false;
  /** Dates with rows that are counted or suppressed, and those with counted rows. */
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
  private readonly different = new Set<number>();
  /** Person and resource. */
  private readonly pairs = new Set<number>();

  constructor(private readonly minimum: number) {}

  /** Rows of a cohort and day are within the part, and are counted or suppressed. */
  notice(
    isIn: boolean,
    date: string,
    { participation, usage }: Pick<PlainCell, "participation" | "usage">,
  ): void {
    this.noticed.add(date);
    if (isIn) this.counted.add(date);
    else this.isLeft = true;
    if (!isIn) return;
    if (participation.length > 0) this.participated = true;
    if (usage.length > 0) this.used = true;
  }

  /** People who belong to the part are suppressed on a date, whether or not they have rows. */
  leave(date: string): void {
    this.noticed.add(date);
    this.isLeft = true;
  }

  attend(date: string, row: ParticipationRow, person: number | undefined): void {
    this.dates.add(date);
    this.logins.add(row.logins);
    this.resources.add(row.resources);
    if (person === undefined) return;
    this.users.add(person);
    if (row.active) this.active.add(person);
  }

  /** @param shown the resource as the table lists it */
  use({ accesses }: UsageRow, person: number | undefined, shown: number): void {
    this.accesses += accesses ?? 0;
    this.different.add(shown);
    if (person === undefined) return;
    this.usePersonDays++;
    this.resourceUsers.add(person);
    this.pairs.add(person * 100_000 + shown);
  }

  /** Whether nothing is known because everything was suppressed. */
  get isSuppressed(): boolean {
    return this.isLeft && this.counted.size === 0;
  }

  get activeCount(): number {
    return this.active.size;
  }

  shown(value: number): Shown {
    return this.isSuppressed ? null : value;
  }

  people(value: number): People {
    return this.isSuppressed ? null : value > 0 && value < this.minimum ? "few" : value;
  }

  /** @param ofDay whether a missing report is known by other means */
  numbers({ ofDay = false } = {}) {
    const { users, active } = this;
    const lacksParticipation = !ofDay && this.used && !this.participated;
    const lacksUsage = !ofDay && !this.used && this.resources.sum > 0;
    const absent = [
      ...(lacksParticipation ? (["dailyParticipation"] as const) : []),
      ...(lacksUsage ? (["resourceUsage"] as const) : []),
    ];
    const attended = <V>(value: V) => (lacksParticipation ? null : value);
    const used = <V>(value: V) => (lacksUsage ? null : value);
    return {
      partly: this.isLeft ? { partly: true } : {},
      absent: absent.length > 0 ? { absent } : {},
      isSuppressed: this.isSuppressed,
      /** Dates with rows, all of which are suppressed. */
      leftDates: new Set([...this.noticed].filter((date) => !this.counted.has(date))),
      users: attended(this.people(users.size)),
      activeUsers: attended(this.people(active.size)),
      neverActive: attended(this.people(users.size - active.size)),
      days: this.shown(this.dates.size),
      logins: attended(this.shown(this.logins.sum)),
      resourceSum: attended(this.shown(this.resources.sum)),
      averageLogins: attended(this.shown(this.logins.average)),
      averageResources: attended(this.shown(this.resources.average)),
      accesses: used(this.shown(this.accesses)),
      usePersonDays: used(this.shown(this.usePersonDays)),
      resources: used(this.shown(this.different.size)),
      resourceUsers: used(this.people(this.resourceUsers.size)),
      perPerson: attended(used(this.shown(users.size === 0 ? 0 : this.pairs.size / users.size))),
    };
  }
}
