import { describe, expect, test } from "vitest";
import { type FileTimes, unlikelyDays } from "../../src/clever/likelyDates";

const now = new Date("2026-11-20T05:00:00Z");
const nightly: FileTimes = { named: "2026-11-19", modified: now, landed: now };
const unnamed: FileTimes = { ...nightly, named: undefined };

/** The unlikely days, each with its number of rows. */
function unlikely(days: Readonly<Record<string, number>>, times: FileTimes = nightly): string[] {
  const rows = Object.entries(days).map(([day, count]) => ({ day, rows: count }));
  return [...unlikelyDays(rows, times)].map(([day, reason]) => `${day}: ${reason}`);
}
const future = "The date is later than the file itself.";
const farFromFile =
  "The date is more than a year away from the date in the file's name and from the server's time.";
const farFromOthers = "The date is a year or more away from the other dates of the file.";

describe("dates of a nightly file", () => {
  test("of the day before, some weeks before, or a time zone ahead are likely", () => {
    expect(unlikely({ "2026-11-19": 500, "2026-10-01": 3, "2026-11-20": 9, "2026-11-21": 1 })).toEqual([]);
  });

  test("in the future are unlikely", () => {
    expect(unlikely({ "2026-11-19": 5, "2026-11-22": 1, "2062-11-19": 9 })).toEqual([
      `2026-11-22: ${future}`,
      `2062-11-19: ${future}`,
    ]);
  });

  test("of a wrong year are unlikely, even by one year and even as a majority", () => {
    expect(unlikely({ "2026-11-19": 5, "2025-11-19": 1 })).toEqual([`2025-11-19: ${farFromOthers}`]);
    expect(unlikely({ "2026-11-19": 5, "2006-11-19": 9 })).toEqual([`2006-11-19: ${farFromFile}`]);
    expect(unlikely({ "2016-11-19": 5 })).toEqual([`2016-11-19: ${farFromFile}`]);
  });
});

describe("dates in an archive", () => {
  test("delivered years later, under Clever's name or another", () => {
    expect(unlikely({ "2021-03-04": 500 }, { ...nightly, named: "2021-03-05" })).toEqual([]);
    expect(unlikely({ "2021-03-04": 500, "2021-06-01": 2 }, unnamed)).toEqual([]);
    expect(
      unlikely({ "2021-12-31": 5 }, { ...nightly, named: "1999-01-01", modified: new Date("2022-01-01") }),
    ).toEqual([]);
  });

  test("over several years without a gap", () => {
    const months = Array.from({ length: 40 }, (_, index) => {
      const month = `${2021 + Math.floor(index / 12)}-${String((index % 12) + 1).padStart(2, "0")}-01`;
      return [month, 10] as const;
    });
    expect(unlikely(Object.fromEntries(months), { ...nightly, named: "2021-01-02" })).toEqual([]);
    expect(unlikely(Object.fromEntries(months), unnamed)).toEqual([]);
  });

  test("a year or more away from the others", () => {
    const days = { "2021-03-04": 500, "2012-03-04": 1, "2025-03-04": 2 };
    const named = { ...nightly, named: "2021-03-05" };
    expect(unlikely(days, unnamed)).toEqual([`2012-03-04: ${farFromOthers}`, `2025-03-04: ${farFromOthers}`]);
    expect(unlikely({ ...days, "2026-03-04": 2 }, named)).toEqual([
      `2012-03-04: ${farFromFile}`,
      `2025-03-04: ${farFromFile}`,
      `2026-03-04: ${farFromOthers}`,
    ]);
  });

  test("with equal row counts: those nearer to the server's time are likely", () => {
    expect(unlikely({ "2024-11-18": 1, "2026-11-19": 1 }, unnamed)).toEqual([`2024-11-18: ${farFromOthers}`]);
  });
});

test("if the server reports no time, the landing time counts", () => {
  const days = { "2026-11-19": 5, "2026-11-25": 1 };
  for (const modified of [new Date(0), new Date("2099-01-01")]) {
    expect(unlikely(days, { ...nightly, modified })).toEqual([`2026-11-25: ${future}`]);
  }
});

test("if this machine's clock was behind, the server's time counts for a file whose name is as new", () => {
  const landed = new Date("2026-11-01T05:00:00Z");
  expect(unlikely({ "2026-11-19": 5, "2026-11-25": 1 }, { ...nightly, landed })).toEqual([
    `2026-11-25: ${future}`,
  ]);
  // Of two clocks, the name shows which one is wrong.
  expect(unlikely({ "2026-11-19": 5 }, { ...nightly, named: "2026-10-31", landed })).toEqual([
    `2026-11-19: ${future}`,
  ]);
  expect(unlikely({ "2026-11-19": 5 }, { ...nightly, modified: new Date(0), landed })).toEqual([
    `2026-11-19: ${future}`,
  ]);
});

test("if the server's clock is ahead, its time does not count, whatever the file's name", () => {
  const ahead = { named: "2027-01-10", modified: new Date("2027-01-10T05:00:00Z") };
  const landed = new Date("2026-11-20T05:00:00Z");
  expect(unlikely({ "2027-01-10": 5 }, { ...nightly, ...ahead, landed })).toEqual([`2027-01-10: ${future}`]);
  const named = "2026-12-10";
  expect(
    unlikely({ "2026-12-10": 5 }, { ...nightly, modified: new Date("2026-12-01"), named, landed }),
  ).toEqual([`2026-12-10: ${future}`]);
});

test("a file without rows has no unlikely date", () => {
  expect(unlikely({})).toEqual([]);
});
