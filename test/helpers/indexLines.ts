import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { parse } from "csv-parse/sync";
import { type UserType, userTypes } from "../../src/clever/reports";
import { decodeManifest } from "../../src/dashboard/index/manifest";
import type { ParticipationIndex } from "../../src/dashboard/index/participationIndex";
import { sqlString } from "../../src/duck/duck";
import { sharedDuck } from "./lakeRows";
import { pseudonym } from "./pipelineFixture";
import { plainPeople } from "./plainPeople";

/** The contents of an index, and the expected contents, as sorted lines that are computed independently. */

interface PersonRow {
  readonly userType: UserType;
  /** `yyyy-MM-dd`, or empty. */
  readonly date: string;
  /** The pseudonyms of the school system's id and of Clever's. */
  readonly person: string | null;
  readonly clever?: string | null;
  readonly school: string | null;
}
export interface IndexedParticipation extends PersonRow {
  readonly active: boolean;
  readonly logins: number | null;
  readonly resources: number | null;
}
export interface IndexedUsage extends PersonRow {
  readonly type: string | null;
  readonly name: string | null;
  readonly id: string | null;
  readonly accesses: number | null;
}
export interface IndexedRows {
  readonly participation: readonly IndexedParticipation[];
  readonly usage: readonly IndexedUsage[];
}

const line = (...parts: readonly unknown[]) => JSON.stringify(parts);

/** The lines by maps over rows. `rosterGrades` are by the school system's ids. */
export function plainLines(
  rows: IndexedRows,
  rosterGrades: ReadonlyMap<string, string> = new Map(),
): string[] {
  const all = [...rows.participation, ...rows.usage];
  const personOf = plainPeople(all);
  const grades = new Map<string, string>();
  for (const row of all) {
    const [person, grade] = [personOf(row), row.person === null ? undefined : rosterGrades.get(row.person)];
    const before = person === null ? undefined : grades.get(person);
    if (person !== null && grade && (before === undefined || grade < before)) grades.set(person, grade);
  }
  const counted = <Row extends PersonRow>(each: readonly Row[]): Row[] =>
    each.filter(({ date }) => date !== "").map((row) => ({ ...row, person: personOf(row) }));
  const [participation, usage] = [counted(rows.participation), counted(rows.usage)];
  const cohort = ({ school, userType, person }: PersonRow) =>
    [school, userType, (userType === "students" && person !== null && grades.get(person)) || null] as const;
  const attended = new Map<string, boolean>();
  const cells = new Map<string, number[]>();
  const used = new Set<string>();
  for (const row of participation) {
    const { person, date, active, logins, resources } = row;
    const key = line("present", person, ...cohort(row), date);
    const before = attended.get(key);
    if (person !== null) attended.set(key, active || before === true);
    const isNew = person !== null && before === undefined;
    const isNewlyActive = person !== null && active && before !== true;
    const numbers = [logins ?? 0, Number(logins !== null), resources ?? 0, Number(resources !== null)];
    const added = [Number(isNew), Number(isNewlyActive), ...numbers];
    addTo(cells, line("participation", ...cohort(row), date), added);
  }
  for (const row of usage) {
    const { person, date, id, name, type, accesses } = row;
    if (person !== null) used.add(line("used", person, ...cohort(row), id, name, type, date));
    addTo(cells, line("usage", ...cohort(row), id, name, type, date), [
      Number(person !== null),
      accesses ?? 0,
    ]);
  }
  return [
    ...[...attended].map(([key, active]) => `${key} ${active}`),
    ...[...cells].map(([key, sums]) => `${key} ${sums.join(" ")}`),
    ...used,
  ].sort();
}

function addTo(cells: Map<string, number[]>, key: string, added: readonly number[]): void {
  const sums = cells.get(key) ?? added.map(() => 0);
  cells.set(
    key,
    sums.map((sum, index) => sum + (added[index] ?? 0)),
  );
}

