import { beforeEach, describe, expect, test } from "vitest";
import { peopleInFiles } from "../helpers/peopleInFiles";
import {
  daily,
  dailyCsv,
  dailyPath,
  PipelineFixture,
  usage,
  usageCsv,
  usagePath,
} from "../helpers/pipelineFixture";

const people = ["a", "b", "c", "d"];
const many = Array.from({ length: 20 }, (_, index) => index + 1);
const dayOf = (number: number) => `2024-09-${String(number).padStart(2, "0")}`;

describe("a person's rows are consecutive in a data file", () => {
  let fixture: PipelineFixture;
  beforeEach(async () => {
    fixture = await PipelineFixture.create();
  });

  async function deliver(day: string, logins = 1): Promise<void> {
    await fixture.put(dailyPath(day), dailyCsv(...people.map((each) => daily(each, day, logins))));
    await fixture.put(usagePath(day), usageCsv(...people.map((each) => usage(each, "maths", day))));
  }

  test("that a run writes from several reports", async () => {
    for (const day of many) await deliver(dayOf(day));
    await fixture.run();
    expect(await peopleInFiles(fixture.lake)).toEqual(Array(2).fill({ rows: 80, people: 4, changes: 4 }));
  });

  test("that a run writes from one report with two rows per person", async () => {
    const resources = ["maths", "reading"];
    const lines = resources.flatMap((resource) => people.map((each) => usage(each, resource)));
    await fixture.put(usagePath(), usageCsv(...lines));
    await fixture.run();
    expect(await peopleInFiles(fixture.lake)).toEqual([{ rows: 8, people: 4, changes: 4 }]);
  });

  test("whose texts are too many for an enumeration", async () => {
    const resources = Array.from({ length: 70_000 }, (_, number) => `resource-${number}`);
    await fixture.put(
      usagePath(),
      usageCsv(...resources.map((each, at) => usage(people[at % 4] ?? "", each))),
    );
    await fixture.run();
    expect(await peopleInFiles(fixture.lake)).toEqual([{ rows: 70_000, people: 4, changes: 4 }]);
    expect((await fixture.verify()).problems).toEqual([]);
  });

  test("that is merged from those of several runs", async () => {
    for (const day of [1, 2, 3, 4, 5]) {
      await deliver(dayOf(day));
      await fixture.run();
    }
    const files = await peopleInFiles(fixture.lake);
    expect(files.some(({ rows }) => Number(rows) > 4)).toBe(true);
    for (const { people: all, changes } of files) expect(changes).toBe(all);
  });

  test("that is written again for a redelivery", async () => {
    for (const day of many) await deliver(dayOf(day));
    await fixture.run();
    await deliver(dayOf(2), 9);
    await fixture.run();
    for (const { people: all, changes } of await peopleInFiles(fixture.lake)) expect(changes).toBe(all);
  });

  test("that a run writes from files with different headers", async () => {
    for (const day of many) {
      await deliver(dayOf(day));
      const ofStaff = dailyCsv(...people.map((each) => daily(`staff ${each}`, dayOf(day)))).replace(
        "sis_id",
        "staff_id",
      );
      await fixture.put(dailyPath(dayOf(day), "staff"), ofStaff);
    }
    await fixture.run();
    expect(await peopleInFiles(fixture.lake)).toEqual([
      { rows: 160, people: 8, changes: 8 },
      { rows: 80, people: 4, changes: 4 },
    ]);
  });
});
