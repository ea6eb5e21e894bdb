import { describe, expect, test } from "vitest";
import { withDoubledQuotes } from "../../src/clever/escapedQuotes";
import { type OeaLanding, oeaLandingAt, userTypeOf } from "../../src/clever/oeaLanding";

const root = "stage1np/clever/daily-participation";
const clever = "2024-09-02-daily-participation-teachers.csv";

function at(place: string): OeaLanding {
  const landing = oeaLandingAt(`${root}/${place}`);
  if (landing === undefined) throw new Error(`${place} is no landing`);
  return landing;
}

describe("where OEA lands files", () => {
  test("in folders of user types, in UTC, unchanged", () => {
    expect(at(`2024-09-10T01-02-03/Students/${clever}`)).toMatchObject({
      report: { name: "daily_participation" },
      time: new Date("2024-09-10T01:02:03Z"),
      named: { source: `daily-participation/${clever}`, userType: "teachers" },
      folderType: "students",
      hasBackslashes: false,
    });
  });

  test('without such folders, in US Central time, in summer and in winter, with quotes as `\\"`', () => {
    expect(at(`2024-09-10T01-02-03/${clever}`)).toMatchObject({
      time: new Date("2024-09-10T06:02:03Z"),
      folderType: undefined,
      hasBackslashes: true,
    });
    expect(at(`2024-12-10T20-00-00/${clever}`).time).toEqual(new Date("2024-12-11T02:00:00Z"));
    // The hour before and the hour after clocks go forward.
    expect(at(`2024-03-10T01-30-00/${clever}`).time).toEqual(new Date("2024-03-10T07:30:00Z"));
    expect(at(`2024-03-10T03-30-00/${clever}`).time).toEqual(new Date("2024-03-10T08:30:00Z"));
  });

  test.each([
    "2024-09-10/Students/x.csv",
    "x.csv",
    "2024-09-10T01-02-03/Students/deeper/x.csv",
    "2024-09-10T01-02-03/Others/x.csv",
    "2024-09-10T01-02-03/Students/x.csv.refused",
    "2024-99-10T01-02-03/Students/x.csv",
  ])("nowhere else: %s", (place) => {
    expect(oeaLandingAt(`${root}/${place}`)).toBeUndefined();
  });

  test.each([
    [clever, "date,staff_id", "teachers"],
    ["x.csv", "date,staff_id,clever_user_id", "staff"],
    ["x.csv", '"date","Staff_ID"', "staff"],
    ["x.csv", "date,sis_id,staff_id", "students"],
    ["x.csv", "date,sis_id", "students"],
    ["Teachers.csv", "date,sis_id", "teachers"],
    ["Teachers/x.csv", "date,sis_id", "teachers"],
    ["Students/x.csv", "date,staff_id", "staff"],
  ])("the user type of %s with the header %s is %s", (name, header, type) => {
    expect(userTypeOf(at(`2024-09-10T01-02-03/${name}`), header)).toBe(type);
  });
});

describe("quotes after backslashes", () => {
  /** The text in Clever's format, whatever chunks it comes in. */
  async function plain(text: string): Promise<string> {
    const results = new Set<string>();
    for (const size of [1, 2, 3, 1000]) {
      const pieces = async function* () {
        const bytes = Buffer.from(text);
        for (let from = 0; from < bytes.length; from += size) {
          yield await Promise.resolve(bytes.subarray(from, from + size));
        }
      };
      const parts: Buffer[] = [];
      for await (const part of withDoubledQuotes(pieces())) parts.push(part);
      results.add(Buffer.concat(parts).toString());
    }
    expect(results.size).toBe(1);
    return [...results][0] ?? "";
  }

  test.each([
    ['"a \\"b\\" c","d"', '"a ""b"" c","d"'],
    ['"\\"a\\"","\\""', '"""a""",""""'],
    ['"C:\\\\","x"', '"C:\\","x"'],
    ['"\\\\\\"a"', '"\\""a"'],
    ['"C:\\temp","é😀"', '"C:\\temp","é😀"'],
    ['"","a"\r\n', '"","a"\r\n'],
    ["a\\", "a\\"],
    ["", ""],
  ])("%s is %s", async (sink, expected) => {
    expect(await plain(sink)).toBe(expected);
  });
});
