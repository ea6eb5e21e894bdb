import { existsSync } from "node:fs";
import { type Browser, chromium, type Frame, type Page } from "playwright-core";
import { afterAll, beforeAll, expect, onTestFinished } from "vitest";
import type { DashboardFilter } from "../../src/dashboard/filter";
import type { DashboardSource } from "../../src/ui/dashboard/DashboardSession";
import {
  bundleDashboard,
  type ShowDashboardOptions,
  type ShownDashboard,
  showDashboard,
} from "./dashboardPage";
import { FakeDashboardSource, type FakeDistrict } from "./fakeDashboard";

export const chromiumPath = [
  process.env.CHROMIUM_PATH ?? "",
  "/usr/bin/chromium",
  "/usr/bin/google-chrome",
].find((candidate) => candidate !== "" && existsSync(candidate));
if (!chromiumPath) console.warn("No Chromium found (set CHROMIUM_PATH): the dashboard's page is NOT tested.");

export interface OpenedDashboard extends ShownDashboard {
  readonly source: FakeDashboardSource;
}

/** Dashboards in a real browser, for the tests of the enclosing block; none may log an error. */
export class DashboardBrowser {
  private running: Browser | undefined;
  private bundle: ReadonlyMap<string, Uint8Array> = new Map();

  constructor() {
    beforeAll(async () => {
      const args = ["--no-sandbox", "--disable-gpu"];
      [this.running, this.bundle] = await Promise.all([
        chromium.launch({ executablePath: chromiumPath ?? "", args }),
        bundleDashboard(),
      ]);
    });
    afterAll(() => this.running?.close());
  }

  get browser(): Browser {
    if (!this.running) throw new Error("The browser does not run yet.");
    return this.running;
  }

  /** A file of the page's bundle, as text. */
  file(name: string): string {
    return Buffer.from(this.bundle.get(name) ?? []).toString("utf8");
  }

  async show(
    district: FakeDistrict = {},
    options: ShowDashboardOptions = {},
    prepare?: (source: FakeDashboardSource) => void,
  ): Promise<OpenedDashboard> {
    const source = new FakeDashboardSource(district);
    prepare?.(source);
    return this.showFrom(source, options);
  }

  /** Shows the answers of any source. */
  async showFrom<Source extends DashboardSource>(
    source: Source,
    options: ShowDashboardOptions = {},
  ): Promise<ShownDashboard & { readonly source: Source }> {
    const shown = await showDashboard(this.browser, this.bundle, source, options);
    onTestFinished(async () => {
      await shown.close();
      expect(shown.complaints).toEqual([]);
    });
    return { ...shown, source };
  }

  /** Shows one and waits for its charts. */
  async open(district: FakeDistrict = {}, options: ShowDashboardOptions = {}): Promise<OpenedDashboard> {
    const shown = await this.show(district, options);
    await shown.page.locator("#card-users .card-value").waitFor();
    await shown.page.locator("#panel-treemap .chart svg").waitFor();
    return shown;
  }
}

/**
 * Waits until the answer to the last query is shown: before that, a clicked mark may be replaced. The page marks itself as
 * busy in the next frame only, so this waits for that one first.
 */
export async function answered(page: Page | Frame): Promise<void> {
  await page.evaluate("new Promise(requestAnimationFrame)");
  await expect.poll(() => page.locator("main").getAttribute("aria-busy")).toBe("false");
}

/** The last query. */
export function asked(source: FakeDashboardSource): DashboardFilter | undefined {
  return source.asked.at(-1);
}

/** The visible text, without the marks that isolate names from the direction of the text around them. */
export async function plainTextOf(page: Page, selector: string): Promise<string | undefined> {
  return (await textOf(page, selector))?.replaceAll(/[\u2068\u2069]/g, "");
}

/** The visible text. */
export async function textOf(page: Page, selector: string): Promise<string | undefined> {
  return (await page.locator(selector).first().textContent())?.replaceAll(/\s+/g, " ").trim();
}
