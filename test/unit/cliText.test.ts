import { afterEach, describe, expect, test } from "vitest";
import { counted } from "../../src/basics/counted";
import { showMetrics, showRun, showStatus, showVerification } from "../../src/cli/show";
import { columns } from "../../src/cli/table";
import { bytes, decimal, duration, integer, plain } from "../../src/cli/text";
import type { DashboardFilter } from "../../src/dashboard/filter";
import type { ParticipationIndex } from "../../src/dashboard/index/participationIndex";
import { participationMetrics } from "../../src/dashboard/query/metrics";
import type { RunSummary } from "../../src/pipeline/log/runRecord";
import type { PlannedFile } from "../../src/pipeline/plan/plan";
import { healthy } from "../../src/pipeline/read/checks/identityHealth";
import { metricsFilter } from "../helpers/metricsFilter";
import { plainIndex } from "../helpers/plainIndex";

test.each([
  [0, "0 B"],
  [999, "999 B"],
  [1000, "1.0 kB"],
  [999_949, "999.9 kB"],
  [999_950, "1.0 MB"],
  [1_234_567, "1.2 MB"],
  [5e12, "5.0 TB"],
  [5e15, "5000.0 TB"],
])("%d bytes are shown as %s", (value, text) => {
  expect(bytes(value)).toBe(text);
});

test.each([
  [0, "0 s"],
  [1_234, "1.2 s"],
  [59_400, "59.4 s"],
  [59_990, "1 min 0 s"],
  [60_000, "1 min 0 s"],
  [119_700, "2 min 0 s"],
  [3_725_000, "1 h 2 min"],
  [7_260_000, "2 h 1 min"],
])("%d milliseconds are shown as %s", (value, text) => {
  expect(duration(value)).toBe(text);
});

test("numbers", () => {
  expect(integer(1_234_567)).toBe("1,234,567");
  expect(decimal(2)).toBe("2.00");
  expect(counted(1, "file")).toBe("1 file");
  expect(counted(0, "file")).toBe("0 files");
  expect(counted(1234, "file")).toBe("1,234 files");
});

test("no external text controls the terminal", () => {
  const hostile = "a\u001b[31mb\r\nc\u0000d\u007fe\u009bf\u202eg\u2028h\u2066i";
  const shown = plain(hostile);
  expect(shown).not.toMatch(/[\p{Cc}\u202e\u2028\u2066]/u);
  expect(shown).toContain("\\u{1b}[31mb");
  expect(plain("Escuela Peñasco 数学 🧮")).toBe("Escuela Peñasco 数学 🧮");
});

test("a table's numbers are right-aligned", () => {
  const lines = columns(
    ["Name", "Count"],
    [
      ["a", "1"],
      ["long name", "1,000"],
    ],
    [1],
  ).split("\n");
  expect(lines).toEqual(["  Name       Count", "  a              1", "  long name  1,000"]);
});

test("a table's columns are aligned, whatever their contents", () => {
  const names = ["a", "École", "数学", "🧮 x", "n\u0303o", "\u001b[31mred\u001b[39m"];
  const places = [1, 5, 4, 4, 2, 3];
  const lines = columns(
    ["Name", "Next"],
    names.map((name) => [name, "|"]),
    [],
  ).split("\n");
  expect(lines.slice(1)).toEqual(
    names.map((name, index) => `  ${name}${" ".repeat(5 - (places[index] ?? 0))}  |`),
  );
});

