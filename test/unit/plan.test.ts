import { describe, expect, test } from "vitest";
import { type UserType, userTypes } from "../../src/clever/reports";
import type { LogEntry } from "../../src/pipeline/log/ingestLog";
import {
  folderName,
  type LakeState,
  lakeState,
  makePlan,
  planLandings,
  runStart,
} from "../../src/pipeline/plan/plan";
import { isDue } from "../../src/pipeline/plan/work";
import type { SourceFile } from "../../src/sftp/source";

const path = "daily-participation/2024-09-03-daily-participation-students.csv";
const modified = new Date("2024-09-04T01:02:03Z");
const later = new Date("2024-09-05T01:02:03Z");

const file = (of: Partial<SourceFile> = {}): SourceFile => ({ path, size: 10, modified, ...of });

function entry(of: Partial<LogEntry> = {}): LogEntry {
  return {
    path,
    source: path,
    report: "daily_participation",
    userType: "students",
    size: 10,
    modified,
    sha256: "aa",
    landedPath: "stage1np/clever/x.csv",
    version: 100,
    runId: "r",
    time: modified,
    outcome: "anonymized",
    ...of,
  };
}

function lakeOf(entries: readonly LogEntry[], applied: Record<string, number> = {}): LakeState {
  const last = new Map(entries.map((each) => [each.source, each]));
  const anonymized = new Map([...last].filter(([, { outcome }]) => outcome === "anonymized"));
  const deliveries = new Map([...last].map(([source, each]) => [source, [each]]));
  return lakeState({ last, anonymized, deliveries }, new Map(Object.entries(applied)));
}

const empty = lakeOf([]);

function states(files: readonly SourceFile[], lake: LakeState, types = userTypes) {
  return makePlan({ files, skipped: [] }, lake, [...types]).map(({ state }) => state);
}

describe("a file on the server is", () => {
  test.each([
    ["new, if it is not in the log", empty, "new"],
    ["landed, if its rows are not in the table", lakeOf([entry({ outcome: "landed" })]), "landed"],
    ["anonymized, if they are", lakeOf([entry()], { [path]: 100 }), "anonymized"],
    [
      "anonymized, even if the log missed that",
      lakeOf([entry({ outcome: "landed" })], { [path]: 100 }),
      "anonymized",
    ],
    ["landed, if the table was lost", lakeOf([entry()]), "landed"],
    ["landed, if the table has an older delivery", lakeOf([entry()], { [path]: 99 }), "landed"],
    ["quarantined", lakeOf([entry({ outcome: "quarantined" })]), "quarantined"],
    ["changed, by its size", lakeOf([entry({ size: 11 })], { [path]: 100 }), "changed"],
    ["changed, by its time", lakeOf([entry({ modified: later })], { [path]: 100 }), "changed"],
    ["changed, if it was quarantined", lakeOf([entry({ size: 11, outcome: "quarantined" })]), "changed"],
  ])("%s", (_, lake, expected) => {
    expect(states([file()], lake)).toEqual([expected]);
  });
});

describe("if the server reports no times,", () => {
  const timeless = new Date(0);

  test.each([
    ["a file of the same size is known", [entry()], file({ modified: timeless }), "anonymized"],
    ["one with a different size has changed", [entry()], file({ modified: timeless, size: 11 }), "changed"],
    [
      "a moved one has changed by its size",
      [entry()],
      file({ modified: timeless, path: `a/${path}`, size: 11 }),
      "changed",
    ],
    ["the first reported time is a change", [entry({ modified: timeless })], file(), "changed"],
  ])("%s", (_, entries, listed, state) => {
    expect(states([listed], lakeOf(entries, { [path]: 100 }))).toEqual([state]);
  });
});

test("times are compared to the second, which is SFTP's precision", () => {
  const lake = lakeOf([entry({ modified: new Date(modified.getTime() + 999) })], { [path]: 100 });
  expect(states([file()], lake)).toEqual(["anonymized"]);
});

