import { cp, mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout } from "node:timers/promises";
import type { BrowserContext, Frame, Locator, Page } from "playwright-core";
import { expect, vi } from "vitest";
import { type Host, startHost, workbenchUrl } from "../../../scripts/vscodeHost";
import { openBrowser, patience } from "./browser";
import { Dialog } from "./dialog";
import { Notifications } from "./notifications";
import { QuickInput } from "./quickInput";
import { everyTheme, type Theme, themes } from "./themes";
import { Tree } from "./tree";
import { findWebview } from "./webview";

export interface WorkbenchOptions {
  readonly vsix: string;
  /** Additional packaged extensions. */
  readonly extensions?: readonly string[];
  readonly theme?: Theme;
  /** The size of the window in CSS pixels; 1280 × 800 by default. */
  readonly size?: { readonly width: number; readonly height: number };
  /** Screenshot pixels per CSS pixel; 1 by default. */
  readonly scale?: number;
  readonly userSettings?: Readonly<Record<string, unknown>>;
  /** The workspace; by default an empty temporary folder, and `false` for a window without one. */
  readonly folder?: string | false;
  /** Of the extension host. */
  readonly env?: Readonly<Record<string, string>>;
  /** The language of the browser and of VS Code, e.g. `es`. */
  readonly locale?: string;
}

const out = path.resolve(__dirname, "../../../out");
const pictures = path.join(out, "screenshots");

/** VS Code 1.139 with the packaged extension, in a window that a test drives like a user. */
export class Workbench implements AsyncDisposable {
  readonly quickInput: QuickInput;
  readonly notifications: Notifications;
  readonly dialog: Dialog;

  private constructor(
    readonly page: Page,
    readonly host: Host,
    /** The workspace; undefined in a window without one. */
    readonly folder: string | undefined,
    /** The browser's profile. */
    readonly profile: string,
    private readonly theme: Theme,
    private readonly dispose: () => Promise<void>,
  ) {
    this.quickInput = new QuickInput(page);
    this.notifications = new Notifications(page, (command) => this.runCommand(command));
    this.dialog = new Dialog(page);
  }

