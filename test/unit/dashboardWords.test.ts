import { describe, expect, test } from "vitest";
import { Formats, localDay } from "../../media/dashboard/formats";
import type { DashboardAnswer } from "../../src/dashboard/answer";
import { dashboardTexts } from "../../src/dashboard/export/texts";
import { openingView } from "../../src/dashboard/export/view";
import { openingFilter } from "../../src/dashboard/filter";
import { type FakeDistrict, fakeAnswer } from "../helpers/fakeDashboard";
import { pageModule } from "../helpers/pageModule";

/** What the page says about an answer. */

interface Ready {
  readonly answer: DashboardAnswer;
}
interface Table {
  readonly rows: readonly { readonly cells: readonly unknown[]; readonly partly?: true }[];
}
type Licences = NonNullable<DashboardAnswer["licences"]>;

const { chosenName } = await pageModule<{ chosenName(ready: Ready): string }>("panels/panel");
const { countText, licenceTable } = await pageModule<{
  countText(ready: Ready, licences: Licences): string;
  licenceTable(ready: Ready, licences: Licences): Table;
}>("licencesView");

const texts = dashboardTexts((text) => text, "en");

function ready(patch: Partial<DashboardAnswer> = {}, district: FakeDistrict = {}) {
  const answer = { ...fakeAnswer({ ...openingFilter, ...patch.filter }, district), ...patch };
  const { filter, minimumGroupSize } = answer;
  return {
    texts,
    district: "",
    formats: new Formats(texts, minimumGroupSize),
    filter,
    view: openingView,
    answer,
  };
}

describe("the chosen resources", () => {
  const named = (resources: (string | null)[], resourceTypes: string[] = []) =>
    chosenName(
      ready(
        // Nothing of them was used in the range.
        { filter: { ...openingFilter, resources, resourceTypes }, resources: [] },
        { renamed: true },
      ),
    ).replaceAll(/[\u2068\u2069]/g, "");

  test.each([
    [["IXL"], "IXL"],
    [["IXL", "Seesaw"], "2 chosen"],
    [["Khan Classic"], "Khan Academy"],
    [["Khan Classic", "Khan Academy"], "Khan Academy"],
    [["Unknown"], "Unknown"],
    [[], ""],
  ])("%j are called %j, whether they were used or not", (resources, name) => {
    expect(named(resources)).toBe(name);
  });

  test("by type have the names of the types", () => expect(named([], ["app"])).toBe("App"));
});

describe("a paid resource without users", () => {
  const licence = { resource: "IXL", seats: 10, cost: null, end: null, users: 0, isKnown: true, nearest: [] };
  const remark = (entries: Licences) => {
    const given = ready();
    return [countText(given, entries), licenceTable(given, entries).rows[0]?.cells.at(-1)];
  };

  test("is not used if everybody is counted", () => {
    expect(remark([licence])).toEqual(["Licences: 1, without any use: 1", "not used"]);
  });

  test("may be used by people who are left out", () => {
    expect(remark([{ ...licence, partly: true }])).toEqual([
      "Licences: 1, without use among the people counted: 1",
      "no use among those counted",
    ]);
    expect(licenceTable(ready(), [{ ...licence, partly: true }]).rows[0]?.partly).toBe(true);
  });

  test.each([
    ["America/Los_Angeles", "2026-11-20", "ends today"],
    ["America/Los_Angeles", "2026-11-19", "has ended"],
    ["Pacific/Auckland", "2026-11-20", "has ended"],
  ])("ends on the last day of the reader in %s", (zone, end, text) => {
    const before = process.env.TZ;
    process.env.TZ = zone;
    try {
      const given = ready({ computed: "2026-11-21T05:30:00.000Z" });
      const [row] = licenceTable(given, [{ ...licence, users: 5, end }]).rows;
      expect(row?.cells.at(-1)).toBe(text);
      expect(localDay("2026-11-21T05:30:00.000Z")).toBe(zone.startsWith("A") ? "2026-11-20" : "2026-11-21");
    } finally {
      process.env.TZ = before;
    }
  });
});
