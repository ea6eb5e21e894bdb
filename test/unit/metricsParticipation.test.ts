import { readFile } from "node:fs/promises";
import { parse } from "csv-parse/sync";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  pseudoColumns,
  type ReportName,
  reports,
  type UserType,
  userTypes,
  userTypeValue,
} from "../../src/clever/reports";
import { Duck, type DuckSession, sqlString } from "../../src/duck/duck";
import { isCleverLakeError } from "../../src/errors";
import type { MetricsTables } from "../../src/metrics/factSource";
import { participationMetrics } from "../../src/metrics/participation";
import { type PlainParticipation, type PlainUsage, plainMetrics } from "../helpers/plainMetrics";

const oeaFile = new URL("../fixtures/oea/daily-participation-students.csv", import.meta.url);

let duck: Duck;
let session: DuckSession;

beforeAll(async () => {
  duck = await Duck.open({ threads: 1 });
  session = await duck.connect();
});

afterAll(() => {
  session.close();
  duck.close();
});

const literal = (value: string | number | boolean | null) =>
  value === null ? "NULL" : typeof value === "string" ? sqlString(value) : String(value);

const sqlTypes = { date: "DATE", string: "VARCHAR", boolean: "BOOLEAN", integer: "INTEGER" } as const;
type Cell = string | number | boolean | null;

/** Rows as a table gives them: every column in its type, also where all its values are null. */
function relation(report: ReportName, rows: readonly Readonly<Record<string, Cell>>[]): string {
  const columns = pseudoColumns(reports[report]).map(({ name, type }) => ({ name, sqlType: sqlTypes[type] }));
  const select = (row: Readonly<Record<string, Cell>>) =>
    `SELECT ${columns.map(({ name, sqlType }) => `CAST(${literal(row[name] ?? null)} AS ${sqlType}) AS ${name}`).join(", ")}`;
  return rows.length === 0 ? `${select({})} WHERE false` : rows.map(select).join(" UNION ALL ");
}

function tablesOf(participation: readonly PlainParticipation[], usage: readonly PlainUsage[]): MetricsTables {
  return {
    session,
    dailyParticipation: relation(
      "daily_participation",
      participation.map((row) => ({
        date: row.date,
        sis_id_pseudonym: row.person,
        clever_user_id_pseudonym: row.clever ?? null,
        school_name: row.school,
        user_type: userTypeValue[row.userType],
        active: row.active,
        num_logins: row.logins,
        num_resources_accessed: row.resources,
      })),
    ),
    resourceUsage: relation(
      "resource_usage",
      usage.map((row) => ({
        date: row.date,
        sis_id_pseudonym: row.person,
        clever_user_id_pseudonym: row.clever ?? null,
        school_name: row.school,
        user_type: userTypeValue[row.userType],
        resource_type: row.type,
        resource_name: row.name,
        resource_id: row.id,
        num_access: row.accesses,
      })),
    ),
  };
}

const dates = ["2026-01-30", "2026-01-31", "2026-02-01", "2026-02-02"];
const schools = ["North", "South's", "East"];
const resourceNames = ["Maps", "Reader", "Quiz", "Lab", "Draw", "Sums", "https://x.test/?a='1'"];
const types = ["app", "district-link"];
const some = <T>(values: readonly T[]) => fc.constantFrom(...values);
const orNull = <T>(values: readonly T[]) => fc.option(some(values), { nil: null, freq: 6 });

const personRow = {
  userType: some<UserType>(["students", "students", "students", "teachers", "staff"]),
  date: some(dates),
  person: orNull(["a", "b", "c", "d", "e", "f"]),
  clever: fc.option(some(["A", "B", "C", "D"]), { nil: null, freq: 2 }),
  school: orNull(schools),
};
const participationRows = fc.array(
  fc.record({
    ...personRow,
    active: fc.boolean(),
    logins: fc.nat(5),
    resources: fc.nat(4),
  }),
  { maxLength: 30 },
);
const usageRows = fc.array(
  fc.record({
    ...personRow,
    type: orNull(types),
    name: orNull(resourceNames),
    id: orNull(["1", "2", "3"]),
    accesses: fc.nat(9),
  }),
  { maxLength: 30 },
);
const filters = fc
  .record(
    {
      from: some(dates),
      to: some(dates),
      schools: fc.subarray(schools),
      resources: fc.subarray(resourceNames),
      resourceTypes: fc.subarray(types),
      userTypes: fc.subarray([...userTypes], { minLength: 1 }),
    },
    { requiredKeys: [] },
  )
  .filter(({ from, to }) => from === undefined || to === undefined || from <= to);

async function temporaryTables(): Promise<number> {
  const row = await session.one("SELECT count(*)::DOUBLE AS n FROM duckdb_tables() WHERE temporary");
  return Number(row.n);
}

