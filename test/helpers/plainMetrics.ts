import type { UserType } from "../../src/clever/reports";
import { type PersonIds, plainPeople } from "./plainPeople";

/** The participation metrics computed independently, without SQL: maps and sets over rows. */

interface PersonRow extends PersonIds {
  readonly userType: UserType;
  readonly date: string;
  readonly school: string | null;
}

export interface PlainParticipation extends PersonRow {
  readonly active: boolean;
  readonly logins: number;
  readonly resources: number;
}

export interface PlainUsage extends PersonRow {
  readonly type: string | null;
  readonly name: string | null;
  readonly id: string | null;
  readonly accesses: number;
}

/** What is counted: everything about students, unless it says otherwise. Days are inclusive. */
export interface PlainFilter {
  readonly from?: string;
  readonly to?: string;
  readonly schools?: readonly string[];
  readonly resources?: readonly string[];
  readonly resourceTypes?: readonly string[];
  readonly userTypes?: readonly UserType[];
}

function inScope(row: PersonRow, filter: PlainFilter): boolean {
  const types = filter.userTypes ?? ["students"];
  if (!types.includes(row.userType)) return false;
  if (filter.from !== undefined && row.date < filter.from) return false;
  if (filter.to !== undefined && row.date > filter.to) return false;
  return isAmong(row.school, filter.schools);
}

function isAmong(value: string | null, allowed: readonly string[] | undefined): boolean {
  return allowed === undefined || allowed.length === 0 || (value !== null && allowed.includes(value));
}

function groupBy<T>(rows: readonly T[], key: (row: T) => readonly (string | null)[]): T[][] {
  const groups = new Map<string, T[]>();
  for (const row of rows) {
    const text = JSON.stringify(key(row));
    const group = groups.get(text);
    if (group) group.push(row);
    else groups.set(text, [row]);
  }
  return [...groups.values()];
}

const people = (rows: readonly PersonRow[]) =>
  new Set(rows.map(({ person }) => person).filter((person) => person !== null)).size;

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
const resourceOf = ({ id, name }: PlainUsage) => id ?? name;

function different(rows: readonly PlainUsage[]): number {
  return new Set(rows.map(resourceOf).filter((resource) => resource !== null)).size;
}

function plainFacts(
  allParticipation: readonly PlainParticipation[],
  allUsage: readonly PlainUsage[],
  filter: PlainFilter = {},
) {
  const personOf = plainPeople([...allParticipation, ...allUsage]);
  const named = <Row extends PersonRow>(row: Row): Row => ({ ...row, person: personOf(row) });
  const participation = allParticipation.map(named).filter((row) => inScope(row, filter));
  const usageOfAll = allUsage.map(named).filter((row) => inScope(row, filter));
  const usage = usageOfAll.filter(
    (row) => isAmong(row.name, filter.resources) && isAmong(row.type, filter.resourceTypes),
  );
  const personal = usage.filter(({ person }) => person !== null);
  const first = <T>(group: readonly T[]): T => group[0] as T;

  /** The reports that no day has although the other one shows use. */
  const absent = [
    ...(participation.length === 0 && usageOfAll.length > 0 ? ["dailyParticipation"] : []),
    ...(usageOfAll.length === 0 && participation.some(({ resources }) => resources > 0)
      ? ["resourceUsage"]
      : []),
  ];
  const dates = [...new Set([...participation, ...usageOfAll].map(({ date }) => date))].sort();
  return {
    users: people(participation),
    days: new Set(participation.map(({ date }) => date)).size,
    activeUsers: people(participation.filter(({ active }) => active)),
    schools: groupBy<PersonRow>([...participation, ...usageOfAll], ({ school }) => [school]).map((all) => {
      const name = first(all).school;
      const rows = participation.filter(({ school }) => school === name);
      const used = personal.filter(({ school }) => school === name);
      return {
        name,
        users: people(rows),
        logins: sum(rows.map(({ logins }) => logins)),
        loginRows: rows.length,
        resources: sum(rows.map(({ resources }) => resources)),
        resourceRows: rows.length,
        lacksParticipation: rows.length === 0,
        /** Without a row of resource usage although the other report shows use. */
        lacksUsage:
          rows.some(({ resources }) => resources > 0) && !usageOfAll.some(({ school }) => school === name),
        resourcePairs: sum(groupBy(used, ({ person }) => [person]).map(different)),
      };
    }),
    byDay: dates.map((date) => {
      const rows = participation.filter((row) => row.date === date);
      const used = usage.filter((row) => row.date === date);
      const missing = [
        ...new Set([
          ...missingOn(allParticipation, allUsage, filter.userTypes ?? ["students"], date),
          ...absent,
        ]),
      ].sort();
      const from = (report: string, value: number) => (missing.includes(report) ? null : value);
      return {
        date,
        ...(missing.length > 0 ? { missing } : {}),
        logins: from("dailyParticipation", sum(rows.map(({ logins }) => logins))),
        resources: from("dailyParticipation", sum(rows.map(({ resources }) => resources))),
        activeUsers: from("dailyParticipation", people(rows.filter(({ active }) => active))),
        distinctResources: from("resourceUsage", different(used)),
      };
    }),
    resources: groupBy(usage, ({ name, type }) => [name, type]).map((rows) => ({
      name: first(rows).name,
      type: first(rows).type,
      rows: rows.filter(({ person }) => person !== null).length,
      accesses: sum(rows.map(({ accesses }) => accesses)),
      users: people(rows),
    })),
    cells: groupBy(personal, ({ name, type, school }) => [name, type, school]).map((rows) => ({
      resource: first(rows).name,
      type: first(rows).type,
      school: first(rows).school,
      users: people(rows),
    })),
  };
}

