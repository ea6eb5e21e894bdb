import { mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { parse } from "csv-parse/sync";
import { describe, expect, it } from "vitest";
import { type ReportName, reports, type UserType } from "../../src/clever/reports";
import { type SampleDistrict, type SampleOptions, sampleDistrict } from "../../src/sample/district";
import { blankDays } from "../../src/sample/people";
import { districtFiles, writeDistrict } from "../../src/sample/reportFiles";
import { temporaryFolder } from "../helpers/temporaryFolder";

const small: SampleOptions = { students: 400, teachers: 30, staff: 12, schools: 5, days: 40 };

type Row = Readonly<Record<string, string>>;
interface ReadFile {
  readonly report: ReportName;
  readonly userType: UserType;
  readonly date: string;
  readonly rows: readonly Row[];
}

function readAll(district: SampleDistrict): ReadFile[] {
  return [...districtFiles(district)].map(({ report, userType, date, rows }) => ({
    report,
    userType,
    date,
    rows: parse<Row>([...rows()].join(""), { columns: true }),
  }));
}

function contents(district: SampleDistrict): Map<string, string> {
  return new Map([...districtFiles(district)].map((file) => [file.path, [...file.rows()].join("")]));
}

function groupBy<K>(rows: readonly Row[], key: (row: Row) => K): Map<K, Row[]> {
  const groups = new Map<K, Row[]>();
  for (const row of rows) {
    const group = groups.get(key(row));
    if (group) group.push(row);
    else groups.set(key(row), [row]);
  }
  return groups;
}

const average = (numbers: readonly number[]): number =>
  numbers.reduce((sum, n) => sum + n, 0) / numbers.length;

describe("the files of a sample district", () => {
  const district = sampleDistrict(small);
  const files = readAll(district);
  const of = (report: ReportName, userType: UserType): Row[] =>
    files.filter((file) => file.report === report && file.userType === userType).flatMap(({ rows }) => rows);
  const participation = of("daily_participation", "students");
  const usage = of("resource_usage", "students");

  it("are named as on Clever's server, six for every school day, in order", () => {
    const listed = [...districtFiles(district)];
    expect(listed).toHaveLength(6 * 40);
    expect(listed.slice(0, 7).map((file) => file.path)).toEqual([
      "daily-participation/2025-08-25-daily-participation-students.csv",
      "daily-participation/2025-08-25-daily-participation-teachers.csv",
      "daily-participation/2025-08-25-daily-participation-staff.csv",
      "resource-usage/2025-08-25-resource-usage-students.csv",
      "resource-usage/2025-08-25-resource-usage-teachers.csv",
      "resource-usage/2025-08-25-resource-usage-staff.csv",
      "daily-participation/2025-08-26-daily-participation-students.csv",
    ]);
    expect(listed.map(({ date }) => date)).toEqual(listed.map(({ date }) => date).sort());
  });

  it("are unchanged until the day of a planted change, from which a resource rises and a school falls", () => {
    const school = district.schools[0]?.name ?? "";
    const resource = "Bookburrow";
    const changes = [
      { resource, schoolDay: 20, factor: 4 },
      { school, schoolDay: 20, factor: 0.4 },
    ];
    const changed = readAll(sampleDistrict({ ...small, changes }));
    const onDay = district.days[20] ?? "";
    expect(changed.filter(({ date }) => date < onDay)).toEqual(files.filter(({ date }) => date < onDay));
    const count = (all: typeof files, has: (row: Row) => boolean) =>
      all.flatMap(({ date, rows }) => (date >= onDay ? rows.filter(has) : [])).length;
    const opens = (row: Row) => row.resource_name === resource && row.school_name !== school;
    expect(count(changed, opens)).toBeGreaterThan(2 * count(files, opens));
    const comes = (row: Row) => row.active === "true" && row.school_name === school;
    expect(count(changed, comes)).toBeLessThan(0.6 * count(files, comes));
    expect(count(changed, comes)).toBeGreaterThan(0);
  });

  it("leave out user types without people", () => {
    const types = [...districtFiles(sampleDistrict({ ...small, staff: 0, days: 1 }))].map(
      ({ userType }) => userType,
    );
    expect(types).toEqual(["students", "teachers", "students", "teachers"]);
  });

  it("carry Clever's columns in Clever's order, with staff_id for staff", () => {
    for (const file of districtFiles(sampleDistrict({ ...small, days: 1 }))) {
      const header = [...file.rows()].join("").split("\n", 1)[0]?.split(",");
      const columns = reports[file.report].columns.map(({ name }) => name);
      expect(header).toEqual(file.userType === "staff" ? columns.with(1, "staff_id") : columns);
    }
  });

  it("date every row with the day of the file", () => {
    for (const { date, rows } of files) expect(rows.filter((row) => row.date !== date)).toEqual([]);
  });

  it("have one participation row per person and day, from joining to some weeks after leaving", () => {
    for (const userType of ["students", "teachers", "staff"] as const) {
      const rowsOfDay = files
        .filter((file) => file.report === "daily_participation" && file.userType === userType)
        .map(({ rows }) => rows.map((row) => row.clever_user_id));
      const expected = district.days.map((_, day) =>
        district.people[userType]
          .filter(({ joinsAt, leavesAt = 1e9 }) => day >= joinsAt && day < leavesAt + blankDays)
          .map(({ cleverUserId }) => cleverUserId),
      );
      expect(rowsOfDay).toEqual(expected);
    }
  });

  it("blank the SIS id, in both reports, from the day a person leaves", () => {
    const sisIds = new Map(district.people.students.map((person) => [person.cleverUserId, person]));
    for (const row of [...participation, ...usage]) {
      const person = sisIds.get(row.clever_user_id ?? "");
      const left = district.days.indexOf(row.date ?? "") >= (person?.leavesAt ?? 1e9);
      expect(row.sis_id).toBe(left ? "" : person?.sisId);
    }
    expect(participation.filter((row) => row.sis_id === "").length).toBeGreaterThan(blankDays);
    expect(usage.filter((row) => row.sis_id === "").length).toBeGreaterThan(0);
    expect(new Set(participation.slice(-300).map((row) => row.clever_user_id)).size).toBeLessThan(400);
  });

  it("agree with each other: resources, logins and activity follow from the usage rows of the person's day", () => {
    for (const userType of ["students", "teachers", "staff"] as const) {
      const used = groupBy(
        of("resource_usage", userType),
        (row) => `${row.date} ${row.clever_user_id} ${row.school_name}`,
      );
      let matched = 0;
      for (const row of of("daily_participation", userType)) {
        const rows = used.get(`${row.date} ${row.clever_user_id} ${row.school_name}`) ?? [];
        matched += rows.length;
        expect(new Set(rows.map((one) => one.resource_id)).size).toBe(rows.length);
        expect([row.num_resources_accessed, row.num_logins, row.active]).toEqual([
          String(rows.length),
          String(rows.reduce((sum, one) => sum + Number(one.num_access), 0)),
          String(rows.length > 0),
        ]);
      }
      expect(matched).toBe(of("resource_usage", userType).length);
    }
  });

  it("are realistic: about 70 % active, about 1.6 resources per student and day, Fridays quieter", () => {
    const activeOn = (rows: readonly Row[]): number =>
      average(rows.map(({ active }) => (active === "true" ? 1 : 0)));
    const isFriday = (row: Row): boolean => new Date(row.date ?? "").getUTCDay() === 5;
    expect(activeOn(participation)).toBeGreaterThan(0.63);
    expect(activeOn(participation)).toBeLessThan(0.77);
    expect(usage.length / participation.length).toBeGreaterThan(1.4);
    expect(usage.length / participation.length).toBeLessThan(1.8);
    expect(activeOn(participation.filter(isFriday))).toBeLessThan(
      activeOn(participation.filter((row) => !isFriday(row))),
    );
  });

  it("offer a resource of one grade band only to that band", () => {
    const bandOf = new Map(district.people.students.map(({ cleverUserId, band }) => [cleverUserId, band]));
    const byId = new Map(district.resources.map((resource) => [resource.id, resource]));
    for (const row of usage) {
      const resource = byId.get(row.resource_id ?? "");
      expect(resource?.audiences).toContain(bandOf.get(row.clever_user_id ?? ""));
      if (resource?.school) expect(resource.school.id).toBe(row.clever_school_id);
    }
  });

  it("rename a resource from one day to the next, under the same id", () => {
    const resource = district.resources.find(({ renamed }) => renamed?.onDay === district.days[5]);
    const namesBy = groupBy(
      usage.filter((row) => row.resource_id === resource?.id),
      (row) => (row.date ?? "") < (district.days[5] ?? ""),
    );
    const names = (before: boolean) => [...new Set(namesBy.get(before)?.map((row) => row.resource_name))];
    expect(names(true)).toEqual([resource?.name]);
    expect(names(false)).toEqual([resource?.renamed?.newName]);
  });

  it("have a long tail: the ten most used resources have most of the rows, and nearly all are used", () => {
    const counts = [...groupBy(usage, (row) => row.resource_id).values()].map((rows) => rows.length);
    const leading = counts.sort((a, b) => b - a).slice(0, 10);
    expect(leading.reduce((sum, n) => sum + n, 0)).toBeGreaterThan(usage.length * 0.5);
    expect(counts.length).toBeGreaterThan(50);
  });

  it("are the same bytes for the same seed, and different for another", () => {
    const options = { ...small, days: 3 };
    expect(contents(sampleDistrict(options))).toEqual(contents(sampleDistrict({ ...options, seed: 1 })));
    const other = contents(sampleDistrict({ ...options, seed: 2 }));
    for (const [file, text] of contents(sampleDistrict(options))) expect(other.get(file)).not.toBe(text);
  });

  it("have the same contents for a day whichever days are generated, in any order", () => {
    const listed = [...districtFiles(sampleDistrict({ ...small, days: 12 }))].reverse();
    const longer = contents(sampleDistrict({ ...small, days: 14 }));
    for (const file of listed) expect([...file.rows()].join("")).toBe(longer.get(file.path));
  });

  it("are streamed in chunks that do not grow with the district", { timeout: 60_000 }, () => {
    const large = sampleDistrict({ students: 100_000, teachers: 0, staff: 0, schools: 60, days: 2 });
    const rates: string[] = [];
    for (const { report, rows } of districtFiles(large)) {
      const started = performance.now();
      let lines = 0;
      for (const chunk of rows()) {
        expect(chunk.length).toBeLessThan(70_000);
        for (let at = chunk.indexOf("\n"); at >= 0; at = chunk.indexOf("\n", at + 1)) lines++;
      }
      rates.push(`${report} ${((lines / (performance.now() - started)) * 1000).toFixed(0)} rows/s`);
    }
    console.log(`sample district: ${rates.join(", ")}`);
  });
});

describe("writing a sample district", () => {
  const district = sampleDistrict({ ...small, days: 4 });

  it("writes the files as generated, dated the next morning", async () => {
    const folder = await temporaryFolder();
    const written = await writeDistrict(district, folder);
    const expected = contents(district);
    expect(written).toEqual([...expected.keys()]);
    for (const [file, text] of expected) expect(await readFile(path.join(folder, file), "utf8")).toBe(text);
    const first = await stat(path.join(folder, written[0] ?? ""));
    expect(first.mtime.toISOString()).toBe("2025-08-26T05:00:00.000Z");
  });

  it("writes only the requested days, the same as among others", async () => {
    const folder = await temporaryFolder();
    const written = await writeDistrict(district, folder, { from: "2025-08-26", to: "2025-08-27" });
    expect(written).toHaveLength(12);
    expect(await readdir(path.join(folder, "resource-usage"))).toHaveLength(6);
    const expected = contents(district);
    for (const file of written)
      expect(await readFile(path.join(folder, file), "utf8")).toBe(expected.get(file));
  });

  it("stops when aborted, leaving no partial file", async () => {
    const folder = await temporaryFolder();
    const large = sampleDistrict({ students: 30_000, teachers: 0, staff: 0, schools: 4, days: 50 });
    const stop = new AbortController();
    const timer = setTimeout(() => stop.abort(new Error("enough")), 150);
    await expect(writeDistrict(large, folder, { signal: stop.signal })).rejects.toThrow("enough");
    clearTimeout(timer);
    const left = await readdir(folder, { recursive: true });
    expect(left.filter((name) => name.endsWith(".part"))).toEqual([]);
  });

  it("reports which file could not be written", async () => {
    const folder = await temporaryFolder();
    await mkdir(folder, { recursive: true });
    await writeFile(path.join(folder, "daily-participation"), "a file where the folder should be");
    await expect(writeDistrict(district, folder)).rejects.toMatchObject({
      code: "io",
      subject: "daily-participation/2025-08-25-daily-participation-students.csv",
    });
  });
});
