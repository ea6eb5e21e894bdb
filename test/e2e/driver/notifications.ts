import type { BrowserContext, Locator, Page } from "playwright-core";
import { expect } from "vitest";
import { patience } from "./browser";

/** The ones in the corner, and the notification centre with the hidden ones. */
const selector =
  ".notifications-toasts .notification-list-item, .notifications-center .notification-list-item";

/** In the window: records every text of a notification while it is shown. */
const keepTexts = `if (window.top === window) {
  const texts = globalThis.notificationTexts = new Set();
  new MutationObserver(() => {
    for (const item of document.querySelectorAll("${selector}")) {
      texts.add(item.textContent.replace(/\\s+/g, " ").trim());
    }
  }).observe(document, { subtree: true, childList: true, characterData: true });
}`;

/**
 * The notifications in the lower right corner. VS Code hides one after a while, and a slow machine may come too late to
 * see it. So every text is kept when it is shown, and a hidden one's buttons are pressed in the notification centre.
 */
export class Notifications {
  /** @param run runs a command by its title in the palette */
  constructor(
    private readonly page: Page,
    private readonly run: (command: string) => Promise<void>,
  ) {}

  /** Makes the window record its notifications; must be called before it is loaded. */
  static async watch(context: BrowserContext): Promise<void> {
    await context.addInitScript(keepTexts);
  }

  /** Every text that was shown since they were last cleared, including progress; oldest first. */
  async texts(): Promise<readonly string[]> {
    return this.page.evaluate<string[]>("[...globalThis.notificationTexts]");
  }

  /** Waits until one contains these words, or did since they were last cleared. */
  async shows(words: string | RegExp): Promise<void> {
    const expected =
      typeof words === "string" ? expect.stringContaining(words) : expect.stringMatching(words);
    await expect.poll(() => this.texts(), { timeout: patience }).toContainEqual(expected);
  }

  /** Waits for the newest one with these words, and presses one of its buttons. */
  async press(words: string | RegExp, button: string): Promise<void> {
    await this.shows(words);
    const pressed = async () => {
      const item = this.items.filter({ hasText: words }).first();
      // If it is hidden by now, it is in the notification centre. It may also be hidden during these steps.
      if (!(await item.isVisible())) await this.openCentre();
      await item.getByRole("button", { name: button, exact: true }).click({ timeout: 5000 });
      return true;
    };
    await expect.poll(() => pressed().catch(() => false), { timeout: patience }).toBe(true);
  }

  /** Closes them all, including hidden ones, and clears the record. */
  async clear(): Promise<void> {
    await this.run("Notifications: Clear All Notifications");
    await expect.poll(() => this.items.count(), { timeout: patience }).toBe(0);
    await this.page.evaluate("globalThis.notificationTexts.clear()");
  }

  private get items(): Locator {
    return this.page.locator(selector);
  }

  private async openCentre(): Promise<void> {
    const centre = this.page.locator(".notifications-center.visible");
    if (!(await centre.isVisible())) await this.run("Notifications: Show Notifications");
    await centre.waitFor({ timeout: 5000 });
  }
}
