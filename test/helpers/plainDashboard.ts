import type { DashboardFilter } from "../../src/dashboard/filter";
import type { ParticipationRow, UsageRow } from "./plainIndex";
import type { RandomRows } from "./randomDistrict";
import { type BlockCell, type Blocks, type CellBlock, keyOf } from "./rowBlocks";

/**
 * The dashboard's numbers once more, from rows, by loops and sets: for comparison. Where blocks are given, only the
 * rows of whole blocks count, and what is left out is told.
 */

export interface PlainQuestion {
  readonly filter: DashboardFilter;
  readonly from: string;
  readonly to: string;
}

type Row = ParticipationRow | UsageRow;
/** A row with the cell that it is in. */
interface Placed<R extends Row = Row> {
  readonly row: R;
  readonly cell: BlockCell;
  readonly block: CellBlock | undefined;
}
type Test = (cell: BlockCell) => boolean;
type Shown = number | null;

const milliseconds = 86_400_000;
export const addDays = (date: string, days: number) =>
  new Date(Date.parse(date) + days * milliseconds).toISOString().slice(0, 10);
const weekday = (date: string) => new Date(date).getUTCDay() || 7;
const monday = (date: string) => addDays(date, 1 - weekday(date));
const isAmong = <T>(list: readonly T[], value: T) => list.length === 0 || list.includes(value);
const sum = (values: readonly (number | null)[]) =>
  values.reduce<number>((total, value) => total + (value ?? 0), 0);
const unique = <T>(values: readonly T[]) => [...new Set(values)];
const different = (values: readonly (string | null)[]) =>
  new Set(values.filter((value) => value !== null)).size;
const people = (rows: readonly Placed[]) => different(rows.map(({ row }) => row.person));
const resourceOf = ({ id, name }: UsageRow) => id ?? name;
export const shown = (value: number, cut: boolean): Shown => (value === 0 && cut ? null : value);
const compare = (a: string | null, b: string | null) =>
  (a === null ? 1 : 0) - (b === null ? 1 : 0) || (a === b ? 0 : (a ?? "") < (b ?? "") ? -1 : 1);

export const days = (from: string, to: string) => {
  const list: string[] = [];
  for (let date = from; date <= to; date = addDays(date, 1)) list.push(date);
  return list;
};

/** The number of values, and their sum. */
const average = (values: readonly (number | null)[], cut: boolean): Shown => {
  const count = values.filter((value) => value !== null).length;
  return shown(count === 0 ? 0 : sum(values) / count, cut);
};

const everything: Test = () => true;

export class PlainDashboard {
  private readonly there: readonly Placed<ParticipationRow>[];
  private readonly done: readonly Placed<ParticipationRow>[];
  private readonly used: readonly Placed<UsageRow>[];
  private readonly kinds: ReadonlyMap<string, "school" | "quiet" | "noData">;
  /** Cells in which somebody did something. */
  private readonly busy: ReadonlySet<string>;

  constructor(
    private readonly district: RandomRows,
    private readonly hasGrades: boolean,
    private readonly blocks: Blocks | undefined,
  ) {
    const { participation, usage } = district;
    const place = <R extends Row>(rows: readonly R[], kind: keyof Blocks): Placed<R>[] => {
      const lookup = new Map(
        (blocks?.[kind] ?? []).flatMap((block) => block.cells.map((cell) => [keyOf(cell), block] as const)),
      );
      return rows.map((row) => {
        const cell = this.cellOf(row);
        return { row, cell, block: lookup.get(keyOf(cell)) };
      });
    };
    this.there = place(participation, "present");
    this.done = place(participation, "active");
    this.used = place(usage, "usage");
    const busy = participation.filter(
      (row) => (row.active && row.person !== null) || row.logins || row.resources,
    );
    this.busy = new Set(busy.map((row) => keyOf(this.cellOf(row))));
    this.kinds = this.dayKinds();
  }

  private cellOf(row: Row): BlockCell {
    const { school, userType, date } = row;
    const cell = { school, userType, grade: this.hasGrades ? row.grade : null, date };
    return "name" in row ? { ...cell, name: row.name, type: row.type } : cell;
  }

  /** The day's kind, by the whole district: quiet below a tenth of the usual day's active people. */
  private dayKinds() {
    const { participation, usage } = this.district;
    const counts = new Map<string, number>();
    for (const date of unique(participation.map((row) => row.date))) {
      const active = participation.filter((row) => row.date === date && row.active && row.person !== null);
      // Somebody at two schools on one day is active at both.
      const key = (row: Row) => JSON.stringify([row.person, this.cellOf(row)]);
      counts.set(date, new Set(active.map(key)).size);
    }
    const some = [...counts.values()].filter((count) => count > 0).sort((a, b) => a - b);
    const usual = some[Math.floor(some.length / 2)] ?? 0;
    const kinds = new Map<string, "school" | "quiet" | "noData">();
    for (const { date } of usage) kinds.set(date, "school");
    for (const [date, count] of counts) {
      kinds.set(date, count > 0 && count >= usual * 0.1 ? "school" : "quiet");
    }
    return kinds;
  }

