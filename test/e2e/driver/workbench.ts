import { mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Browser, Frame, Locator, Page } from "playwright-core";
import { vi } from "vitest";
import { type Host, launchChromium, startHost, workbenchUrl } from "../../../scripts/vscodeHost.mjs";
import { Dialog } from "./dialog";
import { Notifications } from "./notifications";
import { QuickInput } from "./quickInput";
import { Tree } from "./tree";
import { findWebview } from "./webview";

const themes = {
  dark: { id: "Dark Modern", label: "Dark Modern", cssClass: "vs-dark" },
  light: { id: "Light Modern", label: "Light Modern", cssClass: "vs" },
  highContrast: { id: "Default High Contrast", label: "Dark High Contrast", cssClass: "hc-black" },
  highContrastLight: {
    id: "Default High Contrast Light",
    label: "Light High Contrast",
    cssClass: "hc-light",
  },
} as const;
export type Theme = keyof typeof themes;

export interface WorkbenchOptions {
  readonly vsix: string;
  readonly theme?: Theme;
  /** Of the window, in CSS pixels; 1280 × 800 by default. */
  readonly size?: { readonly width: number; readonly height: number };
  /** Pixels of a picture per CSS pixel; 1 by default. */
  readonly scale?: number;
  readonly userSettings?: Readonly<Record<string, unknown>>;
  /** The workspace; by default an empty temporary folder, and `false` for a window without one. */
  readonly folder?: string | false;
  /** Of the extension host. */
  readonly env?: Readonly<Record<string, string>>;
  /** The language of the browser, e.g. `es`. */
  readonly locale?: string;
}

const pictures = path.resolve(__dirname, "../../../out/screenshots");

/** VS Code 1.139 with the packaged extension, in a window that a test drives as a person would. */
export class Workbench implements AsyncDisposable {
  readonly quickInput: QuickInput;
  readonly notifications: Notifications;
  readonly dialog: Dialog;

  private constructor(
    readonly page: Page,
    readonly host: Host,
    /** The workspace; undefined in a window without one. */
    readonly folder: string | undefined,
    private readonly dispose: () => Promise<void>,
  ) {
    this.quickInput = new QuickInput(page);
    this.notifications = new Notifications(page);
    this.dialog = new Dialog(page);
  }