describe("participationMetrics", () => {
  test("equals a plain computation for any rows and any filter", async () => {
    await fc.assert(
      fc.asyncProperty(
        participationRows,
        usageRows,
        filters,
        fc.integer({ min: 1, max: 6 }),
        async (participation, usage, filter, topResources) => {
          const { filter: echoed, ...answer } = await participationMetrics(
            tablesOf(participation, usage),
            filter,
            { minimumGroupSize: 0, topResources },
          );
          expect(echoed).toEqual({ userTypes: ["students"], ...filter });
          expect(answer).toEqual({
            minimumGroupSize: 0,
            ...plainMetrics(participation, usage, filter, topResources),
          });
        },
      ),
      { numRuns: 60 },
    );
    expect(await temporaryTables()).toBe(0);
  });

  test("a missing table has no rows", async () => {
    const nothing = { session, dailyParticipation: undefined, resourceUsage: undefined };
    expect(await participationMetrics(nothing, {}, { minimumGroupSize: 10 })).toEqual({
      filter: { userTypes: ["students"] },
      minimumGroupSize: 10,
      users: 0,
      days: 0,
      activeUsers: 0,
      bySchool: [],
      byDay: [],
      topResources: [],
      topResourcesBySchool: [],
    });
  });

  test("an aborted question rejects with the reason and leaves no temporary tables", async () => {
    const controller = new AbortController();
    const reason = new Error("stop");
    const slow = `SELECT DATE '2026-01-01' AS date, sha256(range::VARCHAR) AS sis_id_pseudonym,
      NULL::VARCHAR AS clever_user_id_pseudonym, 'S' AS school_name,
      'student' AS user_type, true AS active, 1 AS num_logins, 1 AS num_resources_accessed FROM range(50000000)`;
    const answer = participationMetrics(
      { session, dailyParticipation: slow, resourceUsage: undefined },
      {},
      { minimumGroupSize: 10 },
      controller.signal,
    );
    setTimeout(() => controller.abort(reason), 50);
    await expect(answer).rejects.toBe(reason);
    expect(await temporaryTables()).toBe(0);
  });

  test.each([
    [{ from: "2026-02-30" }],
    [{ from: "01/02/2026" }],
    [{ from: "2026-02-02", to: "2026-02-01" }],
    [{ userTypes: [] }],
    [{ userTypes: ["parents" as "staff"] }],
    [{ school: ["North"] } as object],
  ])("refuses the filter %o", async (filter) => {
    const answer = participationMetrics(tablesOf([], []), filter, { minimumGroupSize: 10 });
    await expect(answer).rejects.toSatisfy((error) => isCleverLakeError(error, "config"));
  });

  test.each([-1, 2.5, Number.NaN])("refuses the minimum group size %d", async (minimumGroupSize) => {
    const answer = participationMetrics(tablesOf([], []), {}, { minimumGroupSize });
    await expect(answer).rejects.toSatisfy((error) => isCleverLakeError(error, "config"));
  });
});

describe("OEA's published file", () => {
  let rows: PlainParticipation[];
  let tables: MetricsTables;

  beforeAll(async () => {
    const records: Record<string, string>[] = parse(await readFile(oeaFile), { columns: true, bom: true });
    rows = records.map((record) => ({
      userType: "students",
      date: record.date ?? "",
      person: record.sis_id || null,
      clever: record.clever_user_id || null,
      school: record.school_name || null,
      active: record.active?.toLowerCase() === "true",
      logins: Number(record.num_logins),
      resources: Number(record.num_resources_accessed),
    }));
    tables = {
      session,
      dailyParticipation: `SELECT * EXCLUDE (sis_id, clever_user_id), sha256(sis_id || 'salt') AS sis_id_pseudonym,
          sha256(clever_user_id || 'salt') AS clever_user_id_pseudonym, 'student' AS user_type
        FROM read_csv(${sqlString(oeaFile.pathname)}, header = true)`,
      resourceUsage: undefined,
    };
  });

  test("everything is shown as it is with suppression off", async () => {
    const answer = await participationMetrics(tables, {}, { minimumGroupSize: 0 });
    expect(answer).toMatchObject(plainMetrics(rows, [], {}));
    expect(answer).toMatchObject({ users: 600, days: 25 });
    expect(answer.bySchool).toHaveLength(5);
  });

  test("has no group of fewer than 10", async () => {
    const answer = await participationMetrics(tables, {}, { minimumGroupSize: 10 });
    expect(answer).toEqual({
      filter: { userTypes: ["students"] },
      minimumGroupSize: 10,
      ...plainMetrics(rows, [], {}),
    });
  });

  test("shows the totals but no school when each school is too small", async () => {
    const answer = await participationMetrics(tables, {}, { minimumGroupSize: 200 });
    expect(answer).toMatchObject({ users: 600, activeUsers: 600 });
    expect(answer.byDay.every(({ suppressed }) => suppressed === undefined)).toBe(true);
    for (const { school_name: _, ...numbers } of answer.bySchool) {
      expect(numbers).toEqual({
        users: null,
        averageResources: null,
        averageLogins: null,
        averageDistinctResources: null,
        suppressed: true,
      });
    }
  });
});
