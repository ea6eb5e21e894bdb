import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { lookupTable, pseudoTable, refusedRowsPath } from "../../src/clever/layout";
import { type ReportName, reportNames, reports, userTypeValue } from "../../src/clever/reports";
import { readSnapshot } from "../../src/delta/snapshot";
import { storeFingerprint } from "../../src/pipeline/salt/saltFingerprint";
import { type ExpectedRow, type ReportCsv, reportCsv } from "../helpers/csv";
import { type ReportCsvWithBadRows, reportCsvWithBadRows } from "../helpers/csvBadRows";
import { sharedDuck } from "../helpers/lakeRows";
import { PipelineFixture, pseudonym } from "../helpers/pipelineFixture";
import { wholeFile } from "../helpers/wholeFile";

/** Generated files through a whole run, against a simple computation in this file. */

interface Delivered<File extends ReportCsv> {
  readonly path: string;
  readonly file: File;
}

/** Puts files on the server, each under its own day. */
function delivered<File extends ReportCsv>(files: readonly File[]): Delivered<File>[] {
  return files.map((file, index) => {
    const { slug } = reports[file.report];
    const day = `2001-01-${String(index + 1).padStart(2, "0")}`;
    return { path: `${slug}/${day}-${slug}-${file.userType}.csv`, file };
  });
}

/** The expected contents of the `_pseudo` table, in the form of `lakeRows`. */
function expectedRows(report: ReportName, files: readonly Delivered<ReportCsv>[]): unknown[] {
  return files
    .filter(({ file }) => file.report === report)
    .flatMap(({ path, file }) => file.rows.map((row) => pseudoRow(row, path, file)));
}

function pseudoRow(row: ExpectedRow, path: string, file: ReportCsv): Record<string, unknown> {
  const date = String(row.date);
  const columns = reports[file.report].columns.map(({ name, pseudonymization }) =>
    pseudonymization === "hash"
      ? [`${name}_pseudonym`, pseudonym(row[name] === null ? null : String(row[name]))]
      : [name, row[name]],
  );
  return {
    ...Object.fromEntries(columns),
    year: Number(date.slice(0, 4)),
    month: Number(date.slice(5, 7)),
    user_type: userTypeValue[file.userType],
    source_file: path,
  };
}

function expectedLookup(report: ReportName, files: readonly Delivered<ReportCsv>[]): unknown[] {
  const pairs = new Map<string, unknown>();
  for (const { file } of files) {
    if (file.report !== report) continue;
    for (const { sis_id: sis = null, clever_user_id: clever = null } of file.rows) {
      if (sis === null && clever === null) continue;
      pairs.set(JSON.stringify([sis, clever]), {
        sis_id: sis,
        clever_user_id: clever,
        sis_id_pseudonym: pseudonym(sis === null ? null : String(sis)),
        clever_user_id_pseudonym: pseudonym(clever === null ? null : String(clever)),
      });
    }
  }
  return [...pairs.values()];
}

/** In any order; compared as JSON, so that the order of columns counts. */
function sorted(rows: readonly unknown[]): string[] {
  return rows.map((row) => JSON.stringify(row)).sort();
}

/**
 * Whether two files may have the same person's day; if so, only the newer file has it. A row without Clever's id is about
 * the person with the same id of the school system.
 */
function overlap(files: readonly ReportCsv[]): boolean {
  const seen = new Map<string, number>();
  return files.some((file, index) =>
    file.rows.some((row) =>
      (["clever_user_id", "sis_id"] as const).some((column) => {
        const id = row[column] ?? null;
        if (id === null) return false;
        const key = JSON.stringify([file.report, file.userType, row.date, column, id]);
        const before = seen.get(key);
        seen.set(key, index);
        return before !== undefined && before !== index;
      }),
    ),
  );
}

async function expectTables(fixture: PipelineFixture, files: readonly Delivered<ReportCsv>[]) {
  for (const report of reportNames) {
    expect(sorted(await fixture.rows(report))).toEqual(sorted(expectedRows(report, files)));
    expect(sorted(await fixture.lookup(report))).toEqual(sorted(expectedLookup(report, files)));
  }
}

test("the tables hold exactly the rows of the files, pseudonymized, and each pair once", async () => {
  const files = fc.array(reportCsv(), { minLength: 8, maxLength: 14 });
  await fc.assert(
    fc.asyncProperty(files, async (generated) => {
      fc.pre(!overlap(generated));
      const put = delivered(generated);
      const fixture = await PipelineFixture.create();
      for (const { path, file } of put) await fixture.put(path, file.text);
      const summary = await fixture.run();
      expect(summary).toMatchObject({ quarantined: [], failed: [], refused: 0 });
      await expectTables(fixture, put);
      const log = await fixture.lastLog();
      for (const { path, file } of put) {
        const { rowsRead, rowsWritten, notes } = log.get(path) ?? {};
        expect([rowsRead, rowsWritten]).toEqual([file.rows.length, file.rows.length]);
        // A header cell with a comma may be a name, or cells of a row.
        for (const name of file.unknownColumns) {
          expect(notes).toMatch(name.includes(",") ? /\bcolumn \d+\b/ : new RegExp(`[ ,]${name}[,.]`));
        }
      }
      for (const { path, landedPath } of log.values()) {
        const bytes = await wholeFile(fixture.lake, landedPath);
        expect(bytes.toString("utf8")).toBe(put.find((each) => each.path === path)?.file.text);
      }
      expect((await fixture.verify()).problems).toEqual([]);
    }),
    { numRuns: 6 },
  );
}, 300_000);

