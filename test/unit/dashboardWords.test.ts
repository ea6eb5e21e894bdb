import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test, vi } from "vitest";
import { formatsOf, inTwoLines, localDay, partlyMark } from "../../media/dashboard/formats";
import { gradeOrder } from "../../src/clever/grades";
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

const { chosenName, extremes, markNotes } = await pageModule<{
  markNotes(ready: Ready, panel: unknown): readonly string[];
  chosenName(ready: Ready): string;
  extremes(
    ready: Ready,
    title: string,
    entries: readonly { name: string; value: unknown }[],
    format: (value: number) => string,
  ): string;
}>("panels/panel");
const { nameIn } = await pageModule<{
  nameIn(texts: ReturnType<typeof dashboardTexts>, list: "grades", name: string | null): string;
}>("model");
const { periodNames } = await pageModule<{
  periodNames(ready: Ready, comparison: unknown): readonly string[];
}>("comparisonWords");
const { cardTexts } = await pageModule<{ cardTexts(ready: Ready): { cards: string[][]; note: string } }>(
  "cardsView",
);
const { panelsOf } = await pageModule<{
  panelsOf(ready: Ready): readonly {
    id: string;
    summary: string;
    footnotes?: string[];
    table(): Table;
    chart(look: unknown): { marks: { lines: { value: string }[] }[] };
  }[];
}>("panels/panels");
const { weeksChart } = await pageModule<{
  weeksChart(change: unknown, ready: Ready, look: unknown): { marks: { lines: { value: string }[] }[] };
}>("charts/weeksChart");
const { cutSentences } = await pageModule<{
  cutSentences(ready: Ready, groups: readonly unknown[]): string[];
}>("suppressionWords");
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
    formats: formatsOf(texts, minimumGroupSize),
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
    [["IXL", "Seesaw"], "2 selected"],
    [["Khan Classic"], "Khan Academy"],
    [["Khan Classic", "Khan Academy"], "Khan Academy"],
    [["Unknown"], "Unknown"],
    [[], ""],
  ])("%j are called %j, whether they were used or not", (resources, name) => {
    expect(named(resources)).toBe(name);
  });

  test("by type have the names of the types", () => expect(named([], ["app"])).toBe("App"));
});

test.each([
  [40, "There is no earlier period with as many school days to compare with."],
  [0, "The period has no school day to compare."],
])("without a period to compare with, %i school days are not compared", (schoolDays, note) => {
  expect(cardTexts(ready({ periods: { schoolDays, before: null } })).note).toBe(note);
});

describe("a group that the filter splits", () => {
  const place = (userType: string, school: string) => ({ userType, school, grades: null });
  const sentences = (...left: unknown[]) =>
    cutSentences(ready(), [{ left, together: [place("students", "East")], isSmall: true }])
      .join()
      .replaceAll(/[\u2068\u2069]/g, "");

  test.each([
    [[place("students", "aHigh")], "aHigh has fewer than 10 people; it is shown only together with East."],
    [
      [place("staff", "West")],
      "Staff at West has fewer than 10 people; it is shown only together with East.",
    ],
    [
      [place("teachers", "West")],
      "Teachers at West have fewer than 10 people; they are shown only together with East.",
    ],
  ])("is named in a sentence: %j", (left, text) => expect(sentences(...left)).toBe(text));

  const grades = (...list: (string | null)[]) => ({ ...place("students", "West"), grades: list });
  const cut = (left: unknown[], together: unknown[], isSmall = true, each?: true) => ({
    ...{ left, together, isSmall },
    ...(each && { each }),
  });
  const [west, east] = [grades("3", "4"), place("students", "East")];
  test.each([
    [
      cut([west, east], [], true, true),
      "West (grades 3 and 4) and East have fewer than 10 people each; they are shown only together.",
    ],
    [
      cut([west], [east], true, true),
      "West (grades 3 and 4) have fewer than 10 people each; they are shown only together with East.",
    ],
    [
      cut([west, east], [], false, true),
      "West (grades 3 and 4) and East are shown only together: not all of them have 10 people.",
    ],
    [
      cut([east], [west], false),
      "East is shown only together with West (grades 3 and 4): not all of them have 10 people.",
    ],
    [
      cut([east, place("staff", "West")], [west], false),
      "East and staff at West are shown only together with West (grades 3 and 4): not all of them have 10 people.",
    ],
    [
      cut([east], [grades("4", null)]),
      "East has fewer than 10 people; it is shown only together with West (grades 4 and no grade).",
    ],
    [
      cut([east], [grades("Kindergarten", null)]),
      "East has fewer than 10 people; it is shown only together with West (Kindergarten and no grade).",
    ],
    [
      cut([east], [grades(null)]),
      "East has fewer than 10 people; it is shown only together with West (no grade).",
    ],
  ])("is in one sentence: %j", (group, text) =>
    expect(
      cutSentences(ready(), [group])
        .join()
        .replaceAll(/[\u2068\u2069]/g, ""),
    ).toBe(text),
  );
});

