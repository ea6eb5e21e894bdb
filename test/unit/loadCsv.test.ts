import { createReadStream } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import type { Problem } from "../../src/clever/header";
import { findDayMonthOrder, judgeRows } from "../../src/clever/judgeRows";
import { type Report, reports, type UserType } from "../../src/clever/reports";
import { type DayMonthOrder, parseValue } from "../../src/clever/values";
import type { DuckSession } from "../../src/duck/duck";
import { Duck } from "../../src/duck/duck";
import { findBadRows, splitBadRows } from "../../src/pipeline/read/checks/refuseRows";
import { loadBatch, loadCsv, rowCount, valueSql } from "../../src/pipeline/read/csv/loadCsv";
import { type OpenedCsv, openCsv } from "../../src/pipeline/read/csv/openCsv";
import { reportCsv } from "../helpers/csv";
import { reportCsvWithBadRows } from "../helpers/csvBadRows";
import { MemoryLake } from "../helpers/memoryLake";
import { temporaryFolder } from "../helpers/temporaryFolder";

let duck: Duck;
beforeAll(async () => {
  duck = await Duck.open({ threads: 1 });
});
afterAll(() => duck.close());

type Rows = Record<string, unknown>[];

/** A file loaded by `loadCsv`, or the problem of an unreadable header. */
async function load(
  session: DuckSession,
  file: string,
  report: Report,
  { userType, order }: { readonly userType?: UserType; readonly order?: DayMonthOrder | undefined } = {},
): Promise<Problem | Awaited<ReturnType<typeof loadCsv>>> {
  const opened = await openCsv(file, report, userType);
  return "reason" in opened ? opened : loadCsv(session, opened, report, order && { order });
}

/** The rows as the engine reads them; undefined if it refuses the file. */
function byEngine(file: string, report: Report): Promise<Rows | undefined> {
  return duck.session(async (session) => {
    const loaded = await load(session, file, report);
    if (!("rowsOf" in loaded)) return undefined;
    const values = report.columns.map((column) => {
      const text = column.type === "date" ? "::VARCHAR" : "";
      return `(${valueSql(column)})${text} AS "${column.name}"`;
    });
    const rows = await session.query(`SELECT ${values.join(", ")} FROM raw ORDER BY raw.rowid`);
    expect(rows).toHaveLength(rowCount(loaded));
    return rows.map((row) => ({ ...row }));
  });
}

/** The rows as the judge reads them one by one, or the number of bad ones if there are any. */
async function oneByOne(file: string, report: Report): Promise<Rows | number> {
  const opened = await openCsv(file, report, undefined);
  if ("reason" in opened) return Number.POSITIVE_INFINITY;
  const { header } = opened;
  const read = () => createReadStream(file);
  const order = await findDayMonthOrder(read, report, header);
  const rows: Rows = [];
  let bad = 0;
  for await (const { cells, problem } of judgeRows(read, report, header, order)) {
    if (problem) bad++;
    const values = report.columns.map((column) => {
      const cell = cells?.[header.indexes.get(column) ?? -1];
      const parsed = cell === undefined ? { value: null } : parseValue(column, cell, order);
      return [column.name, "value" in parsed ? parsed.value : undefined];
    });
    rows.push(Object.fromEntries(values));
  }
  return bad > 0 ? bad : rows;
}

/** Excludes files with a bad row without any value: whatever its length, it is ignored. */
const withBadRows = reportCsvWithBadRows().filter(({ text }) => !/^(?:,|"")+\r?$/m.test(text));

async function fileOf(content: string | Buffer): Promise<string> {
  folder ??= await temporaryFolder();
  const file = path.join(folder, `${++files}.csv`);
  await writeFile(file, content);
  return file;
}
let folder: string | undefined;
let files = 0;

test("any file by Clever or a spreadsheet is read correctly", async () => {
  folder = undefined;
  await fc.assert(
    fc.asyncProperty(reportCsv(), async ({ text, report, rows }) => {
      expect(await byEngine(await fileOf(text), reports[report])).toEqual(rows);
    }),
    { numRuns: 60 },
  );
}, 120_000);

test("a file with bad rows is refused, and its first bad row is found", async () => {
  folder = undefined;
  await fc.assert(
    fc.asyncProperty(withBadRows, async ({ text, report, rows, badRows }) => {
      const file = await fileOf(text);
      const loaded = await duck.session((session) => load(session, file, reports[report]));
      if (!("summary" in loaded)) throw new Error("The file was not refused.");
      const found = await findBadRows({ localPath: file, header: loaded.header }, reports[report]);
      expect({ rows: found.rows, goodRows: found.goodRows }).toEqual({
        rows: badRows.length,
        goodRows: rows.length,
      });
      const { first } = found;
      expect({ line: first?.line, column: first?.column ?? null }).toEqual({
        line: badRows[0]?.line,
        column: badRows[0]?.column,
      });
    }),
    { numRuns: 60 },
  );
}, 120_000);

