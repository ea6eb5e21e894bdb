import { spawnSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import * as z from "zod";
import { lakeAddressesOf } from "../../src/assets/lakeAddresses";
import { fabricScripts, synapseScripts } from "../../src/assets/sql/scripts";
import { reportNames } from "../../src/clever/reports";
import type { Duck, SqlRow } from "../../src/duck/duck";
import type { PipelineFixture } from "../helpers/pipelineFixture";
import { pythonWithSqlfluff } from "../helpers/python";
import { sampleViews } from "../helpers/sqlViews";
import { temporaryFolder } from "../helpers/temporaryFolder";

const place = lakeAddressesOf("https://districtlake.dfs.core.windows.net/it's a folder");
const scripts = { synapse: synapseScripts(place), fabric: fabricScripts() };
const parsedFiles = z.array(z.object({ filepath: z.string(), segments: z.unknown() }));
const python = await pythonWithSqlfluff();

test.skipIf(python === undefined)(
  "every script parses as T-SQL, and one with a misspelt word does not",
  async () => {
    const folder = await temporaryFolder();
    const broken = scripts.synapse["2-tables.sql"]?.replace("FORMAT =", "FORMATT =") ?? "";
    const all = { ...scripts, broken: { "broken.sql": broken } };
    for (const [engine, files] of Object.entries(all)) {
      for (const [name, sql] of Object.entries(files))
        await writeFile(path.join(folder, `${engine}-${name}`), sql);
    }
    const parse = ["-m", "sqlfluff", "parse", "--dialect", "tsql", "--format", "json", folder];
    const { stdout } = spawnSync(python ?? "", parse, { encoding: "utf8", maxBuffer: 1e9 });
    const parsed = parsedFiles.parse(JSON.parse(stdout));
    expect(parsed).toHaveLength(13);
    const refused = parsed.filter(({ segments }) => JSON.stringify(segments).includes('"unparsable"'));
    expect(refused.map(({ filepath }) => path.basename(filepath))).toEqual(["broken-broken.sql"]);
  },
);

describe("on a sample lake", () => {
  let folder: string;
  let duck: Duck;
  let fixture: PipelineFixture;

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "clever-lake-test-"));
    ({ duck, fixture } = await sampleViews(folder));
  });

  afterAll(async () => {
    duck.close();
    await rm(folder, { recursive: true, force: true });
  });

  const view = (name: string) =>
    duck.session((session) => session.query(`SELECT * FROM ${name} ORDER BY ALL`));
  const facts = async () =>
    plainFacts(await fixture.rows("daily_participation"), await fixture.rows("resource_usage"));

  test("the views of tables have every row; those under OEA's names have only students and OEA's columns", async () => {
    for (const name of reportNames) {
      const rows = await fixture.rows(name);
      expect(await view(`lake.${name}_pseudo`)).toHaveLength(rows.length);
      const students = await view(`dbo.${name}_pseudo`);
      const expected = rows.filter((row) => row.user_type === "student");
      expect(students).toHaveLength(expected.length);
      expect(expected.length).toBeLessThan(rows.length);
      expect(Object.keys(students[0] ?? {})).toEqual(
        Object.keys(rows[0] ?? {}).filter((column) => !["user_type", "source_file"].includes(column)),
      );
    }
  });

  test("the answers equal those of a separate computation", async () => {
    const { daily, usage } = await facts();
    const types = ["student", "teacher", "staff"];
    const of = (rows: readonly SqlRow[], type: string) => rows.filter((row) => row.user_type === type);

    expect(asTexts(await view("questions.summary"))).toEqual(
      asTexts(
        types.map((type) => ({
          user_type: type,
          users: distinct(of(daily, type), "person"),
          days: distinct(of(daily, type), "date"),
          active_users: distinct(
            of(daily, type).filter(({ active }) => active),
            "person",
          ),
        })),
      ),
    );
    const pairsOf = (rows: readonly SqlRow[]) =>
      new Set(
        rows.filter(({ person }) => person !== null).map((row) => JSON.stringify([row.person, row.resource])),
      ).size;
    expect(asTexts(await view("questions.by_school"))).toEqual(
      asTexts(
        grouped(daily, ["user_type", "school_name"]).map((rows) => {
          const users = distinct(rows, "person");
          const used = usage.filter(
            (row) => row.user_type === rows[0]?.user_type && row.school_name === rows[0]?.school_name,
          );
          return {
            user_type: rows[0]?.user_type,
            school_name: rows[0]?.school_name,
            users,
            average_resources: sum(rows, "num_resources_accessed") / rows.length,
            average_logins: sum(rows, "num_logins") / rows.length,
            average_different_resources: pairsOf(used) / users,
          };
        }),
      ),
    );
    expect(asTexts(await view("questions.by_day"))).toEqual(
      asTexts(
        grouped([...daily, ...usage], ["user_type", "date"]).map(([first]) => {
          const sameDay = (row: SqlRow) => row.user_type === first?.user_type && row.date === first?.date;
          const rows = daily.filter(sameDay);
          const used = usage.filter(sameDay);
          // Without its report, a number is unknown, and not zero.
          const known = (value: number) => (rows.length > 0 ? value : null);
          const resources = known(sum(rows, "num_resources_accessed"));
          return {
            user_type: first?.user_type,
            date: first?.date,
            logins: known(sum(rows, "num_logins")),
            resources,
            active_users: known(
              distinct(
                rows.filter(({ active }) => active),
                "person",
              ),
            ),
            different_resources:
              used.length === 0 && (resources ?? 0) > 0 ? null : distinct(used, "resource"),
          };
        }),
      ),
    );
    expect(asTexts(await view("questions.by_resource"))).toEqual(
      asTexts(
        grouped(usage, ["user_type", "resource_name", "resource_type"]).map((rows) => ({
          user_type: rows[0]?.user_type,
          resource_name: rows[0]?.resource_name,
          resource_type: rows[0]?.resource_type,
          person_days: rows.filter(({ person }) => person !== null).length,
          accesses: sum(rows, "num_access"),
          users: distinct(rows, "person"),
        })),
      ),
    );
    expect(asTexts(await view("people.uses_of_person"))).toEqual(
      asTexts(
        grouped(usage, ["user_type", "person", "resource_name", "resource_type"]).map((rows) => ({
          user_type: rows[0]?.user_type,
          person_pseudonym: rows[0]?.person,
          resource_name: rows[0]?.resource_name,
          resource_type: rows[0]?.resource_type,
          days: distinct(rows, "date"),
          accesses: sum(rows, "num_access"),
        })),
      ),
    );
    const top = types.flatMap((type) =>
      grouped(of(usage, type), ["resource_name", "resource_type"])
        .map((rows) => ({ rows, users: distinct(rows, "person"), name: String(rows[0]?.resource_name) }))
        .sort((a, b) => b.users - a.users || (a.name < b.name ? -1 : 1))
        .slice(0, 5)
        .flatMap(({ rows, name }, index) =>
          grouped(rows, ["school_name"]).map((there) => ({
            user_type: type,
            resource_name: name,
            resource_type: rows[0]?.resource_type,
            place: index + 1,
            school_name: there[0]?.school_name,
            users: distinct(there, "person"),
          })),
        ),
    );
    expect(asTexts(await view("questions.top_resources_by_school"))).toEqual(asTexts(top));
  });

  test("different resources by grade include students without resources and students without a grade", async () => {
    const rows = await view("questions.by_grade");
    const { daily, usage } = await facts();
    const students = new Set(daily.filter((row) => row.user_type === "student").map(({ person }) => person));
    const resourcesOf = (person: unknown) =>
      distinct(
        usage.filter((row) => row.person === person && row.user_type === "student"),
        "resource",
      );
    const others = [...students].map(resourcesOf).reduce((a, b) => a + b, 0) - 2;
    expect(asTexts(rows)).toEqual(
      asTexts([
        { grade: "3", users: 2, average_different_resources: 1 },
        { grade: "4", users: 1, average_different_resources: 0 },
        { grade: null, users: students.size - 3, average_different_resources: others / (students.size - 3) },
      ]),
    );
  });
});

