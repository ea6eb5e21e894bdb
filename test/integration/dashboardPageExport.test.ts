import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { parse } from "csv-parse/sync";
import type { Page } from "playwright-core";
import { describe, expect, onTestFinished, test } from "vitest";
import type { DashboardAnswer } from "../../src/dashboard/answer";
import { dashboardHtml } from "../../src/dashboard/export/dashboardHtml";
import { openingView } from "../../src/dashboard/export/view";
import { openingFilter } from "../../src/dashboard/filter";
import type { PageFile } from "../../src/protocol/dashboard";
import { violations } from "../helpers/axe";
import {
  answered,
  asked,
  chromiumPath,
  DashboardBrowser,
  type OpenedDashboard,
  textOf,
} from "../helpers/dashboardBrowser";
import { englishTexts } from "../helpers/dashboardPage";
import { type FakeDistrict, fakeAnswer, hostileNames } from "../helpers/fakeDashboard";

const pictures = [
  "time",
  "schools",
  "top",
  "treemap",
  "active",
  "distinctSchool",
  "distinctGrade",
  "weekday",
  "distinctDay",
];

describe.skipIf(!chromiumPath)("exports of the dashboard's page", () => {
  const dashboards = new DashboardBrowser();

  const saved = async ({ page, sent }: OpenedDashboard, panel: string, kind: string): Promise<PageFile> => {
    const before = sent.length;
    await page.locator(`#export-${panel}-button`).click();
    await page.locator(`#${panel}-${kind}`).click();
    await expect.poll(() => sent.slice(before).some(({ type }) => type === "save")).toBe(true);
    const message = sent.at(-1);
    if (message?.type !== "save") throw new Error("Nothing was saved.");
    return message.file;
  };

  const savedPage = async ({ page, sent }: OpenedDashboard, kind: "png" | "svg"): Promise<PageFile> => {
    const before = sent.length;
    await page.locator("#more-button").click();
    await page.locator(`#page-${kind}`).click();
    await expect.poll(() => sent.slice(before).some(({ type }) => type === "save")).toBe(true);
    const message = sent.at(-1);
    if (message?.type !== "save") throw new Error("Nothing was saved.");
    return message.file;
  };

  /** A separate page without network, with its errors and network requests. */
  const offline = async (html: string, options: { colorScheme?: "dark" | "light"; width?: number } = {}) => {
    const folder = await mkdtemp(path.join(tmpdir(), "dashboard-export-"));
    const file = path.join(folder, "dashboard.html");
    await writeFile(file, html);
    const context = await dashboards.browser.newContext({
      offline: true,
      reducedMotion: "reduce",
      colorScheme: options.colorScheme ?? "light",
      viewport: { width: options.width ?? 1400, height: 900 },
    });
    const page = await context.newPage();
    const complaints: string[] = [];
    const requests: string[] = [];
    page.on("console", (message) => complaints.push(message.text()));
    page.on("pageerror", (error) => complaints.push(String(error)));
    page.on("request", (request) => requests.push(request.url()));
    onTestFinished(async () => {
      await context.close();
      await rm(folder, { recursive: true });
      expect(complaints).toEqual([]);
      expect(requests.filter((url) => !url.startsWith("file:") && !url.startsWith("blob:"))).toEqual([]);
      expect(requests.filter((url) => url.startsWith("file:"))).toHaveLength(1);
    });
    await page.goto(`file://${file}`);
    return page;
  };
  const exported = (
    district: FakeDistrict = {},
    schools: readonly string[] = [],
    { asTable = ["weekday"], rows = "some" }: { asTable?: string[]; rows?: DashboardAnswer["rows"] } = {},
  ) =>
    dashboardHtml(
      { script: dashboards.file("dashboard.js"), styles: dashboards.file("dashboard.css") },
      {
        answer: { ...fakeAnswer({ ...openingFilter, schools: [...schools] }, district), rows },
        view: { ...openingView, asTable },
        texts: englishTexts,
        district: "Dunmere <Unified>",
      },
    );

  test("every chart as SVG and PNG, with filters, definition and the group rule", async () => {
    const shown = await dashboards.open({ grades: true, hostile: true });
    for (const panel of pictures) {
      const svg = await saved(shown, panel, "svg");
      expect(svg.name).toBe(`clever-${panel}-2026-08-01-2026-11-20.svg`);
      const words = svg.content.replaceAll(/<[^>]+>/g, " ").replaceAll(/\s+/g, " ");
      for (const part of [
        "Aug 1 – Nov 20, 2026",
        "Filters: Students",
        "Definition:",
        "whole groups of at least 10 people",
        "Nov 21, 2026",
      ]) {
        expect(words, panel).toContain(part);
      }
      const markup = svg.content.replaceAll(/>[^<]*</g, "><");
      expect(markup).not.toMatch(/<(script|image|foreignObject|img)\b|\son\w+=/i);
      const png = Buffer.from((await saved(shown, panel, "png")).content, "base64");
      expect(png.subarray(1, 4).toString()).toBe("PNG");
      expect(png.readUInt32BE(16)).toBe(2200);
      expect(png.length).toBeGreaterThan(20_000);
    }
  });

  test("the whole page as one image, with its numbers and the notes that a reader needs", async () => {
    const shown = await dashboards.open({ grades: true, hostile: true, missingReport: true, licences: true });
    const svg = await savedPage(shown, "svg");
    expect(svg.name).toBe("clever-dashboard-2026-08-01-2026-11-20.svg");
    const words = svg.content.replaceAll(/<[^>]+>/g, " ").replaceAll(/\s+/g, " ");
    for (const part of [
      englishTexts.title,
      "Aug 1 – Nov 20, 2026",
      await textOf(shown.page, "#card-logins .card-value"),
      englishTexts.titleTime,
      englishTexts.titleChanges,
      englishTexts.titleNeverGrade,
      englishTexts.titleLicences,
      "Resources: 60 of 60 · the first 25",
      "Big Ideas Math 2",
      "Completeness: Resource usage is missing on Nov 4, 2026.",
      "whole groups of at least 10 people",
    ]) {
      expect(words).toContain(part);
    }
    const page = await dashboards.browser.newPage();
    onTestFinished(() => page.close());
    const source = Buffer.from(svg.content).toString("base64");
    await page.setContent(`<img src="data:image/svg+xml;base64,${source}">`);
    await expect.poll(() => page.evaluate<number>("document.images[0].naturalWidth")).toBe(1100);
    const png = Buffer.from((await savedPage(shown, "png")).content, "base64");
    expect(png.subarray(1, 4).toString()).toBe("PNG");
    expect(png.readUInt32BE(16)).toBeGreaterThan(2000);
    expect(png.readUInt32BE(20)).toBeGreaterThan(png.readUInt32BE(16));
    // Each row of charts is drawn: none of it is blank.
    const whitest = await page.evaluate<number>(`(async () => {
      const picture = new Image();
      picture.src = "data:image/png;base64,${png.toString("base64")}";
      await picture.decode();
      const canvas = new OffscreenCanvas(picture.width / 10, picture.height / 10);
      const context = canvas.getContext("2d");
      context.drawImage(picture, 0, 0, canvas.width, canvas.height);
      const bands = Array.from({ length: 12 }, (_, band) => {
        const height = Math.floor(canvas.height / 12);
        const { data } = context.getImageData(0, band * height, canvas.width, height);
        return data.filter((value, at) => at % 4 < 3 && value < 250).length / data.length;
      });
      return Math.min(...bands);
    })()`);
    expect(whitest).toBeGreaterThan(0.005);
  });

  test("the page as one image has no charts of an earlier answer if everything is suppressed", async () => {
    const shown = await dashboards.open();
    expect((await savedPage(shown, "svg")).content).toContain(englishTexts.titleTime);
    shown.source.ask = async (filter) => ({ ...fakeAnswer(filter), rows: "withheld" });
    await shown.page.locator("#reset").click();
    await shown.page.locator(".state h2").waitFor();
    expect((await savedPage(shown, "svg")).content).not.toContain(englishTexts.titleTime);
  });

  test("a table that a search has cut says so", async () => {
    const shown = await dashboards.open();
    await shown.page.locator("#resource-search").fill("khan");
    await expect.poll(() => shown.page.locator("#panel-table tbody tr").count()).toBe(3);
    const note = "Resources: 3 of 60 (“khan”)";
    expect((await saved(shown, "table", "csv")).content).toContain(note);
    expect((await savedPage(shown, "svg")).content.replaceAll(/<[^>]+>/g, "")).toContain(note);
  });

  test("charts and tables say what is suppressed, and each missing report once", async () => {
    const shown = await dashboards.open({ grades: true, missingReport: true });
    for (const kind of ["svg", "csv"]) {
      const { content } = await saved(shown, "distinctGrade", kind);
      const words = content.replaceAll(/<[^>]+>|[\u2068\u2069]/g, " ").replaceAll(/\s+/g, " ");
      expect(words).toContain("Where fewer than 10 people have no grade, they count with the grade");
      expect(words.match(/Nov 4, 2026/g)).toHaveLength(1);
    }
  });

  test("an SVG is valid and drawn by a browser", async () => {
    const { content } = await saved(await dashboards.open({ hostile: true }), "treemap", "svg");
    const page = await dashboards.browser.newPage();
    onTestFinished(() => page.close());
    await page.setContent(`<img src="data:image/svg+xml;base64,${Buffer.from(content).toString("base64")}">`);
    await expect.poll(() => page.evaluate<number>("document.images[0].naturalWidth")).toBe(1100);
  });

  test.each([
    ["some", /Recent weeks: /],
    ["none", /Nothing stands out: In the newest complete weeks/],
    ["nothingJudged", /Nothing could be evaluated/],
    ["tooEarly", /weeks/],
  ] as const)("exported changes (%s) say what was evaluated", async (changes, said) => {
    const shown = await dashboards.open({ changes });
    expect((await saved(shown, "changes", "csv")).content.split("Definition:")[0]).toMatch(said);
    expect((await savedPage(shown, "svg")).content).toMatch(said);
  });

  test("the treemap's tiles are between its title and its notes", async () => {
    const { content } = await saved(await dashboards.open(), "treemap", "svg");
    const page = await dashboards.browser.newPage();
    onTestFinished(() => page.close());
    await page.setContent(content);
    const [title = 0, notes = 0, tiles = []] = await page.evaluate<
      [number, number, [number, number][]]
    >(`(() => {
      const boxes = (selector) => [...document.querySelectorAll(selector)].map((each) =>
        ({ text: each.textContent, ...each.getBoundingClientRect().toJSON() }));
      const text = (start) => boxes("text").find((each) => each.text.startsWith(start));
      const tiles = boxes("path[ecmeta_data_index]");
      return [text("Use by resource").bottom, text("Filters:").top, tiles.map(({ top, bottom }) => [top, bottom])];
    })()`);
    expect(tiles.length).toBeGreaterThan(5);
    expect(tiles.filter(([top, bottom]) => top < title || bottom > notes)).toEqual([]);
  });

  test("every table as CSV, without cells that spreadsheets would treat as formulas", async () => {
    const shown = await dashboards.open({ grades: true, hostile: true, schools: 12 });
    for (const panel of [...pictures, "changes", "table"]) {
      const { content, name } = await saved(shown, panel, "csv");
      expect(name).toMatch(/\.csv$/);
      const rows: string[][] = parse(content, { bom: true });
      expect(new Set(rows.map(({ length }) => length)).size).toBe(1);
      const cells = rows.flat();
      expect(cells.filter((cell) => /^[\s]*[=+@\t\r]/.test(cell) || /^\s*-\D/.test(cell))).toEqual([]);
      expect(content).toContain("Filters: Students");
      expect(content).toContain("whole groups of at least 10 people");
      expect(content).not.toMatch(/[\u2068\u2069]/);
    }
    const rows: string[][] = parse((await saved(shown, "schools", "csv")).content, { bom: true });
    for (const school of hostileNames) {
      expect(rows.some(([first]) => first === school || first === `'${school}`)).toBe(true);
    }
    // Programs read numbers as numbers.
    expect(rows[1]?.slice(1).every((cell) => cell === "suppressed" || /^\d+(\.\d+)?$/.test(cell))).toBe(true);
  });

  test("what is saved while the next answer is computed has the filter of the answer shown", async () => {
    const shown = await dashboards.open();
    let open = () => {};
    shown.source.gate = new Promise((resolve) => {
      open = resolve;
    });
    await shown.page.locator("#filter-schools-button").click();
    await shown.page.locator("#filter-schools label", { hasText: "Roosevelt High" }).locator("input").check();
    await expect.poll(() => asked(shown.source)?.schools).toEqual(["Roosevelt High"]);
    await shown.page.keyboard.press("Escape");
    const before = await saved(shown, "weekday", "csv");
    expect(before.content).not.toContain("Roosevelt High");
    open();
    await answered(shown.page);
    expect((await saved(shown, "weekday", "csv")).content).toContain("Roosevelt High");
  });

  test("one HTML file that opens offline as it was, without filter controls", async () => {
    const page = await offline(exported({ grades: true }, ["Roosevelt High"]));
    await page.locator("#panel-treemap .chart svg").waitFor();
    expect(await textOf(page, "h1")).toBe("Participation Dashboard");
    expect(await textOf(page, ".exported-district")).toBe("Dunmere <Unified>");
    expect(await textOf(page, ".exported-head .chips")).toContain("Roosevelt High");
    expect(await page.locator(".filters, .row-pick, #export-html").count()).toBe(0);
    expect(await page.locator("#panel-weekday table").count()).toBe(1);
    expect(await textOf(page, ".about dl")).toContain("Sum of num_logins in daily participation.");
    expect(await textOf(page, ".about")).toContain("whole groups of at least 10 people");
    // Every title of a chart is explained once; there is no filter that a mark could set.
    const terms = await page.locator(".about dt").allTextContents();
    expect(new Set(terms).size).toBe(terms.length);
    expect(terms).toContain(await textOf(page, "#panel-treemap h2"));
    const label = await page.locator("#panel-treemap clever-chart").getAttribute("aria-label");
    expect(label).toMatch(/Use the arrow keys to move between marks$/);
    await page.locator("#resource-search").fill("khan");
    await expect.poll(() => page.locator("#panel-table tbody tr").count()).toBe(3);
  });

  test.each(["none", "withheld"] as const)(
    "an exported page of %s rows has no controls of filters, which would have no effect",
    async (rows) => {
      const page = await offline(exported({}, ["Roosevelt High"], { rows }));
      await page.locator(".state h2").waitFor();
      expect(await page.locator("main button").count()).toBe(0);
    },
  );

  test("charts and tables can be saved from the exported page", async () => {
    const page = await offline(exported({}, ["Roosevelt High"]));
    await page.locator("#panel-treemap .chart svg").waitFor();
    const download = page.waitForEvent("download");
    await page.locator("#export-schools-button").click();
    await page.locator("#schools-csv").click();
    const file = await download;
    expect(file.suggestedFilename()).toBe("clever-schools-2026-08-01-2026-11-20.csv");
    expect(await readFile(await file.path(), "utf8")).toContain("Roosevelt High");
  });

  test("names in the exported page are text, in the data block too", async () => {
    const html = exported({ hostile: true, schools: 12 });
    expect(html).not.toContain("<img src=x");
    expect(html.match(/<script/g)).toHaveLength(2);
    const page = await offline(html);
    await page.locator("#panel-treemap .chart svg").waitFor();
    expect(await page.locator("img").count()).toBe(0);
    expect(await page.locator("#panel-table tbody th").allTextContents()).toContain(
      "<img src=x onerror=alert(1)>",
    );
  });

  test.each(["light", "dark"] as const)(
    "axe-core finds no problems in the exported page, %s",
    async (colorScheme) => {
      // The file's policy blocks foreign scripts, but not axe-core through the debugger.
      const page = await offline(exported({ grades: true, hostile: true, schools: 12 }), { colorScheme });
      await page.locator("#panel-treemap .chart svg").waitFor();
      expect(await violations(page)).toEqual([]);
    },
  );

  test("prints on white, every row of the table included", async () => {
    const page = await offline(exported({ resources: 300 }), { colorScheme: "dark" });
    await page.locator("#panel-treemap .chart svg").waitFor();
    await page.emulateMedia({ media: "print" });
    await page.evaluate("dispatchEvent(new Event('beforeprint'))");
    const background = (target: Page) =>
      target.evaluate<string>("getComputedStyle(document.body).backgroundColor");
    expect(await background(page)).toBe("rgb(255, 255, 255)");
    expect(await page.locator("#panel-table tbody tr").count()).toBe(300);
    expect(await page.locator("#panel-schools svg path[fill='#19639f']").count()).toBeGreaterThan(0);
    expect(await page.evaluate<number>("document.documentElement.scrollWidth")).toBeLessThanOrEqual(1400);
    const printed = (selector: string, property: string) =>
      page.evaluate<string>(`getComputedStyle(document.querySelector("${selector}")).${property}`);
    // Browsers leave out backgrounds, which the colours of a legend are, and buttons in the table's repeated head.
    expect(await printed(".key", "printColorAdjust")).toBe("exact");
    expect(await printed("#panel-table .sort", "display")).toBe("contents");
    const closed = page.locator("details:not([open])");
    // Reasons, such as those for what is suppressed or could not be evaluated, and definitions.
    expect(await closed.count()).toBe(0);
    await page.evaluate("dispatchEvent(new Event('afterprint'))");
    expect(await closed.count()).toBe(await page.locator("details").count());
    expect(await background(page)).toBe("rgb(31, 31, 31)");
  });

  test.each([480, 1400])("prints whole charts and tables from a window of %s pixels", async (width) => {
    const page = await offline(exported({ grades: true, resources: 300 }, [], { asTable: ["top"] }), {
      width,
    });
    await page.locator("#panel-treemap .chart svg").waitFor();
    await page.emulateMedia({ media: "print" });
    // In one step, as for printing: no frame may pass between the event and what is compared.
    const { texts, outside } = await page.evaluate<{
      texts: Record<string, string[]>;
      outside: string[];
    }>(`(() => {
      dispatchEvent(new Event("beforeprint"));
      const texts = {};
      const outside = [];
      for (const panel of document.querySelectorAll(".panel")) {
        const frame = panel.getBoundingClientRect();
        texts[panel.id] = [...panel.querySelectorAll(".chart svg text")].map((each) => each.textContent);
        for (const each of panel.querySelectorAll(".chart svg, .chart svg text, table, th, td")) {
          const { left, right } = each.getBoundingClientRect();
          if (left < frame.left - 1 || right > frame.right + 1)
            outside.push(panel.id + ": " + each.tagName + " " + each.textContent.slice(0, 60));
        }
      }
      return { texts, outside };
    })()`);
    expect(outside).toEqual([]);
    expect(texts["panel-weekday"]).toEqual(expect.arrayContaining(["Mon", "Tue", "Wed", "Thu", "Fri"]));
    expect(texts["panel-schools"]?.filter((text) => /^\d+\.\d\d$/.test(text)).length).toBeGreaterThan(4);
    expect((await page.pdf({ format: "A4" })).length).toBeGreaterThan(50_000);
  });
});
