import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { pseudoTable, refusedRowsPath } from "../../src/clever/layout";
import { reports } from "../../src/clever/reports";
import type { RunSummary } from "../../src/pipeline/log/runRecord";
import { needsAttention } from "../../src/pipeline/runSummary";
import { daily, dailyCsv, dailyHeader, dailyPath, PipelineFixture } from "../helpers/pipelineFixture";

const bad = dailyPath("2024-09-03");
const good = dailyPath("2024-09-04");

/** Runs a file together with a good one, which must be ingested whatever happens to the other. */
async function runWith(content: string | Buffer) {
  const fixture = await PipelineFixture.create();
  await fixture.put(bad, content);
  await fixture.put(good, dailyCsv(daily("zoe", "2024-09-04")));
  return { fixture, summary: await fixture.run() };
}

const secret = "Secretname";
const lines = [daily("amy"), daily("ben"), daily("cat")];

const quarantined: readonly [string, string | Buffer, { line: number | null; column: string | null }][] = [
  ["without a header", `${lines.join("\n")}\n`, { line: 1, column: null }],
  ["of delimiters only", ",,,\n,,,\n", { line: 1, column: null }],
  ["that is another table", `a,b\n${secret},2\n`, { line: 1, column: null }],
  [
    "without a column",
    dailyCsv(...lines)
      .replace(",num_logins", "")
      .replaceAll(",1,2", ",2"),
    { line: 1, column: "num_logins" },
  ],
  [
    "with a column twice",
    dailyCsv(...lines).replace("school_name", "clever_school_id"),
    { line: 1, column: "clever_school_id" },
  ],
  ["with an unreadable date", dailyCsv(daily("amy"), daily("ben", secret)), { line: 3, column: "date" }],
  [
    "with a day that is not in the calendar",
    dailyCsv(daily("amy"), daily("ben", "2024-02-30")),
    { line: 3, column: "date" },
  ],
  [
    "with an unreadable number",
    dailyCsv(daily("amy").replace(",1,2", `,${secret},2`)),
    { line: 2, column: "num_logins" },
  ],
  [
    "with a negative number",
    dailyCsv(daily("amy").replace(",1,2", ",-1,2")),
    { line: 2, column: "num_logins" },
  ],
  [
    "with a number out of its column's range",
    dailyCsv(daily("amy").replace(",1,2", ",2147483648,2")),
    { line: 2, column: "num_logins" },
  ],
  ["with a blank number", dailyCsv(daily("amy").replace(",1,2", ",,2")), { line: 2, column: "num_logins" }],
  ["with an unreadable flag", dailyCsv(daily("amy").replace("true", secret)), { line: 2, column: "active" }],
  [
    "with a rounded id",
    dailyCsv(daily("amy").replace("sis-amy", "1.23457E+11")),
    { line: 2, column: "sis_id" },
  ],
  ["with a short row", dailyCsv(daily("amy"), daily("ben").replace(",2", "")), { line: 3, column: null }],
  ["with a long row", dailyCsv(daily("amy"), `${daily("ben")},${secret}`), { line: 3, column: null }],
  [
    "with a short row first",
    dailyCsv(daily("amy").replace(",2", ""), daily("ben")),
    { line: 2, column: null },
  ],
  ["truncated within a row", dailyCsv(...lines).slice(0, -20), { line: 4, column: null }],
  [
    "truncated after the last comma",
    dailyCsv(...lines).slice(0, -2),
    { line: 4, column: "num_resources_accessed" },
  ],
  [
    "truncated within a quoted field",
    dailyCsv(daily("amy"), daily("ben").replace("North High", '"North High')).slice(0, -10),
    { line: 3, column: null },
  ],
  [
    "with a stray quote",
    dailyCsv(daily("amy"), daily("ben").replace("North High", 'North "High')),
    { line: 3, column: null },
  ],
  [
    "with text after a closing quote",
    dailyCsv(daily("amy"), daily("ben").replace("North High", '"North" High')),
    { line: 3, column: null },
  ],
  [
    "in UTF-16 little-endian",
    Buffer.from(`\ufeff${dailyCsv(...lines)}`, "utf16le"),
    { line: 1, column: null },
  ],
  [
    "in UTF-16 big-endian",
    Buffer.from(`\ufeff${dailyCsv(...lines)}`, "utf16le").swap16(),
    { line: 1, column: null },
  ],
  [
    "in UTF-16 without a byte-order mark",
    Buffer.from(dailyCsv(...lines), "utf16le"),
    { line: 1, column: null },
  ],
  [
    "in Latin-1",
    Buffer.from(dailyCsv(daily("amy"), daily("ben").replace("North", "Peñasco")), "latin1"),
    { line: 3, column: "school_name" },
  ],
  [
    "with a NUL byte",
    dailyCsv(daily("amy"), daily("ben").replace("North", "No\0rth")),
    { line: 3, column: "school_name" },
  ],
  [
    "with a NUL byte far from its start",
    dailyCsv(
      ...Array.from({ length: 2000 }, (_, index) => daily(`p${index}`)),
      daily("ben").replace("North", "No\0rth"),
    ),
    { line: 2002, column: "school_name" },
  ],
  [
    "with text but without any row read",
    `${dailyHeader},n\n,,,,,,,,${secret}\n`,
    { line: null, column: null },
  ],
  [
    "with text but without any row read, with CR line ends",
    `${dailyHeader},n\r,,,,,,,,${secret}\r`,
    { line: null, column: null },
  ],
  ["of another kind", Buffer.from([0x50, 0x4b, 3, 4, 0, 0, 9, 9]), { line: 1, column: null }],
];

