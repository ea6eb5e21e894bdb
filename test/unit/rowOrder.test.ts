import { beforeEach, describe, expect, test } from "vitest";
import { pseudoTable } from "../../src/clever/layout";
import { pseudonymName, reports } from "../../src/clever/reports";
import { lakePathOf } from "../../src/delta/readQuery";
import { readSnapshot } from "../../src/delta/snapshot";
import { sqlFile } from "../../src/duck/duck";
import { sharedDuck } from "../helpers/lakeRows";
import {
  daily,
  dailyCsv,
  dailyPath,
  PipelineFixture,
  usage,
  usageCsv,
  usagePath,
} from "../helpers/pipelineFixture";

const person = pseudonymName("clever_user_id");
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

  /** For each data file of both tables: its rows, its people, and how often a row has another person than the one before. */
  async function dataFiles() {
    const duck = await sharedDuck();
    const found = await Promise.all(
      Object.values(reports).map(async (report) => {
        const snapshot = await readSnapshot(fixture.lake, pseudoTable(report), duck);
        if (snapshot === undefined) throw new Error("there is no table");
        return [...snapshot.files.values()].map((file) => lakePathOf(snapshot, file));
      }),
    );
    return duck.session((session) =>
      Promise.all(
        found.flat().map((file) =>
          session.one(
            `SELECT count(*)::INTEGER AS rows, count(DISTINCT ${person})::INTEGER AS people,
               (count(*) FILTER (${person} IS DISTINCT FROM before))::INTEGER AS changes
             FROM (SELECT ${person}, lag(${person}) OVER (ORDER BY file_row_number) AS before
               FROM read_parquet(${sqlFile(fixture.lake.localPath(file))}, file_row_number = true))`,
          ),
        ),
      ),
    );
  }

  test("that a run writes from several reports", async () => {
    for (const day of many) await deliver(dayOf(day));
    await fixture.run();
    expect(await dataFiles()).toEqual(Array(2).fill({ rows: 80, people: 4, changes: 4 }));
  });

  test("that is merged from those of several runs", async () => {
    for (const day of [1, 2, 3, 4, 5]) {
      await deliver(dayOf(day));
      await fixture.run();
    }
    const files = await dataFiles();
    expect(files.some(({ rows }) => Number(rows) > 4)).toBe(true);
    for (const { people: all, changes } of files) expect(changes).toBe(all);
  });

  test("that is written again for a redelivery", async () => {
    for (const day of many) await deliver(dayOf(day));
    await fixture.run();
    await deliver(dayOf(2), 9);
    await fixture.run();
    for (const { people: all, changes } of await dataFiles()) expect(changes).toBe(all);
  });
});
