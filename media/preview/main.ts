import "@vscode-elements/elements/dist/vscode-button/index.js";
import "@vscode-elements/elements/dist/vscode-icon/index.js";
import "@vscode-elements/elements/dist/vscode-progress-bar/index.js";
import "@vscode-elements/elements/dist/vscode-toolbar-button/index.js";
import type { ToPage } from "../../src/protocol/preview";
import { Page, type VsCodeApi } from "./Page";

declare function acquireVsCodeApi(): VsCodeApi;

const vscode = acquireVsCodeApi();
let page: Page | undefined;

window.addEventListener("message", ({ data }: MessageEvent<ToPage>) => {
  if (data.type === "init" && !page) {
    const root = document.getElementById("page");
    if (!root) return;
    const { file, strings, before } = data;
    page = new Page(root, vscode, file, strings, before);
    // Saved right away, so that a reload while opening restores the file.
    if (!before) vscode.setState({ file, row: 0, column: 1, scrollTop: 0, widths: {} });
    // VS Code writes the theme's variables and the font into the document's style.
    new MutationObserver(page.fitFont).observe(document.documentElement, {
      attributeFilter: ["style", "class"],
    });
  }
  page?.receive(data);
});

window.addEventListener("keydown", (event) => {
  if (event.key !== "F8" || event.ctrlKey || event.altKey || event.metaKey) return;
  event.preventDefault();
  page?.goToRefused(event.shiftKey ? -1 : 1);
});
window.addEventListener("resize", () => page?.changed());

vscode.postMessage({ type: "ready", state: vscode.getState() });
