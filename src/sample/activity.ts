import type { UserType } from "../clever/reports";
import type { SampleDistrict } from "./district";
import { blankDays, type SamplePerson } from "./people";
import { type Random, randomStream } from "./random";
import type { Audience } from "./resources";
import { factorOn, type SampleSchool } from "./schools";

const maxResourcesPerDay = 12;
/** How a weekday differs from the others; indexed by `Date.getUTCDay()`. */
const weekdayFactor = [0, 1.02, 1.04, 1.04, 1.01, 0.9, 0];
/** Some people still use Clever for a while after they leave. */
const factorAfterLeaving = 0.3;
const surest = 0.98;
/** Chance that a resource is opened again on the same day. */
const chanceOfAnotherAccess = 0.42;
const maxAccesses = 20;

/**
 * Draws resources by weight in constant time: each resource fills slots in proportion to its share of all use. The
 * number of slots is a power of two, and large enough that even the rarest resource has some.
 */
const slots = 4096;
type Picker = Uint16Array;

function picker(district: SampleDistrict, date: string, school: SampleSchool, audience: Audience): Picker {
  // Schools have different preferences.
  const random = randomStream(district.seed, `liking/${school.id}/${audience}`);
  const cumulative: number[] = [];
  let total = 0;
  for (const resource of district.resources) {
    const liking = 0.4 + 1.2 * random();
    const offered =
      resource.audiences.includes(audience) && (resource.school === undefined || resource.school === school);
    if (offered) total += resource.weight * liking * factorOn(date, resource);
    cumulative.push(total);
  }
  const table = new Uint16Array(slots);
  let resource = 0;
  for (let slot = 0; slot < slots; slot++) {
    const reached = ((slot + 0.5) / slots) * total;
    while ((cumulative[resource] ?? total) <= reached) resource++;
    table[slot] = resource;
  }
  return table;
}

/** The resources from which each of some people draws, from one change to the next. */
export function pickersOf(district: SampleDistrict, people: readonly SamplePerson[], date: string): Picker[] {
  const known = new Map<string, Picker>();
  return people.map(({ school, userType, band }) => {
    const audience = userType === "students" ? (band ?? "elementary") : userType;
    const key = `${school.id}/${audience}`;
    const found = known.get(key) ?? picker(district, date, school, audience);
    known.set(key, found);
    return found;
  });
}

/**
 * What the people of one user type do on one school day, one person after the other. Both reports of the day come
 * from the same walk, so that they agree. To be fast enough for millions of rows, the walk itself is the result: its
 * fields are valid until the next call of `next`.
 */
export class DayActivity {
  /** Index of the current person in `district.people[userType]`. */
  person = -1;
  /** Whether the person has left, so that their rows lack the `sis_id`. */
  left = false;
  /** Number of resources accessed; 0 for an inactive person. */
  resourceCount = 0;
  /** Indexes into `district.resources`, valid up to `resourceCount`; the same holds for `accesses`. */
  readonly resources = new Int32Array(maxResourcesPerDay);
  readonly accesses = new Int32Array(maxResourcesPerDay);
  /** The sum of the accesses. */
  logins = 0;

  private readonly people: readonly SamplePerson[];
  private readonly random: Random;
  private readonly dayFactor: number;
  private readonly date: string;

  constructor(
    district: SampleDistrict,
    userType: UserType,
    /** Counted from the district's first school day, 0. */
    private readonly day: number,
    private readonly pickers: readonly Picker[],
  ) {
    const date = district.days[day];
    if (date === undefined) throw new RangeError(`the sample district has no school day ${day}`);
    this.date = date;
    this.people = district.people[userType];
    this.random = randomStream(district.seed, `activity/${userType}/${date}`);
    this.dayFactor = (weekdayFactor[new Date(date).getUTCDay()] ?? 1) * (0.96 + 0.08 * this.random());
  }

  /** Moves to the next person who has a row on this day; false at the end. */
  next(): boolean {
    for (;;) {
      const person = this.people[++this.person];
      if (person === undefined) return false;
      const { joinsAt, leavesAt = Number.POSITIVE_INFINITY } = person;
      if (this.day < joinsAt || this.day >= leavesAt + blankDays) continue;
      this.left = this.day >= leavesAt;
      this.draw(person);
      return true;
    }
  }

  private draw({ propensity, breadth, school }: SamplePerson): void {
    const level = school.level * factorOn(this.date, school);
    const chance = propensity * level * this.dayFactor * (this.left ? factorAfterLeaving : 1);
    this.resourceCount = 0;
    this.logins = 0;
    if (this.random() >= Math.min(chance, surest)) return;
    const requested = this.geometric(breadth, maxResourcesPerDay);
    const table = this.pickers[this.person];
    if (table === undefined) return;
    // A resource that is drawn twice is not replaced: the person then used one resource fewer.
    for (let n = 0; n < requested; n++) this.access(table[Math.floor(this.random() * slots)] ?? 0);
  }

  private access(resource: number): void {
    const times = this.geometric(chanceOfAnotherAccess, maxAccesses);
    this.logins += times;
    for (let n = 0; n < this.resourceCount; n++) {
      if (this.resources[n] === resource) {
        this.accesses[n] = (this.accesses[n] ?? 0) + times;
        return;
      }
    }
    this.resources[this.resourceCount] = resource;
    this.accesses[this.resourceCount++] = times;
  }

  /**
   * 1, plus one more with chance `again` each time. Computed only by multiplication, which gives the same result on
   * every machine.
   */
  private geometric(again: number, max: number): number {
    const drawn = this.random();
    let count = 1;
    for (let threshold = again; drawn < threshold && count < max; threshold *= again) count++;
    return count;
  }
}
