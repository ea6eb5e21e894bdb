import { describe, expect, test } from "vitest";
import { openingFilter } from "../../src/dashboard/filter";
import { answered, chromiumPath, DashboardBrowser, plainTextOf } from "../helpers/dashboardBrowser";
import { ask } from "../helpers/dashboardTruth";
import { plainIndex } from "../helpers/plainIndex";
import { attendedOn, usedOn, weekdaysFrom } from "../helpers/syntheticRows";

describe.skipIf(!chromiumPath)("the page of very few people", () => {
  const dashboards = new DashboardBrowser();

  test("counts in whole numbers on every scale", async () => {
    const dates = weekdaysFrom("2025-10-06", 8);
    const few = { people: 2, active: 1 };
    const index = plainIndex(
      dates.flatMap((date) => attendedOn(date, few)),
      dates.flatMap((date) => usedOn(date, "Maps", few)),
    );
    const { page } = await dashboards.showFrom({ ask: (filter) => ask(index, filter, 0) });
    await page.locator("#card-users .card-value").waitFor();
    await answered(page);
    for (const panel of ["time", "active", "distinctDay", "weekday", "top"]) {
      const texts = page.locator(`#panel-${panel} .chart svg text`);
      await texts.first().waitFor();
      const shown = await texts.allTextContents();
      expect([
        panel,
        shown.filter((text) => /^[\d.,]+$/.test(text)).every((text) => /^\d+$/.test(text)),
      ]).toEqual([panel, true]);
      expect(shown).toContain("1");
    }
  });

  test("shows both of two periods of one school day with the same use", async () => {
    const dates = weekdaysFrom("2025-10-06", 6);
    const few = { people: 2 };
    const index = plainIndex(
      dates.flatMap((date) => attendedOn(date, few)),
      dates.flatMap((date) => usedOn(date, "Maps", few)),
    );
    const [first = "", last = ""] = [dates[0], dates.at(-1)];
    const compare = { from: first, to: first, name: "", rangeName: "" };
    const { page } = await dashboards.showFrom(
      { ask: (filter) => ask(index, filter, 0) },
      { filter: { ...openingFilter, range: { from: last, to: last }, compare } },
    );
    await page.locator("#panel-periods .chart svg").waitFor();
    expect(await plainTextOf(page, ".cards-note")).toContain(
      "Second period (1 school day) against First period (1 school day)",
    );
    // A bar each, hollow and solid, and no caption about points.
    const bars = await page.locator("#panel-periods .chart svg path").evaluateAll((paths) =>
      paths.flatMap((path) => {
        const { width, height } = path.getBoundingClientRect();
        const fill = path.getAttribute("fill");
        return width > 20 && width < 80 && height > 50 && fill !== "none" ? [{ fill, height }] : [];
      }),
    );
    expect(bars).toHaveLength(2);
    expect(new Set(bars.map(({ fill }) => fill)).size).toBe(2);
    expect(await page.locator("#panel-periods .caption").count()).toBe(0);
  });

  test("omits captions and hints that do not apply to a few days of one class", async () => {
    const ofClass = { people: 12, school: "Elm", grade: "3" };
    const shown = async (dates: readonly string[]) => {
      const index = plainIndex(
        dates.flatMap((date) => attendedOn(date, ofClass)),
        [],
      );
      const { page } = await dashboards.showFrom(
        { ask: (filter) => ask(index, filter, 10) },
        { filter: { ...openingFilter, range: { preset: "all" } } },
      );
      await page.locator("#panel-time .chart svg").waitFor();
      await answered(page);
      return {
        changes: await plainTextOf(page, "#panel-changes .no-changes"),
        caption: await page.locator("#panel-time .caption").count(),
        hint: await page.locator("#panel-time .hint").count(),
        table: await plainTextOf(page, "#panel-table .nothing"),
      };
    };
    const needs = "Too early to tell An evaluation needs 8 complete school weeks up to the end of the period";
    const table =
      "Resource usage: no day of the period has this report for these people, so its numbers are unknown.";
    expect(await shown(weekdaysFrom("2025-10-06", 1))).toMatchObject({ caption: 0, hint: 0, table });
    expect(await shown(weekdaysFrom("2025-10-06", 3))).toEqual({
      changes: `${needs}; there is none yet. More weeks of data are needed.`,
      caption: 0,
      hint: 1,
      table,
    });
    expect(await shown(weekdaysFrom("2025-10-06", 6))).toMatchObject({
      changes: `${needs}; there is one. More weeks of data are needed.`,
      caption: 1,
      hint: 1,
    });
  });
});
