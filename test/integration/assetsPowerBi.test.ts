import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, test } from "vitest";
import * as z from "zod";
import { lakePlaceOf } from "../../src/assets/lakePlace";
import { powerBiAsset } from "../../src/assets/powerBi/asset";
import { modelTables, relationships } from "../../src/assets/powerBi/model";
import { pages } from "../../src/assets/powerBi/report";
import type { SqlRow } from "../../src/duck/duck";
import { ModelServer, powerBiModeling } from "../helpers/powerBiModeling";
import { powerQueryParser } from "../helpers/powerQuery";
import { pythonWithPowerBi, runPython } from "../helpers/python";
import { sampleViews } from "../helpers/sqlViews";
import { temporaryFolder } from "../helpers/temporaryFolder";

const files = powerBiAsset.files(lakePlaceOf("https://districtlake.dfs.core.windows.net"));
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
    const place = path.join(folder, name);
    await mkdir(path.dirname(place), { recursive: true });
    await writeFile(place, change(name, content));
  }
  return path.join(folder, "power-bi", "Clever Usage.SemanticModel", "definition");
}

const queriesIn = (kind: "m" | "dax") =>
  modelTables
    .filter(({ source }) => source.kind === kind)
    .map(({ name, source }) => [name, source.lines.join("\n")] as const);

const parses = await powerQueryParser();

