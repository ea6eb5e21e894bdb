import type { Page } from "playwright-core";

/** VS Code's modal message. */
export class Dialog {
  constructor(private readonly page: Page) {}

  private get box() {
    return this.page.locator(".monaco-dialog-box");
  }

  /** Waits for one, and returns its message and detail. */
  async text(): Promise<string> {
    await this.box.waitFor();
    return ((await this.box.locator(".dialog-message-container").textContent()) ?? "").trim();
  }

  async press(button: string): Promise<void> {
    await this.box.getByRole("button", { name: button, exact: true }).click();
    await this.box.waitFor({ state: "detached" });
  }
}