test("no row of a file with a bad row enters the tables until it is accepted; then all good rows do", async () => {
  const bad = reportCsvWithBadRows().filter(({ text }) => !/^(?:,|"")+\r?$/m.test(text));
  const files = fc.tuple(
    fc.array(bad, { minLength: 4, maxLength: 7 }),
    fc.array(reportCsv(), { minLength: 1, maxLength: 3 }),
  );
  await fc.assert(
    fc.asyncProperty(files, async ([spoiled, sound]) => {
      const all = [...spoiled, ...sound];
      fc.pre(!overlap(all) && new Set(all.map(({ text }) => text)).size === all.length);
      const put = delivered(all);
      const isBad = (each: Delivered<ReportCsv>): each is Delivered<ReportCsvWithBadRows> =>
        "badRows" in each.file;
      const [bads, goods] = [put.filter(isBad), put.filter((each) => !isBad(each))];
      const fixture = await PipelineFixture.create();
      for (const { path, file } of put) await fixture.put(path, file.text);

      const first = await fixture.run();
      expect(first).toMatchObject({ failed: [], anonymized: goods.length });
      const reported = first.quarantined.map(({ path, line, column }) => ({ path, line, column }));
      const places = bads.map(({ path, file }) => ({
        path,
        line: file.badRows[0]?.line,
        column: file.badRows[0]?.column,
      }));
      expect(sorted(reported)).toEqual(sorted(places));
      await expectTables(fixture, goods);

      const second = await fixture.run({ accept: bads.map(({ path }) => path) });
      const refused = bads.reduce((sum, { file }) => sum + file.badRows.length, 0);
      expect(second).toMatchObject({ failed: [], quarantined: [], anonymized: bads.length, refused });
      await expectTables(fixture, put);
      const log = await fixture.lastLog();
      for (const { path, file } of bads) {
        const entry = log.get(path);
        expect(entry).toMatchObject({
          rowsRead: file.rows.length + file.badRows.length,
          rowsWritten: file.rows.length,
          rowsRefused: file.badRows.length,
        });
        const kept = String(await wholeFile(fixture.lake, refusedRowsPath(entry?.landedPath ?? "")));
        for (const { line } of file.badRows) expect(kept).toMatch(new RegExp(`^# line ${line}[,:]`, "m"));
      }
      expect((await fixture.verify()).problems).toEqual([]);
    }),
    { numRuns: 4 },
  );
}, 300_000);

describe("the tables are the same as OEA's", () => {
  const oea: Readonly<Record<ReportName, string>> = {
    daily_participation:
      "date date, sis_id_pseudonym string, clever_user_id_pseudonym string, clever_school_id string, school_name string, active boolean, num_logins integer, num_resources_accessed integer, year integer, month integer, user_type string, source_file string",
    resource_usage:
      "date date, sis_id_pseudonym string, clever_user_id_pseudonym string, clever_school_id string, school_name string, resource_type string, resource_name string, resource_id string, num_access integer, year integer, month integer, user_type string, source_file string",
  };

  test.each(reportNames)("%s: columns, order, types and partitions", async (name) => {
    const fixture = await PipelineFixture.create();
    const { slug, columns } = reports[name];
    const header = columns.map((column) => column.name).join(",");
    await fixture.put(`${slug}/2001-01-01-${slug}-students.csv`, `${header}\n`);
    await fixture.run();
    const snapshotOf = async (table: string) => {
      const snapshot = await readSnapshot({ lake: fixture.lake, duck: await sharedDuck() }, table);
      return {
        columns: snapshot?.metadata.columns.map((column) => `${column.name} ${column.type}`).join(", "),
        partitionColumns: snapshot?.metadata.partitionColumns,
      };
    };
    expect(await snapshotOf(pseudoTable(reports[name]))).toEqual({
      columns: oea[name],
      partitionColumns: ["year", "month"],
    });
    expect(await snapshotOf(lookupTable(reports[name]))).toEqual({
      columns:
        "sis_id string, clever_user_id string, sis_id_pseudonym string, clever_user_id_pseudonym string",
      partitionColumns: [],
    });
  });
});

test("a pseudonym equals the specification's example: SHA-256 of `st1salt`", async () => {
  const fixture = await PipelineFixture.create();
  const header = reports.daily_participation.columns.map(({ name }) => name).join(",");
  await fixture.put(
    "daily-participation/2001-01-01-daily-participation-students.csv",
    `${header}\n2001-01-01,st1,,,,true,1,1\n`,
  );
  await storeFingerprint(fixture.lake, "salt", {});
  await fixture.run({ salt: "salt" });
  expect(await fixture.rows()).toMatchObject([
    {
      sis_id_pseudonym: "3a18ff1eb35bc1f6d8149d813602e3229aab72de71c0b6d85ec98a68ff03e553",
      clever_user_id_pseudonym: null,
    },
  ]);
});