/** The lines by the index. `people` are the pseudonyms behind its numbers. */
export async function indexLines(
  index: ParticipationIndex | undefined,
  people: readonly string[],
): Promise<string[]> {
  if (index === undefined) return [];
  const lines: string[] = [];
  const cohort = (number = -1) => {
    const { school, userType, grade } = at(index.cohorts, number);
    return [school, userType, grade];
  };
  const resource = (number = -1) => {
    const { id, name, type } = at(index.resources, number);
    return [id, name, type];
  };
  const member = (number = -1) => [
    at(people, index.members.person[number]),
    ...cohort(index.members.cohort[number]),
  ];
  for (const { month, attendance, attendanceCells, usageRuns, use } of index.months) {
    await use.read();
    const { people: usage, cells: usageCells } = use.value;
    attendance.member.forEach((number, row) => {
      for (const day of daysOf(attendance.present[row])) {
        const active = daysOf(attendance.active[row]).includes(day);
        lines.push(`${line("present", ...member(number), dateOf(month, day))} ${active}`);
      }
    });
    attendanceCells.cohort.forEach((number, row) => {
      const { day, present, active, logins, loginRows, resources, resourceRows } = attendanceCells;
      const people = [present[row], active[row]];
      const sums = [...people, logins[row], loginRows[row], resources[row], resourceRows[row]];
      lines.push(`${line("participation", ...cohort(number), dateOf(month, day[row]))} ${sums.join(" ")}`);
    });
    usageRuns.cohort.forEach((number, run) => {
      const of = resource(usageRuns.resource[run]);
      for (let row = usageRuns.firstPerson[run] ?? 0; row < (usageRuns.firstPerson[run + 1] ?? 0); row++) {
        for (const day of daysOf(usage.days[row])) {
          lines.push(line("used", ...member(usage.member[row]), ...of, dateOf(month, day)));
        }
      }
      const { day, rows, accesses } = usageCells;
      for (let row = usageRuns.firstCell[run] ?? 0; row < (usageRuns.firstCell[run + 1] ?? 0); row++) {
        const cell = line("usage", ...cohort(number), ...of, dateOf(month, day[row]));
        lines.push(`${cell} ${rows[row]} ${accesses[row]}`);
      }
    });
  }
  return lines.sort();
}

function at<T>(values: readonly T[], number = -1): T {
  const value = values[number];
  if (value === undefined) throw new Error(`The index has no number ${number}.`);
  return value;
}

const daysOf = (mask = 0) => Array.from({ length: 32 }, (_, day) => day).filter((day) => (mask >>> day) & 1);
const dateOf = (month: string, day = -1) => `${month}-${String(day + 1).padStart(2, "0")}`;

/** The folders of the lakes in a cache. */
export async function lakeFolders(cacheFolder: string): Promise<string[]> {
  const folder = path.join(cacheFolder, "dashboard");
  return (await readdir(folder).catch(() => [])).map((name) => path.join(folder, name));
}

/** The pseudonyms behind the numbers of the index, as the cache of the only lake in it has them. */
export async function cachedPeople(cacheFolder: string): Promise<string[]> {
  const [folder = ""] = await lakeFolders(cacheFolder);
  const manifest = decodeManifest(await readFile(path.join(folder, "manifest.json"), "utf8"));
  const file = path.join(folder, manifest?.dictionary.peopleFile.name ?? "");
  const duck = await sharedDuck();
  const rows = await duck.session((session) =>
    session.query(`SELECT pseudonym FROM read_parquet(${sqlString(file)}) ORDER BY person`),
  );
  return rows.map(({ pseudonym: text }) => String(text));
}

/** The rows of Clever's files below a folder; ids by the given function, by default the fixture's pseudonyms. */
export async function rowsOfFolder(
  folder: string,
  idOf: (id: string | null) => string | null = pseudonym,
): Promise<IndexedRows> {
  const rows = { participation: [] as IndexedParticipation[], usage: [] as IndexedUsage[] };
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.name.endsWith(".csv")) continue;
    const userType = userTypes.find((type) => entry.name.includes(type));
    if (userType === undefined) throw new Error(`${entry.name} names no user type.`);
    const text = await readFile(path.join(entry.parentPath, entry.name));
    const records: Readonly<Record<string, string>>[] = parse(text, { columns: true, bom: true });
    for (const record of records) {
      const row = {
        userType,
        date: record.date ?? "",
        person: idOf(record.sis_id || record.staff_id || null),
        clever: idOf(record.clever_user_id || null),
        school: record.school_name || null,
      };
      if (entry.name.includes("daily-participation")) {
        rows.participation.push({
          ...row,
          active: record.active?.toLowerCase() === "true",
          logins: Number(record.num_logins),
          resources: Number(record.num_resources_accessed),
        });
      } else {
        rows.usage.push({
          ...row,
          type: record.resource_type || null,
          name: record.resource_name || null,
          id: record.resource_id || null,
          accesses: Number(record.num_access),
        });
      }
    }
  }
  return rows;
}