describe("a school in a chart", () => {
  const [first, second] = ready().answer.bySchool;
  const panelOf = (id: string, bySchool: DashboardAnswer["bySchool"]) =>
    panelsOf(ready({ bySchool })).find((panel) => panel.id === id);
  const note = "Numbers marked * do not include suppressed groups.";

  test("whose numbers exclude a group is said to be incomplete, but not if it has no numbers", () => {
    const partly = { ...first, partly: true } as const;
    const suppressed = { ...partly, users: null, averageLogins: null, averageResources: null };
    const notes = (...bySchool: unknown[]) => {
      const panel = panelOf("schools", bySchool as DashboardAnswer["bySchool"]);
      return panel && markNotes(ready(), panel).filter((text) => text === note);
    };
    expect(notes(partly, second)).toEqual([note]);
    expect(notes(suppressed, second)).toEqual([]);
    expect(notes(first, second)).toEqual([]);
  });

  test("with too few people who were never active says of how many", () => {
    const bySchool = [{ ...first, users: 12, neverActive: "few" }] as unknown as DashboardAnswer["bySchool"];
    const look = { palette: [], labelWidth: 100, fontSize: 13 };
    const { marks } = panelOf("neverSchool", bySchool)?.chart(look) ?? {};
    expect(marks?.[0]?.lines.map(({ value }) => value)).toEqual(["<10 of 12"]);
  });
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

  test("may be used by people who are suppressed", () => {
    expect(remark([{ ...licence, partly: true }])).toEqual([
      "Licences: 1, not used by the people counted: 1",
      "no use among those counted",
    ]);
    expect(licenceTable(ready(), [{ ...licence, partly: true }]).rows[0]?.partly).toBe(true);
  });

  test("is counted separately if the data does not have it: its name may be misspelt", () => {
    const unknown = { ...licence, resource: "XL", isKnown: false };
    expect(remark([licence, unknown])[0]).toBe("Licences: 2, without any use: 1, not in the data: 1");
  });

  test.each([
    ["America/Los_Angeles", "2026-11-20", "ends today"],
    ["America/Los_Angeles", "2026-11-21", "ends tomorrow"],
    ["America/Los_Angeles", "2026-11-19", "has ended"],
    ["Pacific/Auckland", "2026-11-20", "has ended"],
  ])("ends on the last day of the reader in %s", (zone, end, text) => {
    vi.stubEnv("TZ", zone);
    try {
      const given = ready({ computed: "2026-11-21T05:30:00.000Z" });
      const [row] = licenceTable(given, [{ ...licence, users: 5, end }]).rows;
      expect(row?.cells.at(-1)).toBe(text);
      expect(localDay("2026-11-21T05:30:00.000Z")).toBe(zone.startsWith("A") ? "2026-11-20" : "2026-11-21");
    } finally {
      vi.unstubAllEnvs();
    }
  });
});

