import { describe, expect, test } from "vitest";
import { answered, chromiumPath, DashboardBrowser } from "../helpers/dashboardBrowser";
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
});
