import { describe, expect, test } from "vitest";
import { calendarWeeks } from "../../src/dashboard/changes/weeks";
import { openingFilter } from "../../src/dashboard/filter";
import { answer } from "../../src/dashboard/query/answer";
import { attendanceDays } from "../../src/dashboard/query/attendance";
import { attendanceCover } from "../../src/dashboard/query/attendanceCover";
import { activityOfDays } from "../../src/dashboard/query/entries";
import type { Scope } from "../../src/dashboard/query/scope";
import { SteadyGroups } from "../../src/dashboard/query/steadyGroups";
import { steadyResources, steadySchools } from "../../src/dashboard/query/steadyUse";
import { prepare } from "../../src/dashboard/release/prepared";
import { randomStream } from "../../src/sample/random";
import { type ParticipationRow, plainIndex, type UsageRow } from "../helpers/plainIndex";

const firstMonday = "2025-01-06";
const dayOf = (place: number) => Date.parse(firstMonday) / 86_400_000 + place;
const dateOf = (place: number) => new Date(dayOf(place) * 86_400_000).toISOString().slice(0, 10);
const weeks = 10;
const schoolDays = Array.from({ length: weeks * 7 }, (_, place) => place).filter((place) => place % 7 < 5);

const fewer = "Resource 3";

/**
 * Three schools with three grades of 60 pupils. In the last two weeks one resource of eight is used half as much at one
 * school: by a sixth less altogether, which is not notable. But a grade's twelve users of a day become six.
 */
function district(seed: number): { participation: ParticipationRow[]; usage: UsageRow[] } {
  const random = randomStream(seed, "steady use");
  const participation: ParticipationRow[] = [];
  const usage: UsageRow[] = [];
  const names = Array.from({ length: 8 }, (_, number) => `Resource ${number}`);
  for (let pupil = 0; pupil < 540; pupil++) {
    const school = `School ${pupil % 3}`;
    const grade = String(Math.floor(pupil / 3) % 3);
    const row = { person: `pupil ${pupil}`, school, grade, userType: "students" } as const;
    for (const place of schoolDays) {
      const date = dateOf(place);
      const isLess = pupil % 3 === 0 && place >= (weeks - 2) * 7;
      const used = names.filter((name) => random() < (name === fewer ? (isLess ? 0.12 : 0.24) : 0.3));
      const resources = used.length;
      participation.push({ ...row, date, active: resources > 0, logins: resources, resources });
      for (const name of used) {
        usage.push({ ...row, date, id: name, name, type: "clever_library", accesses: 1 });
      }
    }
  }
  return { participation, usage };
}

describe("what changed, where parts are hidden", () => {
  test.each([1, 2, 3])("is not that more is hidden (district %i)", async (seed) => {
    const { participation, usage } = district(seed);
    const index = plainIndex(participation, usage);
    const filter = { ...openingFilter, range: { preset: "all" } } as const;
    for (const minimumGroupSize of [1, 5, 10]) {
      const settings = { minimumGroupSize, schoolYearStart: "08-01", now: new Date(0) };
      const given = await answer(index, await prepare(index, minimumGroupSize), filter, settings);
      expect(given).toMatchObject({ changes: { entries: [], weeks, tooLittle: 0 } });
    }
  });
});

test("what a cohort did is not told from a block that it shares with another", async () => {
  const last = schoolDays[schoolDays.length - 1] ?? 0;
  const participation: ParticipationRow[] = [];
  const usage: UsageRow[] = [];
  const uses = (pupil: string, grade: string, place: number) => {
    const date = dateOf(place);
    const row = { person: pupil, school: "School", grade, userType: "students", date } as const;
    participation.push({ ...row, active: true, logins: 1, resources: 1 });
    usage.push({ ...row, id: "Maths", name: "Maths", type: "clever_library", accesses: 1 });
  };
  // Six a day in one grade would be shown, but on most days there are three.
  for (const [number, place] of schoolDays.entries()) {
    // So that the days before the last one come in pairs.
    if (number === schoolDays.length - 2) continue;
    const half = place === last ? [0, 1, 2, 3, 4, 5] : [0, 1, 2].map((each) => each + 3 * (number % 2));
    for (const pupil of half) uses(`pupil ${pupil}`, "1", place);
  }
  // Two of another grade are told together with the six of the last day only.
  for (const pupil of [6, 7]) uses(`pupil ${pupil}`, "2", last);
  const prepared = await prepare(plainIndex(participation, usage), 5);
  const scope: Scope = {
    from: dayOf(0),
    to: dayOf(last),
    ranks: new Uint8Array(prepared.names.ranked.length).fill(1),
    resources: Uint8Array.of(1),
  };
  const cover = attendanceCover(prepared, scope);
  const activity = activityOfDays(prepared, scope.from, attendanceDays(prepared, cover));
  expect(activity[last]).toMatchObject({ activeUsers: 8 });
  const steady = new SteadyGroups(calendarWeeks(activity), scope.from, prepared.monthStarts);
  for (const daily of [
    await steadyResources(prepared, scope, steady, undefined),
    steadySchools(prepared, cover, steady),
  ]) {
    expect(daily).toHaveLength(last + 1);
    expect(daily[last]).toBeNaN();
  }
});

describe("the groups by which days are compared", () => {
  const days = Array.from({ length: weeks * 7 }, (_, place) => ({
    date: dateOf(place),
    kind: place % 7 < 5 ? ("school" as const) : ("noData" as const),
  }));
  const monthStarts = Int32Array.of(dayOf(-5), dayOf(26), dayOf(54));
  const steady = new SteadyGroups(calendarWeeks(days), dayOf(0), monthStarts);
  /** Days as masks per month. */
  const masks = (places: readonly number[]) => {
    const hidden = new Uint32Array(3);
    for (const place of places) {
      const month = place < 26 ? 0 : place < 54 ? 1 : 2;
      const bit = 1 << (dayOf(place) - (monthStarts[month] ?? 0));
      hidden[month] = (hidden[month] ?? 0) | bit;
    }
    return hidden;
  };
  const choose = (...hidden: readonly (readonly number[])[]) => {
    const choice = steady.choose(hidden.map((places, number) => ({ number, hidden: masks(places) })));
    return { chosen: choice.chosen.map(({ number }) => number), hidden: choice.hidden };
  };
  const everyWeek = (...places: readonly number[]) =>
    Array.from({ length: weeks }, (_, week) => places.map((place) => week * 7 + place)).flat();

  test("are all of them where nothing is hidden, or only on days off", () => {
    expect(choose([], everyWeek(5, 6), [])).toEqual({ chosen: [0, 1, 2], hidden: masks(everyWeek(5, 6)) });
  });

  test("are hidden together on two days of five at most, those first that are hidden least", () => {
    const result = choose(everyWeek(0, 1), everyWeek(0), everyWeek(2), everyWeek(0, 1, 2), everyWeek(0, 2));
    expect(result).toEqual({ chosen: [1, 2, 4], hidden: masks(everyWeek(0, 2)) });
  });

  test("must be shown in both of the judged weeks, and in three of four others", () => {
    const judged = [63, 64, 65, 66, 67];
    const past = [0, 1, 2, 3, 4, 7, 8, 9, 10, 11];
    expect(choose(judged, past).chosen).toEqual([1]);
    expect(choose([...past, 14, 15, 16], past).chosen).toEqual([1]);
  });

  test("can be none", () => {
    expect(choose(everyWeek(0, 1, 2)).chosen).toEqual([]);
  });
});
