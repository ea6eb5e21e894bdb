import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, test } from "vitest";
import * as z from "zod";
import { lakeAddressesOf } from "../../src/assets/lakeAddresses";
import { powerBiAsset } from "../../src/assets/powerBi/asset";
import { modelTables, relationships } from "../../src/assets/powerBi/model";
import { pages } from "../../src/assets/powerBi/report";
import { personColumn } from "../../src/clever/person";
import { participationMetrics } from "../../src/dashboard/query/metrics";
import type { SqlRow } from "../../src/duck/duck";
import { metricsFilter } from "../helpers/metricsFilter";
import { ModelServer, powerBiModeling } from "../helpers/powerBiModeling";
import { powerQueryParser } from "../helpers/powerQuery";
import { pythonWithPowerBi, runPython } from "../helpers/python";
import { indexOf, sampleViews } from "../helpers/sqlViews";
import { temporaryFolder } from "../helpers/temporaryFolder";

const place = lakeAddressesOf("https://districtlake.dfs.core.windows.net");
const settings = { saltKeyVaultUrl: undefined, minimumGroupSize: 10, scripts: "" };
const made = await powerBiAsset.files(place, settings);
const files = made.map(({ path: file, content }) => ({ path: file, content: content.toString() }));
const program = await powerBiModeling();
const python = await pythonWithPowerBi();

function tmdl(name: string): string {
  return files.find((file) => file.path.endsWith(`/definition/${name}`))?.content ?? "";
}

async function written(
  change: (file: string, content: string) => string = (_, content) => content,
): Promise<string> {
  const folder = await temporaryFolder();
  for (const { path: name, content } of files) {
    const target = path.join(folder, name);
    await mkdir(path.dirname(target), { recursive: true });
    await writeFile(target, change(name, content));
  }
  return path.join(folder, "power-bi", "Clever Usage.SemanticModel", "definition");
}

const queriesIn = (kind: "m" | "dax") =>
  modelTables
    .filter(({ source }) => source.kind === kind)
    .map(({ name, source }) => [name, source.lines.join("\n")] as const);

const parses = await powerQueryParser();

test.skipIf(parses === undefined)(
  "every M query parses in Microsoft's parser, and invalid ones do not",
  async () => {
    const parameters = [...(tmdl("expressions.tmdl").matchAll(/^expression \w+ = (.*)$/gm) ?? [])];
    expect(parameters).toHaveLength(2);
    const broken = ["let a = in", 'let a = Text.Combine({"b" "c"}) in a'];
    const texts = [
      ...queriesIn("m").map(([, text]) => text),
      ...parameters.map(([, text = ""]) => text),
      ...broken,
    ];
    const results = await Promise.all(texts.map(async (text) => [text, await parses?.(text)] as const));
    expect(results.filter(([, isGood]) => !isGood).map(([text]) => text)).toEqual(broken);
  },
);