describe("on a terminal that is too narrow", () => {
  const stdout = { isTTY: process.stdout.isTTY, columns: process.stdout.columns };
  afterEach(() => {
    Object.assign(process.stdout, stdout);
  });
  const table = () =>
    columns(
      ["School", "Users"],
      [
        ["Cedar Hollow High School *", "1"],
        ["数学数学数学数学数学", "1,000"],
      ],
      [1],
      0,
    ).split("\n");

  test("a table's long column is shortened, and keeps the mark of numbers that cover only a part", () => {
    Object.assign(process.stdout, { isTTY: true, columns: 24 });
    expect(table().slice(1)).toEqual(["  Cedar Hollow… *      1", "  数学数学数学数…  1,000"]);
  });

  test("the reason for a file's state stays whole", () => {
    Object.assign(process.stdout, { isTTY: true, columns: 80 });
    const reason = "The row has 2 cells where the header has 8. (19 rows are bad; this is the first.)";
    const file: PlannedFile = {
      ...{ path: "daily.csv", size: 1, modified: new Date(), state: "quarantined", source: "daily.csv" },
      ...{ report: "daily_participation", userType: "students", reason, entry: undefined },
    };
    const none = { isNew: false, freshness: [], overdue: [], needsAdoption: false, changedByOthers: [] };
    expect(showStatus({ ...none, files: [file] }, "file:///lake")).toContain(reason);
  });

  test("names keep at least a few letters", () => {
    Object.assign(process.stdout, { isTTY: true, columns: 3 });
    expect(table()[1]).toBe("  Cedar Hol… *      1");
  });

  test("texts that are piped, that fit, or whose terminal has no known size, stay whole", () => {
    Object.assign(process.stdout, { isTTY: true, columns: 35 });
    const whole = table();
    expect(whole[1]).toContain("Cedar Hollow High School *");
    Object.assign(process.stdout, { columns: 0 });
    expect(table()).toEqual(whole);
    Object.assign(process.stdout, { isTTY: false, columns: 24 });
    expect(table().slice(1)).toEqual(whole.slice(1));
  });
});

const summary: RunSummary = {
  runId: "2024-09-10T00-00-00-abcd",
  landed: 0,
  bytes: 0,
  anonymized: 0,
  unchanged: 3,
  superseded: 0,
  quarantined: [],
  failed: [],
  rows: { daily_participation: 0, resource_usage: 0 },
  refused: 0,
  notes: [],
  inQuarantine: [],
  notRead: [],
  reportsOnServer: 3,
  overdue: [],
  changedByOthers: [],
  milliseconds: 1200,
};