describe("only the bad file is quarantined:", () => {
  let folder: string;
  let fixture: PipelineFixture;
  let summary: RunSummary;
  const pathOf = (index: number) => dailyPath(`2001-01-${String(index + 1).padStart(2, "0")}`);

  // All in one run, between good ones.
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "clever-lake-test-"));
    fixture = await PipelineFixture.create(folder);
    await fixture.put(dailyPath("2000-01-01"), dailyCsv(daily("zoe", "2000-01-01")));
    for (const [index, [, content]] of quarantined.entries()) await fixture.put(pathOf(index), content);
    await fixture.put(dailyPath("2024-01-01"), dailyCsv(daily("zoe", "2024-01-01")));
    summary = await fixture.run();
  }, 60_000);
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test.each(quarantined.map(([name, content, place], index) => ({ name, content, place, index })))(
    "$name",
    async ({ content, place, index }) => {
      const reported = summary.quarantined.find((file) => file.path === pathOf(index));
      expect(reported).toMatchObject({ path: pathOf(index), ...place, hasEarlierRows: false });
      expect(reported?.reason).not.toMatch(new RegExp(`${secret}|sis-|clever-|North|ñ`));
      expect(reported?.reason).not.toMatch(/engine|disagree/);
      const entry = (await fixture.lastLog()).get(pathOf(index));
      expect(entry).toMatchObject({ outcome: "quarantined", reason: reported?.reason });
      expect({ line: entry?.line ?? null, column: entry?.column ?? null }).toEqual(place);
      expect(await readFile(fixture.lake.localPath(entry?.landedPath ?? ""))).toEqual(Buffer.from(content));
    },
  );

  test("every other file of the run is in the tables", async () => {
    expect(summary).toMatchObject({
      landed: quarantined.length + 2,
      anonymized: 2,
      failed: [],
      superseded: 0,
      refused: 0,
    });
    expect(await fixture.logins("zoe")).toEqual(["zoe 2000-01-01 1", "zoe 2024-01-01 1"]);
    const states = (await fixture.status()).map(({ state }) => state);
    expect(states.filter((state) => state === "quarantined")).toHaveLength(quarantined.length);
    expect((await fixture.verify()).problems).toEqual([]);
  });
});

