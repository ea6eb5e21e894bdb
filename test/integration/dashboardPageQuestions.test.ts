import { describe, expect, test } from "vitest";
import { openingFilter } from "../../src/dashboard/filter";
import { asked, chromiumPath, DashboardBrowser, poll, textOf } from "../helpers/dashboardBrowser";

describe.skipIf(!chromiumPath)("the dashboard's questions", () => {
  const dashboards = new DashboardBrowser();

  test("schools are chosen by level, which one chip names and takes away", async () => {
    const { page, source } = await dashboards.open({ schools: 13 });
    await page.locator("#filter-schools-button").click();
    const groups = page.locator("#filter-schools .choices-group");
    expect(await groups.allTextContents()).toEqual([
      "Elementary schools",
      "Middle schools",
      "High schools",
      "Other schools",
    ]);
    await groups.first().press("Enter");
    const elementary = ["Harriet Tubman Elementary", "Lincoln Elementary"];
    await poll(() => asked(source)?.schools).toEqual(elementary);
    await poll(() => textOf(page, "#filter-schools-button")).toContain("Elementary schools");
    await poll(() => groups.first().getAttribute("aria-pressed")).toBe("true");
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "Remove the filter Elementary schools" }).click();
    await poll(() => asked(source)).toEqual(openingFilter);
  });
});
