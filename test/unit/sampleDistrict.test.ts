import { describe, expect, it } from "vitest";
import { isCleverLakeError } from "../../src/basics/errors";
import { schoolDays } from "../../src/sample/calendar";
import { type SampleOptions, sampleDistrict } from "../../src/sample/district";
import { sampleIdentities } from "../helpers/sampleIdentities";

const small: SampleOptions = { students: 400, teachers: 30, staff: 12, schools: 5, days: 12 };

function firstSchoolDays(firstDay: string, count: number): string[] {
  const days = schoolDays(firstDay);
  return Array.from({ length: count }, () => days.next().value);
}

describe("the school calendar", () => {
  const days = firstSchoolDays("2025-08-25", 600);
  const has = new Set(days);

  it("begins on the requested first school day and has each day once, ascending", () => {
    expect(days[0]).toBe("2025-08-25");
    expect(days).toEqual([...new Set(days)].sort());
  });

  it("leaves out weekends", () => {
    expect(days.filter((day) => [0, 6].includes(new Date(day).getUTCDay()))).toEqual([]);
  });

  it.each([
    ["Labor Day", "2025-09-01"],
    ["Indigenous Peoples' Day", "2025-10-13"],
    ["Veterans Day", "2025-11-11"],
    ["Thanksgiving", "2025-11-27"],
    ["the day before Thanksgiving", "2025-11-26"],
    ["the day after Thanksgiving", "2025-11-28"],
    ["winter break, first day", "2025-12-22"],
    ["winter break, last day", "2026-01-02"],
    ["Martin Luther King Jr. Day", "2026-01-19"],
    ["Presidents' Day", "2026-02-16"],
    ["spring break", "2026-04-15"],
    ["Memorial Day", "2026-05-25"],
    ["summer break", "2026-07-01"],
    ["Veterans Day on a Saturday, kept on Friday", "2028-11-10"],
  ])("leaves out %s (%s)", (_, day) => {
    expect(has.has(day)).toBe(false);
  });

  it("has the days around them", () => {
    const beside = [
      "2025-09-02",
      "2025-11-25",
      "2025-12-19",
      "2026-01-05",
      "2026-04-20",
      "2026-06-05",
      "2026-08-24",
    ];
    expect(beside.filter((day) => !has.has(day))).toEqual([]);
  });

  it("has about 180 days a year, so 600 days take more than three school years", () => {
    const perYear = [2025, 2026, 2027].map(
      (year) => days.filter((day) => day >= `${year}-08-01` && day < `${year + 1}-08-01`).length,
    );
    for (const count of perYear) expect(Math.abs(count - 180)).toBeLessThanOrEqual(3);
    expect(days.at(-1)).toMatch(/^2028-/);
  });

  it("never has school on New Year's Day or on Christmas", () => {
    const long = firstSchoolDays("2000-08-01", 180 * 40);
    expect(long.filter((day) => day.endsWith("-01-01") || day.endsWith("-12-25"))).toEqual([]);
  });

  it("begins in the middle of a school year, or after the summer", () => {
    expect(firstSchoolDays("2026-04-11", 1)).toEqual(["2026-04-20"]);
    expect(firstSchoolDays("2026-06-20", 1)).toEqual(["2026-08-24"]);
  });
});

