import path from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import type { Browser, BrowserContext, CDPSession, Page } from "playwright-core";
import { type WebviewFrame, webviewHtml } from "../../src/ui/pages/webviewHtml";
import { type VscodeTheme, vscodeThemes } from "./vscodeThemes";

const root = path.dirname(path.dirname(path.dirname(fileURLToPath(import.meta.url))));
const origin = "http://webview.test";
const contentTypes: Readonly<Record<string, string>> = {
  ".js": "text/javascript",
  ".css": "text/css",
  ".ttf": "font/ttf",
};

/** The files of `dist/media` that a page loads, by name. */
export type Bundle = ReadonlyMap<string, Uint8Array>;

export async function bundlePage(entryPoints: { in: string; out: string }[]): Promise<Bundle> {
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints,
    outdir: "dist/media",
    bundle: true,
    minify: true,
    legalComments: "none",
    format: "iife",
    target: "chrome132",
    loader: { ".ttf": "file" },
    assetNames: "[name]",
    write: false,
    tsconfig: "media/tsconfig.json",
  });
  return new Map(outputFiles.map(({ path: output, contents }) => [path.basename(output), contents]));
}

/** How a test displays a page. */
export interface ShowOptions {
  readonly theme?: VscodeTheme;
  readonly width?: number;
  readonly height?: number;
  /** The state that the tab's previous page kept. */
  readonly kept?: unknown;
  readonly fontSize?: number;
  readonly context?: Parameters<Browser["newContext"]>[0];
}

/** A tab with the real page, in a browser that emulates VS Code's webviews. */
export interface HostedPage<ToPage> {
  readonly page: Page;
  /** The page's console output, and every violation of its policy. */
  readonly complaints: string[];
  post(message: ToPage): void;
  /** The state that was kept for the tab's next page. */
  kept(): unknown;
  /** Loads the page. */
  load(frame: Pick<WebviewFrame, "root" | "language" | "title">): Promise<void>;
  close(): Promise<void>;
}

/** A window that pages use one after the other, each in a tab of its own. */
interface Window {
  readonly context: BrowserContext;
  /** Of the tab that keeps the window open. */
  readonly debuggerOf: CDPSession;
}

/** The windows that no page uses, by their options. */
const idle = new WeakMap<Browser, Map<string, Window[]>>();

/**
 * A tab with nothing of the earlier ones. Opening a window costs Chromium over a second of processor time, a tab a
 * fraction of that.
 */
async function openTab(
  browser: Browser,
  { viewport, ...options }: NonNullable<ShowOptions["context"]>,
): Promise<{ page: Page; close(): Promise<void> }> {
  const windows = idle.get(browser) ?? new Map<string, Window[]>();
  idle.set(browser, windows);
  const key = JSON.stringify(options);
  const others = windows.get(key) ?? [];
  windows.set(key, others);
  const used = others.pop() ?? (await openWindow(browser, options));
  const page = await used.context.newPage();
  if (viewport) await page.setViewportSize(viewport);
  return {
    page,
    async close() {
      await page.close();
      await used.context.clearCookies();
      await used.debuggerOf.send("Storage.clearDataForOrigin", { origin, storageTypes: "all" });
      others.push(used);
    },
  };
}

async function openWindow(browser: Browser, options: ShowOptions["context"]): Promise<Window> {
  const context = await browser.newContext(options);
  return { context, debuggerOf: await context.newCDPSession(await context.newPage()) };
}

/**
 * @param name of the page's bundle, `name.js` and `name.css`
 * @param receive gets each message of the page; its errors are thrown in the page
 */
export async function hostPage<ToPage>(
  browser: Browser,
  name: string,
  files: Bundle,
  receive: (message: unknown) => void,
  options: ShowOptions,
): Promise<HostedPage<ToPage>> {
  const { page, close } = await openTab(browser, {
    viewport: { width: options.width ?? 1400, height: options.height ?? 900 },
    ...options.context,
  });
  const complaints: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(String(error)));

  let kept = options.kept;
  await page.exposeFunction("keepState", (state: unknown) => {
    kept = state;
  });
  await page.exposeFunction("sendMessage", receive);
  const { kind, ...colours } = vscodeThemes[options.theme ?? "dark"];
  const setup = {
    kind,
    state: kept,
    variables: {
      ...Object.fromEntries(Object.entries(colours).map(([colour, value]) => [`--vscode-${colour}`, value])),
      "--vscode-font-family": '"Segoe WPC", "Segoe UI", system-ui, "Ubuntu", "Droid Sans", sans-serif',
      "--vscode-font-size": `${options.fontSize ?? 13}px`,
      "--vscode-font-weight": "normal",
    },
  };
  await page.addInitScript(`globalThis.webviewSetup = ${JSON.stringify(setup)}`);
  await page.addInitScript({ path: path.join(root, "test", "helpers", "webviewHost.js") });
  return {
    page,
    complaints,
    post(message) {
      // A closing page receives no more messages.
      page.evaluate(`postMessage(${JSON.stringify(message)}, "*")`).catch(() => undefined);
    },
    kept: () => kept,
    async load(frame) {
      const html = webviewHtml({
        ...frame,
        script: `${origin}/${name}.js`,
        styles: `${origin}/${name}.css`,
        ...(files.has("codicon.css") ? { icons: `${origin}/codicon.css` } : {}),
        cspSource: origin,
        nonce: "bm9uY2U=",
      });
      await page.route("**/*", (route) => {
        const url = new URL(route.request().url());
        if (url.origin !== origin) return route.abort();
        const file = path.basename(url.pathname);
        if (file === "page") return route.fulfill({ contentType: "text/html", body: html });
        const contents = files.get(file);
        if (!contents) return route.fulfill({ status: 404 });
        const contentType = contentTypes[path.extname(file)] ?? "text/plain";
        return route.fulfill({ contentType, body: Buffer.from(contents) });
      });
      await page.goto(`${origin}/page`);
    },
    close,
  };
}
