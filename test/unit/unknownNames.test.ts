import { describe, expect, test } from "vitest";
import { nearestNames } from "../../src/basics/nearestNames";
import type { UserType } from "../../src/clever/reports";
import { filterOf, type QuestionOptions } from "../../src/cli/question";
import { IndexKeeper } from "../../src/dashboard/index/indexKeeper";
import { optionsOf } from "../../src/dashboard/query/answer";
import { participationMetrics } from "../../src/dashboard/query/metrics";
import { requireKnownNames } from "../../src/dashboard/unknownNames";
import {
  daily,
  dailyCsv,
  dailyPath,
  PipelineFixture,
  usage,
  usageCsv,
  usagePath,
} from "../helpers/pipelineFixture";
import { plainIndex } from "../helpers/plainIndex";
import { attendedOn } from "../helpers/syntheticRows";
import { temporaryFolder } from "../helpers/temporaryFolder";

describe("the nearest names", () => {
  const schools = ["North High", "South High", "Cedar Hollow High School", "Escuela Peñasco", "East"];

  test.each([
    ["Nroth High", ["North High", "South High"]],
    ["north high", ["North High", "South High"]],
    ["Cedar Hollow", ["Cedar Hollow High School"]],
    ["Ceder Holow", ["Cedar Hollow High School"]],
    ["Esquela", ["Escuela Peñasco"]],
    ["Escuela Penasco", ["Escuela Peñasco"]],
    ["Westlake", []],
    ["", []],
  ])("%j", (name, nearest) => {
    expect(nearestNames(name, schools)).toEqual(nearest);
  });

  test("are at most three, nearest first", () => {
    expect(nearestNames("abcde", ["abcdx", "abxde", "abcde1", "abcde", "xbcde"])).toEqual([
      "abcde",
      "abcde1",
      "abcdx",
    ]);
  });
});

test("without other user types, people are students, or everybody if there are none", () => {
  const typesOf = (...types: readonly UserType[]) => {
    const rows = types.flatMap((userType) => attendedOn("2025-10-01", { people: 3, userType }));
    const counting = { minimumGroupSize: 0, keepWhole: "schools" } as const;
    const known = optionsOf(plainIndex(rows, []), { ...counting, schoolYearStart: "08-01" });
    return filterOf({}, undefined, known).userTypes;
  };
  expect(typesOf("students", "teachers", "staff")).toEqual(["students"]);
  expect(typesOf("teachers", "staff")).toEqual([]);
});

describe("a filter with unknown names", () => {
  const known = { schools: ["North High", null], resources: ["Maths"], resourceTypes: ["app"], grades: [] };
  const refused = (message: string, hint: string) =>
    expect.objectContaining({ code: "config", message, hint });

  test("is accepted if the names exist", () => {
    const filter = { schools: ["North High", null], resources: ["Maths"], resourceTypes: [] };
    expect(() => requireKnownNames(filter, known)).not.toThrow();
  });

  test.each([
    [
      { schools: ["Nroth High"] },
      'There is no school "Nroth High" in the tables.',
      'The nearest to "Nroth High": "North High".',
    ],
    [
      { resourceTypes: ["link"] },
      'There is no resource type "link" in the tables, or all of its use is suppressed.',
      'No resource type has a name like "link".',
    ],
    [{ grades: ["7"] }, 'There is no grade "7" in the tables.', "The tables have no grade."],
  ])("is refused with the nearest ones: %j", (filter, message, hint) => {
    expect(() => requireKnownNames(filter, known)).toThrow(refused(message, hint));
  });

  test("is refused by a lake's metrics, except for names that exist on other days", async () => {
    const fixture = await PipelineFixture.create();
    await fixture.put(
      dailyPath("2024-09-03"),
      dailyCsv(daily("amy"), daily("ben", "2024-10-01").replace("school-1,North", "school-2,South")),
    );
    await fixture.put(usagePath("2024-09-03"), usageCsv(usage("amy", "Maths")));
    await fixture.run();
    await using keeper = new IndexKeeper({ cacheFolder: await temporaryFolder() });
    const index = await keeper.current(fixture.lake);
    const counting = { minimumGroupSize: 0, keepWhole: "schools" } as const;
    const known = index && optionsOf(index, { ...counting, schoolYearStart: "08-01" });
    if (index === undefined || known === undefined) expect.fail();
    const ask = (options: QuestionOptions) =>
      participationMetrics(index, filterOf(options, undefined, known), counting);
    expect(() => ask({ school: ["North High", "Nroth High"] })).toThrow(
      refused(
        'There is no school "Nroth High" in the tables.',
        'The nearest to "Nroth High": "North High", "South High".',
      ),
    );
    expect(() => ask({ resource: ["Math"], resourceType: ["apps"] })).toThrow(
      refused(
        'There is no resource "Math" in the tables, or all of its use is suppressed. There is no resource type "apps" in the tables, or all of its use is suppressed.',
        'The nearest to "Math": "Maths". The nearest to "apps": "app".',
      ),
    );
    expect(await ask({ school: ["South High"], to: "2024-09-30" })).toMatchObject({ users: 0, days: 0 });
    const named = { school: ["North High"], resource: ["Maths"], resourceType: ["app"] };
    expect(await ask(named)).toMatchObject({ users: 1 });
  });
});