test("a file with a header and no rows is accepted", async () => {
  const contents = [
    ...[dailyCsv(), dailyHeader, `${dailyHeader}\r\n\r\n`, `${dailyHeader}\n,,,,,,,\n`],
    ...[`${dailyHeader}\r`, `${dailyHeader}\r"",\u00a0,,,,,,\r`, `${dailyHeader},"a\nb"\r`],
  ];
  for (const content of contents) {
    const { fixture, summary } = await runWith(content);
    expect(summary).toMatchObject({ landed: 2, anonymized: 2, quarantined: [] });
    expect((await fixture.lastLog()).get(bad)).toMatchObject({ rowsRead: 0, outcome: "anonymized" });
    expect(await fixture.state(bad)).toBe("anonymized");
    expect(summary.notes).toContainEqual({ path: bad, note: "The file has no row." });
  }
});

test("a file without a line end after its last row, whose last number may be cut off, is noted", async () => {
  const whole = dailyCsv(daily("amy"), daily("ben").replace(/2$/, "12"));
  for (const [content, isOpenEnded] of [
    [whole, false],
    [whole.replaceAll("\n", "\r"), false],
    [whole.slice(0, -1), true],
    [whole.slice(0, -2), true],
  ] as const) {
    const { summary } = await runWith(content);
    expect(summary).toMatchObject({ landed: 2, anonymized: 2, quarantined: [] });
    expect(needsAttention(summary)).toBe(false);
    const note = expect.stringMatching(/^There is no line end after the last row/) as unknown;
    expect(summary.notes).toEqual(isOpenEnded ? [{ path: bad, note }] : []);
  }
});

describe("an empty file", () => {
  test.each(["", "\n\n", "\ufeff", " \r\n"])(
    "counts as one without rows, with a note: %j",
    async (content) => {
      const { fixture, summary } = await runWith(content);
      expect(summary).toMatchObject({ landed: 2, anonymized: 2, quarantined: [], failed: [], refused: 0 });
      expect(needsAttention(summary)).toBe(false);
      expect(summary.notes).toEqual([{ path: bad, note: expect.stringMatching(/^The file is empty/) }]);
      expect((await fixture.lastLog()).get(bad)).toMatchObject({ rowsRead: 0, outcome: "anonymized" });
      expect((await fixture.verify()).problems).toEqual([]);
      expect(await fixture.run()).toMatchObject({ landed: 0, unchanged: 2, notes: [] });
      // A file that was still being written is ingested in its later state.
      await fixture.put(bad, dailyCsv(daily("amy")));
      expect(await fixture.run()).toMatchObject({ anonymized: 1, rows: { daily_participation: 1 } });
    },
  );

  test("every night is not a problem", async () => {
    const fixture = await PipelineFixture.create();
    for (const day of ["2024-09-03", "2024-09-04", "2024-09-05"]) {
      await fixture.put(dailyPath(day, "staff"), "");
      expect(needsAttention(await fixture.run())).toBe(false);
    }
  });

  test.each([
    ["that is empty", ""],
    ["with only a header", dailyCsv()],
  ])("%s removes no rows of an earlier delivery until a person accepts it", async (_, content) => {
    const { fixture } = await runWith(dailyCsv(daily("amy")));
    const rows = await fixture.rows();
    await fixture.put(bad, content);
    const quarantined = [
      {
        path: bad,
        reason:
          "It has no rows; the previous delivery had 1. The earlier rows stay until the file is accepted.",
        acceptable: true,
        hasEarlierRows: true,
      },
    ];
    // Accepting in advance does not count: nobody can have seen these bytes.
    expect(await fixture.run({ accept: [bad] })).toMatchObject({ anonymized: 0, quarantined });
    expect(await fixture.run()).toMatchObject({ anonymized: 0, quarantined: [], inQuarantine: [bad] });
    expect(await fixture.rows()).toEqual(rows);
    expect(await fixture.run({ accept: [bad] })).toMatchObject({ anonymized: 1, quarantined: [] });
    expect(await fixture.rows()).toHaveLength(rows.length - 1);
    expect((await fixture.verify()).problems).toEqual([]);
  });
});

test("several bad rows are counted, and the first one is reported", async () => {
  const { summary } = await runWith(
    dailyCsv(daily("amy"), daily("ben", "x"), daily("cat"), daily("dan", "y")),
  );
  expect(summary.quarantined).toMatchObject([{ line: 3, column: "date" }]);
  expect(summary.quarantined[0]?.reason).toContain("2 rows are bad");
});