  /** The rows of blocks that lie wholly in what passes, and the others that pass. */
  private covered<R extends Row>(passing: readonly Placed<R>[], test: Test) {
    if (this.blocks === undefined) return { rows: passing, left: [] };
    const whole = new Map<CellBlock, boolean>();
    const isCovered = ({ block }: Placed<R>) => {
      if (block === undefined) throw new Error("a row in no block");
      const known = whole.get(block) ?? (block.released && block.cells.every(test));
      whole.set(block, known);
      return known;
    };
    return { rows: passing.filter(isCovered), left: passing.filter((row) => !isCovered(row)) };
  }

  private attendance(rows: Pick<Rows, "there" | "done">, test: Test) {
    const there = this.covered(rows.there, test);
    const done = this.covered(rows.done, test);
    const usersCut = there.left.length > 0;
    const activityCut = usersCut || done.left.some(({ cell }) => this.busy.has(keyOf(cell)));
    const rowsCut = activityCut || done.left.length > 0;
    const active = done.rows.filter(({ row }) => row.active);
    const logins = done.rows.map(({ row }) => row.logins);
    const resources = done.rows.map(({ row }) => row.resources);
    const users = people(there.rows);
    const dates = unique(there.rows.map(({ cell }) => cell.date));
    const daysCut = there.left.some(({ cell }) => !dates.includes(cell.date));
    const personDays = active.filter(({ row }) => row.person !== null);
    return {
      sums: done.rows,
      isEmpty: rows.there.length === 0,
      usersCut,
      activityCut,
      rowsCut,
      daysCut,
      countedUsers: users,
      users: shown(users, usersCut),
      activeUsers: shown(people(active), activityCut),
      days: shown(dates.length, daysCut),
      logins: shown(sum(logins), activityCut),
      resourceSum: shown(sum(resources), activityCut),
      averageLogins: average(logins, rowsCut),
      averageResources: average(resources, rowsCut),
      personDays: new Set(personDays.map(({ row }) => `${row.date} ${row.person}`)).size,
    };
  }

  private usage(rows: readonly Placed<UsageRow>[], test: Test, usersCut: boolean) {
    const { rows: sums, left } = this.covered(rows, test);
    const usageCut = usersCut || left.length > 0;
    const byPerson = new Map<string, (string | null)[]>();
    for (const { row } of sums) {
      if (row.person === null) continue;
      byPerson.set(row.person, [...(byPerson.get(row.person) ?? []), resourceOf(row)]);
    }
    return {
      usageSums: sums,
      usageCut,
      noUsage: rows.length === 0,
      pairs: sum([...byPerson.values()].map(different)),
      accesses: shown(sum(sums.map(({ row }) => row.accesses)), usageCut),
      resources: shown(different(sums.map(({ row }) => resourceOf(row))), usageCut),
      resourceUsers: shown(people(sums), usageCut),
      rows: shown(sums.filter(({ row }) => row.person !== null).length, usageCut),
    };
  }

  /** Both, with what needs both. */
  private numbers(rows: Rows, scope: Test, usageScope: Test) {
    const attendance = this.attendance(rows, scope);
    const usage = this.usage(rows.used, usageScope, attendance.usersCut);
    const { countedUsers: users, rowsCut } = attendance;
    return {
      ...attendance,
      ...usage,
      cut: rowsCut,
      usageCut: usage.usageCut,
      distinctResourcesPerUser: shown(users === 0 ? 0 : usage.pairs / users, usage.usageCut),
      isEmpty: attendance.isEmpty && usage.noUsage,
    };
  }

