import { describe, expect, test } from "vitest";
import { openingFilter } from "../../src/dashboard/filter";
import {
  answered,
  asked,
  chromiumPath,
  DashboardBrowser,
  plainTextOf,
  textOf,
} from "../helpers/dashboardBrowser";
import { fakeAnswer } from "../helpers/fakeDashboard";

describe.skipIf(!chromiumPath)("the charts and tables of the dashboard's page", () => {
  const dashboards = new DashboardBrowser();

  describe("marks", () => {
    test("a bar and its name toggle the school's filter", async () => {
      const { page, source } = await dashboards.open();
      const name = page.locator("#panel-schools svg text", { hasText: "Roosevelt High" });
      await name.click();
      await expect.poll(() => asked(source)?.schools).toEqual(["Roosevelt High"]);
      await expect
        .poll(() => page.locator("#panel-schools svg text", { hasText: "Redwood" }).count())
        .toBe(0);
      await answered(page);
      await page.locator("#panel-distinctSchool svg path[fill='#ad7df3']").first().click();
      await expect.poll(() => asked(source)?.schools).toEqual([]);
    });

    test("a tile filters by its resource, a segment of a bar by school and resource", async () => {
      const { page, source } = await dashboards.open();
      await page.locator("#panel-treemap svg text", { hasText: "i-Ready" }).first().click();
      await expect.poll(() => asked(source)?.resources).toEqual(["i-Ready"]);
      await expect.poll(() => textOf(page, "#panel-active .badge")).toBe("All resources");
      await answered(page);
      const segment = page.locator("#panel-top svg path[fill='#7cb0e6']").first();
      // The filters would cover it, as its own label does.
      await segment.evaluate((path) => path.scrollIntoView({ block: "center" }));
      await segment.click({ force: true });
      await expect
        .poll(() => asked(source))
        .toMatchObject({
          resources: ["i-Ready"],
          schools: ["Washington Middle School"],
        });
    });

    test("a grade, a type in the legend, a name in the table and a change", async () => {
      const { page, source } = await dashboards.open({ grades: true });
      await page.locator("#panel-distinctGrade svg text", { hasText: "Kindergarten" }).click();
      await expect.poll(() => asked(source)?.grades).toEqual(["Kindergarten"]);
      await answered(page);
      await page.locator("#panel-treemap .legend-entry", { hasText: "App" }).first().click();
      await expect.poll(() => asked(source)?.resourceTypes).toEqual(["app"]);
      await answered(page);
      await page.locator("#reset").click();
      await expect.poll(() => asked(source)).toEqual(openingFilter);
      await answered(page);
      await page.locator("#panel-table .row-pick", { hasText: "Khan Academy" }).first().click();
      await expect.poll(() => asked(source)?.resources).toEqual(["Khan Academy"]);
      await answered(page);
      await page.locator("#reset").click();
      await expect.poll(() => asked(source)).toEqual(openingFilter);
      await answered(page);
      await page.locator(".change-name").nth(1).click();
      await expect.poll(() => asked(source)?.resources).toEqual(["Big Ideas Math"]);
    });

    test("a grade that includes people without a grade is marked", async () => {
      const { page } = await dashboards.open({ grades: true });
      const note = page.locator("#panel-distinctGrade p", { hasText: "have no grade" });
      await expect
        .poll(() => note.textContent())
        .toBe(
          "Where fewer than 10 people have no grade, they count with the grade of their group: \u2068Roosevelt High\u2069 (grade 5).",
        );
      expect(await page.locator("#panel-distinctGrade svg text", { hasText: "*" }).allTextContents()).toEqual(
        ["5\u00a0*"],
      );
      const notice = page.locator("#suppressed p", { hasText: "have no grade" });
      expect(await notice.count()).toBe(0);
      await page.locator("#panel-distinctGrade svg text", { hasText: "5" }).first().click();
      await expect.poll(() => notice.count()).toBe(1);
    });

    test("a click selects a day, dragging selects a range", async () => {
      const { page, source } = await dashboards.open();
      const chart = page.locator("#panel-time .chart");
      const box = await chart.boundingBox();
      if (!box) throw new Error("The picture has no place.");
      await page.mouse.move(box.x + 400, box.y + 100);
      await page.mouse.down();
      await page.mouse.move(box.x + 500, box.y + 110, { steps: 5 });
      await page.mouse.move(box.x + 700, box.y + 110, { steps: 5 });
      await page.mouse.up();
      await expect
        .poll(() => asked(source)?.range)
        .toMatchObject({ from: expect.stringMatching(/^2026-09-0\d$/) });
      const { range } = source.asked.at(-1) ?? openingFilter;
      expect("preset" in range ? "" : range.to).toMatch(/^2026-09-2\d$/);
      await answered(page);
      await page.mouse.click(box.x + 300, box.y + 100);
      await expect
        .poll(() => {
          const { range: now } = source.asked.at(-1) ?? openingFilter;
          return "from" in now && now.from === now.to;
        })
        .toBe(true);
    });

    test("a tooltip describes a mark, as text", async () => {
      const { page } = await dashboards.open({ hostile: true });
      await page.locator("#panel-treemap svg text", { hasText: "<img" }).first().hover();
      await expect.poll(() => textOf(page, "#panel-treemap .tip-title")).toBe("<img src=x onerror=alert(1)>");
      expect(await page.locator("img").count()).toBe(0);
    });

    test("no number in a tile is cut off, however wide the page is", async () => {
      // Of a district with 250 students: some tiles are much higher than wide. No number is a part of another.
      const rows = [
        ...[
          3234, 2139, 1290, 1066, 636, 561, 371, 294, 273, 248, 242, 240, 220, 208, 198, 183, 176, 162, 160,
        ],
        ...[158, 154, 141, 137, 132, 130, 122, 118, 105, 100, 93, 78, 77, 77, 75, 74, 74, 72, 71, 71, 67, 66],
        ...[65, 64, 63, 62, 61, 55, 48, 46, 46, 41, 41, 38, 38, 34, 30, 30, 28, 26, 26, 26, 23, 19, 19, 9, 9],
        ...[9, 9, 9, 9, 9],
      ];
      const district = { resources: rows.length };
      const { page } = await dashboards.show(district, {}, (source) => {
        source.ask = async (filter) => {
          const answer = fakeAnswer(filter, district);
          const resources = answer.resources.map((each, place) => ({ ...each, rows: rows[place] ?? 0 }));
          return { ...answer, resources };
        };
      });
      const widths = [480, 760, 1060, 1360, 1380, 1400, 1420, 1600];
      const shown = new Set<string>();
      for (const width of widths) {
        await page.setViewportSize({ width, height: 900 });
        await expect
          .poll(async () => {
            const [panel, chart] = await Promise.all(
              ["", " svg"].map((each) => page.locator(`#panel-treemap .chart${each}`).boundingBox()),
            );
            return Math.abs((panel?.width ?? 0) - (chart?.width ?? 1));
          })
          .toBeLessThan(1);
        for (const text of await page.locator("#panel-treemap svg text").allTextContents())
          if (/^[\d,]+$/.test(text)) shown.add(text);
      }
      expect(shown.size).toBeGreaterThan(3);
      await page.locator("#panel-treemap .as-table").click();
      await expect
        .poll(async () => {
          const cells = await page.locator("#panel-treemap tbody td").allTextContents();
          return cells.map((cell) => cell.trim());
        })
        .toEqual(expect.arrayContaining([...shown]));
    });

    test("N is adjustable, for resources and for schools", async () => {
      const { page } = await dashboards.open({ schools: 40 });
      await page.locator("#top-topResources").selectOption("3");
      await expect.poll(() => page.locator("#panel-top .legend li").count()).toBe(3);
      await page.locator("#schools-schoolsShown").selectOption("0");
      await expect
        .poll(() =>
          page
            .locator("#panel-schools svg text", { hasText: /Lincoln|Academy|High|School|Elementary/ })
            .count(),
        )
        .toBe(40);
    });

    test("charts show at most 200 schools, and their tables all", async () => {
      const { page } = await dashboards.open({ schools: 203 });
      const schools = page.locator("#schools-schoolsShown");
      expect(await schools.locator("option").last().textContent()).toBe("Schools: 200 of 203");
      await schools.selectOption("0");
      // Without the second lines of names.
      const first = /^(Lin|Was|Roo|Jef|Map|Red|Cen|Rid|Wat|Lit|Pio|Har|Ces)/;
      const names = page.locator("#panel-schools svg text", { hasText: first });
      await expect.poll(() => names.count()).toBe(200);
      await page.locator("#panel-schools .as-table").click();
      await expect.poll(() => page.locator("#panel-schools tbody tr").count()).toBe(203);
    });
  });

  describe("without a mouse", () => {
    test("marks are reached by arrow keys and filter by Enter", async () => {
      const { page, source } = await dashboards.open();
      await page.locator("#panel-distinctSchool .chart").focus();
      await page.keyboard.press("ArrowDown");
      await page.keyboard.press("ArrowDown");
      await expect
        .poll(() => textOf(page, "#announcement"))
        .toMatch(/Jefferson Academy, Distinct resources per person: /);
      await page.keyboard.press("Enter");
      await expect.poll(() => asked(source)?.schools).toEqual(["Jefferson Academy"]);
    });

    test.each(["treemap .chart", "top .legend button", "table tbody th button"])(
      "choosing a resource keeps the focus in its part, although charts are added before: %s",
      async (part) => {
        const { page, source } = await dashboards.open();
        const panels = await page.locator(".panel").count();
        await page.locator(`#panel-${part}`).first().focus();
        await page.keyboard.press("ArrowRight");
        const top = await page.evaluate<number>("document.activeElement.getBoundingClientRect().top");
        await page.keyboard.press("Enter");
        await expect.poll(() => asked(source)?.resources.length).toBe(1);
        await answered(page);
        expect(await page.locator(".panel").count()).toBeGreaterThan(panels);
        const focused = await page.evaluate<string>('document.activeElement.closest(".panel")?.id');
        expect(focused).toBe(`panel-${part.split(" ")[0]}`);
        // A shorter table may leave no space below to scroll.
        const [place = 0, below = 0] = await page.evaluate<number[]>(
          "[document.activeElement.getBoundingClientRect().top, document.documentElement.scrollHeight - scrollY - innerHeight]",
        );
        expect(below < 1 ? 0 : Math.abs(place - top)).toBeLessThan(2);
      },
    );

    test("marks of a chart that is higher than the window scroll into sight", async () => {
      const { page } = await dashboards.open({ schools: 60 }, { height: 700 });
      await page.locator("#schools-schoolsShown").selectOption("0");
      const chart = page.locator("#panel-schools .chart");
      await chart.focus();
      for (const key of ["End", "Home"]) {
        const isInSight = async () => {
          // Again while the chart is drawn with its new height, which removes the tooltip.
          await page.keyboard.press(key);
          return page.evaluate<boolean>(`(() => {
            const tip = document.querySelector("#panel-schools .tip").getBoundingClientRect();
            const filters = document.querySelector(".top").getBoundingClientRect();
            return tip.top >= filters.bottom && tip.bottom <= innerHeight;
          })()`);
        };
        await expect.poll(isInSight, { message: key }).toBe(true);
      }
    });

    test("the element with the focus is not below the filters", async () => {
      const { page } = await dashboards.open({ licences: true }, { width: 900, height: 700 });
      await page.locator("#panel-table input").focus();
      for (let presses = 0; presses < 40; presses++) {
        await page.keyboard.press("Shift+Tab");
        const found = await page.evaluate<string>(`(() => {
          const { activeElement } = document;
          const { x, y, width, height } = activeElement.getBoundingClientRect();
          const at = document.elementFromPoint(x + width / 2, Math.min(y + height / 2, innerHeight - 2));
          return activeElement.contains(at) ? "" : activeElement.id + " is below " + at?.className;
        })()`);
        expect(found).toBe("");
      }
    });

    test("the focus moves within the filters without scrolling the page", async () => {
      const { page } = await dashboards.open({ grades: true }, { width: 900, height: 700 });
      await page.locator("#filter-schools-button").focus();
      await page.evaluate("scrollTo(0, 600)");
      const scrolled = () => page.evaluate<number>("scrollY");
      await expect.poll(scrolled).toBe(600);
      for (let presses = 0; presses < 3; presses++) await page.keyboard.press("Tab");
      expect(await scrolled()).toBe(600);
    });

    test("Tab leads to a filter, its removal, an explanation, a table and an export", async () => {
      const { page, source, sent } = await dashboards.open();
      const tabTo = async (id: string) => {
        for (let presses = 0; presses < 120; presses++) {
          await page.keyboard.press("Tab");
          if (
            (
              await page.evaluate<string>("document.activeElement.id || document.activeElement.className")
            ).includes(id)
          )
            return;
        }
        throw new Error(`Tab does not come to ${id}.`);
      };
      await tabTo("filter-schools-button");
      await page.keyboard.press("Enter");
      await page.locator("#filter-schools input[type=search]:focus").waitFor();
      await page.keyboard.type("maple");
      await expect.poll(() => page.locator("#filter-schools label").count()).toBe(1);
      await page.keyboard.press("ArrowDown");
      await page.keyboard.press("Space");
      await expect.poll(() => asked(source)?.schools).toEqual(["Maple Ridge High"]);
      await page.keyboard.press("Escape");
      expect(await page.evaluate<string>("document.activeElement.id")).toBe("filter-schools-button");
      await tabTo("explain-time-button");
      await page.keyboard.press("Enter");
      await expect.poll(() => page.locator("#explain-time").isVisible()).toBe(true);
      expect(await textOf(page, "#explain-time")).toContain("Sum of the day's num_logins");
      await page.keyboard.press("Escape");
      await expect.poll(() => page.locator("#explain-time").isVisible()).toBe(false);
      await tabTo("as-table");
      await page.keyboard.press("Enter");
      await expect.poll(() => page.locator("#panel-time table").count()).toBe(1);
      await tabTo("export-time-button");
      await page.keyboard.press("Enter");
      await page.locator("#export-time .command:focus").waitFor();
      await page.keyboard.press("End");
      await page.locator("#time-csv:focus").waitFor();
      await page.keyboard.press("Enter");
      await expect.poll(() => sent.at(-1)?.type).toBe("save");
    });
  });

  describe("tables", () => {
    test("each chart has one, with its numbers and filters", async () => {
      const { page, source } = await dashboards.open({ grades: true });
      for (const id of [
        "time",
        "schools",
        "top",
        "treemap",
        "active",
        "distinctSchool",
        "distinctGrade",
        "weekday",
        "distinctDay",
        "changes",
      ]) {
        await page.locator(`#panel-${id} .as-table`).click();
        await expect.poll(() => page.locator(`#panel-${id} tbody tr`).count()).toBeGreaterThan(1);
        expect(await page.locator(`#panel-${id} svg.trend, #panel-${id} .chart`).count()).toBe(0);
      }
      await page.locator("#panel-schools .row-pick", { hasText: "Roosevelt High" }).click();
      await expect.poll(() => asked(source)?.schools).toEqual(["Roosevelt High"]);
    });

    test("the resources' table can be sorted and searched; of 500 rows, only the visible ones are rendered", async () => {
      const { page } = await dashboards.open({ resources: 500 });
      const names = () => page.locator("#panel-table tbody .row-pick bdi").allTextContents();
      expect((await names()).length).toBeLessThan(60);
      expect(await page.locator("#panel-table table").getAttribute("aria-rowcount")).toBe("501");
      await page.locator("#panel-table .sort", { hasText: "Resource" }).click();
      await expect.poll(async () => (await names())[0]).toBe("Amplify");
      expect(await page.locator("#panel-table th[aria-sort=ascending]").textContent()).toContain("Resource");
      await page.evaluate("document.querySelector('.resources').scrollTop = 1e6");
      await expect.poll(async () => (await names()).at(-1)).toMatch(/^Zearn/);
      await page.locator("#resource-search").fill("seesaw 1");
      await expect.poll(async () => (await names()).every((name) => /^Seesaw.*1/.test(name))).toBe(true);
    });

    test("shows rows after a search and a question, however far it was scrolled", async () => {
      const { page } = await dashboards.open({ resources: 1000 });
      const isShown = () =>
        page.evaluate<boolean>(`(() => {
          const box = document.querySelector(".resources").getBoundingClientRect();
          return [...document.querySelectorAll("#panel-table tbody tr:not([aria-hidden])")].some((row) => {
            const { top, bottom } = row.getBoundingClientRect();
            return top < box.bottom && bottom > box.top;
          });
        })()`);
      await page.evaluate("document.querySelector('.resources').scrollTop = 1e6");
      await page.locator("#resource-search").fill("1");
      await expect.poll(isShown).toBe(true);
      await page.locator("#resource-search").fill("");
      await page.evaluate("document.querySelector('.resources').scrollTop = 1e6");
      await page.locator("#ask-neverActive").click();
      await answered(page);
      await expect.poll(isShown).toBe(true);
    });

    test("small counts are not shown as zero", async () => {
      const { page } = await dashboards.open({ resources: 300, schools: 1 });
      for (const order of ["ascending", "descending"]) {
        await page.locator("#panel-table .sort", { hasText: "Users" }).click();
        await expect
          .poll(() => page.locator(`#panel-table th[aria-sort=${order}]`).textContent())
          .toContain("Users");
      }
      await page.evaluate("document.querySelector('.resources').scrollTop = 1e6");
      await expect.poll(() => textOf(page, "#panel-table tbody tr:nth-last-child(2) .number")).toBe("<10");
    });
  });

  test("more rows than the dashboard was measured with are reported, with a better tool", async () => {
    const { page } = await dashboards.open({ large: true });
    expect(await textOf(page, "#large")).toMatch(
      /^The tables have 70,400,000 rows, and the dashboard was measured with 33,000,000\. .*Power BI, or SQL/,
    );
  });

  test("rows that another program changed are reported, with what to do", async () => {
    const { page } = await dashboards.open({ rowsChanged: true });
    expect(await textOf(page, "#changed-rows")).toBe(
      "Another program changed rows: numbers may be wrong until you use “Repair the Lake…”.",
    );
  });

  test("a day without its report is a gap, named above, in table and tooltip, with a link to the reports", async () => {
    const { page, sent } = await dashboards.open({ missingReport: true });
    expect(await textOf(page, "#incomplete")).toBe(
      "Resource usage (Students): the report of Wed, Nov 4, 2026 is missing. Missing reports may be late or in quarantine. The numbers do not include them. Show Reports",
    );
    await page.locator("#show-reports").click();
    await expect.poll(() => sent.at(-1)).toEqual({ type: "command", command: "reports.focus" });
    expect(await textOf(page, "#panel-distinctDay .without")).toBe("Without one day whose report is missing");
    expect(await page.locator("#panel-active .without").count()).toBe(0);
    expect(await textOf(page, "#card-accesses .without")).toBe("Without one day whose report is missing");
    // Only the chart that is about this report: the others have their numbers.
    expect(await textOf(page, "#panel-distinctDay .legend")).toContain("Report missing");
    for (const panel of ["time", "active"])
      expect(await textOf(page, `#panel-${panel} .legend`)).not.toContain("Report missing");
    await page.locator("#panel-distinctDay .as-table").click();
    const row = page.locator("#panel-distinctDay tbody tr", { hasText: "Nov 4" });
    await expect
      .poll(async () => (await row.textContent())?.replaceAll(/\s+/g, " ").trim())
      .toContain("School day; Resource usage: report missing–");
  });

  test("the preceding period has as many school days, and sums are compared per school day", async () => {
    const { page } = await dashboards.open();
    expect(await textOf(page, ".cards-note")).toMatch(
      /^Arrows: the last (\d+) school days compared with the \1 before, .+; logins and accesses per school day$/,
    );
    expect(await page.locator("#card-logins .delta").getAttribute("title")).toMatch(
      /^Per school day: [\d,]+; \u2068Previous period\u2069: [\d,]+$/,
    );
    expect(await page.locator("#card-days .delta").count()).toBe(0);
  });

  test("a renamed resource shows its former name in the table and in What changed", async () => {
    const { page } = await dashboards.open({ renamed: true });
    const row = page.locator("#panel-table tbody tr", { hasText: "Khan Academy" }).first();
    expect(await row.locator(".former").textContent()).toContain("Khan Classic");
    expect(await textOf(page, "#panel-changes .former")).toContain("Khan Classic");
    await page.locator("#panel-table input[type=search]").fill("classic");
    await expect.poll(() => page.locator("#panel-table tbody tr").count()).toBe(1);
  });

  test("the chart of schools lists former names", async () => {
    const { page } = await dashboards.open({ renamed: true });
    expect(await plainTextOf(page, "#panel-schools .caption")).toMatch(
      /^.+: formerly Hollow Oak Elementary$/,
    );
  });

  test("the charts over time, by school and by grade show a selected resource", async () => {
    const filter = { ...openingFilter, resources: ["Khan Academy"] };
    const { page } = await dashboards.open({ grades: true }, { filter });
    const title = async (panel: string) => plainTextOf(page, `#panel-${panel} h2`);
    expect(await title("time")).toContain("Use per day: Khan Academy");
    expect(await title("schools")).toContain("Users by school: Khan Academy");
    expect(await title("distinctGrade")).toContain("Users by grade: Khan Academy");
    expect(await page.locator("#panel-time .badge").count()).toBe(0);
    await page.locator("#panel-time .as-table").click();
    await expect
      .poll(() => page.locator("#panel-time th.number").allTextContents())
      .toEqual(["Users", "Accesses", "Person-days"]);
    await page.locator("#panel-schools .as-table").click();
    await expect
      .poll(() => page.locator("#panel-schools th.number").allTextContents())
      .toEqual(["Users", "Share of users", "Person-days", "Accesses"]);
  });

  test("without daily participation, the page shows resource usage, and why the rest is unknown", async () => {
    const { page, source } = await dashboards.open({ onlyUsage: true, missingReport: true });
    expect(await textOf(page, "#card-users .card-value")).toBe("–");
    expect(await textOf(page, "#card-users .without")).toBe("Daily participation: report missing");
    expect(await textOf(page, "#announcement")).toBe("Updated. Active users: –");
    expect(await textOf(page, "#card-resourceUsers .card-value")).toMatch(/^[\d,]+$/);
    expect(await textOf(page, "#incomplete")).toContain(
      "Daily participation: no day of the period has this report for these people",
    );
    expect(await textOf(page, "#panel-neverSchool")).toContain("no day of the period has this report");
    expect(await page.locator("#panel-top .chart svg").count()).toBe(1);
    expect(await page.locator(".suppressed-number, .card-value.suppressed").count()).toBe(0);
    // If nobody matches, the missing reports are listed above.
    source.ask = async (filter) => ({ ...fakeAnswer(filter, { missingReport: true }), rows: "none" });
    await page.locator("#reset").click();
    await expect.poll(() => textOf(page, ".state h2")).toBe("Nobody matches these filters");
    expect(await textOf(page, "#incomplete")).toContain("Resource usage (Students): the report of");
  });
});
