import { writeFileSync } from "node:fs";
import { copyFile, readFile, truncate, writeFile } from "node:fs/promises";
import path from "node:path";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { lookupTable, rosterTable, runLockPath } from "../../src/clever/layout";
import { reports } from "../../src/clever/reports";
import type { AddFile } from "../../src/delta/log/actions";
import { removeFile } from "../../src/delta/tableActions";
import { RunLock } from "../../src/pipeline/lock/runLock";
import {
  hasRosterProblems,
  importRoster,
  type RosterRequest,
  type RosterSummary,
} from "../../src/pipeline/roster/importRoster";
import { rosterOnDisk, rosterOnServer } from "../../src/pipeline/roster/rosterFile";
import { ForeignWriter } from "../helpers/foreignWriter";
import { lakeRows } from "../helpers/lakeRows";
import { MemoryLake } from "../helpers/memoryLake";
import {
  daily,
  dailyCsv,
  dailyPath,
  PipelineFixture,
  pseudonym,
  salt,
  usage,
  usageCsv,
  usagePath,
} from "../helpers/pipelineFixture";

const header =
  "School_id,Student_id,Student_number,State_id,Last_name,Middle_name,First_name,Grade,Gender,DOB,Student_email";

/** A line of the roster; the person's id is the reports' `sis_id`. */
function student(person: string, grade: string, school = "S1"): string {
  return `${school},sis-${person},77${person},STATE${person},Lastly-${person},Mid,Firstly-${person},${grade},F,4/23/2015,${person}@mail.example`;
}

function csv(...lines: string[]): string {
  return [header, ...lines, ""].join("\n");
}

