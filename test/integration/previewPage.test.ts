import { existsSync } from "node:fs";
import { type Browser, chromium, type Locator, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { CleverLakeError } from "../../src/basics/errors";
import { pageState } from "../../src/protocol/preview";
import { previewStrings } from "../../src/protocol/previewStrings";
import { FakePreviewSource } from "../helpers/fakePreviewSource";
import { bundlePreview, type ShowPreviewOptions, showPreview } from "../helpers/previewPage";
import { type VscodeTheme, vscodeThemes } from "../helpers/vscodeThemes";

const strings = previewStrings((text) => text, "en");

const executablePath = [process.env.CHROMIUM_PATH ?? "", "/usr/bin/chromium", "/usr/bin/google-chrome"].find(
  (candidate) => candidate !== "" && existsSync(candidate),
);
if (!executablePath) console.warn("No Chromium found (set CHROMIUM_PATH): the preview's page is NOT tested.");

describe.skipIf(!executablePath)("the preview's page", () => {
  let browser: Browser;
  let files: ReadonlyMap<string, Uint8Array>;

  beforeAll(async () => {
    const args = ["--no-sandbox", "--disable-gpu"];
    [browser, files] = await Promise.all([
      chromium.launch({ executablePath: executablePath ?? "", args }),
      bundlePreview(),
    ]);
  });
  afterAll(() => browser.close());

  const show = async (source: FakePreviewSource, options: ShowPreviewOptions = {}) => {
    const shown = await showPreview(browser, files, source, strings, options);
    onTestFinished(async () => {
      await shown.close();
      expect(shown.complaints).toEqual([]);
    });
    return shown;
  };
  const large = () =>
    new FakePreviewSource({ rows: 100_000, total: 160_000, refused: (row) => row % 97 === 4 });
  const focused = (page: Page) => page.evaluate<string>("document.activeElement.id");
  /** The cell that gets the focus with the table. */
  const active = (page: Page) => page.locator(".grid [tabindex='0']").getAttribute("id");
  /** The visible text. */
  const textOf = async (locator: Locator) => (await locator.textContent())?.replaceAll(/\s+/g, " ").trim();
  const status = (page: Page) => page.locator("[role=status]").textContent();
  /** Whether a cell is in the window and not covered by the header, the line numbers or the details. */
  const isInSight = (page: Page, id: string) =>
    page.evaluate<boolean>(`(() => {
      const box = document.getElementById(${JSON.stringify(id)}).getBoundingClientRect();
      const at = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
      return at?.closest("[id^=cell-]")?.id === ${JSON.stringify(id)};
    })()`);

  test("shows cells as text, whatever they hold, within its policy", async () => {
    const { page } = await show(large());
    const cell = page.locator("#cell-4-5");
    await expect.poll(() => cell.textContent()).toContain("<img src=x onerror=alert(1)>");
    expect(await page.locator(".grid img").count()).toBe(0);
    expect((await page.locator("#cell-6-5").textContent())?.trim()).toBe("WashingtonTABHighLFSchool");
    expect(await page.locator("#cell-1-5 .text").getAttribute("dir")).toBe("auto");
  });

  test("keeps few of 100,000 rows in the document and reaches the last one", async () => {
    const source = large();
    const { page } = await show(source);
    const grid = page.locator("[role=grid]");
    await page.locator("#cell-0-1").click();
    await page.keyboard.press("Control+End");
    await expect.poll(() => page.locator("#cell-99999-0 .number").textContent()).toBe("100,001");
    expect(await focused(page)).toBe("cell-99999-10");
    await expect.poll(() => isInSight(page, "cell-99999-10")).toBe(true);
    expect(await grid.locator("[role=row]").count()).toBeLessThan(60);
    expect(await grid.getAttribute("aria-rowcount")).toBe("100001");
    expect(await grid.getAttribute("aria-colcount")).toBe("11");
    expect(await page.locator("#cell-99999-10").getAttribute("aria-colindex")).toBe("11");
    expect(await page.locator("#cell-99999-10").locator("..").getAttribute("aria-rowindex")).toBe("100001");
    await page.keyboard.press("Control+Home");
    await expect.poll(() => isInSight(page, "cell-0-0")).toBe(true);
  });

  test("scrolls through 100,000 rows, rendering only visible ones and fetching little", async () => {
    const source = new FakePreviewSource({ rows: 100_000, delay: 3 });
    const { page } = await show(source);
    await page.locator("#cell-0-1").click();
    const frames = 200;
    for (const pixels of [200, 11_000]) {
      const { times, drawn } = await page.evaluate<{ times: number[]; drawn: number }>(
        `(${scrollThrough})(${pixels}, ${frames})`,
      );
      const sorted = [...times].sort((a, b) => a - b).map((time) => time.toFixed(1));
      console.info(
        `${pixels} pixels a frame: median ${sorted[frames / 2]} ms, p95 ${sorted[frames * 0.95]} ms, ${drawn} rows drawn`,
      );
      // By count and not by time, which on a shared machine depends more on the machine.
      const inSight = 60;
      expect(drawn).toBeLessThan(Math.min(frames * inSight, (frames * pixels) / 22 + 2 * inSight));
    }
    await expect.poll(() => page.locator(".body .row:not([aria-busy]) .number").count()).toBeGreaterThan(10);
    expect(source.asked.length).toBeLessThan(500);
    // The focus stayed on its cell, which is out of view, and scrolls back to it.
    expect(await focused(page)).toBe("cell-0-1");
    await page.keyboard.press("ArrowDown");
    await expect.poll(() => focused(page)).toBe("cell-1-1");
    await expect.poll(() => isInSight(page, "cell-1-1")).toBe(true);
  });

  test("has one tab stop, which the arrow keys move, header included", async () => {
    const { page } = await show(large());
    await page.locator("#cell-2-3").click();
    for (const [key, id] of [
      ["ArrowRight", "cell-2-4"],
      ["ArrowUp", "cell-1-4"],
      ["Home", "cell-1-0"],
      ["PageDown", /^cell-(1\d|2\d)-0$/],
      ["Control+ArrowUp", "cell-0-0"],
      ["ArrowUp", "cell--1-0"],
      ["End", "cell--1-10"],
    ] as const) {
      await page.keyboard.press(key);
      await expect.poll(() => focused(page)).toMatch(id);
      expect(await page.locator(".grid [tabindex='0']").count()).toBe(1);
      expect(await isInSight(page, await focused(page))).toBe(true);
    }
    await page.keyboard.press("Tab");
    expect(await page.locator(".grid :focus").count()).toBe(0);
  });

  test("moves from refused row to refused row and shows the reasons", async () => {
    const { page } = await show(large());
    await expect.poll(() => active(page)).toBe("cell-4-7");
    await expect.poll(() => page.locator(".count").textContent()).toContain("Refused row 1 of 1,031");
    const reason = "num_logins: The cell is not a whole number.";
    const cell = page.locator("#cell-4-7");
    expect(await cell.getAttribute("aria-invalid")).toBe("true");
    const described = await cell.getAttribute("aria-describedby");
    expect(await page.locator(`#${described}`).textContent()).toBe(`Would be refused: ${reason}`);
    await expect.poll(() => status(page)).toBe(`Refused row 1 of 1,031. ${reason}`);
    expect(await textOf(page.locator(".details .reason"))).toBe(`Would be refused: ${reason}`);
    await cell.hover();
    expect(await cell.getAttribute("title")).toBe(`Would be refused: ${reason}`);
    await page.keyboard.press("F8");
    await expect.poll(() => focused(page)).toBe("cell-101-7");
    await page.keyboard.press("Shift+F8");
    await expect.poll(() => focused(page)).toBe("cell-4-7");
    await page.locator("#previous-refused").click();
    await expect.poll(() => focused(page)).toBe("cell-99914-7");
    await expect.poll(() => status(page)).toContain("Refused row 1,031 of 1,031");
  });

  test("opens at the first refused row, without taking the focus", async () => {
    const source = new FakePreviewSource({ rows: 100_000, refused: (row) => row === 60_000 });
    const { page } = await show(source);
    await page.locator("#reveal button").focus();
    await expect.poll(() => active(page)).toBe("cell-60000-7");
    await expect.poll(() => isInSight(page, "cell-60000-7")).toBe(true);
    await expect.poll(() => status(page)).toContain("Refused row 1 of 1.");
    expect(await focused(page)).toBe("reveal");
    // Again only if the tab opens again.
    await page.locator("#cell-60000-1").click();
    await page.keyboard.press("Control+Home");
    await expect.poll(() => isInSight(page, "cell-0-0")).toBe(true);
    await page.locator("#reveal button").click();
    await expect.poll(() => status(page)).toBe(strings.identitiesShown);
    expect(await isInSight(page, "cell-0-0")).toBe(true);
  });

  test("contains no identity before it is revealed or after it is masked again", async () => {
    const answers = [false, true];
    const { page } = await show(large(), { confirmReveal: async () => answers.shift() ?? false });
    const html = () => page.content();
    const toggle = page.locator("#reveal button");
    await page.locator("#cell-0-2").click();
    expect(await page.locator("#cell-0-2").textContent()).toContain("••••••");
    expect(await html()).not.toContain("65f0c1d2");

    await toggle.click();
    await vi.waitFor(() => expect(answers).toHaveLength(1));
    expect(await toggle.getAttribute("aria-checked")).toBe("false");
    expect(await html()).not.toContain("65f0c1d2");

    const width = async () => (await page.locator("#cell-4-3").boundingBox())?.width ?? 0;
    const masked = await width();
    await toggle.click();
    await expect.poll(() => page.locator("#cell-0-3").textContent()).toBe("65f0c1d2e3a4b5c6d7000000");
    expect(await toggle.getAttribute("aria-checked")).toBe("true");
    await page.keyboard.press("F8");
    await page.locator("#cell-4-3").hover();
    expect(await width()).toBeGreaterThan(masked);
    await toggle.click();
    await expect.poll(() => page.locator("#cell-4-3").textContent()).toContain("••••••");
    await expect.poll(width).toBe(masked);
    expect(await html()).not.toContain("65f0c1d2");
  });

  test("restores its position, and keeps no cell in the meantime", async () => {
    const first = await show(large());
    await first.page.locator("#cell-0-4").click();
    await first.page.keyboard.press("PageDown");
    const active = () => first.page.locator(".grid [tabindex='0']").getAttribute("id");
    await expect.poll(active).toMatch(/^cell-\d\d-4$/);
    await first.page.evaluate("document.querySelector('.grid').scrollTop = 44_000");
    await expect.poll(() => first.kept()).toMatchObject({ column: 4, scrollTop: 44_000 });
    expect(JSON.stringify(first.kept())).not.toMatch(/Lincoln|5f1a7b3c/);

    const second = await show(large(), { kept: first.kept() });
    await expect.poll(() => second.page.evaluate("document.querySelector('.grid')?.scrollTop")).toBe(44_000);
    expect(await second.page.locator(".grid [tabindex='0']").getAttribute("id")).toMatch(/^cell-\d\d-4$/);
  });

  test("starts from the top if its saved state is damaged or from another version", async () => {
    const { page, complaints } = await show(large(), { kept: { row: "last", column: null, widths: 7 } });
    await expect.poll(() => page.locator("#cell-0-1").count()).toBe(1);
    expect(complaints).toEqual([]);
  });

  test("loads more rows and keeps those on screen", async () => {
    const { page } = await show(large());
    await expect
      .poll(() => page.locator(".facts").textContent())
      .toBe("First 100,000 rows · 9.3 MB of 14.9 MB read");
    await expect.poll(() => active(page)).toBe("cell-4-7");
    await page.evaluate("document.querySelector('.grid').scrollTop = 44_000");
    await page.locator("#more").click();
    await expect.poll(() => page.locator(".facts").textContent()).toBe("160,000 rows · 14.9 MB");
    expect(await page.evaluate("document.querySelector('.grid').scrollTop")).toBe(44_000);
    expect(await page.locator("#more").count()).toBe(0);
  });

  test("keeps the focus while more rows are loaded, so that the keyboard can load more again", async () => {
    const source = large();
    source.failing.set("loadMore", new Error("The engine stopped."));
    const { page } = await show(source);
    await page.locator("#more button").focus();
    await page.keyboard.press("Enter");
    await expect.poll(() => textOf(page.locator("[role=alert]"))).toContain("The engine stopped.");
    expect(await focused(page)).toBe("more");
    source.failing.delete("loadMore");
    await page.keyboard.press("Enter");
    await expect.poll(() => page.locator(".facts").textContent()).toBe("160,000 rows · 14.9 MB");
  });

  test("shows an error and retries", async () => {
    const source = large();
    source.failing.set("previewReport", new Error("No route to the server."));
    const { page } = await show(source);
    await expect.poll(() => textOf(page.locator(".state"))).toContain("No route to the server.");
    await page.locator("vscode-button").click();
    await expect.poll(() => page.locator("#cell-0-1").textContent()).toContain("2026-11-20");

    source.failing.set("previewRows", new Error("The engine stopped."));
    await page.evaluate("document.querySelector('.grid').scrollTop = 500_000");
    await expect.poll(() => textOf(page.locator("[role=alert]"))).toContain("The engine stopped.");
    await page.locator("[role=alert] vscode-button").click();
    await expect.poll(() => page.locator("[role=alert]").count()).toBe(0);
    await expect.poll(() => page.locator(".body .row:not([aria-busy])").count()).toBeGreaterThan(5);
  });

  test("offers to connect if there is no connection", async () => {
    const source = new FakePreviewSource({ rows: 1 });
    source.failing.set("previewReport", new CleverLakeError("notConnected", "There is no connection yet."));
    const { page } = await show(source);
    await expect.poll(() => textOf(page.locator(".state vscode-button"))).toBe("Connect");
  });

  test("says if there is no row or no header", async () => {
    const empty = await show(new FakePreviewSource({ rows: 0 }));
    await expect.poll(() => textOf(empty.page.locator(".state h2"))).toBe("No rows yet");
    await expect.poll(() => empty.page.locator("[role=columnheader]").count()).toBeGreaterThan(5);
    // Without a usable state, the tab would close when the window is reloaded.
    await expect.poll(() => pageState.safeParse(empty.kept()).success).toBe(true);
    const blank = await show(new FakePreviewSource({ rows: 0, info: { columns: [] } }));
    await expect.poll(() => textOf(blank.page.locator(".state"))).toContain("The file is empty");
    const problem = { line: 1, column: "date", reason: "The column date is missing." };
    const unreadable = await show(new FakePreviewSource({ rows: 0, info: { columns: [], problem } }));
    await expect
      .poll(() => textOf(unreadable.page.locator(".state")))
      .toContain("The column date is missing.");
    expect(await textOf(unreadable.page.locator(".state"))).toContain("Line 1 · date");
  });

  test("changes a column's width by pointer and by keys", async () => {
    const { page } = await show(large());
    const header = page.locator("#cell--1-4");
    const width = async () => Math.round((await header.boundingBox())?.width ?? 0);
    await header.waitFor();
    await page.locator("#cell-0-4 .text").waitFor();
    const before = await width();
    const handle = await header.locator(".handle").boundingBox();
    await page.mouse.move((handle?.x ?? 0) + 2, (handle?.y ?? 0) + 10);
    await page.mouse.down();
    await page.mouse.move((handle?.x ?? 0) + 62, (handle?.y ?? 0) + 10, { steps: 5 });
    await page.mouse.up();
    await expect.poll(width).toBe(before + 60);
    await header.focus();
    await page.keyboard.press("Alt+ArrowLeft");
    await expect.poll(width).toBe(before + 44);
    await header.locator(".handle").dblclick();
    await expect.poll(width).toBe(before);
  });

  test("copies the active cell unless it is masked", async () => {
    const { page } = await show(large());
    const copied = () =>
      page.evaluate<string>(`(() => {
        const clipboardData = new DataTransfer();
        document.activeElement.dispatchEvent(new ClipboardEvent("copy", { clipboardData, bubbles: true, cancelable: true }));
        return clipboardData.getData("text/plain");
      })()`);
    await page.locator("#cell-0-5").click();
    expect(await copied()).toBe("Lincoln Elementary");
    await page.locator("#cell-0-2").click();
    expect(await copied()).toBe("");
  });

  test("renders a file with thousands of columns just as sparsely", async () => {
    const columns = Array.from({ length: 3_000 }, (_, index) => ({
      name: `column_${index}`,
      type: "string" as const,
      identity: false,
      reportColumn: `column_${index}`,
    }));
    const { page } = await show(new FakePreviewSource({ rows: 1_000, columns }));
    await page.locator("#cell-0-1").click();
    await page.keyboard.press("End");
    await expect.poll(() => isInSight(page, "cell-0-3000")).toBe(true);
    expect(await page.locator(".grid .cell").count()).toBeLessThan(1_500);
  });

  test("with the system's own colours, marks refused cells and the focus within them", async () => {
    const { page } = await show(large(), { theme: "light", context: { forcedColors: "active" } });
    await page.locator("#cell-4-7 .text").waitFor();
    const outline = () =>
      page.evaluate<string>(
        "(({ outline }) => outline)(getComputedStyle(document.querySelector('#cell-4-7')))",
      );
    await page.locator("#cell-0-1").focus();
    expect(await outline()).toMatch(/^rgb\(0, 0, 0\) solid 1px/);
    await page.locator("#cell-4-7").focus();
    expect(await outline()).toMatch(/solid 2px/);
  });

  test.each(Object.keys(vscodeThemes) as VscodeTheme[])("is readable in %s (WCAG AA)", async (theme) => {
    const { page } = await show(large(), { theme });
    await page.locator("#cell-0-5 .text").waitFor();
    await page.locator(".details .reason").waitFor();
    const selectors = [
      ".file bdi",
      ".folder",
      ".facts",
      ".count",
      ".note-text",
      ".head .name",
      ".head .type",
      "#cell-0-0 .number",
      "#cell-0-5 .text",
      "#cell-0-2 .masked",
      "#cell-2-5 .control",
      "#cell-4-0 .number",
      "#cell-4-7 .text",
      ".details .place",
      ".details .reason",
    ];
    const ratios = await page.evaluate<Record<string, number>>(
      `(${contrasts})(${JSON.stringify(selectors)})`,
    );
    for (const [selector, ratio] of Object.entries(ratios)) {
      expect(ratio, `${selector} in ${theme}`).toBeGreaterThanOrEqual(4.5);
    }
  });

  test("shrinks with the space, and follows the font size", async () => {
    const narrow = await show(large(), { width: 420 });
    await narrow.page.locator("#cell-4-7").waitFor();
    expect(await narrow.page.evaluate("document.documentElement.scrollWidth")).toBe(420);
    const big = await show(large(), { fontSize: 26 });
    await big.page.locator("#cell-4-7").waitFor();
    expect((await big.page.locator("#cell-4-7").boundingBox())?.height).toBe(44);
  });
});

/**
 * The contrast of texts against everything behind them, by WCAG 2.2's definition; colours are mixed by painting
 * them over each other.
 */
const contrasts = `(selectors) => {
  const context = Object.assign(document.createElement("canvas"), { width: 1, height: 1 }).getContext("2d", {
    willReadFrequently: true,
  });
  const paint = (colours) => {
    context.clearRect(0, 0, 1, 1);
    for (const colour of colours) {
      context.fillStyle = colour;
      context.fillRect(0, 0, 1, 1);
    }
    return [...context.getImageData(0, 0, 1, 1).data].slice(0, 3);
  };
  const luminance = (colour) => {
    const [red, green, blue] = colour.map((part) => {
      const value = part / 255;
      return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  return Object.fromEntries(
    selectors.map((selector) => {
      const element = document.querySelector(selector);
      const behind = [];
      for (let at = element; at; at = at.parentElement) behind.unshift(getComputedStyle(at).backgroundColor);
      const back = luminance(paint(behind));
      const front = luminance(paint([...behind, getComputedStyle(element).color]));
      return [selector, (Math.max(back, front) + 0.05) / (Math.min(back, front) + 0.05)];
    }),
  );
}`;

/** Scrolls by a number of pixels per frame; returns the frames' times in milliseconds and the number of rows created. */
const scrollThrough = `(pixels, frames) => new Promise((resolve) => {
  const grid = document.querySelector(".grid");
  const times = [];
  let drawn = 0;
  const observer = new MutationObserver((changes) => {
    for (const { addedNodes } of changes) {
      drawn += [...addedNodes].filter((node) => node instanceof Element && node.matches(".row")).length;
    }
  });
  observer.observe(grid.querySelector(".body"), { childList: true });
  let last = performance.now();
  const step = (now) => {
    times.push(now - last);
    last = now;
    if (times.length === frames) {
      observer.disconnect();
      return resolve({ times, drawn });
    }
    grid.scrollTop += pixels;
    requestAnimationFrame(step);
  };
  requestAnimationFrame(step);
})`;
