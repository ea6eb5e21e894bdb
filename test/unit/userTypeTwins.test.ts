import { describe, expect, test } from "vitest";
import { userTypes } from "../../src/clever/reports";
import { isAcceptable } from "../../src/pipeline/plan/quarantine";
import {
  daily,
  dailyCsv,
  dailyPath,
  PipelineFixture,
  usage,
  usageCsv,
  usagePath,
} from "../helpers/pipelineFixture";

const people = ["amy", "ben", "cat", "dan"];
const day = "2024-09-04";
const content = (date = day) => dailyCsv(...people.map((person) => daily(person, date)));
const [students, teachers, staff] = userTypes.map((type) => dailyPath(day, type)) as [string, string, string];

const once = "and the same rows count only once. If you accept this file, its rows count too.";
const firstReason = (source: string) => `It has the same rows as ${source}, which came first, ${once}`;
const knownReason = (source: string, as: string) =>
  `It has the same rows as ${source}, which has people who are known as ${as}, ${once}`;

/** The user types of the rows in the table, by day. */
async function counted(fixture: PipelineFixture): Promise<string[]> {
  const rows = await fixture.rows();
  return [...new Set(rows.map((row) => `${row.date} ${row.user_type}`))].sort();
}

describe("the same bytes under two user types count once", () => {
  test("for the file that came first, if nobody is known", async () => {
    const fixture = await PipelineFixture.create();
    await fixture.put(students, content());
    await fixture.put(staff, content());
    const summary = await fixture.run();
    expect(summary).toMatchObject({ landed: 2, anonymized: 1, failed: [] });
    expect(summary.quarantined).toMatchObject([
      { path: staff, line: null, column: null, reason: firstReason(students) },
    ]);
    expect(await counted(fixture)).toEqual([`${day} student`]);
    expect(await fixture.rows()).toHaveLength(people.length);
    expect((await fixture.verify()).problems).toEqual([]);
    expect(await fixture.run()).toMatchObject({ anonymized: 0, inQuarantine: [staff] });
    expect(await counted(fixture)).toEqual([`${day} student`]);
  });

  test("also under three user types, in any order", async () => {
    for (const order of [
      [students, teachers, staff],
      [staff, teachers, students],
    ]) {
      const fixture = await PipelineFixture.create();
      for (const file of order) await fixture.put(file, content());
      const summary = await fixture.run();
      expect(summary).toMatchObject({ landed: 3, anonymized: 1, failed: [] });
      expect(summary.quarantined.map(({ path }) => path).sort()).toEqual(order.slice(1).sort());
      expect(await fixture.rows()).toHaveLength(people.length);
    }
  });

  test.each([
    ["students", "teachers"],
    ["teachers", "staff"],
    ["staff", "students"],
  ])(
    "as %s, if the people are known as such, whichever came first",
    async (right, wrong) => {
      for (const order of [
        [right, wrong],
        [wrong, right],
      ]) {
        const fixture = await PipelineFixture.create();
        await fixture.put(dailyPath("2024-09-03", right), content("2024-09-03"));
        await fixture.run();
        for (const type of order) await fixture.put(dailyPath(day, type), content());
        const summary = await fixture.run();
        expect(summary.quarantined).toMatchObject([
          {
            path: dailyPath(day, wrong),
            line: null,
            column: null,
            reason: knownReason(dailyPath(day, right), right),
          },
        ]);
        expect((await fixture.lastLog()).get(dailyPath(day, wrong))?.outcome).toBe("quarantined");
        const value = { students: "student", teachers: "teacher", staff: "staff" }[right];
        expect(await counted(fixture)).toEqual([`2024-09-03 ${value}`, `${day} ${value}`]);
        expect((await fixture.verify()).problems).toEqual([]);
      }
    },
    60_000,
  );

  test("as other files of the same run show", async () => {
    const fixture = await PipelineFixture.create();
    await fixture.put(dailyPath("2024-09-03"), content("2024-09-03"));
    await fixture.put(teachers, content());
    await fixture.put(students, content());
    const summary = await fixture.run();
    expect(summary.quarantined).toMatchObject([{ path: teachers }]);
    expect(await counted(fixture)).toEqual(["2024-09-03 student", `${day} student`]);
  });

  test("and the other file can be accepted, as the run and the reports say", async () => {
    const fixture = await PipelineFixture.create();
    await fixture.put(dailyPath("2024-09-03"), content("2024-09-03"));
    await fixture.put(teachers, content());
    await fixture.put(students, content());
    expect((await fixture.run()).quarantined).toMatchObject([{ path: teachers, acceptable: true }]);
    const entries = await fixture.lastLog();
    expect(isAcceptable(entries.get(teachers) ?? {})).toBe(true);
    // An earlier version's entry has neither.
    expect(isAcceptable({})).toBe(true);
  });

  test("if the other file came in an earlier run", async () => {
    const fixture = await PipelineFixture.create();
    await fixture.put(students, content());
    await fixture.run();
    await fixture.put(teachers, content());
    expect((await fixture.run()).quarantined).toMatchObject([
      {
        path: teachers,
        reason: `It has the same rows as ${students}, which is in the tables as students, ${once}`,
      },
    ]);
    expect(await counted(fixture)).toEqual([`${day} student`]);
  });

  test("unless a person accepts the other one after reviewing it", async () => {
    const fixture = await PipelineFixture.create();
    await fixture.put(students, content());
    await fixture.put(teachers, content());
    await fixture.run();
    expect(await fixture.run({ accept: [teachers] })).toMatchObject({ anonymized: 1, refused: 0 });
    expect(await counted(fixture)).toEqual([`${day} student`, `${day} teacher`]);
  });

  test("even if a person has accepted one without bad rows, which does not concern the user type", async () => {
    const fixture = await PipelineFixture.create();
    await fixture.put(students, content());
    const rows = people.map((person) => daily(person, day));
    await fixture.put(teachers, dailyCsv(...rows, daily("eve", "yesterday")));
    expect((await fixture.run()).quarantined).toMatchObject([{ path: teachers, line: 6 }]);
    const inTables = `It has the same rows as ${students}, which is in the tables as students, ${once}`;
    const twin = { path: teachers, line: null, reason: inTables };
    expect(await fixture.run({ accept: [teachers] })).toMatchObject({ anonymized: 0, quarantined: [twin] });
    expect(await counted(fixture)).toEqual([`${day} student`]);
    const summary = await fixture.run({ accept: [teachers] });
    const note = `Its rows count in addition to those of ${students}, because the file was accepted.`;
    expect(summary).toMatchObject({ anonymized: 1, refused: 1, quarantined: [] });
    expect(summary.notes).toEqual([{ path: teachers, note }]);
    expect(await counted(fixture)).toEqual([`${day} student`, `${day} teacher`]);
    expect((await fixture.verify()).problems).toEqual([]);
  });

  test("even if the file accepted without bad rows is the one in quarantine", async () => {
    const fixture = await PipelineFixture.create();
    await fixture.put(dailyPath("2024-09-03"), content("2024-09-03"));
    const rows = people.map((person) => daily(person, day));
    await fixture.put(teachers, dailyCsv(...rows, daily("eve", "yesterday")));
    await fixture.run();
    await fixture.put(students, content());
    expect(await fixture.run({ accept: [teachers] })).toMatchObject({
      anonymized: 1,
      quarantined: [{ path: teachers, reason: knownReason(students, "students") }],
    });
    expect(await counted(fixture)).toEqual(["2024-09-03 student", `${day} student`]);
  });

  test("and for both, without another acceptance, if the tables were lost after a person accepted", async () => {
    const fixture = await PipelineFixture.create();
    await fixture.put(students, content());
    await fixture.put(teachers, content());
    await fixture.run();
    await fixture.run({ accept: [teachers] });
    await fixture.lose("stage2p/clever");
    expect(await fixture.run()).toMatchObject({ anonymized: 2, quarantined: [] });
    expect(await counted(fixture)).toEqual([`${day} student`, `${day} teacher`]);
  });

  test("also in resource usage", async () => {
    const fixture = await PipelineFixture.create();
    const rows = usageCsv(...people.flatMap((person) => [usage(person, "Maths"), usage(person, "Art")]));
    await fixture.put(usagePath(), rows);
    await fixture.put(usagePath("2024-09-03", "teachers"), rows);
    expect((await fixture.run()).quarantined).toMatchObject([{ path: usagePath("2024-09-03", "teachers") }]);
    expect(await fixture.rows("resource_usage")).toHaveLength(8);
  });
});