describe("importing a roster", () => {
  let fixture: PipelineFixture;
  let file: string;

  beforeEach(async () => {
    fixture = await PipelineFixture.create();
    file = path.join(fixture.server, "..", "students.csv");
  });

  async function imported(
    content: string | Buffer,
    request: Partial<RosterRequest> = {},
  ): Promise<RosterSummary> {
    await writeFile(file, content);
    return importRoster({ lake: fixture.lake, file: await rosterOnDisk(file), salt, ...request });
  }

  /** `person grade school`, by person. */
  async function table(...people: string[]): Promise<string[]> {
    const names = new Map(people.map((person) => [pseudonym(`sis-${person}`), person]));
    const rows = await lakeRows(fixture.lake, rosterTable);
    return rows
      .map((row) => `${names.get(String(row.sis_id_pseudonym)) ?? "?"} ${row.grade} ${row.school_id}`)
      .sort();
  }

  test.each([
    ["deleted", () => []],
    ["changed", (add: AddFile) => [{ add }]],
  ] as const)(
    "a student that another program %s is reported by verify until the roster is imported again",
    async (_, added) => {
      const roster = csv(student("amy", "1"), student("ben", "2"));
      await imported(roster);
      expect((await fixture.verify()).problems).toEqual([]);
      const writer = new ForeignWriter(fixture.lake, rosterTable);
      const files = [...(await writer.snapshot()).files.values()];
      const add = await writer.file((rows) => `SELECT * REPLACE ('9' AS grade) FROM ${rows}`);
      const removed = files.map((each) => removeFile(each, { dataChange: true }));
      await writer.commit("UPDATE", [...removed, ...added(add)]);
      const problem =
        "Another program (Apache-Spark/3.5.3) changed its rows: UPDATE. Import the roster again, to replace it.";
      expect((await fixture.verify()).problems).toEqual([{ subject: rosterTable, problem }]);
      // Also if that program itself restores the rows.
      await writer.commit("RESTORE", [
        ...added(add).map((each) => removeFile(each.add, { dataChange: true })),
        ...files.map((each) => ({ add: each })),
      ]);
      expect(await table("amy", "ben")).toEqual(["amy 1 S1", "ben 2 S1"]);
      await imported(roster);
      expect((await fixture.verify()).problems).toEqual([]);
      expect((await imported(roster)).outcome).toBe("unchanged");
    },
  );

  test("is not written again after another program compacted its data files", async () => {
    const roster = csv(student("amy", "1"), student("ben", "2"));
    await imported(roster);
    await new ForeignWriter(fixture.lake, rosterTable).compact();
    expect((await imported(roster)).outcome).toBe("unchanged");
    expect((await fixture.verify()).problems).toEqual([]);
  });

  test("masks a person's identity in a school's id", async () => {
    await imported(csv(student("amy", "1", "amy@mail.example"), student("ben", "2", "S1/sis-ben")));
    expect(await table("amy", "ben")).toEqual(["amy 1 [pseudonym]", "ben 2 S1/[pseudonym]"]);
  });

  test("keeps pseudonym, school and grade of each student", async () => {
    const summary = await imported(csv(student("amy", "K"), student("ben", "03", "S2"), student("cat", "")));
    expect(await table("amy", "ben", "cat")).toEqual(["amy Kindergarten S1", "ben 3 S2", "cat null S1"]);
    expect(summary).toMatchObject({
      ...{
        outcome: "imported",
        rows: 3,
        students: 3,
        repeated: 0,
        furtherSchools: 0,
        refused: 0,
        problems: [],
      },
      ...{
        grades: ["Kindergarten", "3"],
        unknownGrades: [],
        withoutGrade: 1,
        inReports: null,
        keptRaw: null,
        notes: [],
      },
      version: 0,
    });
    expect(hasRosterProblems(summary)).toBe(false);
  });

  test("joins with the reports, and reports how many of its students they contain", async () => {
    await fixture.put(dailyPath(), dailyCsv(daily("amy"), daily("ben"), daily("zoe")));
    await fixture.run();
    const summary = await imported(csv(student("amy", "1"), student("ben", "2"), student("cat", "3")));
    expect(summary.inReports).toBe(2);
    const grades = new Map(
      (await lakeRows(fixture.lake, rosterTable)).map((row) => [row.sis_id_pseudonym, row.grade]),
    );
    const joined = (await fixture.rows()).map((row) => grades.get(row.sis_id_pseudonym) ?? null);
    expect(joined.sort()).toEqual(["1", "2", null].sort());

    const strangers = await imported(csv(student("dan", "1")), { replace: true });
    expect(strangers.inReports).toBe(0);
    expect(hasRosterProblems(strangers)).toBe(true);
  });

  test("reports how many of its students a lake that has only resource usage contains", async () => {
    await fixture.put(usagePath(), usageCsv(usage("amy", "Maths"), usage("zoe", "Maths")));
    await fixture.run();
    expect((await imported(csv(student("amy", "1"), student("ben", "2")))).inReports).toBe(1);
  });

  test("is compared with the lookup tables that can be read", async () => {
    await fixture.put(dailyPath("2024-09-02"), dailyCsv(daily("amy", "2024-09-02")));
    await fixture.put(usagePath(), usageCsv(usage("ben", "Maths")));
    await fixture.run();
    const lookup = lookupTable(reports.resource_usage);
    for (const [place] of await fixture.tree())
      if (place.startsWith(lookup) && place.endsWith(".parquet")) await fixture.lose(place);
    const roster = csv(student("amy", "1"), student("ben", "2"));
    expect(await imported(roster)).toMatchObject({ outcome: "imported", inReports: 1 });
  });

  test("finds its columns in any order and case, after a byte-order mark, quoted, among others", async () => {
    const content = `\ufeff"GRADE";"other";"student_id";"School ID"\r\n"Grade 5";"x;y";"sis-amy";"S1"\r\n;;;\r\n`;
    expect(await imported(content)).toMatchObject({ rows: 1, students: 1, refused: 0 });
    expect(await table("amy")).toEqual(["amy 5 S1"]);
  });

  test("replaces the previous one in one commit, and commits nothing for the same roster", async () => {
    await imported(csv(student("amy", "1"), student("ben", "2")));
    const again = await imported(csv(student("ben", "02"), student("amy", "1"), student("amy", "1")));
    expect(again).toMatchObject({ outcome: "unchanged", version: 0, students: 2, repeated: 1 });
    expect(await fixture.version(rosterTable)).toBe(0);
    const next = await imported(csv(student("amy", "2"), student("cat", "1")));
    expect(next).toMatchObject({ outcome: "imported", version: 1 });
    expect(await table("amy", "cat")).toEqual(["amy 2 S1", "cat 1 S1"]);
    expect(await fixture.version(rosterTable)).toBe(1);
  });

  test("that lacks most students of the previous one is refused, unless a person says that it is right", async () => {
    const people = ["amy", "ben", "cat", "dan"];
    await imported(csv(...people.map((person) => student(person, "1"))));
    const half = csv(student("amy", "2"), student("ben", "2"));
    const strangers = csv(...people.map((person) => student(`new-${person}`, "1")));
    const refusal = (kept: string, of: number) => ({
      code: "shrinks",
      message: `The file has ${kept} of the ${of} students of the current roster; nothing was imported.`,
    });
    await expect(imported(csv(student("amy", "2")))).rejects.toMatchObject(refusal("1", 4));
    await expect(imported(strangers)).rejects.toMatchObject(refusal("none", 4));
    await expect(imported(half, { maxShrink: 20 })).rejects.toMatchObject(refusal("2", 4));
    expect(await fixture.version(rosterTable)).toBe(0);
    expect(await imported(half)).toMatchObject({ outcome: "imported", students: 2 });
    await expect(imported(strangers)).rejects.toMatchObject(refusal("none", 2));
    expect(await imported(strangers, { replace: true })).toMatchObject({ outcome: "imported", students: 4 });
  });

  test("is imported even if the people of the reports cannot be read", async () => {
    await fixture.put(dailyPath(), dailyCsv(daily("amy")));
    await fixture.run();
    const lookups = lookupTable(reports.daily_participation);
    for (const [place] of await fixture.tree())
      if (place.startsWith(lookups) && place.endsWith(".parquet")) await fixture.lose(place);
    expect(await imported(csv(student("amy", "1")))).toMatchObject({ outcome: "imported", inReports: null });
    expect(await table("amy")).toEqual(["amy 1 S1"]);
  });

  test("replaces a damaged one, which cannot be compared, only if a person says so", async () => {
    const roster = csv(student("amy", "1"), student("ben", "2"));
    await imported(roster);
    for (const [place] of await fixture.tree())
      if (place.startsWith(rosterTable) && place.endsWith(".parquet")) await fixture.lose(place);
    await expect(imported(roster)).rejects.toMatchObject({
      code: "shrinks",
      message: expect.stringContaining("The current roster cannot be read"),
    });
    expect(await imported(roster, { replace: true })).toMatchObject({ outcome: "imported", version: 1 });
    expect(await table("amy", "ben")).toEqual(["amy 1 S1", "ben 2 S1"]);
  });

  test("replaces one with deletion vectors of another program only if a person says so", async () => {
    const roster = csv(student("amy", "1"), student("ben", "2"));
    await imported(roster);
    await new ForeignWriter(fixture.lake, rosterTable).deleteByVector();
    await expect(imported(roster)).rejects.toMatchObject({ code: "shrinks" });
    expect(await imported(roster, { replace: true })).toMatchObject({ outcome: "imported" });
    expect(await table("amy", "ben")).toEqual(["amy 1 S1", "ben 2 S1"]);
  });

  test("has each student once, despite contacts and additional schools", async () => {
    const summary = await imported(
      csv(
        student("amy", ""),
        student("amy", "4"),
        student("amy", "", "S2"),
        student("ben", "5"),
        student("ben", "6", "S2"),
      ),
    );
    expect(await table("amy", "ben")).toEqual(["amy 4 S1", "ben 5 S1"]);
    expect(summary).toMatchObject({ rows: 5, students: 2, repeated: 1, furtherSchools: 1, refused: 1 });
    expect(summary.problems).toEqual([
      {
        line: 6,
        column: "grade",
        reason: "The same student is on line 5 with another grade; that one is kept.",
      },
    ]);
    expect(hasRosterProblems(summary)).toBe(true);
  });

  test("refuses bad rows with line and reason, and counts them", async () => {
    const summary = await imported(
      csv(
        student("amy", "1"),
        student("", "1").replace("sis-", ""),
        `${student("ben", "2")},one too many`,
        student("cat", "3").replace("sis-cat", "1.2E+11"),
        student("eve", "4"),
        student("fay", "4"),
      ),
    );
    expect(summary).toMatchObject({ rows: 6, students: 3, refused: 3, unknownGrades: [] });
    expect(summary.problems.map(({ line, column }) => [line, column])).toEqual([
      [3, "student_id"],
      [4, null],
      [5, "student_id"],
    ]);
    expect(await table("amy", "eve", "fay")).toEqual(["amy 1 S1", "eve 4 S1", "fay 4 S1"]);
  });

  test("ignores the encoding of dropped columns, and does not skip rows with only a name", async () => {
    const other = Buffer.from(
      csv(
        student("amy", "1").replace("Lastly-amy", "Peñaloza"),
        student("ben", "Año 2"),
        ",,,,Lastly,,Firstly,,,,",
        ",,,,,,,,,,",
        student("cat", "2"),
      ),
      "latin1",
    );
    const { students, problems, rows } = await imported(other);
    expect({ students, rows }).toEqual({ students: 2, rows: 4 });
    expect(problems.map(({ line, column }) => [line, column])).toEqual([
      [3, "grade"],
      [4, "student_id"],
    ]);
  });

  test("does not mistake an identity for a grade in a row with shifted cells", async () => {
    const shifted = "S1,sis-ben,77,STATE,Lastly,ben,Jr,Firstly,5,F,4/23/2015";
    const summary = await imported(
      csv(student("amy", "1"), shifted, student("cat", "2"), student("dan", "ben@mail.example")),
    );
    expect(summary.problems.map(({ line, column }) => [line, column])).toEqual([
      [3, "grade"],
      [5, "grade"],
    ]);
    expect(JSON.stringify(summary)).not.toMatch(/Firstly|ben@/);
    expect(await table("amy", "cat")).toEqual(["amy 1 S1", "cat 2 S1"]);
  });

  describe("a grade unknown to Clever", () => {
    const people = ["amy", "ben", "cat", "dan", "eve"];

    test("is kept if five students share it", async () => {
      const again = student("amy", "Exchange", "S2");
      const summary = await imported(csv(...people.map((person) => student(person, "Exchange")), again));
      expect(summary).toMatchObject({ students: 5, furtherSchools: 1, refused: 0, grades: [] });
      expect(summary.unknownGrades).toEqual(["Exchange"]);
      expect(await table(...people)).toContain("eve Exchange S1");
    });

    test("is refused in every row, by line and without its value, if fewer do", async () => {
      const others = people.map((person) => student(person, "5"));
      const summary = await imported(
        csv(
          ...others,
          ...[
            student("fay", "Emma"),
            student("fay", "Emma", "S2"),
            student("fay", ""),
            student("gus", "Emma"),
          ],
          ...[student("hal", "", "S3"), student("hal", "Emma"), student("hal", "6"), "too,short"],
          ...[student("ian", "Emma"), student("amy", "7"), student("amy", "5", "S2")],
        ),
      );
      expect(summary).toMatchObject({ rows: 16, students: 7, repeated: 0, furtherSchools: 2, refused: 7 });
      expect(summary.problems.map(({ line, column }) => [line, column])).toEqual([
        ...[7, 8, 10, 12].map((line) => [line, "grade"]),
        ...[[14, null], ...[15, 16].map((line) => [line, "grade"])],
      ]);
      expect(summary.problems[0]?.reason).toBe(
        "Clever has no such grade, and fewer than 5 students share it: it may be an identity from a shifted cell.",
      );
      expect(JSON.stringify(summary)).not.toContain("Emma");
      expect(await table(...people, "fay", "gus", "hal", "ian")).toEqual(
        [...people.map((person) => `${person} 5 S1`), "fay null S1", "hal 6 S3"].sort(),
      );
    });

    test("is refused if it is a name in a shifted row, in a roster without birth dates", async () => {
      const lines = people.map((person) => `sis-${person},Doe,Jo,5,S1`);
      const header = "student_id,last_name,first_name,grade,school_id";
      const summary = await imported([header, ...lines, "sis-fay,Van, der Berg,Emma,5"].join("\n"));
      expect(summary).toMatchObject({ students: 5, refused: 1, unknownGrades: [] });
      expect(summary.problems).toMatchObject([{ line: 7, column: "grade" }]);
      expect(await table(...people, "fay")).toEqual(people.map((person) => `${person} 5 S1`));
    });
  });

  test.each([
    ["a file without the columns", "a,b\n1,2\n", /does not have the header of a student roster/],
    ["a missing column", "Student_id,School_id\n1,2\n", /column grade.*missing/],
    ["an empty file", "", /empty/],
    ["a roster without students", `${header}\n`, /no student/],
    ["bad rows alone", csv("x,y"), /1 of the roster's 1 row cannot/],
    ["mostly bad rows", csv(student("amy", "1"), "x,y", "x,y"), /2 of the roster's 3 rows.*line 3/],
    [
      "names of few in place of grades",
      csv(...["Ada", "Bo", "Cy", "Di", "Ed", "Flo"].map((name) => student(name, name))),
      /6 of the roster's 6 rows.*line 2/,
    ],
    [
      "names in place of grades",
      csv(
        ...Array.from({ length: 150 }, (_, i) =>
          student(`p${i}`, `Name${"abcdefghij"[i % 10]}${"xyz"[i % 3]}`),
        ),
      ),
      /30 different values/,
    ],
    [
      "an id of each student in place of the school's",
      csv(...Array.from({ length: 30 }, (_, i) => student(`p${i}`, "5", `77${i}`))),
      /school_id holds 30 different values for 30 students/,
    ],
  ])("refuses %s and writes nothing", async (_what, content, message) => {
    await expect(imported(content)).rejects.toThrow(message);
    expect([...(await fixture.tree()).keys()]).toEqual([]);
  });

  test("refuses without a salt, with a salt other than the lake's, and during a run", async () => {
    await expect(imported(csv(student("amy", "1")), { salt: undefined })).rejects.toMatchObject({
      code: "config",
    });
    await imported(csv(student("amy", "1")));
    await expect(imported(csv(student("amy", "2")), { salt: "other" })).rejects.toMatchObject({
      code: "salt",
    });
    await using _lock = await RunLock.acquire(fixture.lake, "a run");
    await expect(imported(csv(student("amy", "2")))).rejects.toMatchObject({ code: "busy" });
    expect(await table("amy")).toEqual(["amy 1 S1"]);
  });

  test("commits nothing if another run has taken over the lake in the meantime", async () => {
    await imported(csv(student("amy", "1")));
    const theirs = { id: "other", runId: "theirs", host: "another", pid: 1, expires: Date.now() + 60_000 };
    const importing = imported(csv(student("amy", "2")), {
      onProgress: () => writeFileSync(fixture.lake.localPath(runLockPath), JSON.stringify(theirs)),
    });
    await expect(importing).rejects.toMatchObject({
      code: "conflict",
      message: expect.stringContaining("(theirs)"),
    });
    expect(await table("amy")).toEqual(["amy 1 S1"]);
  });

  test("keeps the raw file only when asked, byte for byte, and the same bytes once", async () => {
    const content = csv(student("amy", "1"));
    await imported(content);
    const kept = async () => [...(await fixture.tree()).keys()].filter((name) => name.includes("/roster/"));
    expect(await kept()).toEqual([]);
    const first = await imported(content, { keepRaw: true });
    expect(first.outcome).toBe("unchanged");
    expect(first.keptRaw).toMatch(
      /^stage1np\/clever\/roster\/\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d\/students\.csv$/,
    );
    expect(await readFile(fixture.lake.localPath(first.keptRaw ?? ""), "utf8")).toBe(content);
    expect((await imported(content, { keepRaw: true })).keptRaw).toBe(first.keptRaw);
    expect(await kept()).toEqual([first.keptRaw]);
  });

  test("reads it from the server, and reports progress", async () => {
    await fixture.put("roster/students.csv", csv(student("amy", "1"), student("ben", "2")));
    const onProgress = vi.fn();
    const roster = await rosterOnServer(fixture.source, "roster/students.csv");
    const summary = await importRoster({ lake: fixture.lake, file: roster, salt, onProgress });
    expect(summary).toMatchObject({ students: 2, path: "roster/students.csv" });
    expect(onProgress).toHaveBeenLastCalledWith({ done: 2 * roster.size, all: 2 * roster.size });
    await expect(rosterOnServer(fixture.source, "nothing.csv")).rejects.toMatchObject({ code: "notFound" });
    await expect(rosterOnDisk(path.join(fixture.server, "nothing.csv"))).rejects.toMatchObject({
      code: "notFound",
    });
  });

  test("imports nothing from a file that keeps changing", async () => {
    const before = csv(student("amy", "1"));
    await writeFile(file, before);
    const roster = await rosterOnDisk(file);
    await writeFile(file, csv(student("amy", "1"), student("ben", "2")));
    await expect(importRoster({ lake: fixture.lake, file: roster, salt })).rejects.toMatchObject({
      code: "changedWhileRead",
    });
    expect(await lakeRows(fixture.lake, rosterTable)).toEqual([]);
  });

  test("stops when cancelled, and succeeds the next time", async () => {
    const abort = new AbortController();
    const stopping = imported(csv(student("amy", "1")), {
      signal: abort.signal,
      onProgress: () => abort.abort(new Error("Enough.")),
    });
    await expect(stopping).rejects.toThrow("Enough.");
    expect(await imported(csv(student("amy", "1")))).toMatchObject({ outcome: "imported" });
  });

  test("works on a remote lake", async () => {
    const lake = new MemoryLake();
    await imported(csv(student("amy", "1")), { lake });
    expect(await imported(csv(student("amy", "01")), { lake })).toMatchObject({ outcome: "unchanged" });
    expect(await imported(csv(student("amy", "2")), { lake })).toMatchObject({
      outcome: "imported",
      version: 1,
    });
  });

  test("is verified with the other tables: complete, and each student once", async () => {
    await fixture.put(dailyPath(), dailyCsv(daily("amy")));
    await fixture.run();
    await imported(csv(student("amy", "1"), student("ben", "2")));
    const sound = await fixture.verify();
    expect(sound.problems).toEqual([]);
    expect(sound.tables.at(-1)).toEqual({ table: rosterTable, version: 0, files: 1, rows: 2 });
    const [file = ""] = [...(await fixture.tree()).keys()].filter((name) =>
      /students_pseudo\/part/.test(name),
    );
    const place = fixture.lake.localPath(file);
    const bytes = await readFile(place);
    // Within values: a grade or a pseudonym may change into another one.
    bytes[Math.floor(bytes.length / 3)] = (bytes[Math.floor(bytes.length / 3)] ?? 0) ^ 1;
    await writeFile(place, bytes);
    expect((await fixture.verify()).problems).toEqual([
      { subject: file, problem: "The table's data file has changed since it was written." },
    ]);
    await truncate(place, 100);
    const damaged = await fixture.verify();
    expect(damaged.problems.map(({ subject }) => subject)).toEqual([file]);
  });

  test("replaces one to which another program added its rows again, as verify advises", async () => {
    await fixture.put(dailyPath(), dailyCsv(daily("amy")));
    await fixture.run();
    const roster = csv(student("amy", "1"), student("ben", "2"));
    await imported(roster);
    const writer = new ForeignWriter(fixture.lake, rosterTable);
    const [add] = [...(await writer.snapshot()).files.values()];
    if (add === undefined) throw new Error("the table has no data file");
    const place = (name: string) => path.join(fixture.lake.localPath(rosterTable), name);
    await copyFile(place(add.path), place("again.parquet"));
    await writer.commit("WRITE", [{ add: { ...add, path: "again.parquet" } }]);
    expect((await fixture.verify()).problems).toEqual([
      {
        subject: rosterTable,
        problem: "It has 4 rows about 2 students. Import the roster again, to replace it.",
      },
    ]);
    await imported(roster);
    expect(await table("amy", "ben")).toEqual(["amy 1 S1", "ben 2 S1"]);
    expect((await fixture.verify()).problems).toEqual([]);
  });

  test("handles many students", async () => {
    const lines = Array.from({ length: 12_000 }, (_, i) => student(String(i), String((i % 12) + 1)));
    expect(await imported(csv(...lines))).toMatchObject({ students: 12_000, refused: 0 });
    expect(await lakeRows(fixture.lake, rosterTable)).toHaveLength(12_000);
    expect(await imported(csv(...lines.reverse()))).toMatchObject({ outcome: "unchanged" });
  });
});
