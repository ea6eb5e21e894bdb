import type { Locator, Page } from "playwright-core";
import { expect } from "vitest";

/** The notifications in the lower right corner. */
export class Notifications {
  constructor(private readonly page: Page) {}

  /** The newest whose text holds these words. */
  with(words: string | RegExp): Locator {
    return this.page
      .locator(".notifications-toasts .notification-list-item")
      .filter({ hasText: words })
      .first();
  }

  /** The messages that are shown now, newest first. */
  async messages(): Promise<readonly string[]> {
    return this.page.locator(".notifications-toasts .notification-list-item-message").allInnerTexts();
  }

  async press(words: string | RegExp, button: string): Promise<void> {
    await this.with(words).getByRole("button", { name: button, exact: true }).click();
  }

  /** Presses the notification's own cancel button; only one with cancellable progress has it. */
  async cancel(words: string | RegExp): Promise<void> {
    await this.press(words, "Cancel");
  }

  /** Closes them all. One may go by itself while the way to it is made. */
  async clear(): Promise<void> {
    const items = this.page.locator(".notifications-toasts .notification-list-item");
    const close = async () => {
      await items.first().hover({ timeout: 2000 });
      await items.first().locator(".codicon-notifications-clear").click({ timeout: 2000 });
    };
    await expect
      .poll(async () => {
        if ((await items.count()) > 0) await close().catch(() => undefined);
        return items.count();
      })
      .toBe(0);
  }
}