  static async open(options: WorkbenchOptions): Promise<Workbench> {
    const temporary = await mkdtemp(path.join(tmpdir(), "clever-lake-e2e-"));
    let host: Host | undefined;
    let browser: BrowserContext | undefined;
    const profile = path.join(temporary, "profile");
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
        vsix: [options.vsix, ...(options.extensions ?? [])],
        userSettings: { "workbench.colorTheme": themes[options.theme ?? "dark"].id, ...options.userSettings },
        ...(options.env === undefined ? {} : { env: options.env }),
      });
      browser = await openBrowser(profile, {
        size: options.size ?? { width: 1280, height: 800 },
        scale: options.scale ?? 1,
        locale: options.locale ?? "en-US",
      });
      await Notifications.watch(browser);
      const theme = options.theme ?? "dark";
      const page = browser.pages()[0] ?? (await browser.newPage());
      await page.goto(workbenchUrl(host, folder === undefined ? {} : { folder }));
      const workbench = new Workbench(page, host, folder, profile, theme, dispose);
      await workbench.ready();
      await page.locator(`.monaco-workbench.${themes[theme].cssClass}`).waitFor();
      return workbench;
    } catch (error) {
      await dispose();
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.dispose();
  }

  /** Reloads the window with VS Code's own command, which first saves what is open. */
  async reload(): Promise<void> {
    const loaded = this.page.waitForEvent("load");
    await this.runCommand("Developer: Reload Window");
    await loaded;
    await this.ready();
  }

  private async ready(): Promise<void> {
    await this.page.locator(".monaco-workbench .part.statusbar").waitFor();
    // The contributed icons arrive with the extension host's list of extensions.
    await this.activity("Clever").waitFor();
  }

  /** Runs a command by its title in the palette, e.g. `Clever: Refresh`. */
  async runCommand(title: string): Promise<void> {
    const chosen = async () => {
      // A closing dialog would swallow the key and the typed text.
      await this.page.keyboard.press("F1");
      await this.quickInput.fill(`>${title}`, 5_000);
      await this.quickInput.choose(title, 15_000);
      return true;
    };
    // An open palette keeps showing the commands from when it was opened.
    const closed = () => this.page.keyboard.press("Escape").then(() => false);
    await expect.poll(() => chosen().catch(closed), { timeout: patience }).toBe(true);
  }

  /** The titles that the palette offers for a query; closes it again. */
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

  /** Shows a view container, unless it is already shown. */
  async openActivity(name: string): Promise<void> {
    const item = this.activity(name);
    if ((await item.getAttribute("aria-selected")) !== "true") await item.click();
    await this.page.locator(".part.sidebar .composite.title").waitFor();
  }

  /** A view of the sidebar by its title, e.g. `Data Lake`. */
  tree(title: string): Tree {
    return new Tree(this.page, title);
  }

  /** The status bar item whose text contains these words. */
  statusItem(words: string | RegExp): Locator {
    return this.page.locator(".part.statusbar .statusbar-item").filter({ hasText: words });
  }

  /** The number on an icon of the activity bar; empty without one. */
  async badge(name: string): Promise<string> {
    return (await this.activity(name).locator(".badge-content").allInnerTexts()).join("");
  }

  /** An editor tab by its title. */
  tab(title: string): Locator {
    return this.page.locator(".part.editor .tab").filter({ hasText: title });
  }

  /** A theme colour, such as `charts-green`, as an element's computed CSS value. */
  async themeColor(name: string): Promise<string> {
    return this.page.evaluate<string>(`(() => {
      const probe = document.querySelector(".monaco-workbench").appendChild(document.createElement("i"));
      probe.style.color = "var(--vscode-${name})";
      const { color } = getComputedStyle(probe);
      probe.remove();
      return color;
    })()`);
  }

  async clipboard(): Promise<string> {
    return this.page.evaluate<string>("navigator.clipboard.readText()");
  }

  /** The document inside a webview, found by its content. */
  webview(selector: string, timeoutMs = patience): Promise<Frame> {
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
    const closed = async () => {
      // The first one may close the editor's suggestions.
      await this.page.keyboard.press("Escape");
      return editor.count();
    };
    await expect.poll(closed, { timeout: patience }).toBe(0);
  }

  /** Chooses a colour theme in the palette; not while another prompt is open there. */
  private async setTheme(theme: Theme): Promise<void> {
    const { id, label, cssClass } = themes[theme];
    const workbench = this.page.locator(`.monaco-workbench.${cssClass}`);
    if (await workbench.isVisible()) return;
    await this.runCommand("Preferences: Color Theme");
    await this.quickInput.fill(label);
    await this.quickInput.choose(label);
    await workbench.waitFor();
    // The choice is saved a moment later.
    await this.untilSaved((settings) => settings["workbench.colorTheme"] === id);
    await this.webviewsIn(theme);
  }

  /** Waits until the webviews have applied the theme, which they receive in a message. */
  private async webviewsIn(theme: Theme): Promise<void> {
    await vi.waitFor(
      async () => {
        for (const frame of this.page.frames()) {
          const kind = await frame
            .evaluate<string | undefined>("document.body?.dataset.vscodeThemeKind")
            .catch(() => undefined);
          if (kind !== undefined && kind !== themes[theme].kind)
            throw new Error(`A webview is ${kind} still.`);
        }
      },
      { timeout: patience, interval: 100 },
    );
  }

  /** The contents of the user's settings.json. */
  async settings(): Promise<Record<string, unknown>> {
    const settings: unknown = JSON.parse(await readFile(this.settingsFile, "utf8"));
    return { ...Object(settings) };
  }

  private get settingsFile(): string {
    return path.join(this.host.serverDataDir, "data", "User", "settings.json");
  }

  private async untilSaved(expected: (settings: Record<string, unknown>) => boolean): Promise<void> {
    await vi.waitFor(
      async () => {
        // While the file is being written, it is not valid JSON; then this throws and is retried.
        if (!expected(await this.settings())) throw new Error("The user's settings.json has not been saved.");
      },
      { timeout: patience, interval: 100 },
    );
  }

  /**
   * Takes a screenshot of the window, or of a part of it.
   *
   * @param mayLoad whether views may be loading, as while they wait for the user
   * @returns the file, `out/screenshots/<name>.png`
   */
  async screenshot(name: string, part?: Locator, mayLoad = false): Promise<string> {
    await mkdir(pictures, { recursive: true });
    // Away from anything that shows a hover.
    await this.page.mouse.move(0, 0);
    if (!mayLoad) await this.settled();
    const file = path.join(pictures, `${name}.png`);
    const options = { path: file, animations: "disabled", caret: "hide" } as const;
    await (part === undefined ? this.page.screenshot(options) : part.screenshot(options));
    return file;
  }

  /** Keeps a screenshot and the logs of a failed test, in `out/screenshots` and `out/logs`. */
  async keepEvidence(name: string): Promise<void> {
    await mkdir(pictures, { recursive: true });
    await this.page.screenshot({ path: path.join(pictures, `failed-${name}.png`) });
    await cp(path.join(this.host.serverDataDir, "data", "logs"), path.join(out, "logs", name), {
      recursive: true,
    });
  }

  /** Waits until the sidebar's views and the icons of webviews have loaded. */
  private async settled(): Promise<void> {
    // A frame may go in the meantime, or be hidden, when nothing in it loads.
    const fonts = this.page
      .frames()
      .map((frame) => frame.evaluate("document.fonts.ready.then(() => undefined)"));
    await Promise.race([Promise.allSettled(fonts), setTimeout(2_000)]);
    await expect
      .poll(() => this.page.locator(".part.sidebar .monaco-progress-container.active").count(), {
        timeout: patience,
      })
      .toBe(0);
  }

  /**
   * Takes a screenshot `<name>-<theme>.png` in the window's theme. With `CLEVER_LAKE_THEMES`, takes one in every theme: nothing
   * compares them, and each change of the theme takes a second or two.
   */
  async screenshots(name: string): Promise<void> {
    const others = everyTheme.filter((theme) => theme !== this.theme);
    for (const theme of process.env.CLEVER_LAKE_THEMES === undefined ? [] : others) {
      await this.setTheme(theme);
      await this.screenshot(`${name}-${theme}`);
    }
    await this.setTheme(this.theme);
    await this.screenshot(`${name}-${this.theme}`);
  }
}
