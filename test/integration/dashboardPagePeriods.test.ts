import { parse } from "csv-parse/sync";
import { describe, expect, test } from "vitest";
import { formatsOf } from "../../media/dashboard/formats";
import { openingFilter } from "../../src/dashboard/filter";
import { violations } from "../helpers/axe";
import { answered, asked, chromiumPath, DashboardBrowser, textOf } from "../helpers/dashboardBrowser";
import { englishTexts } from "../helpers/dashboardPage";
import { fakeAnswer } from "../helpers/fakeDashboard";

const around = {
  range: { from: "2026-10-19", to: "2026-11-20" },
  compare: {
    from: "2026-09-01",
    to: "2026-10-09",
    name: "Before break of Oct 10 – 18, 2026",
    rangeName: "After break of Oct 10 – 18, 2026",
  },
};

describe.skipIf(!chromiumPath)("two periods on the dashboard's page", () => {
  const dashboards = new DashboardBrowser();

  test("the question about an app compares before and after a break, overall and by place", async () => {
    const { page, source } = await dashboards.open({ grades: true });
    await page.locator("#ask-appUse").click();
    await expect.poll(() => asked(source)).toMatchObject(around);
    await page.locator("#asked-choice").selectOption({ label: "Khan Academy" });
    const filter = { ...openingFilter, ...around, resources: ["Khan Academy"] };
    await expect.poll(() => asked(source)).toEqual(filter);
    await answered(page);
    const { comparison } = fakeAnswer(filter, { grades: true });
    const formats = formatsOf(englishTexts, 10);
    await expect
      .poll(async () =>
        (await page.locator(".side-by-side tbody tr").first().locator("td").allTextContents()).slice(0, 2),
      )
      .toEqual([
        formats.average(comparison?.total.before.personDaysPerDay ?? 0),
        formats.average(comparison?.total.now.personDaysPerDay ?? 0),
      ]);
    expect(await textOf(page, ".side-by-side thead")).toContain("Sep 1 – Oct 9, 2026 · 24 school days");
    for (const panel of ["periods", "periodsSchool", "periodsGrade"])
      await page.locator(`.asked #panel-${panel} .chart svg`).waitFor();
    // Both points are seen, even where they meet: the dot of the second period fits into the ring of the first one.
    const [rings = [], dots = []] = await page.evaluate<
      number[][]
    >(`["[stroke]", ":not([stroke])"].map((kind) =>
      [...document.querySelectorAll('#panel-periodsSchool .chart path[d*="A1 1"]' + kind)]
        .map((circle) => circle.getBoundingClientRect().width).filter((width) => width > 1))`);
    expect(rings).toHaveLength(dots.length);
    const borderWidth = 2;
    expect(Math.min(...rings) - borderWidth).toBeGreaterThan(Math.max(...dots));
    // Other periods, with the selected app.
    await page.locator("#asked-periods").selectOption({ label: englishTexts.last30AndBefore });
    await expect
      .poll(() => asked(source))
      .toEqual({
        ...openingFilter,
        range: { preset: "last30" },
        resources: ["Khan Academy"],
      });
  });

  test("custom periods have names, and end when another range is selected", async () => {
    const { page, source } = await dashboards.open();
    await page.locator("#filter-compare-button").press("Enter");
    const fill = (id: string, value: string) => page.locator(`#compare-${id}`).fill(value);
    await fill("first-name", " Fall ");
    await fill("first-from", "2026-10-01");
    await fill("first-to", "2026-09-07");
    await fill("second-name", "Now");
    await fill("second-from", "2026-11-02");
    await fill("second-to", "2026-11-13");
    await page.locator("#compare-second-to").press("Enter");
    const message = await page.evaluate("document.getElementById('compare-first-to').validationMessage");
    expect(message).toBe(englishTexts.lastBeforeFirst);
    expect(asked(source)?.compare).toBeUndefined();
    await fill("first-from", "2026-09-07");
    await fill("first-to", "2026-10-01");
    await page.locator("#compare-second-to").press("Enter");
    const compare = { from: "2026-09-07", to: "2026-10-01", name: "Fall", rangeName: "Now" };
    await expect
      .poll(() => asked(source))
      .toEqual({
        ...openingFilter,
        range: { from: "2026-11-02", to: "2026-11-13" },
        compare,
      });
    await answered(page);
    await expect.poll(() => textOf(page, "#chip-compare")).toBe("Compared with Fall (Sep 7 – Oct 1, 2026)");
    await expect.poll(() => textOf(page, ".cards-note")).toContain("Now");
    await page.locator("#filter-dates-button").click();
    await page.getByLabel("Last 30 days").check();
    await expect.poll(() => asked(source)).toEqual({ ...openingFilter, range: { preset: "last30" } });
  });

  test("days before or after the data cannot be chosen", async () => {
    const { page, source } = await dashboards.open();
    await page.locator("#filter-compare-button").press("Enter");
    for (const id of ["first-from", "first-to", "second-from", "second-to"])
      expect(await page.locator(`#compare-${id}`).getAttribute("max")).toBe("2026-11-20");
    await page.keyboard.press("Escape");
    await page.locator("#filter-dates-button").press("Enter");
    const { length } = source.asked;
    await page.locator("#own-from").fill("0026-11-02");
    await page.locator("#own-apply").click();
    expect(await page.evaluate("document.getElementById('own-from').validity.rangeUnderflow")).toBe(true);
    expect(source.asked).toHaveLength(length);
    await page.locator("#own-from").fill("2026-11-02");
    await page.locator("#own-apply").click();
    await expect.poll(() => asked(source)?.range).toEqual({ from: "2026-11-02", to: "2026-11-20" });
  });

  test("the chip ends a comparison; saved files name both periods", async () => {
    const filter = { ...openingFilter, ...around };
    const { page, source, sent } = await dashboards.open({}, { filter });
    await page.locator("#export-periodsSchool-button").click();
    await page.locator("#periodsSchool-csv").click();
    await expect.poll(() => sent.at(-1)?.type).toBe("save");
    const message = sent.at(-1);
    const rows: string[][] = parse(message?.type === "save" ? message.file.content : "", { bom: true });
    expect(rows[0]).toEqual([
      "School",
      `${around.compare.name}: Person-days of use per school day`,
      `${around.compare.name}: Users`,
      `${around.compare.rangeName}: Person-days of use per school day`,
      `${around.compare.rangeName}: Users`,
      "Change",
    ]);
    expect(rows.flat()).toContain(`${around.compare.name}: Sep 1 – Oct 9, 2026 · 24 school days`);
    await page.locator("#chip-compare button").click();
    await expect.poll(() => asked(source)).toEqual({ ...openingFilter, range: around.range });
    await answered(page);
    expect(await page.locator("#panel-periods").count()).toBe(0);
  });

  test("a link restores its question", async () => {
    const { page, source, post, sent } = await dashboards.open({ grades: true });
    const filter = { ...openingFilter, ...around, resources: ["Khan Academy"] };
    await post({ type: "pasted", filter, question: "appUse" });
    await expect.poll(() => asked(source)).toEqual(filter);
    await expect.poll(() => textOf(page, "#asked-title")).toBe(englishTexts.questions.appUse);
    await page.locator("#more-button").click();
    await page.locator("#copy-filter").click();
    await expect.poll(() => sent.at(-1)).toEqual({ type: "copyFilter", filter, question: "appUse" });
  });

  test.each(["dark", "light", "highContrast", "highContrastLight"] as const)(
    "axe-core finds no problems, %s",
    async (theme) => {
      const filter = { ...openingFilter, ...around, resources: ["Khan Academy"] };
      const { page } = await dashboards.open({ grades: true, schools: 13 }, { theme, filter, width: 480 });
      expect(
        await page.evaluate<number>("document.documentElement.scrollWidth - innerWidth"),
      ).toBeLessThanOrEqual(0);
      await page.locator("#filter-compare-button").click();
      expect(await violations(page)).toEqual([]);
      await page.keyboard.press("Escape");
      await page.locator("#panel-periods .as-table").click();
      await page.locator("#explain-periods-button").click();
      await page.locator("#explain-periods summary").press("Enter");
      expect(await violations(page)).toEqual([]);
    },
  );
});
