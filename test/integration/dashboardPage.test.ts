import { describe, expect, test } from "vitest";
import { CleverLakeError } from "../../src/basics/errors";
import { type DashboardFilter, openingFilter } from "../../src/dashboard/filter";
import {
  answered,
  asked,
  chromiumPath,
  DashboardBrowser,
  plainTextOf,
  textOf,
} from "../helpers/dashboardBrowser";
import { ask } from "../helpers/dashboardTruth";
import { hostileNames } from "../helpers/fakeDashboard";
import { plainIndex } from "../helpers/plainIndex";
import { attendedOn, weekdaysFrom } from "../helpers/syntheticRows";

describe.skipIf(!chromiumPath)("the dashboard's page", () => {
  const dashboards = new DashboardBrowser();

  describe("filters", () => {
    test("dates by preset, and by two dates in either order", async () => {
      const { page, source } = await dashboards.open();
      await page.locator("#filter-dates-button").click();
      await page.locator("#filter-dates input[value=last30]").check();
      await expect.poll(() => asked(source)?.range).toEqual({ preset: "last30" });
      await page.locator("#own-from").fill("2026-10-01");
      await page.locator("#own-to").fill("2026-09-01");
      await page.locator("#own-apply").click();
      await expect.poll(() => asked(source)?.range).toEqual({ from: "2026-09-01", to: "2026-10-01" });
      await expect.poll(() => textOf(page, "#chip-range")).toBe("Sep 1 – Oct 1, 2026");
      await page.locator("#chip-range button").click();
      await expect.poll(() => asked(source)?.range).toEqual({ preset: "schoolYear" });
    });

    test("dates of one's own begin with those of the preset that was chosen", async () => {
      const { page } = await dashboards.open();
      await page.locator("#filter-dates-button").click();
      await page.locator("#filter-dates input[value=last7]").check();
      await answered(page);
      expect(await page.locator("#own-from").inputValue()).toBe("2026-11-14");
      expect(await page.locator("#own-to").inputValue()).toBe("2026-11-20");
    });

    test("a year of five digits is ignored, so the page does not wait for an answer that never comes", async () => {
      const { page, source } = await dashboards.open();
      const before = source.asked.length;
      for (const [button, first, last, apply] of [
        ["#filter-dates-button", "#own-from", "#own-to", "#own-apply"],
        ["#filter-compare-button", "#compare-first-from", "#compare-first-to", "#compare-apply"],
      ] as const) {
        await page.locator(button).click();
        await page.locator(first).fill("2026-10-01");
        await page.locator(last).fill("20261-10-01");
        await page.locator(apply).click();
        expect(await page.locator(`${last}:invalid`).count()).toBe(1);
        await page.keyboard.press("Escape");
      }
      expect(await page.locator("main").getAttribute("aria-busy")).toBe("false");
      expect(source.asked.length).toBe(before);
    });

    test.each([
      ["schools", "Lincoln Elementary"],
      ["resources", "Khan Academy"],
      ["resourceTypes", "App"],
      ["grades", "Kindergarten"],
    ] as const)("%s, and the chip removes it", async (list, name) => {
      const { page, source } = await dashboards.open({ grades: true });
      await page.locator(`#filter-${list}-button`).click();
      await page.locator(`#filter-${list} label`, { hasText: name }).first().locator("input").check();
      const value = list === "resourceTypes" ? "app" : name;
      await expect.poll(() => asked(source)?.[list]).toEqual([value]);
      await page.keyboard.press("Escape");
      await page.getByRole("button", { name: `Remove the filter ${name}` }).click();
      await expect.poll(() => asked(source)).toEqual(openingFilter);
    });

    test("people of several user types", async () => {
      const { page, source } = await dashboards.open();
      await page.locator("#filter-userTypes-button").click();
      await page.locator("#filter-userTypes label", { hasText: "Teachers" }).locator("input").check();
      await expect.poll(() => asked(source)?.userTypes).toEqual(["students", "teachers"]);
      await page.locator("#filter-userTypes .link").click();
      await expect.poll(() => asked(source)?.userTypes).toEqual([]);
    });

    test("no grades without a roster", async () => {
      const { page } = await dashboards.open();
      expect(await page.locator("#filter-grades-button").count()).toBe(0);
      expect(await page.locator("#panel-distinctGrade").count()).toBe(0);
    });

    test("a list of 500 can be searched, and several entries selected", async () => {
      const { page, source } = await dashboards.open({ resources: 500 });
      await page.locator("#filter-resources-button").click();
      await expect.poll(() => page.locator("#filter-resources label").count()).toBe(200);
      const search = page.locator("#filter-resources input[type=search]");
      const status = page.locator("#filter-resources [role=status]");
      await search.fill("nothing of the kind");
      await expect.poll(() => status.textContent()).toBe("Resources: 0");
      await search.fill("khan 1");
      for (const name of ["Khan Academy 10", "Khan Academy 11"]) {
        await page.locator("#filter-resources label", { hasText: name }).locator("input").check();
      }
      await expect.poll(() => asked(source)?.resources).toEqual(["Khan Academy 10", "Khan Academy 11"]);
      await expect.poll(() => textOf(page, "#filter-resources-button")).toContain("2 selected");
    });

    test("units change counts of people without a new query", async () => {
      const { page, source } = await dashboards.open();
      const before = source.asked.length;
      expect(await textOf(page, "#card-activeUsers .card-value")).toBe("3,544");
      await page.locator("#units-percent").click();
      await expect.poll(() => textOf(page, "#card-activeUsers .card-value")).toBe("87.0%");
      await expect.poll(() => page.locator("#panel-weekday .chart svg").textContent()).toContain("%");
      expect(await textOf(page, "#card-logins .card-value")).toBe("428,218");
      expect(source.asked).toHaveLength(before);
    });

    test("take two rows in a narrow window, the second with active filters and actions", async () => {
      const { page } = await dashboards.open();
      await page.setViewportSize({ width: 940, height: 800 });
      const top = async (place: string) => (await page.locator(place).boundingBox())?.y ?? Number.NaN;
      const [chips, reset] = [await top(".filter-state .chips"), await top("#reset")];
      expect(Math.abs(chips - reset)).toBeLessThan(10);
      expect(reset).toBeGreaterThan(await top("#units-percent"));
    });

    test("are copied, pasted and reset", async () => {
      const { page, source, sent, post } = await dashboards.open();
      await page.locator("#more-button").click();
      await page.locator("#copy-filter").click();
      await expect
        .poll(() => sent.at(-1))
        .toEqual({
          type: "copyFilter",
          filter: openingFilter,
          question: null,
        });
      await page.locator("#more-button").click();
      await page.locator("#paste-filter").click();
      await expect.poll(() => sent.at(-1)).toEqual({ type: "pasteFilter" });
      const filter = { ...openingFilter, schools: ["Roosevelt High"], userTypes: [] };
      await post({ type: "pasted", filter, question: null });
      await expect.poll(() => asked(source)).toEqual(filter);
      await page.locator("#reset").click();
      await expect.poll(() => asked(source)).toEqual(openingFilter);
      await post({ type: "notice", text: "There are no filters in the clipboard." });
      await expect.poll(() => textOf(page, ".notice")).toBe("There are no filters in the clipboard.");
      await page.keyboard.press("Escape");
      await expect.poll(() => page.locator(".notice").count()).toBe(0);
    });

    test("that name something no longer in the data are reported", async () => {
      const { page, post } = await dashboards.open({ unknownSchools: ["Nort <i>High</i>"] });
      await page.locator(".cards .card-value").first().waitFor();
      expect(await page.locator("#missing").count()).toBe(0);
      expect(await plainTextOf(page, "#unknown-schools")).toBe(
        "The file of school levels names schools that the data does not have: Nort <i>High</i>.",
      );
      await post({
        type: "pasted",
        question: null,
        filter: { ...openingFilter, schools: ["<b>Closed</b> High"], grades: ["13"] },
      });
      await expect
        .poll(() => plainTextOf(page, "#missing"))
        .toBe("Not in the data: <b>Closed</b> High and 13. Remove these filters.");
    });

    test("select everybody at first if the data has no students", async () => {
      const everybody = { ...openingFilter, userTypes: [] };
      const dates = weekdaysFrom("2025-10-01", 5);
      const rows = dates.flatMap((date) => attendedOn(date, { people: 12, userType: "staff" }));
      const filters: DashboardFilter[] = [];
      const { page } = await dashboards.showFrom({
        ask: (filter) => {
          filters.push(filter);
          return ask(plainIndex(rows, []), filter, 10);
        },
      });
      await expect.poll(() => textOf(page, "#card-users .card-value")).toBe("12");
      await page.locator("#reset").click();
      await expect.poll(() => filters).toEqual([openingFilter, everybody, everybody]);
    });

    test("two boxes that are ticked before the page is drawn are both selected", async () => {
      const { page, source } = await dashboards.open();
      await page.locator("#filter-schools-button").click();
      await page.locator("#filter-schools input[type=checkbox]").nth(1).waitFor();
      await page.evaluate(
        "document.querySelectorAll('#filter-schools label').forEach((box, n) => n < 2 && box.click())",
      );
      await expect.poll(() => asked(source)?.schools).toHaveLength(2);
    });

    test("a new question cancels the previous one, whose answer is not shown", async () => {
      const { page, source } = await dashboards.open();
      let open = () => {};
      source.gate = new Promise((resolve) => {
        open = resolve;
      });
      await page.locator("#filter-dates-button").click();
      await page.locator("#filter-dates input[value=last7]").check();
      await page.locator("#filter-dates input[value=last30]").check();
      await expect.poll(() => asked(source)?.range).toEqual({ preset: "last30" });
      expect(source.aborted).toBe(1);
      // The old charts stay in the meantime, marked as outdated.
      await expect.poll(() => page.locator("main").getAttribute("aria-busy")).toBe("true");
      expect(await page.locator("#panel-time .chart svg").count()).toBe(1);
      open();
      await expect.poll(() => page.locator("main").getAttribute("aria-busy")).toBe("false");
      await expect.poll(() => textOf(page, "#chip-range")).toBe("Oct 22 – Nov 20, 2026");
    });
  });

  describe("states", () => {
    test("loading: a skeleton; no data: how to run; failed: the reason, log, retry or connect", async () => {
      let open = () => {};
      const { page, source, sent, session } = await dashboards.show({}, {}, (held) => {
        held.gate = new Promise((resolve) => {
          open = resolve;
        });
        held.empty = true;
      });
      await page.locator(".skeleton").first().waitFor();
      open();
      await page.locator("#run").click();
      await expect.poll(() => sent.at(-1)).toEqual({ type: "command", command: "run" });
      source.noLakeAt = "file:///mnt/lake";
      await session.refresh();
      await expect.poll(() => textOf(page, ".state-text")).toMatch(/no lake at .*file:\/\/\/mnt\/lake.* yet/);
      await page.locator("#retry").click();
      await expect.poll(() => sent.at(-1)).toEqual({ type: "retry" });
      source.failing = new CleverLakeError("engine", "The lake cannot be read.");
      await session.refresh();
      await expect.poll(() => textOf(page, ".state-text")).toContain("The lake cannot be read.");
      await page.locator("#open-log").click();
      await expect.poll(() => sent.at(-1)).toEqual({ type: "command", command: "showLog" });
      source.failing = new CleverLakeError("notConnected", "There is no connection yet.");
      await session.refresh();
      await page.locator("#connect").click();
      await expect.poll(() => sent.at(-1)).toEqual({ type: "command", command: "connect" });
      expect(await page.locator("#retry").count()).toBe(0);
      source.failing = new CleverLakeError("engine", "The lake cannot be read.");
      await session.refresh();
      source.failing = undefined;
      source.empty = false;
      await page.locator("#retry").click();
      await page.locator("#card-users .card-value").waitFor();
      expect(await page.locator("#export-html").isDisabled()).toBe(false);
      source.failing = new CleverLakeError("engine", "The lake cannot be read.");
      await session.refresh();
      await page.locator("#retry").waitFor();
      expect(await page.locator("#export-html").isDisabled()).toBe(true);
    });

    test("says so if there are no changes", async () => {
      const early = await dashboards.open({ changes: "tooEarly" });
      expect(await textOf(early.page, ".no-changes")).toBe(
        "Too early to tell An evaluation needs 6 complete school weeks up to the end of the period; there are 3. More weeks of data are needed.",
      );
      // The number with too little data is not shown if there are too few weeks for all.
      expect(await early.page.locator("#panel-changes .note").count()).toBe(0);
      const none = await dashboards.open({ changes: "none" });
      expect(await none.page.locator("#panel-changes .unjudged > *").allTextContents()).toEqual([
        "Could not be evaluated: resources: 3, schools: 2",
        "With too few complete weeks to be evaluated: resources: 1. More weeks of data are needed.",
        "Used too little to be evaluated: resources: 2, schools: 1. A wider filter helps.",
        "Schools with too few people to be evaluated alone: 1.",
      ]);
      expect(await textOf(none.page, ".no-changes")).toBe(
        "Nothing stands out In the newest complete weeks up to the end of the period, none of those evaluated (resources: 60, schools: 8) differs notably from its own past.",
      );
      const unknown = await dashboards.open({ changes: "nothingJudged" });
      expect(await textOf(unknown.page, ".no-changes")).toBe("Nothing could be evaluated");
    });

    test("is restored as it was left", async () => {
      const first = await dashboards.open();
      await first.page.locator("#panel-schools svg text", { hasText: "Roosevelt High" }).click();
      await first.page.locator("#units-percent").click();
      await expect
        .poll(() => first.kept())
        .toMatchObject({
          filter: { schools: ["Roosevelt High"] },
          view: { units: "percent" },
        });
      const second = await dashboards.open({}, { kept: first.kept(), filter: first.session.start.filter });
      expect(second.source.asked[0]?.schools).toEqual(["Roosevelt High"]);
      await expect
        .poll(() => second.page.locator("#units-percent").getAttribute("aria-pressed"))
        .toBe("true");
    });

    test("comes back in its initial state if what it saved is damaged, or of another version", async () => {
      const kept = { filter: {}, view: { units: "furlongs", asTable: 7, sort: null }, scrollTop: "far" };
      const { page, complaints } = await dashboards.open({}, { kept });
      await expect.poll(() => page.locator("#panel-schools svg").count()).toBeGreaterThan(0);
      expect(await page.locator("#units-absolute").getAttribute("aria-pressed")).toBe("true");
      expect(complaints).toEqual([]);
    });

    test.each([
      { schools: 1, resources: 5, days: 3 },
      { schools: 100, resources: 500, days: 112, grades: true },
    ])("%o fits", async (district) => {
      const { page } = await dashboards.open(district, { width: 480 });
      expect(
        await page.evaluate<number>("document.documentElement.scrollWidth - innerWidth"),
      ).toBeLessThanOrEqual(0);
    });
  });

  test("names are rendered as text everywhere", async () => {
    const { page } = await dashboards.open({ hostile: true, schools: 12, grades: true }, { width: 900 });
    for (const panel of ["schools", "treemap", "changes"])
      await page.locator(`#panel-${panel} .as-table`).click();
    await expect
      .poll(async () => {
        const shown = await page.locator("#panel-schools tbody th").allTextContents();
        return shown.map((each) => each.trim());
      })
      .toEqual(expect.arrayContaining([...hostileNames]));
    expect(await page.locator("img, script:not([src])").count()).toBe(0);
    expect(
      await page.evaluate<number>("document.documentElement.scrollWidth - innerWidth"),
    ).toBeLessThanOrEqual(0);
  });
});
