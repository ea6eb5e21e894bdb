import { describe, expect, test } from "vitest";
import { openingFilter } from "../../src/dashboard/filter";
import { answered, asked, chromiumPath, DashboardBrowser, textOf } from "../helpers/dashboardBrowser";
import { englishTexts } from "../helpers/dashboardPage";

describe.skipIf(!chromiumPath)("the dashboard's questions", () => {
  const dashboards = new DashboardBrowser();

  test("schools are selected by level, with one chip that names and removes them", async () => {
    const { page, source } = await dashboards.open({ schools: 13 });
    await page.locator("#filter-schools-button").click();
    const groups = page.locator("#filter-schools .choices-group");
    await expect
      .poll(() => groups.allTextContents())
      .toEqual(["Elementary schools", "Middle schools", "High schools", "Other schools"]);
    await groups.first().press("Enter");
    const elementary = ["Harriet Tubman Elementary", "Lincoln Elementary"];
    await expect.poll(() => asked(source)?.schools).toEqual(elementary);
    await expect.poll(() => textOf(page, "#filter-schools-button")).toContain("Elementary schools");
    await expect.poll(() => groups.first().getAttribute("aria-pressed")).toBe("true");
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "Remove the filter Elementary schools" }).click();
    await expect.poll(() => asked(source)).toEqual(openingFilter);
  });

  test("Paid licences: users, seats, cost per user, and licence anomalies", async () => {
    const { page, source } = await dashboards.open({ licences: true });
    expect(await textOf(page, "#panel-licences .note")).toBe(
      "Licences: 6, without any use: 1, not in the data: 1",
    );
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
        "0.0%",
        "4,200.00",
        "–",
        "Jun 30, 2026",
        "not in the data; similar: \u2068Khan Academy\u2069 · has ended",
      ],
      ["Paper Tutor", "0", "500", "0.0%", "4,200.00", "–", "Dec 10, 2026", "not used · ends in 19 days"],
      [expect.any(String), "<10", "4,000", "<0.3%", "12,500.50", "–", "Jun 30, 2027", ""],
    ]);
    expect(cells[3]?.at(-1)).toBe("ends today");
    const { users, cost } = { users: Number(cells[4]?.[1]?.replace(",", "")), cost: 31_000 };
    expect(cells[4]?.[3]).toBe(`${((users / 4_000) * 100).toFixed(1)}%`);
    expect(cells[4]?.[5]).toBe((cost / users).toFixed(2));
    expect(cells[5]?.slice(2, 7)).toEqual(["–", "–", "–", "–", "–"]);
    await page.locator("#panel-licences tbody tr").nth(4).locator(".row-pick").press("Enter");
    await expect.poll(() => asked(source)?.resources).toEqual([cells[4]?.[0]]);
  });

  test("no licences without a licences file", async () => {
    const { page } = await dashboards.open();
    expect(await page.locator("#panel-licences").count()).toBe(0);
  });

  test("who was never active, by school and grade, with the share of all", async () => {
    const { page } = await dashboards.open({ grades: true });
    expect(await textOf(page, "#panel-neverSchool .note")).toBe("In total: 529 of 4,073 people, 13.0%");
    for (const id of ["neverSchool", "neverGrade"]) {
      await page.locator(`#panel-${id} .as-table`).click();
      const heads = page.locator(`#panel-${id} thead th`);
      await expect
        .poll(async () => (await heads.allTextContents()).slice(1))
        .toEqual(["Users", "Never active", "Share of users"]);
    }
  });

  test.each([
    ["levelApps", { schools: ["Harriet Tubman Elementary", "Lincoln Elementary"] }, ["table"]],
    ["gradeResources", { grades: ["7"] }, ["distinctSchool"]],
    ["licences", { userTypes: [] }, ["licences"]],
    ["lastMonth", { range: { preset: "last30" } }, ["changes"]],
    ["neverActive", {}, ["neverSchool", "neverGrade"]],
  ] as const)("%s is answered by one click or key, at the top of the page", async (id, patch, panels) => {
    const { page, source } = await dashboards.open({ schools: 13, grades: true, licences: true });
    // The previous filter does not matter.
    await page.locator("#panel-distinctSchool .as-table").click();
    await page.locator("#panel-distinctSchool tbody button").first().click();
    await answered(page);
    await page.locator(`#ask-${id}`).press("Enter");
    await expect.poll(() => asked(source)).toEqual({ ...openingFilter, ...patch });
    await answered(page);
    await expect.poll(() => page.evaluate<string>("document.activeElement?.id")).toBe("asked-title");
    expect(await page.evaluate<number>("window.scrollY")).toBe(0);
    expect(await textOf(page, "#asked-title")).toBe(englishTexts.questions[id]);
    expect(await page.locator(`#ask-${id}`).getAttribute("aria-pressed")).toBe("true");
    const answering = page.locator(".asked > .panels > section");
    expect(await answering.evaluateAll((parts) => parts.map((part) => part.id))).toEqual(
      panels.map((panel) => `panel-${panel}`),
    );
    // Each part of the page exists once.
    for (const panel of panels) expect(await page.locator(`#panel-${panel}`).count()).toBe(1);
    await (id === "levelApps" ? page.keyboard.press("Escape") : page.locator("#asked-close").click());
    await expect.poll(() => page.locator(".asked").count()).toBe(0);
    expect(await page.evaluate<string>("document.activeElement?.id")).toBe(`ask-${id}`);
    expect(await page.locator(`#panel-${panels[0]}`).count()).toBe(1);
  });

  test("Escape clears a search of the answer, and then closes the question", async () => {
    const { page } = await dashboards.open();
    await page.locator("#ask-levelApps").click();
    await answered(page);
    const search = page.locator("#resource-search");
    await search.fill("khan");
    await search.press("Escape");
    await expect.poll(() => search.inputValue()).toBe("");
    await expect.poll(() => page.locator("#panel-table tbody tr").count()).toBeGreaterThan(3);
    expect(await page.locator(".asked").count()).toBe(1);
    await search.press("Escape");
    await expect.poll(() => page.locator(".asked").count()).toBe(0);
  });

  test("a list shows what was asked, even if another choice was never answered", async () => {
    const { page, source } = await dashboards.open();
    await page.locator("#ask-appUse").click();
    await answered(page);
    const list = page.locator("#asked-choice");
    const chosen = () =>
      page.evaluate<string>("document.querySelector('#asked-choice').selectedOptions[0].text");
    const first = await chosen();
    let open = () => {};
    source.gate = new Promise((resolve) => {
      open = resolve;
    });
    await list.selectOption({ label: "Khan Academy" });
    await page.locator("#ask-appUse").click();
    open();
    await answered(page);
    expect(asked(source)?.resources).toEqual([first]);
    expect(await chosen()).toBe(first);
  });

  test("a question selects its subject", async () => {
    const { page, source, kept } = await dashboards.open({ schools: 13, grades: true });
    await page.locator("#ask-appUse").click();
    await expect.poll(() => asked(source)?.resources).toHaveLength(1);
    await page.locator("#asked-choice").selectOption({ label: "Khan Academy" });
    await expect.poll(() => asked(source)?.resources).toEqual(["Khan Academy"]);
    await page.locator("#ask-gradeResources").click();
    await page.locator("#asked-choice").selectOption({ label: "Kindergarten" });
    await expect.poll(() => asked(source)).toEqual({ ...openingFilter, grades: ["Kindergarten"] });
    await expect.poll(kept).toMatchObject({ view: { question: "gradeResources" } });
  });

  test("exports name the question that they answer", async () => {
    const { page, sent } = await dashboards.open(
      { licences: true, schools: 13 },
      { district: "Dunmere Unified" },
    );
    await page.locator("#ask-levelApps").click();
    await page.locator(".asked").waitFor();
    await answered(page);
    await page.locator("#export-table-button").click();
    await page.locator("#table-csv").click();
    await expect
      .poll(() => sent.at(-1))
      .toMatchObject({
        type: "save",
        file: {
          content: expect.stringMatching(
            /District: Dunmere Unified[\s\S]*Question: Which apps are used most at a school level\? Elementary schools/,
          ),
        },
      });
  });

  test("a question that the data cannot answer says so", async () => {
    const { page } = await dashboards.open();
    await page.locator("#ask-licences").click();
    await expect.poll(() => textOf(page, "#no-licences")).toContain("clever.licencesFile");
    await page.locator("#ask-gradeResources").click();
    await expect.poll(() => textOf(page, ".asked > p")).toBe(englishTexts.nothingToAsk);
  });

  const saved = {
    groups: [{ name: "North side", schools: ["Lincoln Elementary", "Roosevelt High"] }],
    views: [
      { name: "Never on", filter: { ...openingFilter, userTypes: [] }, question: "neverActive" as const },
    ],
  };

  test("a view and a group of schools are saved under a name, and deleted", async () => {
    const filter = { ...openingFilter, schools: ["Lincoln Elementary", "Redwood Academy"] };
    const { page, sent } = await dashboards.open({ schools: 13 }, { saved, filter });
    await page.locator("#saved-button").click();
    await page.locator("#saved-name").fill(" South side ");
    await page.locator("#save-group").click();
    const group = { name: "South side", schools: filter.schools };
    await expect.poll(() => sent.at(-1)).toEqual({ type: "keepSaved", change: { groups: [group] } });
    await expect.poll(() => page.locator(".saved-group").count()).toBe(2);
    // Saving under an existing name replaces it.
    await page.locator("#saved-name").fill("Never on");
    await expect.poll(() => textOf(page, "#save-view")).toBe("Replace View");
    await page.locator("#saved-name").press("Enter");
    const views = [{ name: "Never on", filter, question: null }];
    await expect.poll(() => sent.at(-1)).toEqual({ type: "keepSaved", change: { views } });
    await expect.poll(() => page.locator(".saved-view").count()).toBe(1);
    await page.getByRole("button", { name: "Forget" }).last().click();
    await expect
      .poll(() => sent.at(-1))
      .toEqual({
        type: "keepSaved",
        change: { forget: { groups: ["South side"] } },
      });
    await expect.poll(() => page.locator(".saved-group").count()).toBe(1);
    expect(await page.evaluate("document.activeElement?.closest('#saved') !== null")).toBe(true);
  });

  test("a saved view restores its filter and question, a saved group is one chip", async () => {
    const { page, source } = await dashboards.open({ schools: 13, grades: true }, { saved });
    await page.locator("#saved-button").click();
    await page.locator(".saved-view").press("Enter");
    await expect.poll(() => asked(source)).toEqual(saved.views[0]?.filter);
    await expect.poll(() => textOf(page, "#asked-title")).toBe(englishTexts.questions.neverActive);
    await answered(page);
    await page.locator("#filter-schools-button").click();
    await page.locator("#filter-schools .choices-group", { hasText: "North side" }).click();
    await expect.poll(() => asked(source)?.schools).toEqual(saved.groups[0]?.schools);
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "Remove the filter North side" }).click();
    await expect.poll(() => asked(source)?.schools).toEqual([]);
  });
});
