import type { DashboardFilter } from "../../src/dashboard/filter";
import type { UsageRow } from "./plainIndex";

/** The use of a resource. */
export interface PlainUse {
  readonly users: Set<number>;
  /** Rows with a person. */
  rows: number;
  accesses: number;
  firstDay: string;
  lastDay: string;
  /** Rows with a person, by date. */
  readonly daily: Map<string, number>;
}

/** By name, `null` last. */
export const compareNames = (a: string | null, b: string | null) =>
  (a === null ? 1 : 0) - (b === null ? 1 : 0) || (a === b ? 0 : (a ?? "") < (b ?? "") ? -1 : 1);

/** A name and type in rows of one id, with the first and last date. */
interface Naming {
  readonly name: string | null;
  readonly type: string | null;
  first: string;
  last: string;
}

interface Shown {
  readonly name: string | null;
  readonly type: string | null;
  readonly former: Set<string>;
}

const keyOf = ({ id, name, type }: UsageRow) => (id === null ? JSON.stringify([name, type]) : `id ${id}`);

/** The resources of rows, each under the name and type that its id has last. */
export class PlainResources {
  private readonly shown: Shown[] = [];
  private readonly byRow = new Map<UsageRow, number>();

  constructor(usage: readonly UsageRow[]) {
    const namings = new Map<string, Map<string, Naming>>();
    for (const row of usage) {
      const { name, type, date } = row;
      const ofKey = namings.get(keyOf(row)) ?? new Map<string, Naming>();
      namings.set(keyOf(row), ofKey);
      const naming = ofKey.get(JSON.stringify([name, type])) ?? { name, type, first: date, last: date };
      ofKey.set(JSON.stringify([name, type]), naming);
      if (date < naming.first) naming.first = date;
      if (date > naming.last) naming.last = date;
    }
    const numbers = new Map<string, number>();
    for (const [key, ofKey] of namings) {
      const [newest] = [...ofKey.values()].sort(
        (a, b) =>
          Number(a.name === null) - Number(b.name === null) ||
          compareNames(b.last, a.last) ||
          compareNames(b.first, a.first) ||
          compareNames(a.name, b.name) ||
          compareNames(a.type, b.type),
      );
      const { name = null, type = null } = newest ?? {};
      const number = numbers.get(JSON.stringify([name, type])) ?? this.shown.length;
      numbers.set(JSON.stringify([name, type]), number);
      this.shown[number] ??= { name, type, former: new Set() };
      numbers.set(key, number);
      for (const { name: other } of ofKey.values())
        if (other !== null && other !== name) this.shown[number]?.former.add(other);
    }
    for (const row of usage) this.byRow.set(row, numbers.get(keyOf(row)) ?? -1);
  }

  /** The number of a row's resource. */
  of(row: UsageRow): number {
    const found = this.byRow.get(row);
    if (found === undefined) throw new Error("The row is not one of the district's.");
    return found;
  }

  nameOf(shown: number) {
    const { name = null, type = null, former = new Set<string>() } = this.shown[shown] ?? {};
    const formerNames = [...former].sort(compareNames);
    return { resource: name, type, ...(formerNames.length > 0 ? { formerNames } : {}) };
  }

  /** Whether a filter includes each resource: by its name, or by a former one that no other has now. */
  chosen({ resources, resourceTypes }: DashboardFilter): boolean[] {
    const current = new Set(this.shown.map(({ name }) => name));
    const former = resources.filter((name) => name !== null && !current.has(name));
    return this.shown.map(({ name, type, former: names }) => {
      const isNamed =
        resources.length === 0 ||
        resources.includes(name) ||
        [...names].some((each) => former.includes(each));
      return isNamed && (resourceTypes.length === 0 || resourceTypes.includes(type));
    });
  }

  newUse(): PlainUse {
    return { users: new Set(), rows: 0, accesses: 0, firstDay: "~", lastDay: "", daily: new Map() };
  }

  add(use: PlainUse, { accesses, date }: UsageRow, person: number | undefined): void {
    use.accesses += accesses ?? 0;
    if (date < use.firstDay) use.firstDay = date;
    if (date > use.lastDay) use.lastDay = date;
    if (person === undefined) return;
    use.rows++;
    use.users.add(person);
    use.daily.set(date, (use.daily.get(date) ?? 0) + 1);
  }
}