test("files that are not reports, of excluded user types, or skipped are ignored with the reason", () => {
  const files = [file({ path: "readme.txt" }), file()];
  const skipped = [{ path: "link.csv", reason: "a symbolic link" }];
  expect(
    makePlan({ files, skipped }, empty, ["staff"]).map(({ path: of, state, reason }) => [of, state, reason]),
  ).toEqual([
    ["readme.txt", "ignored", "Not a report."],
    [path, "ignored", "The configuration leaves out this user type."],
    ["link.csv", "ignored", "Not read: a symbolic link."],
  ]);
});

describe("of copies of one report", () => {
  const copy = (mark: string, time: Date) =>
    file({ path: path.replace(".csv", `${mark}.csv`), modified: time });

  test("the newest counts", () => {
    expect(states([copy(" (1)", later), file()], empty)).toEqual(["new", "ignored"]);
    expect(states([copy(" (1)", modified), file({ modified: later })], empty)).toEqual(["ignored", "new"]);
  });

  test("the original counts if they are equally old", () => {
    expect(states([copy(" (2)", modified), copy("(1)", modified), file()], empty)).toEqual([
      "ignored",
      "ignored",
      "new",
    ]);
  });

  test("a copy is a delivery of the original", () => {
    const lake = lakeOf([entry()], { [path]: 100 });
    expect(states([copy(" (1)", later), file()], lake)).toEqual(["changed", "ignored"]);
    expect(states([copy(" (1)", modified)], lake)).toEqual(["anonymized"]);
  });

  describe("if the newest was ingested and is no longer on the server, the next one", () => {
    const newest = { path: path.replace(".csv", " (1).csv"), modified: later, size: 11 };

    test.each(["anonymized", "landed"] as const)("is ignored with the reason (%s)", (outcome) => {
      const lake = lakeOf([entry({ ...newest, outcome })], { [path]: outcome === "landed" ? 99 : 100 });
      const [planned] = makePlan({ files: [file()], skipped: [] }, lake, [...userTypes]);
      expect(planned).toMatchObject({
        state: "ignored",
        reason: `Older than ${newest.path}, whose rows are in the lake and which is no longer on the server; this file is read if it gets a newer date.`,
      });
      expect(planLandings(planned ? [planned] : [], later)).toEqual([]);
    });

    test("counts once it is uploaded again", () => {
      const again = file({ modified: new Date(later.getTime() + 1000) });
      expect(states([again], lakeOf([entry(newest)], { [path]: 100 }))).toEqual(["changed"]);
    });

    test("counts if the newest could not be read", () => {
      const lake = lakeOf([entry({ ...newest, outcome: "quarantined" })], { [path]: 90 });
      expect(states([file()], lake)).toEqual(["changed"]);
    });

    test("counts under the newest's own name, since the server's clock may have been set", () => {
      const lake = lakeOf([entry({ ...newest, path })], { [path]: 100 });
      expect(states([file()], lake)).toEqual(["changed"]);
    });
  });
});

