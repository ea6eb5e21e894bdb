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

  test("what is paid for: users, seats, cost of a user, and what is odd about a licence", async () => {
    const { page, source } = await dashboards.open({ licences: true });
    expect(await textOf(page, "#panel-licences .note")).toBe("Licences: 6, without any use: 2");
    const cells = await page
      .locator("#panel-licences tbody tr")
      .evaluateAll((rows) =>
        rows.map((row) => [...row.querySelectorAll("th, td")].map((cell) => cell.textContent?.trim() ?? "")),
      );
    expect(cells.slice(0, 3)).toEqual([
      [
        "Kahn Academy",
        "0",
        "500",
        "0%",
        "4,200",
        "–",
        "Jun 30, 2026",
        "not in the data; alike: \u2068Khan Academy\u2069 · has ended",
      ],
      ["Paper Tutor", "0", "500", "0%", "4,200", "–", "Dec 10, 2026", "not used · ends in 19 days"],
      [expect.any(String), "<10", "4,000", "<10", "12,500.50", "–", "Jun 30, 2027", ""],
    ]);
    expect(cells[3]?.at(-1)).toBe("ends today");
    const { users, cost } = { users: Number(cells[4]?.[1]?.replace(",", "")), cost: 31_000 };
    expect(cells[4]?.[3]).toBe(`${Math.round((users / 4_000) * 1_000) / 10}%`);
    expect(cells[4]?.[5]).toBe((cost / users).toFixed(2));
    expect(cells[5]?.slice(2, 7)).toEqual(["–", "–", "–", "–", "–"]);
    await page.locator("#panel-licences tbody tr").nth(4).locator(".row-pick").press("Enter");
    await poll(() => asked(source)?.resources).toEqual([cells[4]?.[0]]);
  });

  test("nothing of licences where no file says what is paid for", async () => {
    const { page } = await dashboards.open();
    expect(await page.locator("#panel-licences").count()).toBe(0);
  });

  test("who was never active, by school and grade, with the share of all", async () => {
    const { page } = await dashboards.open({ grades: true });
    expect(await textOf(page, "#panel-neverSchool .note")).toBe("In all: 529 of 4,073 people, 13%");
    for (const id of ["neverSchool", "neverGrade"]) {
      await page.locator(`#panel-${id} .as-table`).click();
      const heads = await page.locator(`#panel-${id} thead th`).allTextContents();
      expect(heads.slice(1)).toEqual(["Users", "Never active", "Share of users"]);
    }
  });
});