describe("an accepted file", () => {
  const content = dailyCsv(daily("amy"), daily("ben", "yesterday"), daily("cat"));

  test("is read without its bad rows, which are kept and counted", async () => {
    const { fixture } = await runWith(content);
    const summary = await fixture.run({ accept: [bad] });
    expect(summary).toMatchObject({
      landed: 0,
      anonymized: 1,
      refused: 1,
      rows: { daily_participation: 2 },
      quarantined: [],
      inQuarantine: [],
    });
    const entry = (await fixture.lastLog()).get(bad);
    expect(entry).toMatchObject({ outcome: "anonymized", rowsRead: 3, rowsWritten: 2, rowsRefused: 1 });
    expect(entry).not.toHaveProperty("reason");
    const landed = entry?.landedPath ?? "";
    expect(await readFile(fixture.lake.localPath(refusedRowsPath(landed)), "utf8")).toMatch(
      /^# line 3, date: .*\nyesterday,sis-ben,.*\n$/,
    );
    expect(await readFile(fixture.lake.localPath(landed), "utf8")).toBe(content);
    expect(await fixture.logins("amy", "ben", "cat", "zoe")).toEqual([
      "amy 2024-09-03 1",
      "cat 2024-09-03 1",
      "zoe 2024-09-04 1",
    ]);
    expect((await fixture.verify()).problems).toEqual([]);
    expect(await fixture.run()).toMatchObject({ anonymized: 0, inQuarantine: [] });
  });

  test("may be named by its path in the lake, and read without the server", async () => {
    const { fixture } = await runWith(content);
    const landed = (await fixture.lastLog()).get(bad)?.landedPath ?? "";
    const summary = await fixture.run({ command: "anonymize", source: undefined, accept: [landed] });
    expect(summary).toMatchObject({ anonymized: 1, refused: 1 });
  });

  test("may be accepted in the run that ingests it", async () => {
    const fixture = await PipelineFixture.create();
    await fixture.put(bad, content);
    expect(await fixture.run({ accept: [bad] })).toMatchObject({ landed: 1, anonymized: 1, refused: 1 });
  });

  test("may be accepted even if the server's time has changed", async () => {
    const { fixture } = await runWith(content);
    await fixture.touch(bad);
    expect(await fixture.run({ accept: [bad] })).toMatchObject({ landed: 0, anonymized: 1, refused: 1 });
  });

  describe("must be accepted again if nobody can have seen its bytes:", () => {
    const worse = dailyCsv(daily("amy", "x"), daily("ben", "y"), daily("cat"));
    const note = "It was not accepted: this delivery is new, so nobody can have reviewed its problems yet.";
    const refusedNow = (path = bad) => ({
      anonymized: 0,
      refused: 0,
      quarantined: [{ path, line: 2 }],
      notes: [{ path, note }],
    });

    test("it was redelivered since", async () => {
      const { fixture } = await runWith(content);
      await fixture.put(bad, worse);
      expect(await fixture.run({ accept: [bad] })).toMatchObject({ landed: 1, ...refusedNow() });
      expect(await fixture.run({ accept: [bad] })).toMatchObject({ anonymized: 1, refused: 2, notes: [] });
      expect((await fixture.verify()).problems).toEqual([]);
    });

    test("it was redelivered since as a copy or in another folder, even if this is named", async () => {
      const { fixture } = await runWith(content);
      const copy = bad.replace(".csv", " (1).csv");
      await fixture.put(copy, worse);
      expect(await fixture.run({ accept: [bad] })).toMatchObject({ landed: 1, ...refusedNow(copy) });
      await fixture.put(copy, dailyCsv(daily("amy", "x"), daily("cat")));
      expect(await fixture.run({ accept: [copy] })).toMatchObject(refusedNow(copy));
      const second = bad.replace(".csv", " (2).csv");
      await fixture.put(second, worse);
      expect(await fixture.run({ accept: [second] })).toMatchObject({ landed: 1, ...refusedNow(second) });
      expect(await fixture.run({ accept: [second] })).toMatchObject({ anonymized: 1, refused: 2, notes: [] });
    });

    test("another run ingested it again without reading it", async () => {
      const { fixture } = await runWith(content);
      await fixture.put(bad, worse);
      await fixture.run({ command: "ingest" });
      const anonymize = { command: "anonymize", source: undefined } as const;
      expect(await fixture.run({ ...anonymize, accept: [bad] })).toMatchObject(refusedNow());
      const landed = (await fixture.lastLog()).get(bad)?.landedPath ?? "";
      expect(await fixture.run({ ...anonymize, accept: [landed] })).toMatchObject({ refused: 2, notes: [] });
    });

    test("a schedule accepts it in advance", async () => {
      const { fixture } = await runWith(dailyCsv(daily("amy")));
      await fixture.put(bad, worse);
      expect(await fixture.run({ accept: [bad] })).toMatchObject(refusedNow());
      expect(await fixture.logins("amy")).toContain("amy 2024-09-03 1");
    });

    test("which does not matter if it is good", async () => {
      const { fixture } = await runWith(content);
      await fixture.put(bad, dailyCsv(daily("amy")));
      expect(await fixture.run({ accept: [bad] })).toMatchObject({ anonymized: 1, notes: [] });
    });
  });

  test("in a copy that has left the server gives way to the older file, and the run says so", async () => {
    const { fixture } = await runWith(dailyCsv(daily("amy")));
    const copy = bad.replace(".csv", " (1).csv");
    await fixture.put(copy, content);
    expect(await fixture.run()).toMatchObject({ quarantined: [{ path: copy }] });
    await fixture.remove(copy);
    const left = `It is no longer in quarantine, because it is no longer on the server: the older ${bad} counts.`;
    expect(await fixture.run()).toMatchObject({
      inQuarantine: [],
      notes: [{ path: copy, note: left }],
      quarantined: [],
    });
  });

  test("is read again without another acceptance after the table was lost", async () => {
    const { fixture } = await runWith(content);
    await fixture.run({ accept: [bad] });
    const before = await fixture.rows();
    await fixture.lose("stage2p/clever");
    expect(await fixture.run()).toMatchObject({ anonymized: 2, refused: 1, quarantined: [] });
    expect(await fixture.rows()).toEqual(before);
  });

  describe("whose id is now known to have lost its zeros", () => {
    const withId = (id: string, day = "2024-09-03") => daily("amy", day).replace("sis-amy", id);
    const rowsOfBad = async (fixture: PipelineFixture) =>
      (await fixture.rows()).filter(({ source_file }) => source_file === bad);

    async function withKnownZeros() {
      const { fixture } = await runWith(dailyCsv(daily("ben", "yesterday"), withId("712"), daily("cat")));
      expect(await fixture.run({ accept: [bad] })).toMatchObject({ anonymized: 1, refused: 1 });
      await fixture.put(dailyPath("2024-09-05"), dailyCsv(withId("000712", "2024-09-05")));
      await fixture.run();
      expect(await rowsOfBad(fixture)).toHaveLength(2);
      return fixture;
    }

    test("has the same rows again after the table was lost", async () => {
      const fixture = await withKnownZeros();
      const before = await fixture.rows();
      await fixture.lose(pseudoTable(reports.daily_participation));
      expect(await fixture.run()).toMatchObject({ anonymized: 3, refused: 1, quarantined: [] });
      expect(await fixture.rows()).toEqual(before);
      expect((await fixture.verify()).problems).toEqual([]);
    });

    test("must be accepted again if it is no longer known which rows were left out", async () => {
      const fixture = await PipelineFixture.create();
      const dan = (id: string, day?: string) => daily("dan", day).replace("sis-dan", id);
      await fixture.put(good, dailyCsv(dan("000711", "2024-09-04")));
      await fixture.put(bad, dailyCsv(dan("711"), withId("7120000"), daily("cat")));
      await fixture.run();
      expect(await fixture.run({ accept: [bad] })).toMatchObject({ anonymized: 1, refused: 1 });
      await fixture.put(dailyPath("2024-09-05"), dailyCsv(withId("0007120000", "2024-09-05")));
      await fixture.run();
      const { landedPath = "" } = (await fixture.lastLog()).get(bad) ?? {};
      await fixture.lose(refusedRowsPath(landedPath));
      await fixture.lose(pseudoTable(reports.daily_participation));
      expect(await fixture.run()).toMatchObject({
        anonymized: 2,
        quarantined: [
          {
            path: bad,
            reason: "2 rows of this file cannot be read; when it was accepted, it was 1 row.",
            acceptable: true,
          },
        ],
      });
      expect(await rowsOfBad(fixture)).toEqual([]);
      expect(await fixture.run({ accept: [bad] })).toMatchObject({ anonymized: 1, refused: 2 });
      expect(await rowsOfBad(fixture)).toHaveLength(1);
      expect((await fixture.verify()).problems).toEqual([]);
    });

    test("keeps its rows if it is touched, however it is read", async () => {
      const fixture = await withKnownZeros();
      const before = await fixture.rows();
      // Only a file that shares rows with another one is read again.
      const copy = dailyPath("2024-09-07");
      await fixture.put(copy, dailyCsv(daily("cat")));
      await fixture.run();
      await fixture.touch(bad);
      await fixture.run({ command: "ingest" });
      expect(await fixture.run({ command: "anonymize" })).toMatchObject({ refused: 1, quarantined: [] });
      expect(await fixture.rows()).toEqual(before);
      expect((await fixture.verify()).problems).toEqual([]);
    });
  });

  test("with only bad rows is read with none", async () => {
    const { fixture } = await runWith(dailyCsv(daily("amy", "x"), daily("ben", "y")));
    expect(await fixture.run({ accept: [bad] })).toMatchObject({ anonymized: 1, refused: 2 });
    expect((await fixture.verify()).problems).toEqual([]);
  });

  test("that was truncated within a quoted field is read up to there", async () => {
    const text = dailyCsv(daily("amy"), daily("ben").replace("North High", '"North High'), daily("cat"));
    const { fixture } = await runWith(text);
    const summary = await fixture.run({ accept: [bad] });
    expect(summary).toMatchObject({ anonymized: 1, refused: 1, rows: { daily_participation: 2 } });
  });

  test("without a readable header stays in quarantine", async () => {
    const { fixture } = await runWith("a,b\n1,2\n");
    expect(await fixture.run({ accept: [bad] })).toMatchObject({
      anonymized: 0,
      quarantined: [{ path: bad, line: 1 }],
    });
  });

  test("that does not exist is refused before anything is done", async () => {
    const { fixture } = await runWith(content);
    const before = await fixture.tree();
    await expect(fixture.run({ accept: ["no/such/file.csv"] })).rejects.toMatchObject({ code: "config" });
    expect(await fixture.tree()).toEqual(before);
  });
});

test("a correction without a good row is never accepted; the earlier rows stay", async () => {
  const fixture = await PipelineFixture.create();
  await fixture.put(bad, dailyCsv(daily("amy"), daily("ben")));
  await fixture.run();
  await fixture.put(bad, dailyCsv(daily("amy", secret), daily("ben", secret)));
  expect(await fixture.run()).toMatchObject({ quarantined: [{ path: bad, acceptable: false }] });

  const summary = await fixture.run({ accept: [bad] });
  expect(summary).toMatchObject({ anonymized: 0, quarantined: [{ path: bad, acceptable: false }] });
  expect(summary.quarantined[0]?.reason).toMatch(
    /^None of its 2 rows can be read\. The earlier rows stay\.$/,
  );
  expect(await fixture.rows()).toHaveLength(2);
});

test("accepting a file that is not in quarantine accepts nothing, and a note says so", async () => {
  const fixture = await PipelineFixture.create();
  await fixture.put(dailyPath(), dailyCsv(daily("amy")));
  await fixture.run();
  const { notes } = await fixture.run({ accept: [dailyPath()] });
  expect(notes).toEqual([
    { path: dailyPath(), note: "It is not in quarantine: there was nothing to accept." },
  ]);
});
