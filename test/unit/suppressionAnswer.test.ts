import { describe, expect, test } from "vitest";
import { publish, resourcesBySchool } from "../../src/metrics/publish";
import { type PlainParticipation, type PlainUsage, plainFacts } from "../helpers/plainMetrics";

/** `count` people of a school who all use the resources on each of the days. */
function crowd(school: string, count: number, resources: readonly string[], days = ["2026-03-02"]) {
  const participation: PlainParticipation[] = [];
  const usage: PlainUsage[] = [];
  for (let index = 0; index < count; index += 1) {
    for (const date of days) {
      const row = { userType: "students" as const, date, person: `${school} ${index} ${resources}`, school };
      participation.push({
        ...row,
        active: resources.length > 0,
        logins: 3 * resources.length,
        resources: resources.length,
      });
      usage.push(...resources.map((name) => ({ ...row, type: "app", name, id: name, accesses: 3 })));
    }
  }
  return { participation, usage };
}

function answer(crowds: readonly ReturnType<typeof crowd>[], minimum = 10, top = 5) {
  const facts = plainFacts(
    crowds.flatMap(({ participation }) => participation),
    crowds.flatMap(({ usage }) => usage),
  );
  const listed = resourcesBySchool(facts, minimum, top);
  const cells = facts.cells.filter(({ resource }) => listed.includes(resource));
  return publish(facts, listed, cells, minimum);
}

describe("publish", () => {
  test("fewer people in all than the minimum: nothing but names and the number of days", () => {
    const { users, days, activeUsers, ...lists } = answer([crowd("A", 4, ["Maps"]), crowd("B", 5, [])]);
    expect({ users, days, activeUsers }).toEqual({ users: null, days: 1, activeUsers: null });
    for (const list of Object.values(lists)) {
      for (const entry of list) {
        expect(entry.suppressed).toBe(true);
        expect(Object.values(entry).filter((value) => typeof value === "number")).toEqual([]);
      }
    }
  });

  test("a small school takes the next smallest with it, and both stand last", () => {
    const { bySchool, users } = answer([crowd("A", 3, []), crowd("B", 20, []), crowd("C", 40, [])]);
    expect(users).toBe(63);
    expect(bySchool.map(({ school_name, users: shown }) => [school_name, shown])).toEqual([
      ["C", 40],
      ["A", null],
      ["B", null],
    ]);
  });

  test("schools with few active people keep their users but not the averages that sum to theirs", () => {
    const { bySchool, byDay, activeUsers } = answer([
      crowd("A", 30, []),
      crowd("A", 4, ["Maps"]),
      crowd("B", 30, []),
    ]);
    expect(activeUsers).toBeNull();
    expect(byDay).toMatchObject([{ logins: null, suppressed: true }]);
    expect(bySchool).toMatchObject([
      { school_name: "A", users: 34, averageLogins: null, averageDistinctResources: null, suppressed: true },
      { school_name: "B", users: 30, averageLogins: 0, averageDistinctResources: 0 },
    ]);
  });

  test.each([
    ["one is not active", 29, 1, 10, [30, null]],
    ["nearly too many are not active", 30, 9, 10, [39, null]],
    ["enough are not active", 30, 10, 10, [40, 30]],
    ["all are active", 30, 0, 10, [30, 30]],
    ["nothing is to be hidden", 29, 1, 0, [30, 29]],
  ])(
    "users and active users do not tell by subtraction who is not active: %s",
    (_, active, not, minimum, expected) => {
      const both = answer([crowd("A", active, ["Maps"]), crowd("A", not, [])], minimum);
      expect([both.users, both.activeUsers]).toEqual(expected);
      // With one day, it has the same number.
      expect(both.byDay.map(({ activeUsers }) => activeUsers)).toEqual([expected[1]]);
      expect(both.byDay.map(({ suppressed }) => suppressed)).toEqual([
        expected[1] === null ? true : undefined,
      ]);
    },
  );

  test("a day on which all but a few are active keeps its sums, and not its active users", () => {
    const { activeUsers, byDay } = answer([
      crowd("A", 40, ["Maps"], ["2026-03-02", "2026-03-03"]),
      crowd("A", 3, ["Quiz"], ["2026-03-03"]),
      crowd("B", 30, ["Maps"], ["2026-03-03"]),
      crowd("A", 3, [], ["2026-03-02"]),
    ]);
    expect(activeUsers).toBeNull();
    expect(byDay).toMatchObject([
      { logins: 120, activeUsers: 40 },
      { logins: 219, activeUsers: null, suppressed: true },
    ]);
  });

  test("a day without activity is shown as 0, days with little go with the next", () => {
    const { byDay } = answer([
      crowd("A", 50, ["Maps"], ["2026-03-02", "2026-03-03"]),
      crowd("A", 20, ["Quiz"], ["2026-03-04"]),
      crowd("A", 4, ["Maps", "Quiz"], ["2026-03-05"]),
      crowd("A", 60, [], ["2026-03-06"]),
    ]);
    expect(byDay.map(({ activeUsers }) => activeUsers)).toEqual([50, 50, null, null, 0]);
  });

  test("a resource without people's ids is suppressed although it counts nobody", () => {
    const base = crowd("A", 50, ["Maps", "Quiz"]);
    const [row] = base.usage;
    if (row === undefined) throw new Error("no usage");
    const nameless = { participation: [], usage: [{ ...row, person: null, name: "Lab", id: "Lab" }] };
    const { topResources } = answer([base, nameless]);
    expect(topResources.find(({ resource_name }) => resource_name === "Lab")).toEqual({
      resource_name: "Lab",
      resource_type: "app",
      rows: null,
      accesses: null,
      users: null,
      suppressed: true,
    });
  });

  test("hidden resources follow the others by school, hidden at every school", () => {
    const { topResourcesBySchool } = answer([
      crowd("A", 40, ["Maps", "Quiz"]),
      crowd("B", 40, ["Maps", "Quiz"]),
      crowd("A", 6, ["Zoo"]),
      crowd("B", 5, ["Art"]),
    ]);
    expect(
      topResourcesBySchool.map((entry) => [entry.resource_name, entry.school_name, entry.users]),
    ).toEqual([
      ["Maps", "A", 40],
      ["Maps", "B", 40],
      ["Quiz", "A", 40],
      ["Quiz", "B", 40],
      ["Art", "A", null],
      ["Art", "B", null],
      ["Zoo", "A", null],
      ["Zoo", "B", null],
    ]);
  });

  test("a hidden school lists every resource, used or not", () => {
    const { topResourcesBySchool } = answer([
      crowd("A", 3, ["Maps"]),
      crowd("B", 20, ["Maps"]),
      crowd("C", 40, ["Maps", "Quiz"]),
    ]);
    const hidden = topResourcesBySchool.filter(({ school_name }) => school_name !== "C");
    expect(hidden).toHaveLength(4);
    expect(hidden.every(({ users }) => users === null)).toBe(true);
  });
});