test.skipIf(parses === undefined)(
  "every query in M parses in Microsoft's parser, and broken ones do not",
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

describe.skipIf(program === undefined)("in Microsoft's library", () => {
  const listed = z.object({ data: z.array(z.record(z.string(), z.unknown())) });
  const load = (server: ModelServer, folder: string) =>
    server.call("connection_operations", { Operation: "ConnectFolder", FolderPath: folder });

  test("the model loads with every table, column, measure and relationship as meant", async () => {
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

  test("and does not with one word misspelt", async () => {
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

  test("every JSON file is valid by Microsoft's schemas, and a wrong one is not", async () => {
    expect(Object.keys(documents).length).toBeGreaterThan(40);
    expect((await ask({ documents })).invalid).toEqual([]);
    const [name = "", visual = {}] =
      Object.entries(documents).find(([file]) => file.endsWith("visual.json")) ?? [];
    expect((await ask({ documents: { [name]: { ...visual, positon: {} } } })).invalid).toHaveLength(1);
  });

  test("every formula in DAX parses, and a broken one does not", async () => {
    const measures = modelTables.flatMap((table) =>
      table.measures.map(({ name, expression }) => [name, expression]),
    );
    const dax = Object.fromEntries([...queriesIn("dax"), ...measures, ["broken", "SUM(Usage[a]"]]);
    expect(await ask({ dax })).toEqual({ invalid: [], dax: ["broken"] });
  });
});

test.skipIf(python === undefined)(
  "every measure, in an independent engine of DAX, gives what the SQL views give",
  async () => {
    const { duck } = await sampleViews(await temporaryFolder());
    const rows = (sql: string) => duck.session((session) => session.query(sql));
    const facts = {
      Participation: await rows(
        "SELECT * REPLACE (date::VARCHAR AS date, active = 1 AS active) FROM people.daily_participation",
      ),
      Usage: await rows(
        "SELECT * REPLACE (date::VARCHAR AS date), concat_ws('|', resource_type, resource_name) AS resource_key FROM people.resource_usage",
      ),
    };
    const dimension = (name: string, columns: readonly string[]) => {
      const all = Object.values(facts)
        .flat()
        .filter((row) => row[columns[0] ?? ""] !== undefined);
      const different = new Map(all.map((row) => [JSON.stringify(row[columns[0] ?? ""]), row]));
      return [
        name,
        tableOf(
          [...different.values()].filter((row) => row[columns[0] ?? ""] !== null),
          columns,
        ),
      ] as const;
    };
    const columnsOf = (name: string) =>
      modelTables.find((table) => table.name === name)?.columns.map((column) => column.name) ?? [];
    const measures = modelTables.flatMap((table) =>
      table.measures.map((each) => ({ ...each, table: table.name })),
    );
    const schools = await rows(
      "SELECT * FROM questions.by_school WHERE user_type = 'student' ORDER BY school_name",
    );
    const days = await rows(
      "SELECT * REPLACE (date::VARCHAR AS date) FROM questions.by_day WHERE user_type = 'student' ORDER BY date",
    );
    const resources = await rows(
      "SELECT * FROM questions.by_resource WHERE user_type = 'student' ORDER BY ALL",
    );
    const [summary] = await rows("SELECT * FROM questions.summary WHERE user_type = 'student'");
    const [used] = await rows(
      `SELECT count(DISTINCT date) AS days, count(DISTINCT (person_pseudonym, resource)) AS pairs
       FROM people.resource_usage WHERE user_type = 'student' AND person_pseudonym IS NOT NULL`,
    );
    expect([schools.length > 2, days.length > 5, resources.length > 10]).toEqual([true, true, true]);
    const students = { "User type.user_type": ["student"] };
    const contexts = [
      students,
      ...schools.map((row) => ({ ...students, "School.school_name": [row.school_name] })),
      ...days.map((row) => ({ ...students, "Date.date": [row.date] })),
      ...resources.map((row) => ({
        ...students,
        "Resource.resource_key": [[row.resource_type, row.resource_name].join("|")],
      })),
    ];
    const answers = z.array(z.record(z.string(), z.number().nullable())).parse(
      await runPython(python ?? "", "daxMeasures.py", {
        tables: Object.fromEntries([
          ["Participation", tableOf(facts.Participation, columnsOf("Participation"))],
          ["Usage", tableOf(facts.Usage, columnsOf("Usage"))],
          dimension("School", ["school_name"]),
          dimension("Person", ["person_pseudonym"]),
          dimension("User type", ["user_type"]),
          dimension("Date", ["date"]),
          dimension("Resource", ["resource_key", "resource_name", "resource_type"]),
        ]),
        relationships: relationships.map(({ from, to }) => [from, to]),
        measures: Object.fromEntries(measures.map(({ name, expression }) => [name, expression])),
        homes: Object.fromEntries(measures.map(({ name, table }) => [name, table])),
        contexts,
      }),
    );
    // A sum of nothing is blank to Power BI.
    const got = answers.map((answer) => (name: string) => rounded(answer[name] ?? 0));
    const [all, ...others] = got;
    expect([all?.("Users"), all?.("Days"), all?.("Active users")]).toEqual(
      [summary?.users, summary?.days, summary?.active_users].map(rounded),
    );
    expect([all?.("Days of use"), all?.("Person-resource pairs")]).toEqual(
      [used?.days, used?.pairs].map(rounded),
    );
    expect(
      others
        .slice(0, schools.length)
        .map((of) => [
          of("Users"),
          of("Resources per person and day"),
          of("Logins per person and day"),
          of("Different resources per person"),
        ]),
    ).toEqual(
      schools.map((row) =>
        [row.users, row.average_resources, row.average_logins, row.average_different_resources].map(rounded),
      ),
    );
    expect(
      others
        .slice(schools.length, schools.length + days.length)
        .map((of) => [of("Logins"), of("Resources accessed"), of("Active users"), of("Different resources")]),
    ).toEqual(
      days.map((row) => [row.logins, row.resources, row.active_users, row.different_resources].map(rounded)),
    );
    expect(
      others
        .slice(schools.length + days.length)
        .map((of) => [of("Person-days of use"), of("Accesses"), of("Users of resources")]),
    ).toEqual(resources.map((row) => [row.person_days, row.accesses, row.users].map(rounded)));
    duck.close();
  },
);

/** Rows as the engine takes them. */
function tableOf(rows: readonly SqlRow[], columns: readonly string[]) {
  return { columns, rows: rows.map((row) => columns.map((name) => row[name] ?? null)) };
}

function rounded(value: unknown): string {
  return Number(value).toFixed(6);
}

test("each field that a visual names is in the model, and each visual has a name, a title and an alternative text of its own", () => {
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

test("no visual of a page lies upon another, or beyond the page", () => {
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