describe("a report in another folder or below another root", () => {
  const moved = `reports/2024/${path}`;

  test.each([
    ["is the same delivery if size and time are the same", {}, "anonymized"],
    ["is a new delivery if its size differs", { size: 11, modified: later }, "changed"],
    ["is an older one according to its time", { modified: new Date(0 + 1000) }, "ignored"],
  ])("%s", (_, facts, state) => {
    const files = [file({ path: moved, ...facts })];
    const [planned] = makePlan({ files, skipped: [] }, lakeOf([entry()], { [path]: 100 }), [...userTypes]);
    expect(planned).toMatchObject({ state, source: path });
  });

  test("is the same source if the log was lost and the tables have it", () => {
    const [planned] = makePlan({ files: [file({ path: moved })], skipped: [] }, lakeOf([], { [path]: 100 }), [
      ...userTypes,
    ]);
    expect(planned).toMatchObject({ state: "new", source: path });
  });

  test("is another source if its name has no date, since it may be another day's", () => {
    const before = "2024-09-02/daily-participation/Students.csv";
    const lake = lakeOf([entry({ path: before, source: before })], { [before]: 100 });
    const others = ["2024-09-03/daily-participation/Students.csv", "daily-participation/Students.csv"];
    const files = [before, ...others].map((each) => file({ path: each, size: 11, modified: later }));
    const plan = makePlan({ files, skipped: [] }, lake, [...userTypes]);
    expect(plan.map(({ state, source, unread }) => [state, source, unread])).toEqual([
      ["changed", before, undefined],
      ...others.map((each) => ["new", each, undefined]),
    ]);
  });

  test("stays a separate source in a lake that has it as one", () => {
    const lake = lakeOf([entry(), entry({ path: moved, source: moved })], { [path]: 100, [moved]: 100 });
    expect(states([file(), file({ path: moved })], lake)).toEqual(["anonymized", "anonymized"]);
    expect(states([file({ size: 11, path: `other/${path}` })], lake)).toEqual(["changed"]);
  });

  describe("that an older lake has without its own rows", () => {
    test.each(["duplicate", "quarantined"] as const)(
      "is a delivery of the source with its name that has rows (%s)",
      (outcome) => {
        const aside = entry({ path: moved, source: moved, outcome, version: 200 });
        const corrected = file({ path: moved, size: 12, modified: later });
        for (const lake of [lakeOf([entry(), aside], { [path]: 100 }), lakeOf([aside], { [path]: 100 })]) {
          const plan = makePlan({ files: [corrected], skipped: [] }, lake, [...userTypes]);
          expect(plan).toMatchObject([{ source: path }]);
          expect(planLandings(plan, later)).toMatchObject([{ path: moved, source: path }]);
        }
      },
    );

    test("keeps its source if no other with its name has rows, or its own wait", () => {
      const sources = (lake: LakeState) =>
        makePlan({ files: [file({ path: moved })], skipped: [] }, lake, [...userTypes]).map(
          ({ source }) => source,
        );
      const apart = (outcome: LogEntry["outcome"]) => entry({ path: moved, source: moved, outcome });
      expect(sources(lakeOf([entry({ outcome: "duplicate" }), apart("quarantined")]))).toEqual([moved]);
      expect(sources(lakeOf([entry(), apart("landed")], { [path]: 100 }))).toEqual([moved]);
      // The tables were lost, and the rows of one have been restored.
      expect(sources(lakeOf([entry(), apart("anonymized")], { [path]: 100 }))).toEqual([moved]);
    });
  });

  test("counts if it is the newest with its name, and the others are reported if their bytes must differ", () => {
    const files = [file({ size: 11 }), file({ path: moved, modified: later }), file({ path: `old/${path}` })];
    const reason = `${moved} has the same name and is newer; only that one is read`;
    const plan = makePlan({ files, skipped: [] }, empty, [...userTypes]);
    expect(plan.map(({ state, unread }) => [state, unread])).toEqual([
      ["ignored", { reason, report: true }],
      ["new", undefined],
      ["ignored", undefined],
    ]);
    expect(planLandings(plan, later)).toMatchObject([{ path: moved, source: moved }]);
  });
});

test("files that only look like reports are reported", () => {
  const names = [`${path}.gz`, path.replace(".csv", "-corrected.csv"), path.replace("students", "studentsx")];
  const reason = "its name begins like a report's, but does not end like one";
  const unread = (paths: readonly string[], lake = empty, types: readonly UserType[] = userTypes) => {
    const files = paths.map((each) => file({ path: each }));
    return makePlan({ files, skipped: [] }, lake, types).map((planned) => planned.unread);
  };
  const missed = { reason, report: true };
  // Of a new kind of name, nobody knows whether its report is there under another one.
  const stray = { reason: "its name is not a report's, but its folder's is", report: true };
  expect(unread(names)).toEqual([missed, missed, stray]);
  // Nothing is missing if the report itself is there, or was.
  const beside = { reason, report: false };
  expect(unread([...names, path])).toEqual([beside, beside, stray, undefined]);
  expect(unread(names, lakeOf([entry()], { [path]: 100 }))).toEqual([beside, beside, stray]);
  expect(unread(names, empty, ["staff"])).toEqual([beside, beside, stray]);
  expect(unread(["daily-participation/20240903-students.csv", "notes/20240903-students.csv"])).toEqual([
    stray,
    undefined,
  ]);
  expect(unread(["daily-participation/summary.csv"])).toEqual([{ ...stray, report: false }]);
});