describe.skipIf(program === undefined)("Microsoft's library", () => {
  const listed = z.object({ data: z.array(z.record(z.string(), z.unknown())) });
  const load = (server: ModelServer, folder: string) =>
    server.call("connection_operations", { Operation: "ConnectFolder", FolderPath: folder });

  test("loads the model with every table, column, measure and relationship", async () => {
    await using server = await ModelServer.start(program ?? "");
    expect(await load(server, await written())).toMatchObject({ isError: false });
    const list = async (tool: string) =>
      listed.parse(JSON.parse((await server.call(tool, { Operation: "List" })).text)).data;

    const columns = (await list("column_operations")).map(({ tableName, columns: each }) => [
      tableName,
      z
        .array(z.object({ name: z.string(), dataType: z.string(), isHidden: z.boolean().optional() }))
        .parse(each),
    ]);
    const typeNames = { dateTime: "DateTime", string: "String", int64: "Int64", boolean: "Boolean" };
    expect(Object.fromEntries(columns)).toEqual(
      Object.fromEntries(
        modelTables.map((table) => [
          table.name,
          table.columns.map(({ name, type, hidden }) => ({
            name,
            dataType: typeNames[type],
            ...(hidden ? { isHidden: true } : {}),
          })),
        ]),
      ),
    );
    const measures = (await list("measure_operations")).map(({ tableName, measures: each }) => [
      tableName,
      z.array(z.object({ name: z.string(), description: z.string(), formatString: z.string() })).parse(each),
    ]);
    expect(Object.fromEntries(measures)).toEqual(
      Object.fromEntries(
        modelTables
          .filter((table) => table.measures.length > 0)
          .map((table) => [
            table.name,
            table.measures.map(({ name, description, format }) => ({
              name,
              description,
              formatString: format,
            })),
          ]),
      ),
    );
    expect(
      (await list("relationship_operations")).map(
        ({ fromTable, fromColumn, toTable, toColumn, isActive }) => ({
          from: [fromTable, fromColumn],
          to: [toTable, toColumn],
          isActive,
        }),
      ),
    ).toEqual(relationships.map((each) => ({ ...each, isActive: true })));
  });

  test("rejects the model if one word is misspelt", async () => {
    await using server = await ModelServer.start(program ?? "");
    const folder = await written((file, content) =>
      file.endsWith("tables/Usage.tmdl") ? content.replace("formatString", "formatStrin") : content,
    );
    const answer = await load(server, folder);
    expect(answer.isError || /error|fail/i.test(answer.text)).toBe(true);
    expect(answer.text).toMatch(/formatStrin\b/);
  });
});

describe.skipIf(python === undefined)("in other programs", () => {
  const ask = async (request: object) =>
    z.object({ invalid: z.array(z.string()), dax: z.array(z.string()) }).parse(
      await runPython(python ?? "", "powerBi.py", {
        schemas: path.resolve(import.meta.dirname, "..", "fixtures", "powerbi-schemas"),
        documents: {},
        dax: {},
        ...request,
      }),
    );
  const documents = Object.fromEntries(
    files
      .filter(({ content }) => content.includes('"$schema"'))
      .map((file) => [file.path, JSON.parse(file.content) as Record<string, unknown>]),
  );

  test("every JSON file is valid against Microsoft's schemas, and an invalid one is not", async () => {
    expect(Object.keys(documents).length).toBeGreaterThan(40);
    expect((await ask({ documents })).invalid).toEqual([]);
    const [name = "", visual = {}] =
      Object.entries(documents).find(([file]) => file.endsWith("visual.json")) ?? [];
    expect((await ask({ documents: { [name]: { ...visual, positon: {} } } })).invalid).toHaveLength(1);
  });

  test("every DAX formula parses, and an invalid one does not", async () => {
    const measures = modelTables.flatMap((table) =>
      table.measures.map(({ name, expression }) => [name, expression]),
    );
    const dax = Object.fromEntries([...queriesIn("dax"), ...measures, ["broken", "SUM(Usage[a]"]]);
    expect(await ask({ dax })).toEqual({ invalid: [], dax: ["broken"] });
  });
});

