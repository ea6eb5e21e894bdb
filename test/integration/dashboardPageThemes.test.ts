import { mkdirSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { violations } from "../helpers/axe";
import { chromiumPath, DashboardBrowser } from "../helpers/dashboardBrowser";
import { type VscodeTheme, vscodeThemes } from "../helpers/vscodeThemes";

const screenshots = path.join(__dirname, "..", "..", "out", "screenshots", "dashboard");

describe.skipIf(!chromiumPath)("the appearance of the dashboard's page", () => {
  const dashboards = new DashboardBrowser();

  describe.each(Object.keys(vscodeThemes) as VscodeTheme[])("in the theme %s", (theme) => {
    test("axe-core finds no problems", async () => {
      const { page } = await dashboards.open({ grades: true, schools: 14, hostile: true }, { theme });
      expect(await violations(page)).toEqual([]);
      await page.locator("#filter-schools-button").click();
      await page.locator("#filter-schools label").first().waitFor();
      expect(await violations(page)).toEqual([]);
      await page.keyboard.press("Escape");
      await page.locator("#panel-schools .as-table").click();
      await page.locator("#export-time-button").click();
      expect(await violations(page)).toEqual([]);
      await page.locator("#explain-schools-button").click();
      expect(await violations(page)).toEqual([]);
    });

    test.each([480, 900, 1600])("at %i pixels, as screenshots", async (width) => {
      mkdirSync(screenshots, { recursive: true });
      const { page } = await dashboards.open({ schools: 10, days: 90, grades: true }, { theme, width });
      expect(
        await page.evaluate<number>("document.documentElement.scrollWidth - innerWidth"),
      ).toBeLessThanOrEqual(0);
      await page.screenshot({ path: path.join(screenshots, `${theme}-${width}.png`), fullPage: true });
    });
  });
});