describe("a run's summary", () => {
  test("without new files", () => {
    expect(showRun(summary)).toMatch(/^Nothing new\. 3 reports on the server are in the lake already\./);
    expect(showRun({ ...summary, unchanged: 1 })).toMatch(/^Nothing new\. 1 report on the server is in the/);
  });

  test("with new files", () => {
    const text = showRun({ ...summary, landed: 1, bytes: 2000, anonymized: 1, refused: 4 });
    expect(text).toMatch(
      /^Done\. 1 file ingested \(2\.0 kB\), 1 file pseudonymized in 1\.2 s; 3 unchanged\./,
    );
    expect(text).toMatch(/daily participation +0 rows/);
    expect(text).toMatch(/refused +4 rows/);
    expect(showRun({ ...summary, landed: 1, refused: 1 })).toMatch(/refused +1 row$/);
    const counts = showRun({ ...summary, landed: 1, refused: 2, superseded: 3 })
      .split("\n")
      .slice(1);
    expect(counts.map((line) => line.length)).toEqual([44, 44, 44, 44]);
  });

  test("with anomalies in the ids of people", () => {
    const identities = {
      daily_participation: { wordsForNothing: 1200, sisIdsOfSeveral: 1, cleverIdsOfSeveral: 2 },
      resource_usage: healthy,
    };
    const line =
      "  ids of people in daily participation: 1,200 cells with a placeholder for a missing id, counted as blank; 1 school system id with several Clever ids; 2 Clever ids with several school system ids";
    expect(showRun({ ...summary, landed: 1, identities }).split("\n")).toContain(line);
    expect(
      showRun({ ...summary, landed: 1, identities: { ...identities, daily_participation: healthy } }),
    ).not.toMatch(/ids of people/);
  });

  const facts = { acceptable: true, hasEarlierRows: false };

  test("with the files in quarantine, the reasons, and what to do", () => {
    const text = showRun({
      ...summary,
      quarantined: [
        { path: "a\u001b.csv", line: 3, column: "date", reason: "Not a date.", ...facts },
        { path: "b.csv", line: null, column: null, reason: "Its rows are there.", ...facts },
      ],
      inQuarantine: ["c.csv"],
      failed: [{ path: "d.csv", reason: "Gone." }],
    });
    expect(text).not.toContain("\u001b");
    expect(text).toContain("(line 3, date): Not a date.");
    expect(text).toContain("b.csv: Its rows are there.");
    expect(text).toContain("--accept");
    expect(text).toContain("1 file from earlier runs still in quarantine");
    expect(text).toContain("d.csv: Gone.");
  });

  test("with the rows in the tables of a file in quarantine, and what to do", () => {
    const file = { path: "a.csv", line: 3, column: "date", reason: "Not a date.", ...facts };
    const ruined = { ...file, path: "b.csv", reason: "No header.", acceptable: false };
    const hint = "To accept a file without its bad rows: clever-lake run --accept PATH";
    expect(showRun({ ...summary, quarantined: [file] })).toContain(
      "In quarantine (none of their rows are in the tables): 1",
    );
    expect(showRun({ ...summary, quarantined: [file] })).toContain(hint);
    const earlier = showRun({ ...summary, quarantined: [file, { ...file, hasEarlierRows: true }] });
    expect(earlier).toContain("In quarantine: 2");
    const hopeless = showRun({ ...summary, quarantined: [ruined] });
    expect(hopeless).toContain("No header. It must be delivered again.");
    expect(hopeless).not.toContain("--accept");
    expect(showRun({ ...summary, quarantined: [file, ruined] })).toContain(
      "To accept one of the other files without",
    );
  });

  test("with a reason for which several files failed once", () => {
    const reason = "Spark could not be started.";
    const failed = [..."abc"].map((name) => ({ path: `${name}.csv`, reason }));
    const lines = showRun({ ...summary, failed: [...failed, { path: "d.csv", reason: "Gone." }] }).split(
      "\n",
    );
    expect(lines.slice(-3)).toEqual([
      "Failed (the next run retries them): 4",
      "  a.csv and 2 other files: Spark could not be started.",
      "  d.csv: Gone.",
    ]);
  });

  test("with separators between thousands", () => {
    const failed = Array.from({ length: 1234 }, () => ({ path: "a.csv", reason: "Gone." }));
    const file = { path: "a.csv", line: null, column: null, reason: "No header.", ...facts };
    const text = showRun({ ...summary, failed, quarantined: Array.from({ length: 2345 }, () => file) });
    expect(text).toContain("Failed (the next run retries them): 1,234\n  a.csv and 1,233 other files");
    expect(text).toContain("In quarantine (none of their rows are in the tables): 2,345\n");
  });

  test("with a limited number of lines", () => {
    const failed = Array.from({ length: 500 }, (_, index) => ({
      path: `${index}.csv`,
      reason: `Gone ${index}.`,
    }));
    const text = showRun({ ...summary, failed });
    expect(text.split("\n").length).toBeLessThan(40);
    expect(text).toContain("480 more; --json lists them all.");
    const quarantined = failed.map((file) => ({ ...file, line: null, column: null, ...facts }));
    expect(showRun({ ...summary, quarantined })).toContain("480 more; clever-lake status lists them all.");
  });
});

