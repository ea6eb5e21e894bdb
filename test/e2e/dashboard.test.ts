import { readFile } from "node:fs/promises";
import path from "node:path";
import { pathToFileURL } from "node:url";
import type { Frame } from "playwright-core";
import { describe, expect, test } from "vitest";
import { patience } from "./driver/browser";
import { scene } from "./driver/scene";

describe("the participation dashboard of the sample district", () => {
  const workbench = scene(() => ({ size: { width: 1500, height: 1000 } }));
  const title = "Participation Dashboard";
  let chosen = "";

  const page = (): Promise<Frame> => workbench().webview("#card-users .card-value");
  const text = async (selector: string) =>
    ((await (await page()).locator(selector).first().textContent()) ?? "").trim();
  const eventually = (ask: () => Promise<unknown>) =>
    expect.poll(() => ask().catch(() => undefined), { timeout: patience });

  /** Accepts the path that VS Code's save dialog proposes, and returns it. */
  async function save(kind: string): Promise<string> {
    const { quickInput, notifications } = workbench();
    await eventually(() => quickInput.value()).toMatch(new RegExp(`/clever-.*\\.${kind}$`));
    const file = await quickInput.value();
    await quickInput.button("OK").click();
    await notifications.shows(`${path.basename(file)} was saved`);
    await notifications.clear();
    return file;
  }

  test("is offered at the end of a run, and shows the tables' numbers", async () => {
    const reports = workbench().tree("Participation Reports");
    await workbench().openActivity("Clever Lake");
    await reports.welcome("Try It with a Sample District").click();
    await workbench().notifications.shows("The sample district is connected");
    await reports.row("daily-participation").waitFor();
    await workbench().notifications.clear();
    await workbench().runCommand("Clever: Run the Pipeline (Ingest and Anonymize)");
    await workbench().notifications.press("192 files ingested", "Open Dashboard");
    await workbench().tab(title).waitFor();
    await eventually(() => text("#card-users .card-value")).toMatch(/^[\d,]{3,}$/);
    // The run imported the sample's roster.
    await eventually(async () => (await page()).locator("#panel-distinctGrade .chart svg").count()).toBe(1);
    await workbench().notifications.clear();
    await workbench().screenshots("dashboard");
  });

  test("filters by each of its other controls, and is reset", async () => {
    const frame = await page();
    const numbers = async () =>
      (await frame.locator(".card-value").allTextContents()).map((each) => each.trim()).join(" | ");
    const unfiltered = await numbers();
    const lists = [
      ["resources", 0],
      ["resourceTypes", 0],
      ["grades", 0],
      ["userTypes", 1],
    ] as const;
    for (const [list, place] of lists) {
      const button = frame.locator(`#filter-${list}-button`);
      await button.click();
      await frame.locator(`#filter-${list} label`).nth(place).locator("input").check();
      await button.press("Escape");
      await eventually(numbers).not.toBe(unfiltered);
      await frame.locator("#reset").click();
      await eventually(numbers).toBe(unfiltered);
    }
    await frame.locator("#filter-dates-button").click();
    await frame.locator("#filter-dates input[value=last7]").check();
    await eventually(() => text("#chip-range")).toContain("Oct 25");
    await frame.locator("#units-percent").click();
    await eventually(() => frame.locator("#units-percent").getAttribute("aria-pressed")).toBe("true");
    await frame.locator("#units-absolute").click();
    await frame.locator("#reset").click();
    await eventually(numbers).toBe(unfiltered);
  });

  test("filters by a selected school and by a clicked mark", async () => {
    const all = await text("#card-users .card-value");
    const frame = await page();
    await frame.locator("#filter-schools-button").click();
    const label = frame.locator("#filter-schools label").first();
    chosen = ((await label.textContent()) ?? "").trim();
    await label.locator("input").check();
    await frame.locator("#filter-schools-button").press("Escape");
    await eventually(() => text("#card-users .card-value")).not.toBe(all);
    await eventually(() => text(".chips")).toContain(chosen);
    const before = await text("#card-accesses .card-value");
    const resource = frame.locator("#panel-table .row-pick").first();
    const name = ((await resource.textContent()) ?? "").trim();
    await resource.click();
    await eventually(() => text("#card-accesses .card-value")).not.toBe(before);
    await frame.getByRole("button", { name: `Remove the filter ${name}` }).click();
    await eventually(() => text("#card-accesses .card-value")).toBe(before);
  });

  test("is restored when its tab is shown again, and after a reload of the window", async () => {
    const users = await text("#card-users .card-value");
    await workbench().runCommand("File: New Untitled Text File");
    await workbench().tab("Untitled-1").waitFor();
    await eventually(() => workbench().tab("Untitled-1").getAttribute("aria-selected")).toBe("true");
    await workbench().tab(title).click();
    await eventually(() => text(".chips")).toContain(chosen);
    expect(await text("#card-users .card-value")).toBe(users);
    await workbench().reload();
    await eventually(() => text(".chips")).toContain(chosen);
    await eventually(() => text("#card-users .card-value")).toBe(users);
  });

  test("is saved as a page that opens offline, with unchanged numbers", async () => {
    const users = await text("#card-users .card-value");
    await (await page()).locator("#export-html").click();
    const file = await save("html");
    const opened = await workbench().page.context().newPage();
    const faults: string[] = [];
    opened.on("console", (message) => {
      if (message.type() === "error") faults.push(message.text());
    });
    opened.on("pageerror", (error) => faults.push(error.message));
    opened.on("request", (request) => {
      if (!/^(file|data|blob):/.test(request.url())) faults.push(request.url());
    });
    try {
      await opened.goto(pathToFileURL(file).href);
      await expect
        .poll(() => opened.locator("#card-users .card-value").textContent(), { timeout: patience })
        .toBe(users);
      expect(await opened.locator("#panel-time .chart svg").count()).toBe(1);
      expect(await opened.locator("body").textContent()).toContain(chosen);
      expect(faults).toEqual([]);
    } finally {
      await opened.close();
    }
  });

  test.each(["svg", "png", "csv"] as const)("saves a chart as %s", async (kind) => {
    const frame = await page();
    await frame.locator("#export-time-button").click();
    await frame.locator(`#time-${kind}`).click();
    const file = await save(kind);
    const bytes = await readFile(file);
    const start = { svg: "<svg", png: "\u0089PNG", csv: '\u00ef\u00bb\u00bf"' }[kind];
    expect(bytes.subarray(0, start.length).toString("latin1")).toBe(start);
    expect(bytes.length).toBeGreaterThan(500);
  });
});