/** The rows with their person and resource, determined without SQL. */
function plainFacts(
  daily: readonly SqlRow[],
  usage: readonly SqlRow[],
): { readonly daily: readonly SqlRow[]; readonly usage: readonly SqlRow[] } {
  const joined = new Map<unknown, string>();
  for (const { sis_id_pseudonym: sis, clever_user_id_pseudonym: clever } of [...daily, ...usage]) {
    if (sis === null || clever === null) continue;
    const before = joined.get(sis);
    if (before === undefined || String(clever) < before) joined.set(sis, String(clever));
  }
  const reported = (row: SqlRow) => ({
    ...row,
    school_name: row.clever_school_id === "school-9" ? "Lone Academy" : row.school_name,
    person: row.clever_user_id_pseudonym ?? joined.get(row.sis_id_pseudonym) ?? row.sis_id_pseudonym,
  });
  const newest = new Map<unknown, SqlRow>();
  for (const row of usage) {
    const before = newest.get(row.resource_id);
    if (before === undefined || String(row.date) > String(before.date)) newest.set(row.resource_id, row);
  }
  const named = (row: SqlRow) => {
    const { resource_name, resource_type } =
      row.resource_id === null ? row : (newest.get(row.resource_id) ?? row);
    return { ...reported(row), resource_name, resource_type, resource: `${resource_type} ${resource_name}` };
  };
  return { daily: daily.map(reported), usage: usage.map(named) };
}

function grouped<Row extends SqlRow>(rows: readonly Row[], by: readonly string[]): Row[][] {
  const groups = new Map<string, Row[]>();
  for (const row of rows) {
    const key = JSON.stringify(by.map((name) => row[name]));
    groups.set(key, [...(groups.get(key) ?? []), row]);
  }
  return [...groups.values()];
}

function distinct(rows: readonly SqlRow[], column: string): number {
  return new Set(rows.map((row) => row[column]).filter((value) => value !== null && value !== undefined))
    .size;
}

function sum(rows: readonly SqlRow[], column: string): number {
  return rows.reduce((total, row) => total + Number(row[column]), 0);
}

/** Rows in a fixed order, with numbers formatted by the given function. */
function asTexts(rows: readonly object[]): string[] {
  const text = (value: unknown) => {
    if (value instanceof Date) return value.toISOString().slice(0, 10);
    return typeof value === "string" || value === null ? String(value) : Number(value).toFixed(9);
  };
  return rows
    .map((row) =>
      Object.entries(row)
        .map(([name, value]) => `${name}=${text(value)}`)
        .join(" "),
    )
    .sort();
}