  static async open(options: WorkbenchOptions): Promise<Workbench> {
    const temporary = await mkdtemp(path.join(tmpdir(), "clever-lake-e2e-"));
    let host: Host | undefined;
    let browser: Browser | undefined;
    const dispose = async () => {
      await browser?.close();
      await host?.stop();
      await rm(temporary, { recursive: true, force: true, maxRetries: 5 });
    };
    try {
      const folder =
        options.folder === false ? undefined : (options.folder ?? path.join(temporary, "district"));
      if (folder !== undefined) await mkdir(folder, { recursive: true });
      host = await startHost({
        version: "1.139",
        vsix: [options.vsix],
        userSettings: { "workbench.colorTheme": themes[options.theme ?? "dark"].id, ...options.userSettings },
        ...(options.env === undefined ? {} : { env: options.env }),
      });
      browser = await launchChromium();
      const context = await browser.newContext({
        viewport: options.size ?? { width: 1280, height: 800 },
        deviceScaleFactor: options.scale ?? 1,
        locale: options.locale ?? "en-US",
        permissions: ["clipboard-read", "clipboard-write"],
      });
      const page = await context.newPage();
      await page.goto(workbenchUrl(host, folder === undefined ? {} : { folder }));
      const workbench = new Workbench(page, host, folder, dispose);
      await workbench.ready();
      await page.locator(`.monaco-workbench.${themes[options.theme ?? "dark"].cssClass}`).waitFor();
      return workbench;
    } catch (error) {
      await dispose();
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.dispose();
  }

  /** Loads the window anew, as "Developer: Reload Window" does. */
  async reload(): Promise<void> {
    await this.page.reload();
    await this.ready();
  }

  private async ready(): Promise<void> {
    await this.page.locator(".monaco-workbench .part.statusbar").waitFor();
    // The contributed icons come with the extension host's list of extensions.
    await this.activity("Clever").waitFor();
  }

  /** Runs a command by its title in the palette, e.g. `Clever: Refresh`. */
  async runCommand(title: string): Promise<void> {
    await this.page.keyboard.press("F1");
    await this.quickInput.fill(`>${title}`);
    await this.quickInput.choose(title);
  }

  /** The titles that the palette offers for some words; closes it again. */
  async commandsFor(words: string): Promise<readonly string[]> {
    await this.page.keyboard.press("F1");
    await this.quickInput.fill(`>${words}`);
    const titles = await this.quickInput.labels();
    await this.quickInput.cancel();
    return titles;
  }

  /** The icon of a view container in the activity bar; its badge, if any, is the `.badge-content` inside. */
  activity(name: string): Locator {
    return this.page
      .locator(".part.activitybar .action-item")
      .filter({ has: this.page.locator(`.action-label[aria-label^="${name}"]`) });
  }

  /** Shows a view container, unless it is shown already. */
  async openActivity(name: string): Promise<void> {
    const item = this.activity(name);
    if ((await item.getAttribute("aria-selected")) !== "true") await item.click();
    await this.page.locator(".part.sidebar .composite.title").waitFor();
  }

  /** A view of the sidebar by its title, e.g. `Data Lake`. */
  tree(title: string): Tree {
    return new Tree(this.page, title);
  }

  /** The status-bar item whose text holds these words. */
  statusItem(words: string): Locator {
    return this.page.locator(".part.statusbar .statusbar-item").filter({ hasText: words });
  }

  /** The document inside a webview, found by something that is in it. */
  webview(selector: string, timeoutMs = 20_000): Promise<Frame> {
    return findWebview(this.page, selector, timeoutMs);
  }

  /** Changes user settings in the editor of settings.json, and closes it; `undefined` removes one. */
  async changeSettings(changes: Readonly<Record<string, unknown>>): Promise<void> {
    const text = JSON.stringify({ ...(await this.settings()), ...changes }, undefined, 2);
    await this.runCommand("Preferences: Open User Settings (JSON)");
    const editor = this.page.locator(".monaco-editor[data-uri$='settings.json']");
    await editor.locator(".view-lines").click();
    await this.page.keyboard.press("ControlOrMeta+a");
    // Typing would have the editor add brackets and indentation.
    await this.page.evaluate(`navigator.clipboard.writeText(${JSON.stringify(text)})`);
    await this.page.keyboard.press("ControlOrMeta+v");
    await this.page.keyboard.press("ControlOrMeta+s");
    await this.untilSaved((settings) => JSON.stringify(settings, undefined, 2) === text);
    await this.page.keyboard.press("Escape");
    await editor.waitFor({ state: "detached" });
  }

  async setTheme(theme: Theme): Promise<void> {
    const { id, label, cssClass } = themes[theme];
    const workbench = this.page.locator(`.monaco-workbench.${cssClass}`);
    if (await workbench.isVisible()) return;
    await this.runCommand("Preferences: Color Theme");
    await this.quickInput.fill(label);
    await this.quickInput.choose(label);
    await workbench.waitFor();
    // The choice is written down a moment later.
    await this.untilSaved((settings) => settings["workbench.colorTheme"] === id);
  }

  /** What the user's settings.json holds. */
  async settings(): Promise<Record<string, unknown>> {
    const file = path.join(this.host.serverDataDir, "data", "User", "settings.json");
    const settings: unknown = JSON.parse(await readFile(file, "utf8"));
    return { ...Object(settings) };
  }

  private async untilSaved(expected: (settings: Record<string, unknown>) => boolean): Promise<void> {
    await vi.waitFor(
      async () => {
        // While it is written, the file is no JSON; then this throws and is tried again.
        if (!expected(await this.settings())) throw new Error("The user's settings.json has not been saved.");
      },
      { timeout: 10_000, interval: 100 },
    );
  }

  /**
   * Takes a picture of the window, or of one part of it.
   *
   * @returns the file, `out/screenshots/<name>.png`
   */
  async screenshot(name: string, part?: Locator): Promise<string> {
    await mkdir(pictures, { recursive: true });
    // Away from whatever shows a hover.
    await this.page.mouse.move(0, 0);
    const file = path.join(pictures, `${name}.png`);
    const options = { path: file, animations: "disabled", caret: "hide" } as const;
    await (part === undefined ? this.page.screenshot(options) : part.screenshot(options));
    return file;
  }

  /** Takes a picture in each of the themes (`<name>-<theme>.png`) and comes back to the first. */
  async screenshots(name: string, inThemes: readonly [Theme, ...Theme[]]): Promise<void> {
    for (const theme of inThemes) {
      await this.setTheme(theme);
      await this.screenshot(`${name}-${theme}`);
    }
    await this.setTheme(inThemes[0]);
  }
}