test("the files on the server are listed with their states", () => {
  const file: PlannedFile = {
    path: "daily\u001b.csv",
    size: 1234,
    modified: new Date("2024-09-03T04:05:06Z"),
    state: "quarantined",
    report: "daily_participation",
    userType: "students",
    reason: "Not a date.",
    source: "daily.csv",
    entry: undefined,
  };
  const files = [file, { ...file, path: "other.csv", state: "new", reason: undefined }] as const;
  const kind = {
    report: "resource_usage",
    userType: "staff",
    newestDay: "2024-09-03",
    schoolDays: 4,
  } as const;
  const noFiles = {
    isNew: false,
    files: [],
    freshness: [],
    overdue: [],
    needsAdoption: false,
    changedByOthers: [],
  };
  const text = showStatus(
    {
      ...noFiles,
      files,
      freshness: [kind],
      overdue: [kind],
    },
    "file:///lake",
  );
  expect(text).toMatch(
    /In the tables +Newest day +School days since *\n +resource usage of staff +2024-09-03 +4/,
  );
  expect(text).toMatch(
    /\nOverdue: resource usage of staff: the newest day is 2024-09-03, with 4 school days since\.$/,
  );
  expect(text).toContain("2024-09-03 04:05");
  const empty = { ...file, size: 0 };
  const unlisted = { ...empty, path: "link.csv", modified: new Date(0) };
  expect(showStatus({ ...noFiles, files: [empty, unlisted] }, "file:///lake")).toMatch(
    /csv +0 B +2024-09-03 04:05.*\n.*link\.csv {3,}Not a date/,
  );
  expect(text).toContain("Not a date.");
  expect(text).toContain("2 files: 1 quarantined, 1 new");
  expect(text).not.toContain("\u001b");
  expect(showStatus(noFiles, "file:///lake")).toBe("There are no files on the server.");
  expect(showStatus({ ...noFiles, needsAdoption: true }, "file:///lake")).toMatch(
    /\n\nOEA's notebooks wrote this lake\.[\s\S]*`clever-lake adopt` adopts it\.$/,
  );
  expect(showStatus({ ...noFiles, isNew: true }, "file:///lake")).toContain(
    "There is no lake at file:///lake yet; the first run creates it.",
  );
  const identities = {
    daily_participation: healthy,
    resource_usage: { ...healthy, cleverIdsOfSeveral: 1 },
  };
  expect(showStatus({ ...noFiles, files: [file] }, "file:///lake", identities)).toMatch(
    /Noticed by the last run:\n {2}ids of people in resource usage: 1 Clever id with several school system ids$/,
  );
});

describe("metrics", () => {
  const person = (number: number, school = "A") => ({
    userType: "students" as const,
    person: `${school} ${number}`,
    school,
    grade: null,
  });
  const people = (count: number, school?: string) =>
    Array.from({ length: count }, (_, number) => person(number, school));
  const [first, second] = ["2025-09-01", "2025-09-02"];
  const attended = (date: string, count: number, school?: string) =>
    people(count, school).map((row) => ({ ...row, date, active: true, logins: 1, resources: 1 }));
  const used = (date: string, count: number) =>
    people(count).map((row) => ({ ...row, date, id: null, name: "IXL", type: "app", accesses: 1 }));
  const show = async (
    index: ParticipationIndex,
    filter: Partial<DashboardFilter>,
    minimumGroupSize: number,
  ) =>
    showMetrics(
      await participationMetrics(index, metricsFilter(filter), { minimumGroupSize, keepWhole: "schools" }),
    );

  test("say which reports are missing, and call nothing suppressed that is not", async () => {
    const index = plainIndex(attended(first, 12), [...used(first, 12), ...used(second, 12)]);
    for (const minimum of [0, 10]) {
      const both = await show(index, {}, minimum);
      expect(both).not.toContain("suppressed");
      expect(both).toMatch(/2025-09-02 +– +– +– +1\n/);
      expect(both).toContain("daily participation of students: missing on 2025-09-02.");
      const one = await show(index, { range: { from: second, to: second } }, minimum);
      expect(one).toMatch(/^– users, – active, over 0 days/);
      expect(one).toContain("daily participation: no day of the range has this report");
      expect(one).not.toContain("suppressed");
    }
  });

  test("list the files in quarantine", async () => {
    const index = plainIndex(attended(first, 12), used(first, 12));
    const metrics = await participationMetrics(index, metricsFilter({}), {
      minimumGroupSize: 0,
      keepWhole: "schools",
    });
    const text = showMetrics(metrics, {}, ["a\u001b.csv"]);
    expect(text).toContain("Missing reports\n  a\\u{1b}.csv: in quarantine. The numbers do not include it.");
    expect(showMetrics(metrics)).not.toContain("Missing reports");
  });

  test("of two periods, one without a school day", async () => {
    const index = plainIndex(attended(second, 12), used(second, 12));
    const compare = { from: "2025-01-01", to: "2025-01-31", name: "", rangeName: "" };
    const text = await show(index, { range: { from: second, to: second }, compare }, 10);
    expect(text).toMatch(/All +– +12\.00 +– +12/);
    expect(text).not.toContain("suppressed");
  });

  test("mark a school and a day whose numbers lack a group", async () => {
    const of = (grade: string, rows: ReturnType<typeof attended>) => rows.map((row) => ({ ...row, grade }));
    // The three of B are a group only with the eleven of A's second grade.
    const rows = [
      ...of("1", attended(first, 20)),
      ...of(
        "2",
        attended(first, 11, "A").map((row) => ({ ...row, person: `second ${row.person}` })),
      ),
      ...of("2", attended(first, 3, "B")),
    ];
    const all = await show(plainIndex(rows, []), {}, 10);
    expect(all).toMatch(/\n {2}A \* +20 /);
    expect(all).toMatch(/\n {2}B +suppressed /);
    expect(all).toMatch(
      /\nSuppressed\n {2}B: fewer than 10 people; .*\nNumbers marked \* cover only the rest\.\n/,
    );
    const one = await show(plainIndex(rows, []), { schools: ["A"] }, 10);
    expect(one).toMatch(/\n {2}A \* +20 /);
    expect(one).toMatch(/\n {2}2025-09-01 \* +20 /);
    expect(await show(plainIndex(rows, []), {}, 0)).not.toContain("*");
  });

  test("say who is counted, and explain no mark that is not there", async () => {
    const rows = [...attended(first, 12), ...attended(first, 3, "B"), ...attended(first, 3, "C")];
    const metrics = await participationMetrics(plainIndex(rows, []), metricsFilter({}), {
      minimumGroupSize: 5,
      keepWhole: "schools",
    });
    const text = showMetrics(metrics, { userTypes: ["students"] });
    expect(text).toMatch(/^18 students, /);
    expect(text).toContain("B; C: fewer than 5 people each; shown only together.");
    expect(text).not.toContain("*");
    expect(showMetrics(metrics, { userTypes: ["teachers", "staff"] })).toMatch(/^18 teachers and staff, /);
    expect(showMetrics(metrics)).toMatch(/^18 users, /);
  });

  test("that are suppressed are called suppressed", async () => {
    const rows = [...attended(first, 12), ...attended(first, 3, "B")];
    const text = await show(plainIndex(rows, used(first, 12)), { schools: ["B"] }, 10);
    expect(text).toMatch(
      /^All numbers are suppressed\.\n\nSuppressed\n {2}B: fewer than 10 people; shown only together/,
    );
  });
});