test("of two copies in a folder, the older one is not reported, and one with the same time is", () => {
  const copy = path.replace(".csv", " (1).csv");
  const unread = (minutes: number, size: number) => {
    const modified = new Date(file().modified.getTime() - minutes * 60_000);
    const listing = { files: [file(), file({ path: copy, modified, size })], skipped: [] };
    return makePlan(listing, empty, userTypes).find((planned) => planned.path === copy)?.unread;
  };
  expect(unread(1, 99)).toBeUndefined();
  expect(unread(0, file().size)).toBeUndefined();
  expect(unread(0, 99)).toEqual({
    reason: `${path} is a copy of it with the same time; only that one is read`,
    report: true,
  });
});

describe("a copy that an earlier version ignored", () => {
  const other = path.replace("09-03", "09-04");
  const duplicate = entry({ path: other, source: other, outcome: "duplicate", reason: "Same bytes." });

  test("has landed, and its rows are due; the rule of the tables decides which source has them", () => {
    const lake = lakeOf([entry(), duplicate], { [path]: 100 });
    expect(states([file(), file({ path: other })], lake)).toEqual(["anonymized", "landed"]);
    expect(isDue(duplicate, lake, new Set())).toBe(true);
  });

  test("is anonymized once the tables have its rows, or those of a newer delivery", () => {
    expect(states([file({ path: other })], lakeOf([duplicate], { [other]: 100 }))).toEqual(["anonymized"]);
    expect(isDue(duplicate, lakeOf([duplicate], { [other]: 100 }), new Set())).toBe(false);
  });

  test("is changed if the server now has different bytes", () => {
    expect(states([file({ path: other, size: 11 })], lakeOf([duplicate]))).toEqual(["changed"]);
  });
});

describe("landings", () => {
  const start = new Date("2024-09-10T11:12:13Z");

  function landings(paths: readonly string[], lake = empty) {
    const files = paths.map((each) => file({ path: each }));
    return planLandings(makePlan({ files, skipped: [] }, lake, [...userTypes]), start);
  }

  test("go into a folder of the run's start, by user type, under their own names", () => {
    expect(landings([path])).toMatchObject([
      {
        landedPath:
          "stage1np/clever/daily-participation/2024-09-10T11-12-13/Students/2024-09-03-daily-participation-students.csv",
        version: start.getTime() / 1000,
        source: path,
      },
    ]);
  });

  test("are those of new and changed files only", () => {
    expect(landings([path, "readme.txt"], lakeOf([entry()], { [path]: 100 }))).toEqual([]);
    expect(landings([path], lakeOf([entry({ size: 1 })], { [path]: 100 }))).toHaveLength(1);
  });

  test("never collide: the same name from another folder gets a later second, and so a later version", () => {
    const folder = "daily-participation";
    const made = landings([`${folder}/Students.csv`, `${folder}/a/Students.csv`, `${folder}/b/STUDENTS.csv`]);
    expect(new Set(made.map(({ landedPath }) => landedPath.toLowerCase())).size).toBe(3);
    expect(made.map(({ version }) => version - start.getTime() / 1000)).toEqual([0, 1, 2]);
    for (const { landedPath, version } of made) {
      expect(landedPath).toContain(folderName(new Date(version * 1000)));
    }
  });
});

describe("a run's start", () => {
  const now = new Date("2024-09-10T11:12:13.456Z");
  const second = Math.floor(now.getTime() / 1000);

  test("is now, to the second", () => {
    expect(runStart(empty, now)).toEqual(new Date(second * 1000));
  });

  test.each([
    ["the log's newest delivery", lakeOf([entry({ version: second })])],
    ["the tables' newest delivery, which the log may have lost", lakeOf([], { [path]: second })],
  ])("is after %s, even if the clock is not", (_, lake) => {
    expect(runStart(lake, now)).toEqual(new Date((second + 1) * 1000));
  });

  test.each([Number.MAX_SAFE_INTEGER, 8.64e12, 253_402_300_800])(
    "is impossible if the lake has version %d, which cannot be a delivery's time",
    (version) => {
      const error = { code: "corrupt", message: expect.stringContaining("in the year 10000 or later") };
      expect(() => runStart(lakeOf([], { [path]: version }), now)).toThrow(expect.objectContaining(error));
      expect(() => runStart(lakeOf([entry({ version })]), now)).toThrow(expect.objectContaining(error));
    },
  );
});
