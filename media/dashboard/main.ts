import type { Frozen } from "../../src/dashboard/export/dashboardHtml";
import { openingView } from "../../src/dashboard/opening";
import type { FromPage, PageFile, PageState, ToPage } from "../../src/protocol/dashboard";
import { Page, type PageHost } from "./Page";

/** The API that VS Code gives every webview. */
interface VsCodeApi {
  postMessage(message: FromPage): void;
  /** Unchecked: the extension validates it. */
  getState(): PageState | undefined;
  setState(state: PageState): void;
}
declare global {
  interface Window {
    acquireVsCodeApi?: () => VsCodeApi;
  }
}

let page: Page | undefined;
const root = document.getElementById("page");
const frozen = document.getElementById("frozen");
if (root && frozen) openFrozen(root, JSON.parse(frozen.textContent ?? "null"));
else if (root && window.acquireVsCodeApi) openLive(root, window.acquireVsCodeApi());

window.addEventListener("resize", () => page?.restyle());
window.addEventListener("beforeprint", () => page?.onPrint(true));
window.addEventListener("afterprint", () => page?.onPrint(false));
matchMedia("(prefers-reduced-motion: reduce)").addEventListener("change", () => page?.restyle());

function openLive(root: HTMLElement, vscode: VsCodeApi): void {
  const host: PageHost = {
    post: (message) => vscode.postMessage(message),
    save: (file) => vscode.postMessage({ type: "save", file }),
    keep: (state) => vscode.setState(state),
  };
  window.addEventListener("message", ({ data }: MessageEvent<ToPage>) => {
    if (data.type === "init" && !page) {
      const { texts, district, saved, filter, question, before, asked } = data;
      const view = { ...openingView, ...before?.view, ...(asked === undefined ? {} : { question: asked }) };
      page = new Page(
        root,
        host,
        { texts, district, saved, filter, view, question, frozen: false },
        before?.scrollTop,
      );
      // Saved right away, so that a reload during the first answer restores the filter.
      vscode.setState({ filter, view, scrollTop: before?.scrollTop ?? 0 });
    }
    page?.receive(data);
  });
  // VS Code writes the theme's variables and the font to the document's style, and the kind of theme to the body's
  // class.
  const themes = new MutationObserver(() => page?.restyle());
  themes.observe(document.documentElement, { attributeFilter: ["style", "class"] });
  themes.observe(document.body, { attributeFilter: ["class"] });
  vscode.postMessage({ type: "ready", state: vscode.getState() });
}

/** An exported page: shows its embedded content in the reader's preferred colours. */
function openFrozen(root: HTMLElement, { answer, view, texts, district }: Frozen): void {
  const prefersDark = matchMedia("(prefers-color-scheme: dark)");
  const applyTheme = () => {
    document.body.classList.toggle("vscode-dark", prefersDark.matches);
    document.body.classList.toggle("vscode-light", !prefersDark.matches);
    page?.restyle();
  };
  applyTheme();
  prefersDark.addEventListener("change", applyTheme);
  const host: PageHost = { post: () => undefined, save: download, keep: () => undefined };
  const start = {
    texts,
    district,
    saved: { groups: [], views: [] },
    view,
    filter: answer.filter,
    question: 0,
    frozen: true,
  };
  page = new Page(root, host, start, undefined);
  page.receive({ type: "answer", question: 0, answer });
}

function download({ kind, name, content }: PageFile): void {
  const type = { png: "image/png", svg: "image/svg+xml", csv: "text/csv" }[kind];
  const bytes: BlobPart =
    kind === "png" ? Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0)) : content;
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([bytes], { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
