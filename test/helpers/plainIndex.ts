import type { UserType } from "../../src/clever/reports";
import { OnDemand } from "../../src/dashboard/index/onDemand";
import type {
  Cohort,
  MonthSegment,
  ParticipationIndex,
  Resource,
} from "../../src/dashboard/index/participationIndex";

/** Rows of the pseudonymized tables, as tests write them. */
interface Row {
  readonly userType: UserType;
  /** `yyyy-MM-dd` */
  readonly date: string;
  readonly person: string | null;
  readonly school: string | null;
  /** The person's grade in a roster, on every row. */
  readonly grade: string | null;
}

export interface ParticipationRow extends Row {
  readonly active: boolean;
  readonly logins: number | null;
  readonly resources: number | null;
}

export interface UsageRow extends Row {
  readonly id: string | null;
  readonly name: string | null;
  readonly type: string | null;
  readonly accesses: number | null;
}

/** Numbers distinct keys in order of first occurrence. */
class Numbers<T> {
  readonly items: T[] = [];
  private readonly known = new Map<string, number>();

  of(item: T): number {
    const key = JSON.stringify(item);
    const known = this.known.get(key);
    if (known !== undefined) return known;
    this.known.set(key, this.items.length);
    this.items.push(item);
    return this.items.length - 1;
  }
}

/** An index built from rows by simple means, which the index from Delta tables must equal. */
export function plainIndex(
  participation: readonly ParticipationRow[],
  usage: readonly UsageRow[],
  hasGrades = true,
): ParticipationIndex {
  const cohorts = new Numbers<Cohort>();
  const resources = new Numbers<Resource>();
  const people = new Numbers<string>();
  const members = new Numbers<{ person: number; cohort: number }>();
  const cohortOf = ({ school, userType, grade }: Row) =>
    cohorts.of({ school, userType, grade: hasGrades ? grade : null });
  const memberOf = (row: Row) =>
    row.person === null ? undefined : members.of({ person: people.of(row.person), cohort: cohortOf(row) });
  const months = [...new Set([...participation, ...usage].map(({ date }) => date.slice(0, 7)))].sort();
  const segments = months.map((month): MonthSegment => {
    const ofMonth = <T extends Row>(rows: readonly T[]) => rows.filter(({ date }) => date.startsWith(month));
    const there = ofMonth(participation);
    const used = ofMonth(usage);
    const attendance = new Table(2);
    const attendanceCells = new Table(4);
    const cellPeople = new Table(2);
    for (const row of there) {
      const member = memberOf(row);
      const bit = 2 ** dayOf(row);
      if (member !== undefined) attendance.or([member], [bit, row.active ? bit : 0]);
      cellPeople.add([cohortOf(row), dayOf(row)], [0, 0]);
      attendanceCells.add(
        [cohortOf(row), dayOf(row)],
        [row.logins ?? 0, Number(row.logins !== null), row.resources ?? 0, Number(row.resources !== null)],
      );
    }
    for (const { keys, values } of attendance.rows()) {
      const { cohort = -1 } = members.items[keys[0] ?? -1] ?? {};
      for (let day = 0; day < 31; day++) {
        const [present = 0, active = 0] = values.map((mask) => Math.floor(mask / 2 ** day) % 2);
        if (present === 1) cellPeople.add([cohort, day], [present, active]);
      }
    }
    const hasRows = new Set(there.map((row) => `${cohortOf(row)} ${row.date}`));
    const alone = new Table(1);
    const usedDays = new Table(1);
    const usageCells = new Table(2);
    const runs = new Table(3);
    for (const row of used) {
      const { id, name, type } = row;
      const run = [resources.of({ id, name, type }), cohortOf(row)];
      const member = memberOf(row);
      if (member !== undefined) usedDays.or([...run, member], [2 ** dayOf(row)]);
      if (member !== undefined && !hasRows.has(`${cohortOf(row)} ${row.date}`))
        alone.or([member], [2 ** dayOf(row)]);
      usageCells.add([...run, dayOf(row)], [Number(member !== undefined), row.accesses ?? 0]);
    }
    for (const { keys } of usedDays.rows()) runs.add(keys.slice(0, 2), [0, 1, 0]);
    for (const { keys } of usageCells.rows()) runs.add(keys.slice(0, 2), [2 ** (keys[2] ?? 0), 0, 1]);
    return {
      month,
      attendance: {
        member: Uint32Array.from(attendance.key(0)),
        present: Uint32Array.from(attendance.value(0)),
        active: Uint32Array.from(attendance.value(1)),
      },
      attendanceCells: {
        cohort: Uint32Array.from(attendanceCells.key(0)),
        day: Uint8Array.from(attendanceCells.key(1)),
        present: Uint32Array.from(cellPeople.value(0)),
        active: Uint32Array.from(cellPeople.value(1)),
        logins: Float64Array.from(attendanceCells.value(0)),
        loginRows: Uint32Array.from(attendanceCells.value(1)),
        resources: Float64Array.from(attendanceCells.value(2)),
        resourceRows: Uint32Array.from(attendanceCells.value(3)),
      },
      usageRuns: {
        resource: Uint32Array.from(runs.key(0)),
        cohort: Uint32Array.from(runs.key(1)),
        days: Uint32Array.from(runs.value(0)),
        firstPerson: startsOf(runs.value(1)),
        firstCell: startsOf(runs.value(2)),
      },
      onlyUsage: { member: Uint32Array.from(alone.key(0)), days: Uint32Array.from(alone.value(0)) },
      use: OnDemand.of({
        people: { member: Uint32Array.from(usedDays.key(2)), days: Uint32Array.from(usedDays.value(0)) },
        cells: {
          day: Uint8Array.from(usageCells.key(2)),
          rows: Uint32Array.from(usageCells.value(0)),
          accesses: Float64Array.from(usageCells.value(1)),
        },
      }),
    };
  });
  return {
    cohorts: cohorts.items,
    resources: resources.items,
    people: people.items.length,
    members: {
      person: Uint32Array.from(members.items, ({ person }) => person),
      cohort: Uint32Array.from(members.items, ({ cohort }) => cohort),
    },
    months: segments,
    versions: { dailyParticipation: 1, resourceUsage: 1 },
    rows: 0,
    hasGrades,
    renamedSchools: [],
  };
}

