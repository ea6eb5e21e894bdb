import { mkdirSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { openingFilter } from "../../src/dashboard/filter";
import { violations } from "../helpers/axe";
import { chromiumPath, DashboardBrowser } from "../helpers/dashboardBrowser";
import { hostileNames } from "../helpers/fakeDashboard";
import { type VscodeTheme, vscodeThemes } from "../helpers/vscodeThemes";

const screenshots = path.join(__dirname, "..", "..", "out", "screenshots", "dashboard");

/** The texts of charts that overlap, and the numbers that leave their card. */
const collisions = `(() => {
  const boxOf = (element) => ({ box: element.getBoundingClientRect(), text: element.textContent });
  const found = [];
  for (const svg of document.querySelectorAll(".panel .chart svg")) {
    const texts = [...svg.querySelectorAll("text")].map(boxOf).filter(({ box }) => box.width > 0);
    texts.forEach((one, at) => {
      for (const other of texts.slice(at + 1)) {
        const width = Math.min(one.box.right, other.box.right) - Math.max(one.box.left, other.box.left);
        const height = Math.min(one.box.bottom, other.box.bottom) - Math.max(one.box.top, other.box.top);
        if (width > 1 && height > 3) found.push(svg.closest(".panel").id + ": " + one.text + " | " + other.text);
      }
    });
  }
  for (const value of document.querySelectorAll(".card-value")) {
    const range = document.createRange();
    range.selectNodeContents(value);
    if (range.getBoundingClientRect().right > value.closest(".card").getBoundingClientRect().right - 2)
      found.push(value.closest(".card").id + ": " + value.textContent);
  }
  return found;
})()`;

describe.skipIf(!chromiumPath)("the appearance of the dashboard's page", () => {
  const dashboards = new DashboardBrowser();

  test.each([300, 600, 900])("at %i pixels, no texts overlap and nothing is cut off", async (width) => {
    const { page } = await dashboards.open({ schools: 6, days: 90, grades: true }, { width });
    // Months of a large district.
    await page.locator(".card-value").evaluateAll((all) => {
      for (const value of all) value.textContent = "1,234,567";
    });
    expect(await page.evaluate<string[]>(collisions)).toEqual([]);
    await page.locator("#saved-button").click();
    // Beyond this edge is the space for the scroll bar.
    const right = (selector: string) =>
      page.evaluate<number>(`document.querySelector("${selector}").getBoundingClientRect().right`);
    expect(await right("#saved")).toBeLessThan(await right("html"));
  });

  test.each([250, 320])(
    "at %i pixels, the page does not scroll to the right, however long a chosen name is",
    async (width) => {
      const longest = hostileNames.toSorted((one, other) => other.length - one.length).slice(0, 1);
      const filter = { ...openingFilter, schools: longest, resources: longest };
      const { page } = await dashboards.show({ grades: true, hostile: true }, { filter, width });
      await page.locator("#card-users .card-value").waitFor();
      expect(
        await page.evaluate<number>("document.documentElement.scrollWidth - innerWidth"),
      ).toBeLessThanOrEqual(0);
    },
  );

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

    test("at 480, 900 and 1600 pixels, as screenshots", async () => {
      mkdirSync(screenshots, { recursive: true });
      const { page } = await dashboards.open({ schools: 10, days: 90, grades: true }, { theme });
      for (const width of [480, 900, 1600]) {
        await page.setViewportSize({ width, height: 900 });
        // The charts are drawn again.
        await page.evaluate(
          "new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))",
        );
        await expect
          .poll(() => page.evaluate<number>("document.documentElement.scrollWidth - innerWidth"))
          .toBeLessThanOrEqual(0);
        await page.screenshot({ path: path.join(screenshots, `${theme}-${width}.png`), fullPage: true });
      }
    });
  });
});