/** Reports without rows of a user type on a date on which the other report shows use, if they ever have one. */
function missingOn(
  participation: readonly PlainParticipation[],
  usage: readonly PlainUsage[],
  userTypes: readonly string[],
  date: string,
): string[] {
  const lacks = (report: readonly PersonRow[], proof: readonly PersonRow[]) =>
    userTypes.some((type) => {
      const has = (rows: readonly PersonRow[]) =>
        rows.some((row) => row.userType === type && row.date === date);
      return report.some(({ userType }) => userType === type) && has(proof) && !has(report);
    });
  return [
    ...(lacks(participation, usage) ? ["dailyParticipation"] : []),
    ...(lacks(
      usage,
      participation.filter(({ resources }) => resources > 0),
    )
      ? ["resourceUsage"]
      : []),
  ];
}

function byName(a: string | null, b: string | null): number {
  const [left, right] = [a ?? "\uffff", b ?? "\uffff"];
  return left < right ? -1 : Number(left > right);
}

/** The answer with everything shown, in the answer's order. */
export function plainMetrics(
  participation: readonly PlainParticipation[],
  usage: readonly PlainUsage[],
  filter: PlainFilter,
  top = 5,
) {
  const facts = plainFacts(participation, usage, filter);
  const topOnes = [...facts.resources]
    .sort((a, b) => b.users - a.users || b.rows - a.rows || byName(a.name, b.name) || byName(a.type, b.type))
    .slice(0, top);
  return {
    users: facts.users,
    days: facts.days,
    activeUsers: facts.activeUsers,
    bySchool: [...facts.schools]
      .sort((a, b) => byName(a.name, b.name))
      .map((school) => ({
        school_name: school.name,
        users: school.lacksParticipation ? null : school.users,
        averageResources: school.lacksParticipation ? null : school.resources / school.resourceRows,
        averageLogins: school.lacksParticipation ? null : school.logins / school.loginRows,
        averageDistinctResources:
          school.lacksParticipation || school.lacksUsage
            ? null
            : school.users === 0
              ? 0
              : school.resourcePairs / school.users,
      })),
    byDay: facts.byDay,
    topResources: [...facts.resources]
      .sort((a, b) => b.rows - a.rows || byName(a.name, b.name) || byName(a.type, b.type))
      .map(({ name, type, ...numbers }) => ({ resource_name: name, resource_type: type, ...numbers })),
    topResourcesBySchool: topOnes.flatMap(({ name, type }) =>
      facts.cells
        .filter((cell) => cell.resource === name && cell.type === type)
        .sort((a, b) => byName(a.school, b.school))
        .map(({ school, users }) => ({
          school_name: school,
          resource_name: name,
          resource_type: type,
          users,
        })),
    ),
  };
}