describe("a sample district", () => {
  const district = sampleDistrict(small);
  const { students, teachers, staff } = district.people;

  it("has the requested number of everything", () => {
    expect([students, teachers, staff].map(({ length }) => length)).toEqual([400, 30, 12]);
    expect(district.schools).toHaveLength(5);
    expect(district.days).toHaveLength(12);
  });

  it("is the same for the same seed, and different for another", () => {
    expect(sampleDistrict(small)).toEqual(district);
    expect(sampleDistrict({ ...small, seed: 2 }).people.students[0]).not.toEqual(students[0]);
  });

  it("is the same district for any number of days", () => {
    const { days, ...rest } = sampleDistrict({ ...small, days: 200 });
    const { days: fewer, ...same } = district;
    expect(rest).toEqual(same);
    expect(days.slice(0, 12)).toEqual(fewer);
  });

  it("refuses a change of what it does not have", () => {
    const changes = [{ resource: "No such thing", schoolDay: 1, factor: 2 }];
    expect(() => sampleDistrict({ ...small, changes })).toThrow(
      "does not have the resource or school to be changed",
    );
  });

  it("gives everybody unique ids, in the form of a district and of Clever", () => {
    const all = sampleIdentities(district);
    expect(all).toHaveLength(2 * (400 + 30 + 12));
    expect(new Set(all).size).toBe(all.length);
    for (const { sisId, cleverUserId } of [...students, ...teachers, ...staff]) {
      expect(sisId).toMatch(/^\d{9}$/);
      expect(cleverUserId).toMatch(/^[0-9a-f]{24}$/);
    }
    expect(students.every(({ sisId }) => sisId.startsWith("0"))).toBe(true);
  });

  it("gives only students a grade, matching their school's level", () => {
    for (const { grade, band, school } of students) {
      expect(grade).toBeDefined();
      expect(school.bands).toContain(band);
    }
    expect(teachers.every(({ grade }) => grade === undefined)).toBe(true);
    expect(
      new Set(sampleDistrict({ ...small, schools: 1 }).people.students.map(({ grade }) => grade)).size,
    ).toBe(13);
  });

  it("has schools of unequal size, and one too small to be shown", () => {
    const sizes = district.schools.map((one) => students.filter(({ school }) => school === one).length);
    expect(Math.max(...sizes)).toBeGreaterThan(1.5 * Math.min(...sizes.slice(0, -1)));
    expect(district.tinySchool).toBe(district.schools.at(-1));
    expect(sizes.at(-1)).toBe(7);
    expect(sampleDistrict({ ...small, schools: 3 }).tinySchool).toBeUndefined();
    expect(sampleDistrict({ ...small, students: 100 }).tinySchool).toBeUndefined();
  });

  it("has names that need quoting in CSV, one of them not ASCII, and unique school names", () => {
    const names = sampleDistrict({ ...small, schools: 200 }).schools.map(({ name }) => name);
    expect(new Set(names).size).toBe(200);
    expect(names.some((name) => name.includes(","))).toBe(true);
    expect(names.some((name) => name.includes('"'))).toBe(true);
    expect(names.some((name) => name.includes("ñ"))).toBe(true);
  });

  it("has resources of all types, some without a name, some of one band, two renamed", () => {
    const { resources } = district;
    expect(new Set(resources.map(({ type }) => type))).toEqual(
      new Set(["app", "clever-district-added", "clever-teacher-added", "district-link", "teacher-link"]),
    );
    expect(resources.filter(({ type }) => type === "app").length).toBeGreaterThanOrEqual(60);
    expect(resources.filter(({ name }) => name.startsWith("https://")).length).toBeGreaterThan(3);
    expect(resources.filter(({ audiences }) => audiences.length === 1).length).toBeGreaterThan(3);
    expect(resources.flatMap(({ renamed }) => (renamed ? [renamed.onDay] : []))).toEqual([
      "2025-09-02",
      expect.stringMatching(/^2026-01-/),
    ]);
    expect(new Set(resources.map(({ id }) => id)).size).toBe(resources.length);
  });

  it.each([
    [{ students: -1 }, "students"],
    [{ teachers: 1.5 }, "teachers"],
    [{ schools: 0 }, "schools"],
    [{ days: 0 }, "days"],
    [{ seed: Number.NaN }, "seed"],
    [{ firstDay: "25.8.2025" }, "firstDay"],
    [{ firstDay: "2025-02-30" }, "firstDay"],
  ])("refuses invalid options: %o", (wrong, subject) => {
    const making = () => sampleDistrict({ ...small, ...wrong });
    expect(making).toThrow(expect.objectContaining({ subject }));
    expect(making).toThrow(expect.toSatisfy((error) => isCleverLakeError(error, "config")));
  });
});