describe.skipIf(python === undefined)("in an independent DAX engine", () => {
  const students = { "Cohort.user_type": ["student"] };
  type Context = Readonly<Record<string, readonly unknown[]>>;
  type Value = number | null;
  interface DaxTable {
    readonly columns: readonly string[];
    readonly rows: readonly (readonly unknown[])[];
  }
  const evaluated = z.object({
    calculated: z.record(
      z.string(),
      z.object({ columns: z.array(z.string()), rows: z.array(z.array(z.unknown())) }),
    ),
    answers: z.array(z.record(z.string(), z.number().nullable())),
  });
  const measures = modelTables.flatMap((table) =>
    table.measures.map((each) => ({ ...each, table: table.name })),
  );
  const columnsOf = (name: string) =>
    modelTables.find((table) => table.name === name)?.columns.map((column) => column.name) ?? [];

  /** The calculated tables of people and resources, and the measures' values in each context. */
  const evaluateModel = async (tables: Readonly<Record<string, DaxTable>>, contexts: readonly Context[]) =>
    evaluated.parse(
      await runPython(python ?? "", "daxMeasures.py", {
        tables,
        calculated: Object.fromEntries(queriesIn("dax").filter(([name]) => name !== "Date")),
        relationships: relationships.map(({ from, to }) => [from, to]),
        measures: Object.fromEntries(measures.map(({ name, expression }) => [name, expression])),
        homes: Object.fromEntries(measures.map(({ name, table }) => [name, table])),
        contexts,
      }),
    );

  /** A sample lake with groups of the given minimum size, and the values of the measures on its views. */
  async function sample(minimumGroupSize: number) {
    const folder = await temporaryFolder();
    const counting = { minimumGroupSize, keepWhole: "schools" } as const;
    const { duck, fixture } = await sampleViews(folder, counting);
    const rows = (sql: string) => duck.session((session) => session.query(sql));
    const facts = {
      Participation: await rows(
        "SELECT * REPLACE (date::VARCHAR AS date, active = 1 AS active) FROM people.grouped_participation",
      ),
      Usage: await rows("SELECT * REPLACE (date::VARCHAR AS date) FROM people.grouped_usage"),
    };
    const dates = new Set(Object.values(facts).flatMap((fact) => fact.map(({ date }) => date)));
    const tables = {
      Participation: tableOf(facts.Participation, columnsOf("Participation")),
      Usage: tableOf(facts.Usage, columnsOf("Usage")),
      Cohort: tableOf(await rows("FROM people.cohorts"), columnsOf("Cohort")),
      Date: { columns: ["date"], rows: [...dates].map((each) => [each]) },
    };
    const evaluate = async (contexts: readonly Context[]) => (await evaluateModel(tables, contexts)).answers;
    const index = await indexOf(fixture, folder);
    if (index === undefined) expect.fail();
    const ours = await participationMetrics(index, metricsFilter(), counting);
    return { duck, rows, facts, evaluate, ours, index, counting };
  }

  const bySchool = (school: unknown): Context => ({ ...students, "Cohort.school_name": [school] });
  const byDay = (date: unknown): Context => ({ ...students, "Date.date": [date] });
  const byResource = (type: unknown, name: unknown): Context => ({
    ...students,
    "Resource.resource": [[type, name].join("|")],
  });
  // In Power BI, a sum of nothing is blank.
  const valuesOf = (answer: Readonly<Record<string, Value>> | undefined, names: readonly string[]) =>
    names.map((name) => rounded(answer?.[name] ?? 0));

  test("every measure equals the SQL views if every cohort is a group", async () => {
    const { duck, rows, evaluate } = await sample(0);
    const of = (view: string, key: string) =>
      rows(`SELECT * FROM questions.${view} WHERE user_type = 'student' AND ${key} IS NOT NULL ORDER BY ALL`);
    const schools = await of("by_school", "school_name");
    const days = await rows(
      "SELECT * REPLACE (date::VARCHAR AS date) FROM questions.by_day WHERE user_type = 'student' ORDER BY date",
    );
    const resources = await of("by_resource", "resource_name");
    const [summary] = await of("summary", "users");
    const [used] = await rows(
      `SELECT count(DISTINCT date) AS days, count(DISTINCT (person_pseudonym, resource)) AS pairs
       FROM people.resource_usage WHERE user_type = 'student' AND person_pseudonym IS NOT NULL`,
    );
    duck.close();
    expect([schools.length > 2, days.length > 5, resources.length > 10]).toEqual([true, true, true]);
    const [all, ...others] = await evaluate([
      students,
      ...schools.map((row) => bySchool(row.school_name)),
      ...days.map((row) => byDay(row.date)),
      ...resources.map((row) => byResource(row.resource_type, row.resource_name)),
    ]);
    const names = [
      "Users",
      "Days",
      "Active users",
      "Days of use",
      "Person-resource pairs",
      "Suppressed groups",
    ];
    expect(valuesOf(all, names)).toEqual(
      [summary?.users, summary?.days, summary?.active_users, used?.days, used?.pairs, 0].map(rounded),
    );
    const compare = (
      answers: readonly Readonly<Record<string, Value>>[],
      measures: readonly string[],
      expected: readonly SqlRow[],
      columns: readonly string[],
    ) =>
      expect(answers.map((answer) => valuesOf(answer, measures))).toEqual(
        expected.map((row) => columns.map((column) => rounded(row[column]))),
      );
    const [toSchools, toDays] = [schools.length, schools.length + days.length];
    compare(
      others.slice(0, toSchools),
      ["Users", "Resources per person and day", "Logins per person and day", "Distinct resources per person"],
      schools,
      ["users", "average_resources", "average_logins", "average_different_resources"],
    );
    compare(
      others.slice(toSchools, toDays),
      ["Logins", "Resources accessed", "Active users", "Distinct resources"],
      days,
      ["logins", "resources", "active_users", "different_resources"],
    );
    compare(others.slice(toDays), ["Person-days of use", "Accesses", "Users of resources"], resources, [
      "person_days",
      "accesses",
      "users",
    ]);
  });

  test.each([0, 10])(
    "every measure equals the dashboard's engine, with groups of at least %i",
    async (minimum) => {
      const { duck, evaluate, ours, index, counting } = await sample(minimum);
      duck.close();
      /** Our number; if ours is `<k`, whether theirs is small; if ours is suppressed, that theirs is. */
      const agree = (mine: Value | "few", theirs: Value | undefined) => {
        if (mine === "few") return { few: (theirs ?? 0) > 0 && (theirs ?? 0) < minimum };
        return rounded(theirs ?? 0);
      };
      const expected = (mine: Value | "few") => (mine === "few" ? { few: true } : rounded(mine ?? 0));
      type Mine = readonly (readonly [string, Value | "few"])[];
      const cases: { readonly context: Context; readonly mine: Mine }[] = [];
      cases.push({
        context: students,
        mine: [
          ["Users", ours.users],
          ["Days", ours.days],
          ["Active users", ours.activeUsers],
        ],
      });
      // Rows without a school's name cannot be chosen.
      const schools = ours.bySchool.filter(({ school_name }) => school_name !== null);
      for (const school of schools) {
        cases.push({
          context: bySchool(school.school_name),
          mine: [
            ["Users", school.users],
            ["Resources per person and day", school.averageResources],
            ["Logins per person and day", school.averageLogins],
            ["Distinct resources per person", school.averageDistinctResources],
          ],
        });
        const filter = metricsFilter({ schools: [school.school_name ?? ""] });
        const alone = await participationMetrics(index, filter, counting);
        cases.push({ context: bySchool(school.school_name), mine: [["Users", alone.users]] });
      }
      for (const day of ours.byDay) {
        cases.push({
          context: byDay(day.date),
          mine: [
            ["Logins", day.logins],
            ["Resources accessed", day.resources],
            ["Active users", day.activeUsers],
            ["Distinct resources", day.distinctResources],
          ],
        });
      }
      // A renamed resource is one resource in the dashboard, and two names in Power BI.
      for (const resource of ours.topResources.filter(
        ({ resource_name }) => !/Mathlark/.test(resource_name ?? ""),
      )) {
        cases.push({
          context: byResource(resource.resource_type, resource.resource_name),
          mine: [
            ["Person-days of use", resource.rows],
            ["Accesses", resource.accesses],
            ["Users of resources", resource.users],
          ],
        });
      }
      expect(cases.length).toBeGreaterThan(20);
      const answers = await evaluate(cases.map(({ context }) => context));
      const found = cases.map(({ context, mine }, at) => ({
        context,
        values: mine.map(([name, value]) => [name, agree(value, answers[at]?.[name])]),
      }));
      expect(found).toEqual(
        cases.map(({ context, mine }) => ({
          context,
          values: mine.map(([name, value]) => [name, expected(value)]),
        })),
      );
      // With ten, a school with three people is shown only together with another.
      const small = schools.filter(({ users }) => users === null);
      expect(small.length > 0).toBe(minimum > 0);
      // On which days these people have rows does not show.
      for (const { school_name } of small) {
        const dates = ours.byDay.map(({ date }) => ({ ...bySchool(school_name), ...byDay(date) }));
        const suppressed = (await evaluate([bySchool(school_name), ...dates])).map(
          (each) => each["Suppressed groups"],
        );
        expect(new Set(suppressed)).toEqual(new Set([1]));
      }
    },
  );

  test("resources of the same name and different types are different ones among the top five, as in the SQL view", async () => {
    const used = [
      ["amy", "app", "Maps"],
      ["ben", "link", "Maps"],
      ["amy", "app", "Lexia"],
      ["cat", "app", "Lexia"],
    ].map(([person = "", type = "", name = ""]) => ({
      [personColumn]: person,
      resource: `${type}|${name}`,
      resource_type: type,
      resource_name: name,
      date: "2024-09-10",
      cohort: 1,
      counts: 1,
    }));
    const cohort = {
      cohort: 1,
      user_type: "student",
      group_number: 1,
      cohorts_in_group: 1,
      minimum_group_size: 0,
    };
    const tables = {
      Participation: tableOf(used, columnsOf("Participation")),
      Usage: tableOf(used, columnsOf("Usage")),
      Cohort: tableOf([cohort], columnsOf("Cohort")),
      Date: { columns: ["date"], rows: [["2024-09-10"]] },
    };
    const visual = pages.flatMap(({ visuals }) => visuals).find(({ name }) => name === "top-resources");
    const series = visual?.fields.Series?.[0];
    const by = visual?.top?.by.name ?? "";
    expect(visual?.top?.of).toEqual(series);
    const { calculated } = await evaluateModel(tables, []);
    const { columns = [], rows = [] } = calculated[series?.table ?? ""] ?? {};
    const names = [...new Set(rows.map((row) => row[columns.indexOf(series?.name ?? "")]))];
    const contexts = names.map((name) => ({ [`${series?.table}.${series?.name}`]: [name] }));
    const { answers } = await evaluateModel(tables, contexts);
    expect(names.map((name, at) => `${name} ${answers[at]?.[by]}`).sort()).toEqual([
      "Lexia (app) 2",
      "Maps (app) 1",
      "Maps (link) 1",
    ]);
  });

  test("no measure is about one person, unless every cohort is a group", async () => {
    for (const minimum of [10, 0]) {
      const { duck, facts, evaluate } = await sample(minimum);
      duck.close();
      const [one] = facts.Usage.filter((row) => row.user_type === "student");
      const [answer] = await evaluate([{ "Person.person_pseudonym": [one?.person_pseudonym] }]);
      expect((answer?.Accesses ?? 0) > 0).toBe(minimum === 0);
    }
  });
});

