import type { Locator, Page } from "playwright-core";
import { patience } from "./browser";

/** The box at the top: the command palette, pick lists and the steps of a wizard. */
export class QuickInput {
  constructor(private readonly page: Page) {}

  private get widget(): Locator {
    return this.page.locator(".quick-input-widget:visible");
  }

  private get rows(): Locator {
    return this.widget.locator(".quick-input-list .monaco-list-row");
  }

  /** Waits until it is open; returns its title, e.g. `Connect (1/6)`. */
  async title(): Promise<string> {
    const title = this.widget.locator(".quick-input-title", { hasText: /\S/ });
    return ((await title.textContent()) ?? "").trim();
  }

  /** Waits until the title contains these words: a step of a wizard has been reached. */
  async step(words: string | RegExp): Promise<void> {
    await this.widget.locator(".quick-input-title").filter({ hasText: words }).waitFor();
  }

  /** The text below the field: the prompt, or why a value is refused. */
  async message(): Promise<string> {
    return ((await this.widget.locator(".quick-input-message").textContent()) ?? "").trim();
  }

  /** Waits until the prompt contains these words, if the title alone is not enough. */
  async asks(words: string): Promise<void> {
    await this.widget.locator(".quick-input-message").filter({ hasText: words }).waitFor();
  }

  /** Waits until the text below the field says that a value cannot be used. */
  async refused(words: string): Promise<void> {
    await this.widget.locator(".quick-input-message").filter({ hasText: words }).waitFor();
  }

  /** Whether the typed text is hidden. */
  async isMasked(): Promise<boolean> {
    return (await this.widget.locator("input[type=password]").count()) === 1;
  }

  /** The first entry whose text, including the text below its label, contains these words. */
  entry(words: string): Locator {
    return this.rows.filter({ hasText: words }).first();
  }

  async value(): Promise<string> {
    return this.widget.locator("input[type=text], input[type=password]").first().inputValue();
  }

  async fill(text: string, timeout = patience): Promise<void> {
    await this.widget.locator("input[type=text], input[type=password]").first().fill(text, { timeout });
  }

  /** Types an answer and accepts it. */
  async answer(text: string): Promise<void> {
    await this.fill(text);
    await this.accept();
  }

  async accept(): Promise<void> {
    await this.page.keyboard.press("Enter");
  }

  async cancel(): Promise<void> {
    await this.page.keyboard.press("Escape");
    await this.widget.waitFor({ state: "hidden" });
  }

  async back(): Promise<void> {
    await this.button("Back").click();
  }

  /** A button in the title bar or at the end of the field. */
  button(name: string | RegExp): Locator {
    return this.widget.getByRole("button", { name });
  }

  /** Waits for an entry with exactly this label and selects it. In a long list, only visible entries exist. */
  async choose(label: string, timeout = patience): Promise<void> {
    const exactly = new RegExp(`^\\s*${label.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}\\s*$`);
    await this.rows
      .filter({ has: this.page.locator(".quick-input-list-label .label-name", { hasText: exactly }) })
      .first()
      .click({ timeout });
  }

  /** The labels of the list. */
  async labels(): Promise<readonly string[]> {
    await this.rows.first().waitFor();
    const labels = await this.rows
      .locator(".quick-input-list-rows > :first-child .label-name")
      .allInnerTexts();
    // An icon within a label leaves a space behind.
    return labels.map((label) => label.trim());
  }
}
