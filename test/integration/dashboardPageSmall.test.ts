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
    // A dot within a ring.
    const widths = await page
      .locator("#panel-periods .chart svg path")
      .evaluateAll((paths) =>
        paths
          .map((path) => path.getBoundingClientRect())
          .flatMap(({ width, height }) =>
            width < 20 && Math.abs(width - height) < 0.5 && width > 0 ? [Math.round(width)] : [],
          ),
      );
    expect(new Set(widths).size).toBe(2);
  });
});