test("discrepancies are listed", () => {
  const table = { table: "stage2p/clever/daily_participation_pseudo", version: 3, files: 2, rows: 1000 };
  const lookup = { ...table, table: "stage2np/clever/daily_participation_lookup", rows: 40 };
  const counts = {
    ...{ reportRows: 1000, landedFiles: 2, inQuarantine: [], withEarlierRows: [] },
    leftovers: [],
  };
  expect(showVerification({ ...counts, tables: [table, lookup], problems: [] })).toMatch(
    /1,000[\s\S]*No discrepancies found\. 1,000 rows of reports; 2 landed files read again\.$/,
  );
  expect(showVerification({ ...counts, tables: [table], problems: [] }, false)).toMatch(
    /read again\.\nPseudonyms were not hashed again: there is no salt \(CLEVER_SALT\)\.$/,
  );
  const problems = [{ subject: "a.csv", problem: "The landed file is gone." }];
  expect(showVerification({ ...counts, tables: [table], problems })).toContain(
    "1 problem:\n  a.csv: The landed file is gone.",
  );
  const waiting = { ...counts, inQuarantine: ["b.csv"] };
  expect(showVerification({ ...waiting, tables: [table], problems: [] })).toMatch(
    /No discrepancies found\.[\s\S]*1 file in quarantine \(none of their rows are in the tables\):\n {2}b\.csv$/,
  );
  const redelivered = { ...counts, inQuarantine: ["b.csv", "c.csv"], withEarlierRows: ["c.csv"] };
  expect(showVerification({ ...redelivered, tables: [table], problems: [] })).toMatch(
    /2 files in quarantine:\n {2}b\.csv\n {2}c\.csv: The rows of the previous delivery stay in the tables\.$/,
  );
});
