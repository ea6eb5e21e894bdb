import type { Locator, Page } from "playwright-core";

/** The notifications in the lower right corner. */
export class Notifications {
  constructor(private readonly page: Page) {}

  /** The one whose text holds these words. */
  with(words: string | RegExp): Locator {
    return this.page.locator(".notifications-toasts .notification-list-item").filter({ hasText: words });
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

  async clear(): Promise<void> {
    const items = this.page.locator(".notifications-toasts .notification-list-item");
    while ((await items.count()) > 0) {
      await items.first().hover();
      await items.first().locator(".codicon-notifications-clear").click();
    }
  }
}
