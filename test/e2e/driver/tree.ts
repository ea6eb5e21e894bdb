import type { Locator, Page } from "playwright-core";
import { expect } from "vitest";
import { patience } from "./browser";

/** A tree view of the sidebar. Only rows that are scrolled into view exist. */
export class Tree {
  readonly pane: Locator;

  constructor(
    private readonly page: Page,
    title: string,
  ) {
    this.pane = page
      .locator(".part.sidebar .pane")
      .filter({ has: page.locator(`.pane-header .title`, { hasText: new RegExp(`^${title}$`, "i") }) });
  }

  /** Opens the view if it is collapsed to its header. */
  async show(): Promise<void> {
    const header = this.pane.locator(".pane-header");
    if ((await header.getAttribute("aria-expanded")) === "false") await header.click();
  }

  /** The first row with exactly this label. */
  row(label: string): Locator {
    const exactly = new RegExp(`^${label.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}$`);
    return this.pane
      .locator(".monaco-list-row")
      .filter({ has: this.page.locator(".label-name", { hasText: exactly }) })
      .first();
  }

  /** Label and description of every visible row. */
  async rows(): Promise<readonly { readonly label: string; readonly description: string }[]> {
    const rows = await this.pane.locator(".monaco-list-row").all();
    return Promise.all(
      rows.map(async (row) => ({
        label: (await row.locator(".label-name").allInnerTexts()).join(""),
        description: (await row.locator(".label-description").allInnerTexts()).join(""),
      })),
    );
  }

  /** The text of every visible row: label and description. */
  async texts(): Promise<readonly string[]> {
    return (await this.rows()).map(({ label, description }) => `${label} ${description}`);
  }

  /** The first row whose text contains these words. */
  rowWith(words: string): Locator {
    return this.pane.locator(".monaco-list-row").filter({ hasText: words }).first();
  }

  /** The icon of a row, and its CSS colour. A selected row's icon has the colour of its text. */
  async icon(label: string): Promise<{ readonly codicon: string; readonly color: string }> {
    const icon = this.row(label).locator(".custom-view-tree-node-item-icon");
    const classes = (await icon.getAttribute("class")) ?? "";
    const color: unknown = await icon.evaluate(
      (element) => element.ownerDocument.defaultView?.getComputedStyle(element).color,
    );
    return {
      codicon: /codicon-(?!modifier)([\w-]+)/.exec(classes)?.[1] ?? "",
      color: String(color),
    };
  }

  /** Expands the rows of a path one by one; returns the last one. */
  async expand(...labels: readonly [string, ...string[]]): Promise<Locator> {
    let row = this.row(labels[0]);
    for (const label of labels) {
      row = this.row(label);
      await row.waitFor();
      if ((await row.getAttribute("aria-expanded")) === "false")
        await row.locator(".monaco-tl-twistie").click();
    }
    return row;
  }

  /** Expands all rows of the path except the last, which is clicked. */
  async click(...labels: readonly [string, ...string[]]): Promise<void> {
    await (await this.expandParents(labels)).click();
  }

  /** Right-clicks the last row of the path and selects a menu entry. */
  async contextMenu(entry: string, ...labels: readonly [string, ...string[]]): Promise<void> {
    await this.menuOf(await this.expandParents(labels), entry);
  }

  /** Opens a row's menu and selects an entry. */
  async menuOf(row: Locator, entry: string): Promise<void> {
    const item = this.page.locator(".monaco-menu").getByRole("menuitem", { name: entry, exact: true });
    const opened = async () => {
      await row.click({ button: "right" });
      // A menu ignores clicks in its first moment, so that the click that opened it does not count.
      await item.hover({ timeout: 5_000 });
      return true;
    };
    // A menu closes if anything takes the focus in the meantime, such as a refreshed list.
    await expect.poll(() => opened().catch(() => false), { timeout: patience }).toBe(true);
    await this.page.keyboard.press("Enter");
  }

  /** Selects several visible rows. */
  async select(labels: readonly string[]): Promise<void> {
    for (const [index, label] of labels.entries()) {
      await this.row(label).click(index === 0 ? {} : { modifiers: ["ControlOrMeta"] });
    }
  }

  /** Clears the selection, since a selected row's icon does not have its own colour. */
  async deselect(): Promise<void> {
    await this.pane.locator(".monaco-list").first().press("Escape");
    await expect.poll(() => this.pane.locator(".monaco-list-row.selected").count()).toBe(0);
  }

  /** A button on the view's title bar. */
  async press(name: string): Promise<void> {
    await this.pane.locator(".pane-header").hover();
    await this.pane.locator(".pane-header").getByRole("button", { name }).click();
  }

  /** A link or button of the view's welcome text. */
  welcome(name: string): Locator {
    return this.pane.locator(".welcome-view").getByRole("button", { name });
  }

  private async expandParents(labels: readonly [string, ...string[]]): Promise<Locator> {
    const last = labels[labels.length - 1] ?? labels[0];
    const [first, ...rest] = labels.slice(0, -1);
    if (first !== undefined) await this.expand(first, ...rest);
    const row = this.row(last);
    await row.waitFor();
    return row;
  }
}