  answer({ filter, from, to }: PlainQuestion) {
    const scope: Test = ({ school, userType, grade, date }) =>
      date >= from &&
      date <= to &&
      isAmong(filter.schools, school) &&
      isAmong<string>(filter.userTypes, userType) &&
      isAmong(filter.grades, grade);
    const usageScope: Test = (cell) =>
      scope(cell) &&
      isAmong(filter.resources, cell.name ?? null) &&
      isAmong(filter.resourceTypes, cell.type ?? null);
    const passing = <R extends Row>(rows: readonly Placed<R>[], test: Test) =>
      rows.filter(({ cell }) => test(cell));
    const rows: Rows = {
      there: passing(this.there, scope),
      done: passing(this.done, scope),
      used: passing(this.used, usageScope),
    };
    const narrowed = (test: Test, among = rows) =>
      this.numbers(
        {
          there: passing(among.there, test),
          done: passing(among.done, test),
          used: passing(among.used, test),
        },
        (cell) => scope(cell) && test(cell),
        (cell) => usageScope(cell) && test(cell),
      );
    const narrowedUsage = (used: readonly Placed<UsageRow>[], test: Test, usersCut: boolean) =>
      this.usage(passing(used, test), (cell) => usageScope(cell) && test(cell), usersCut);

    const byDate = rowsByDate(rows);
    const all = [...this.there, ...this.used].map(({ cell }) => cell);
    const range = days(from, to);
    const total = narrowed(everything);
    const mondays = unique(range.map(monday))
      .slice(-60)
      .map((week) => ({ week, ...narrowed(({ date }) => monday(date) === week) }));
    const schools = unique(all.map(({ school }) => school))
      .sort(compare)
      .map((school) => ({ school, ...narrowed((cell) => cell.school === school) }));
    const resources = unique(this.used.map(({ cell }) => JSON.stringify([cell.name, cell.type])))
      .map((text) => JSON.parse(text) as [string | null, string | null])
      .filter(([name, type]) => isAmong(filter.resources, name) && isAmong(filter.resourceTypes, type))
      .map(([resource, type]) => {
        const test: Test = ({ name, type: own }) => name === resource && own === type;
        const used = passing(rows.used, test);
        const numbers = narrowedUsage(used, test, total.usersCut);
        const dates = numbers.usageSums.map(({ cell }) => cell.date).sort();
        return {
          resource,
          type,
          test,
          used,
          numbers,
          users: numbers.resourceUsers,
          rows: numbers.rows,
          accesses: numbers.accesses,
          firstDay: dates[0] ?? null,
          lastDay: dates[dates.length - 1] ?? null,
          weekly: mondays.map(
            ({ week, usersCut }) =>
              narrowedUsage(used, (cell) => test(cell) && monday(cell.date) === week, usersCut).rows,
          ),
        };
      })
      .filter(({ numbers }) => numbers.usageSums.length > 0 || numbers.usageCut)
      .sort(
        (a, b) =>
          (b.users ?? -1) - (a.users ?? -1) || compare(a.resource, b.resource) || compare(a.type, b.type),
      );
    return {
      total,
      schools: schools.filter(({ isEmpty }) => !isEmpty),
      grades: unique(all.map(({ grade }) => grade))
        .map((grade) => ({ grade, ...narrowed((cell) => cell.grade === grade) }))
        .filter(({ isEmpty }) => !isEmpty),
      days: range.map((date) => ({
        date,
        kind: this.kinds.get(date) ?? ("noData" as const),
        ...narrowed((cell) => cell.date === date, byDate.get(date) ?? none),
      })),
      weekdays: this.weekdays(range, narrowed),
      resources,
      schoolResources: resources.slice(0, 20).flatMap(({ resource, type, test, used }) =>
        schools.flatMap(({ school, usersCut }) => {
          const numbers = narrowedUsage(used, (cell) => test(cell) && cell.school === school, usersCut);
          if (numbers.resourceUsers === 0) return [];
          return [{ school, resource, type, users: numbers.resourceUsers, cut: numbers.usageCut, numbers }];
        }),
      ),
    };
  }

  private weekdays<N>(range: readonly string[], narrowed: (test: Test) => N) {
    const participated = new Set(this.there.map(({ cell }) => cell.date));
    return [1, 2, 3, 4, 5, 6, 7].flatMap((number) => {
      const isSchool = (date: string) => weekday(date) === number && this.kinds.get(date) === "school";
      const count = range.filter((date) => isSchool(date) && participated.has(date)).length;
      if (count === 0) return [];
      return [{ weekday: number, countedDays: count, ...narrowed(({ date }) => isSchool(date)) }];
    });
  }
}

const none: Rows = { there: [], done: [], used: [] };

function rowsByDate({ there, done, used }: Rows): ReadonlyMap<string, Rows> {
  const [thereOn, doneOn, usedOn] = [grouped(there), grouped(done), grouped(used)];
  const dates = unique([...thereOn.keys(), ...usedOn.keys()]);
  return new Map(
    dates.map((date) => [
      date,
      { there: thereOn.get(date) ?? [], done: doneOn.get(date) ?? [], used: usedOn.get(date) ?? [] },
    ]),
  );
}

function grouped<R extends Row>(rows: readonly Placed<R>[]): Map<string, Placed<R>[]> {
  const groups = new Map<string, Placed<R>[]>();
  for (const row of rows) {
    const group = groups.get(row.cell.date);
    if (group === undefined) groups.set(row.cell.date, [row]);
    else group.push(row);
  }
  return groups;
}

interface Rows {
  readonly there: readonly Placed<ParticipationRow>[];
  readonly done: readonly Placed<ParticipationRow>[];
  readonly used: readonly Placed<UsageRow>[];
}