/** Where each range begins, and where the last one ends. */
function startsOf(lengths: readonly number[]): Uint32Array {
  let end = 0;
  return Uint32Array.from([0, ...lengths.map((length) => (end += length))]);
}

const dayOf = ({ date }: Row) => Number(date.slice(8, 10)) - 1;

/** Values by keys, ascending by key. */
class Table {
  private readonly entries = new Map<string, { keys: readonly number[]; values: number[] }>();
  private sorted: { keys: readonly number[]; values: number[] }[] | undefined;
  constructor(private readonly width: number) {}

  add(keys: readonly number[], values: readonly number[]): void {
    this.change(keys, values, (a, b) => a + b);
  }

  or(keys: readonly number[], values: readonly number[]): void {
    this.change(keys, values, (a, b) => (a | b) >>> 0);
  }

  key(at: number): number[] {
    return this.rows().map(({ keys }) => keys[at] ?? 0);
  }

  value(at: number): number[] {
    return this.rows().map(({ values }) => values[at] ?? 0);
  }

  private change(keys: readonly number[], values: readonly number[], join: (a: number, b: number) => number) {
    const key = keys.join();
    this.sorted = undefined;
    const row = this.entries.get(key) ?? { keys, values: new Array<number>(this.width).fill(0) };
    this.entries.set(key, { keys, values: row.values.map((value, at) => join(value, values[at] ?? 0)) });
  }

  rows() {
    this.sorted ??= [...this.entries.values()].sort(({ keys: a }, { keys: b }) => {
      const at = a.findIndex((key, place) => key !== b[place]);
      return at < 0 ? 0 : (a[at] ?? 0) - (b[at] ?? 0);
    });
    return this.sorted;
  }
}