describe("the same rows under two user types", () => {
  test("count once if some are missing or have another order or form", async () => {
    const fixture = await PipelineFixture.create();
    await fixture.put(students, content());
    const rows = people.slice(1).map((person) => daily(person, day).replace("true", "TRUE"));
    await fixture.put(teachers, dailyCsv(...rows.toReversed()));
    expect((await fixture.run()).quarantined).toMatchObject([{ path: teachers }]);
    expect(await fixture.rows()).toHaveLength(people.length);
  });

  test("of a few people who are teachers and staff stay in both files", async () => {
    const fixture = await PipelineFixture.create();
    await fixture.put(teachers, content());
    await fixture.put(
      staff,
      dailyCsv(daily("amy", day), daily("ben", day), daily("zoe", day), daily("yan", day)),
    );
    expect(await fixture.run()).toMatchObject({ anonymized: 2, quarantined: [] });
    await fixture.put(
      students,
      dailyCsv(daily("amy", day, 3), ...["k", "l"].map((person) => daily(person, day))),
    );
    expect(await fixture.run()).toMatchObject({ anonymized: 1, quarantined: [] });
  });

  test("of the same people with other numbers stay in both files", async () => {
    const fixture = await PipelineFixture.create();
    await fixture.put(teachers, content());
    await fixture.put(staff, dailyCsv(...people.map((person) => daily(person, day, 7))));
    expect(await fixture.run()).toMatchObject({ anonymized: 2, quarantined: [] });
  });

  const later = (count: number) => `2024-09-0${4 + count}`;
  const oneMore = (date: string) => dailyCsv(...["amy", "ben", "zoe"].map((person) => daily(person, date)));
  const teach = (date: string) => dailyCsv(daily("amy", date), daily("ben", date));

  test("of the few people of a small district who are both stay, without a daily acceptance", async () => {
    const fixture = await PipelineFixture.create();
    await fixture.put(teachers, teach(day));
    await fixture.put(staff, oneMore(day));
    expect((await fixture.run()).quarantined).toMatchObject([{ path: staff }]);
    expect(await fixture.run({ accept: [staff] })).toMatchObject({ anonymized: 1, quarantined: [] });
    // On the next day in one run, and on the one after in two.
    await fixture.put(dailyPath(later(1), "teachers"), teach(later(1)));
    await fixture.put(dailyPath(later(1), "staff"), oneMore(later(1)));
    expect(await fixture.run()).toMatchObject({ anonymized: 2, quarantined: [] });
    await fixture.put(dailyPath(later(2), "staff"), oneMore(later(2)));
    expect(await fixture.run()).toMatchObject({ anonymized: 1, quarantined: [] });
    await fixture.put(dailyPath(later(2), "teachers"), teach(later(2)));
    expect(await fixture.run()).toMatchObject({ anonymized: 1, quarantined: [] });
    expect(await fixture.rows()).toHaveLength(3 * 5);
    expect((await fixture.verify()).problems).toEqual([]);
  });

  test("count once on many days that arrive together, which do not confirm each other", async () => {
    const fixture = await PipelineFixture.create();
    for (let count = 0; count < 4; count++) {
      await fixture.put(dailyPath(later(count), "students"), content(later(count)));
      await fixture.put(dailyPath(later(count), "teachers"), content(later(count)));
    }
    expect((await fixture.run()).quarantined).toHaveLength(4);
    expect(await fixture.rows()).toHaveLength(4 * people.length);
    await fixture.put(dailyPath(later(4), "students"), content(later(4)));
    await fixture.put(dailyPath(later(4), "teachers"), content(later(4)));
    expect((await fixture.run()).quarantined).toHaveLength(1);
  });
});