test("without its bad rows, its good rows are read", async () => {
  folder = undefined;
  await fc.assert(
    fc.asyncProperty(withBadRows, async ({ text, report, rows, badRows }) => {
      const file = await fileOf(text);
      const loaded = await duck.session((session) => load(session, file, reports[report]));
      if (!("summary" in loaded)) throw new Error("The file was not refused.");
      const lake = new MemoryLake();
      const good = `${file}.good`;
      const refusal = await splitBadRows(
        { localPath: file, header: loaded.header },
        reports[report],
        good,
        lake,
        "stage1np/r",
      );
      expect(refusal.rows).toBe(badRows.length);
      expect(String(lake.files.get("stage1np/r")).match(/^# line \d+/gm)?.length).toBeGreaterThanOrEqual(1);
      const reread = await duck.session((session) =>
        load(session, good, reports[report], { order: refusal.order }),
      );
      expect(reread).toMatchObject({ rowsOf: [rows.length] });
    }),
    { numRuns: 40 },
  );
}, 120_000);

test("whatever happens to a file's bytes, the engine reads no row differently than the judge", async () => {
  folder = undefined;
  // The byte-order mark's bytes, each as one character.
  const mark = Buffer.from("\ufeff").toString("latin1");
  const bytes = fc.constantFrom(...[',"\n\r; \t\0a1-', "\xff\xc3"].join("").split(""), mark);
  const change = fc.record({ at: fc.nat(), remove: fc.nat(3), insert: fc.array(bytes, { maxLength: 3 }) });
  await fc.assert(
    fc.asyncProperty(
      reportCsv(),
      fc.array(change, { minLength: 1, maxLength: 3 }),
      async ({ text, report }, changes) => {
        let content = Buffer.from(text).toString("latin1");
        for (const { at, remove, insert } of changes) {
          const place = at % (content.length + 1);
          content = content.slice(0, place) + insert.join("") + content.slice(place + remove);
        }
        const file = await fileOf(Buffer.from(content, "latin1"));
        const rows = await byEngine(file, reports[report]);
        if (rows !== undefined) expect(rows).toEqual(await oneByOne(file, reports[report]));
      },
    ),
    { numRuns: 150 },
  );
}, 120_000);

describe("what the engine accepts", () => {
  const report = reports.daily_participation;
  const header = report.columns.map(({ name }) => name).join(",");
  const row = "2024-09-03,s,c,school,North,true,1,2";
  const cleverId = "50ca15a93bc2733956000007";

  test.each([
    ["a plain file", `${header}\n${row}\n`, 1],
    ["no row", `${header}\n`, 0],
    ["no line end", header, 0],
    ["a quote within an unquoted cell", `${header}\n${row.replace("North", 'No"rth')}\n`, undefined],
    ["two of them", `${header}\n${row.replace("North", 'No"r"th')}\n`, undefined],
    ["a cell too many", `${header}\n${row},x\n`, undefined],
    ["an empty cell too many, which the engine passes over", `${header}\n${row},\n`, undefined],
    ["two of them, at the file's end", `${header}\n${row},,`, undefined],
    ["a quoted empty one", `${header}\n${row},""\n`, undefined],
    [
      "one further left, a blank last column hiding it",
      `${header},x\n${row.replace(",", ",,")},\n`,
      undefined,
    ],
    ["a blank last column", `${header},x\n${row},\n`, 1],
    ["a missing cell", `${header}\n${row.slice(0, -2)}\n`, undefined],
    ["an id rounded by a spreadsheet", `${header}\n${row.replace(",s,", ",1.2E+11,")}\n`, undefined],
    ["one after a byte-order mark", `${header}\n${row.replace(",s,", ",\ufeff1.2E+11,")}\n`, undefined],
    ["one between hard blanks", `${header}\n${row.replace(",s,", ",\u00a01.2E+11\u00a0,")}\n`, undefined],
    ["one after a zero-width space", `${header}\n${row.replace(",s,", ",\u200bs,")}\n`, undefined],
    ["a formula in place of an id", `${header}\n${row.replace(",c,", ',"=""00123""",')}\n`, undefined],
    ["placeholders in place of both ids", `${header}\n${row.replace(",s,c,", ",NULL,nan,")}\n`, 1],
    ["an id of Clever's as the school's name", `${header}\n${row.replace("North", cleverId)}\n`, undefined],
    ["one between blanks", `${header}\n${row.replace("North", ` \u00a0${cleverId}\ufeff`)}\n`, undefined],
    ["one within a name", `${header}\n${row.replace("North", `North ${cleverId}`)}\n`, 1],
    ["one in an id column", `${header}\n${row.replace("school", cleverId)}\n`, 1],
    ["invalid UTF-8", Buffer.from(`${header}\n${row.replace("North", "N\xf6rd")}\n`, "latin1"), undefined],
  ])("%s", async (_, content, expected) => {
    folder = undefined;
    const rows = await byEngine(await fileOf(content), report);
    expect(rows?.length).toBe(expected);
  });

  test("a byte-order mark before a value within the file does not change it", async () => {
    folder = undefined;
    const marked = row
      .split(",")
      .map((cell, index) => (index === 1 || index === 2 ? cell : `\ufeff${cell}`))
      .join(",");
    expect(await byEngine(await fileOf(`${header}\n${marked}\n${row}\n`), report)).toEqual([
      {
        date: "2024-09-03",
        sis_id: "s",
        clever_user_id: "c",
        clever_school_id: "\ufeffschool",
        school_name: "\ufeffNorth",
        active: true,
        num_logins: 1,
        num_resources_accessed: 2,
      },
      {
        date: "2024-09-03",
        sis_id: "s",
        clever_user_id: "c",
        clever_school_id: "school",
        school_name: "North",
        active: true,
        num_logins: 1,
        num_resources_accessed: 2,
      },
    ]);
  });

  test("a placeholder in place of an id is null, and other values stay", async () => {
    folder = undefined;
    const other = row.replace(",s,c,", ",NULL,c,");
    const rows = await byEngine(await fileOf(`${header}\n${other}\n${row}\n`), report);
    expect(rows?.map(({ sis_id, clever_user_id }) => [sis_id, clever_user_id])).toEqual([
      [null, "c"],
      ["s", "c"],
    ]);
  });

  test("a folder's name adds no column", async () => {
    folder = undefined;
    const file = path.join(await temporaryFolder(), "file_index=3", "c0=5", "date=2020", "report.csv");
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, `${header}\n${row}\n`);
    expect(await byEngine(file, report)).toHaveLength(1);
  });

  test("of sis_id and staff_id, the filled one counts, and the user type's if both are", async () => {
    folder = undefined;
    const file = await fileOf(
      [
        `${header},staff_id`,
        `${row},t`,
        `${row.replace(",s,", ",,")},u`,
        `${row}, `,
        `${row.replace(",s,", ",NULL,")},v`,
        `${row},-`,
        `${row.replace(",s,", ",\u2014,")},w`,
        `${row.replace(",s,", ",...,")},x`,
        `${row.replace(",s,", ",\u00a0NULL,")},y`,
        "",
      ].join("\n"),
    );
    const idsOf = (userType: UserType) =>
      duck.session(async (session) => {
        const loaded = await load(session, file, report, { userType });
        if (!("rowsOf" in loaded)) throw new Error("The file was refused.");
        return (await session.query("SELECT sis_id FROM raw ORDER BY rowid")).map(({ sis_id }) => sis_id);
      });
    expect(await idsOf("students")).toEqual(["s", "u", "s", "v", "s", "w", "x", "y"]);
    expect(await idsOf("teachers")).toEqual(["s", "u", "s", "v", "s", "w", "x", "y"]);
    expect(await idsOf("staff")).toEqual(["t", "u", "s", "v", "s", "w", "x", "y"]);
  });

  test("a value that cannot be read refuses the file", async () => {
    folder = undefined;
    const file = await fileOf(`${header}\n${row.replace("2024-09-03", "9/30/2024")}\n${row}\n`);
    const loaded = await duck.session((session) => {
      const query = session.query.bind(session);
      // As if the engine returned a text other than the cell's.
      vi.spyOn(session, "query").mockImplementation(async (...statement) =>
        (await query(...statement)).map((found) =>
          found.text === "9/30/2024" ? { ...found, text: "9/30/2024 " } : found,
        ),
      );
      return load(session, file, report);
    });
    expect(loaded).toMatchObject({ summary: "Values in the column date would be lost." });
  });

  test("an abort ends it with its reason", async () => {
    folder = undefined;
    const file = await fileOf(`${header}\n${`${row}\n`.repeat(1000)}`);
    const reason = new Error("Stopped.");
    const signal = AbortSignal.abort(reason);
    await expect(openCsv(file, report, undefined, { signal })).rejects.toBe(reason);
    const opened = await openCsv(file, report, undefined);
    if ("reason" in opened) throw new Error("The file was refused.");
    const loading = duck.session((session) => loadCsv(session, opened, report), signal);
    await expect(loading).rejects.toBe(reason);
  });
});

describe("files read together", () => {
  const report = reports.daily_participation;
  const header = report.columns.map(({ name }) => name).join(",");
  const row = "2024-09-03,s,c,school,North,true,1,2";
  const other = row.replace(",s,c,", ",t,d,");

  /** The result of `loadBatch`. */
  function readBatch(...contents: readonly string[]) {
    return duck.session(async (session) => {
      const opened: OpenedCsv[] = [];
      for (const content of contents) {
        const csv = await openCsv(await fileOf(content), report, undefined);
        if ("reason" in csv) throw new Error(csv.reason);
        opened.push(csv);
      }
      const { loaded, suspects } = await loadBatch(session, opened, report);
      const rows = await session.query("SELECT file::INTEGER AS file, sis_id FROM raw ORDER BY rowid");
      const people = await session.query("SELECT sis_id FROM people_in_files ORDER BY ALL");
      return {
        rowsOf: loaded.rowsOf,
        suspects: [...suspects].sort(),
        rows: rows.map(({ file, sis_id }) => `${Number(file)} ${String(sis_id)}`),
        people: people.map(({ sis_id }) => sis_id),
      };
    });
  }

  test("are distinguished by their numbers, in order", async () => {
    folder = undefined;
    expect(await readBatch(`${header}\n${other}\n${row}\n`, `${header}\n`, `${header}\n${row}`)).toEqual({
      rowsOf: [2, 0, 1],
      suspects: [],
      rows: ["0 t", "0 s", "2 s"],
      people: ["s", "t"],
    });
  });

  describe("with different headers for the same columns", () => {
    const ofStaff = `${header.replace("sis_id", "staff_id")}\n`;
    const backwards = (line: string) => line.split(",").toReversed().join(";");
    const third = row.replace(",s,c,", ",u,e,");
    const contents = [
      `${header}\n${row}\n${other}\n`,
      `${ofStaff}${third}\n`,
      `${backwards(header)}\n${backwards(row)}\n${backwards(other)}\n`,
      `${header}\n${third}\n`,
    ] as const;

    test("are distinguished by their numbers, in order", async () => {
      folder = undefined;
      expect(await readBatch(...contents)).toEqual({
        rowsOf: [2, 1, 2, 1],
        suspects: [],
        rows: ["0 s", "0 t", "1 u", "2 s", "2 t", "3 u"],
        people: ["s", "t", "u"],
      });
    });

    test.each([
      { bad: [0] },
      { bad: [1] },
      { bad: [2] },
      { bad: [3] },
      { bad: [0, 3] },
      { bad: [1, 2] },
      { bad: [0, 1, 2, 3] },
    ])("exclude those of which the engine cannot parse a line: $bad", async ({ bad }) => {
      folder = undefined;
      const files = contents.map((text, number) => (bad.includes(number) ? `${text}${row},x,y\n` : text));
      const { rows, suspects } = await readBatch(...files);
      expect(suspects).toEqual(bad);
      expect(rows).toEqual(
        ["0 s", "0 t", "1 u", "2 s", "2 t", "3 u"].filter((each) => !bad.includes(Number(each[0]))),
      );
    });
  });

  test.each([
    ["a bad value", row.replace("true", "perhaps")],
    ["a date in another form", row.replace("2024-09-03", "9/3/2024")],
    ["a number in another form", row.replace(",1,2", ",1.0,2")],
    ["a word for nothing in place of an id", row.replace(",s,", ",NULL,")],
    ["an id rounded by a spreadsheet", row.replace(",s,", ",1.2E+11,")],
    ["an id of Clever's as the school's name", row.replace("North", "50ca15a93bc2733956000007")],
    ["a cell too many", `${row},x`],
    ["a missing cell", row.slice(0, -2)],
    ["a row without a value", `${row}\n,,,,,,,`],
  ])("exclude one with %s, with all of its rows", async (_, odd) => {
    folder = undefined;
    const sound = `${header}\n${other}\n`;
    const { rows, people, suspects, rowsOf } = await readBatch(sound, `${header}\n${row}\n${odd}\n`, sound);
    expect({ rows, people, suspects, rowsOf }).toEqual({
      rows: ["0 t", "2 t"],
      people: ["t"],
      suspects: [1],
      rowsOf: [1, 0, 1],
    });
  });
});