describe("the highest and the lowest", () => {
  const said = (...values: (number | "few" | null | undefined)[]) =>
    extremes(
      ready(),
      "Users",
      values.map((value, at) => ({ name: "ABCDEFGH"[at] ?? "", value })),
      String,
    ).replaceAll(/[\u2068\u2069]/g, "");

  test.each([
    [[30, 12, null], "Users: highest for A with 30, lowest for B with 12."],
    [[30, 12, "few"], "Users: highest for A with 30. <10 for C."],
    [[30, "few", "few"], "Users: highest for A with 30. <10 for B and C."],
    [["few", undefined], "Users: <10 for A."],
    [[12], "Users: A has 12."],
    [["few", "few", "few", "few", "few", "few"], "Users: <10 for A, B, C, D, and 2 others."],
    [[null, undefined], "Users: Nothing to show for these filters"],
  ] as const)("of %j", (values, text) => expect(said(...values)).toBe(text));
});

describe("two periods", () => {
  const chosen = { from: "2026-11-02", to: "2026-11-13" };
  const names = (compare: { name: string; rangeName: string } | undefined, resources: string[] = []) => {
    const filter = {
      ...openingFilter,
      range: { from: "2026-09-01", to: "2026-09-11" },
      resources,
      ...(compare ? { compare: { ...chosen, ...compare } } : {}),
    };
    const given = ready({ filter });
    return periodNames(given, given.answer.comparison);
  };

  test("have neutral names if they were chosen, since the other one may be later", () => {
    expect(names({ name: "", rangeName: "" })).toEqual(["First period", "Second period"]);
    expect(names({ name: "Before", rangeName: "" })).toEqual(["Before", "Second period"]);
    expect(names(undefined, ["IXL"])).toEqual(["Previous period", "This period"]);
  });
});

test("a week without a value is not said to be suppressed", () => {
  const given = ready();
  const [change] = given.answer.changes.entries;
  const { marks } = weeksChart(change, given, { palette: [] });
  expect(marks[5]?.lines.map(({ value }) => value)[0]).toBe("–");
});

describe("without daily participation", () => {
  const given = ready({}, { onlyUsage: true });

  test("its numbers are unknown, not suppressed, and those of resource usage are shown", () => {
    const { cards } = cardTexts(given);
    expect(cards.map(([title, value]) => [title, value])).toMatchObject([
      ["Users", "–"],
      ["Active users", "–"],
      ["Resource users", expect.stringMatching(/^[\d,]+$/)],
      ["Logins", "–"],
      ["Accesses", expect.stringMatching(/^[\d,]+$/)],
      ["Distinct resources", "60"],
      ["Days with data", "0"],
    ]);
    for (const { id, table, summary } of panelsOf(given)) {
      expect(
        table().rows.flatMap(({ cells }) => cells),
        id,
      ).not.toContain(null);
      expect(summary).not.toContain("suppressed");
    }
    const bySchool = panelsOf(given).find(({ id }) => id === "neverSchool");
    expect(bySchool?.footnotes).toEqual([
      "Daily participation: no day of the period has this report for these people, so its numbers are unknown.",
    ]);
  });
});

test.each([
  ["Dunmere *", "Dunmere *"],
  ["Brightwater Middle School", "Brightwater\nMiddle School"],
  ["Brightwater Middle School *", "Brightwater\nMiddle Scho… *"],
  ["TransitionalKindergarten *", "Transitiona… *"],
])("the mark of %s is not cut off with the end of the name", (name, label) => {
  const marked = (text: string) => text.replace(" *", partlyMark);
  expect(inTwoLines(marked(name), 14)).toBe(marked(label));
});

test("grades have names in the reader's language, and others keep their own", () => {
  const spanish: Record<string, string> = JSON.parse(
    readFileSync(path.join(__dirname, "..", "..", "l10n", "bundle.l10n.es.json"), "utf8"),
  );
  const texts = dashboardTexts((text) => spanish[text] ?? text, "es");
  const nameOf = (grade: string | null) => nameIn(texts, "grades", grade);
  expect(["Kindergarten", "7", "constructor", null].map(nameOf)).toEqual([
    "Kínder",
    "7",
    "constructor",
    "(sin grado)",
  ]);
  const named = gradeOrder.filter((grade) => /\D/.test(grade));
  expect(named.filter((grade) => nameOf(grade) === grade)).toEqual([]);
});
