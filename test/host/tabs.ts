import assert from "node:assert/strict";
import { EventEmitter, type WebviewPanel, window } from "vscode";
import { until } from "./application";

/** A replacement for a tab's page, which exchanges messages with the extension for the tests. */
export class Tab<ToPage extends { readonly type: string }> {
  readonly received: ToPage[] = [];
  disposed = false;
  private readonly said = new EventEmitter<unknown>();

  constructor(readonly panel: WebviewPanel) {
    Object.defineProperty(panel.webview, "onDidReceiveMessage", { value: this.said.event });
    panel.webview.postMessage = (message: ToPage) => {
      this.received.push(message);
      return Promise.resolve(true);
    };
    panel.onDidDispose(() => {
      this.disposed = true;
    });
  }

  say(message: unknown): void {
    this.said.fire(message);
  }

  /** Waits for a message of a type after position `from`; returns the newest. */
  async hears<T extends ToPage["type"]>(type: T, from = 0): Promise<Extract<ToPage, { type: T }>> {
    const find = () =>
      this.received
        .slice(from)
        .findLast((message): message is Extract<ToPage, { type: T }> => message.type === type);
    await until(`the page hears "${type}"`, () => find() !== undefined);
    const found = find();
    assert.ok(found);
    return found;
  }
}

/** Replaces the page in every tab that is opened from now on. */
export class Tabs<ToPage extends { readonly type: string }> {
  readonly all: Tab<ToPage>[] = [];
  private readonly original = window.createWebviewPanel;

  constructor() {
    Object.assign(window, {
      createWebviewPanel: (...parameters: Parameters<typeof window.createWebviewPanel>) => {
        const panel = this.original(...parameters);
        this.all.push(new Tab(panel));
        return panel;
      },
    });
  }

  /** The tab that was opened last. */
  newest(): Tab<ToPage> {
    const tab = this.all.at(-1);
    assert.ok(tab, "A tab was opened.");
    return tab;
  }

  /** Restores VS Code's own tabs. */
  leave(): void {
    Object.assign(window, { createWebviewPanel: this.original });
  }
}
