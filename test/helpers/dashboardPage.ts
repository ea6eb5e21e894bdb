import path from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import type { Browser, Page } from "playwright-core";
import { dashboardTexts } from "../../src/dashboard/export/texts";
import type { DashboardFilter } from "../../src/dashboard/filter";
import { DashboardSession, type DashboardSource } from "../../src/ui/dashboard/DashboardSession";
import { dashboardPageHtml } from "../../src/ui/dashboard/dashboardPageHtml";
import { type FromPage, fromPage, type ToPage } from "../../src/ui/dashboard/protocol";
import { type VscodeTheme, vscodeThemes } from "./vscodeThemes";

const root = path.dirname(path.dirname(path.dirname(fileURLToPath(import.meta.url))));
const origin = "http://dashboard.test";
export const englishTexts = dashboardTexts((text) => text, "en");

/** The files of `dist/media` that the page loads, by name. */
export async function bundleDashboard(): Promise<ReadonlyMap<string, Uint8Array>> {
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: [
      { in: "media/dashboard/main.ts", out: "dashboard" },
      { in: "media/dashboard/style.css", out: "dashboard" },
    ],
    outdir: "dist/media",
    bundle: true,
    minify: true,
    legalComments: "none",
    format: "iife",
    target: "chrome132",
    write: false,
    tsconfig: "media/tsconfig.json",
  });
  return new Map(outputFiles.map(({ path: output, contents }) => [path.basename(output), contents]));
}

/** A dashboard as VS Code would show it: the real page, its real session and a webview in between. */
export interface ShownDashboard {
  readonly page: Page;
  readonly session: DashboardSession;
  /** Everything that the page sent. */
  readonly sent: FromPage[];
  /** What the page said in its console, and every breach of its policy. */
  readonly complaints: string[];
  post(message: ToPage): Promise<void>;
  /** What was kept for the next page of the tab. */
  kept(): unknown;
  close(): Promise<void>;
}

export interface ShowOptions {
  readonly theme?: VscodeTheme;
  readonly width?: number;
  readonly height?: number;
  readonly kept?: unknown;
  readonly filter?: DashboardFilter;
  readonly texts?: typeof englishTexts;
  readonly context?: Parameters<Browser["newContext"]>[0];
}

export async function showDashboard(
  browser: Browser,
  files: ReadonlyMap<string, Uint8Array>,
  source: DashboardSource,
  options: ShowOptions = {},
): Promise<ShownDashboard> {
  const context = await browser.newContext({
    viewport: { width: options.width ?? 1400, height: options.height ?? 900 },
    // Pictures are at their end at once.
    reducedMotion: "reduce",
    ...options.context,
  });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(String(error)));

  let kept = options.kept;
  const texts = options.texts ?? englishTexts;
  const sent: FromPage[] = [];
  const post = async (message: ToPage) => {
    // A page that is closing hears nothing more.
    await page.evaluate(`postMessage(${JSON.stringify(message)}, "*")`).catch(() => undefined);
  };
  const session = new DashboardSession(source, (message) => void post(message), options.filter);
  await page.exposeFunction("keepState", (state: unknown) => {
    kept = state;
  });
  await page.exposeFunction("sendMessage", (message: unknown) => {
    const parsed = fromPage.parse(message);
    sent.push(parsed);
    if (parsed.type === "ready") {
      void post({ type: "init", texts, filter: session.filter, question: session.at });
    }
    void session.handle(parsed);
  });
  const { kind, ...colours } = vscodeThemes[options.theme ?? "dark"];
  const setup = {
    kind,
    state: kept,
    variables: {
      ...Object.fromEntries(Object.entries(colours).map(([name, value]) => [`--vscode-${name}`, value])),
      "--vscode-font-family": '"Segoe WPC", "Segoe UI", system-ui, "Ubuntu", "Droid Sans", sans-serif',
      "--vscode-font-size": "13px",
      "--vscode-font-weight": "normal",
    },
  };
  await page.addInitScript(`globalThis.webviewSetup = ${JSON.stringify(setup)}`);
  await page.addInitScript({ path: path.join(root, "test", "helpers", "webviewHost.js") });
  const html = dashboardPageHtml({
    script: `${origin}/dashboard.js`,
    styles: `${origin}/dashboard.css`,
    cspSource: origin,
    nonce: "bm9uY2U=",
    language: texts.language,
    title: texts.title,
  });
  await page.route("**/*", (route) => {
    const url = new URL(route.request().url());
    const name = path.basename(url.pathname);
    const contents = files.get(name);
    if (url.origin !== origin) return route.abort();
    if (name === "page") return route.fulfill({ contentType: "text/html", body: html });
    if (!contents) return route.fulfill({ status: 404 });
    const contentType = { ".js": "text/javascript", ".css": "text/css" }[path.extname(name)];
    return route.fulfill({ contentType: contentType ?? "text/plain", body: Buffer.from(contents) });
  });
  await page.goto(`${origin}/page`);
  void session.refresh();
  return {
    page,
    session,
    sent,
    complaints,
    post,
    kept: () => kept,
    async close() {
      session.dispose();
      await context.close();
    },
  };
}