/** Rows in the engine's input format. */
function tableOf(rows: readonly SqlRow[], columns: readonly string[]) {
  return { columns, rows: rows.map((row) => columns.map((name) => row[name] ?? null)) };
}

function rounded(value: unknown): string {
  return Number(value).toFixed(6);
}

test("each field of a visual is in the model, and each visual has its own name, title and alternative text", () => {
  const known = new Set(
    modelTables.flatMap((table) => [
      ...table.columns.map(({ name }) => `column ${table.name} ${name}`),
      ...table.measures.map(({ name }) => `measure ${table.name} ${name}`),
    ]),
  );
  const visuals = pages.flatMap((page) => page.visuals);
  for (const { fields, top, sortedBy, title, altText } of visuals) {
    const named = [
      ...Object.values(fields).flat(),
      ...(top ? [top.of, top.by] : []),
      ...(sortedBy ? [sortedBy.field] : []),
    ];
    for (const { kind, table, name } of named) expect(known).toContain(`${kind} ${table} ${name}`);
    expect(title.length * altText.length).toBeGreaterThan(0);
  }
  expect(new Set(visuals.map(({ name }) => name)).size).toBe(visuals.length);
});

test("no visual overlaps another or extends beyond its page", () => {
  for (const { visuals } of pages) {
    for (const [index, { position: a }] of visuals.entries()) {
      expect(a.x + a.width <= 1280 && a.y + a.height <= 720).toBe(true);
      for (const { position: b } of visuals.slice(index + 1)) {
        const apart =
          a.x + a.width <= b.x || b.x + b.width <= a.x || a.y + a.height <= b.y || b.y + b.height <= a.y;
        expect(apart).toBe(true);
      }
    }
  }
});
