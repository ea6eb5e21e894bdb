import path from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { PreviewSession } from "../../src/ui/preview/PreviewSession";
import { previewHtml } from "../../src/ui/preview/previewHtml";
import type { PreviewSource } from "../../src/ui/preview/previewSource";
import { fromPage, type PreviewFile, type PreviewStrings, type ToPage } from "../../src/ui/preview/protocol";
import { type VscodeTheme, vscodeThemes } from "./vscodeThemes";

const root = path.dirname(path.dirname(path.dirname(fileURLToPath(import.meta.url))));
const origin = "http://preview.test";

export const file: PreviewFile = {
  path: "/daily-participation/2026-11-20-daily-participation-students.csv",
  origin: "server",
  name: "2026-11-20-daily-participation-students.csv",
};

/** The files of `dist/media` that the page loads, by name. */
export async function bundlePreview(): Promise<ReadonlyMap<string, Uint8Array>> {
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: [
      { in: "media/preview/main.ts", out: "preview" },
      { in: "media/preview/style.css", out: "preview" },
      { in: "@vscode/codicons/dist/codicon.css", out: "codicon" },
    ],
    outdir: "dist/media",
    bundle: true,
    minify: true,
    format: "iife",
    target: "chrome132",
    loader: { ".ttf": "file" },
    assetNames: "[name]",
    write: false,
    tsconfig: "media/tsconfig.json",
  });
  return new Map(outputFiles.map(({ path: output, contents }) => [path.basename(output), contents]));
}

/** A preview as VS Code would show it: the real page, its real session and a webview in between. */
export interface ShownPreview {
  readonly page: Page;
  readonly session: PreviewSession;
  /** What the page said in its console, and every breach of its policy. */
  readonly complaints: string[];
  /** What was kept for the next page of the tab. */
  kept(): unknown;
  close(): Promise<void>;
}

export interface ShowOptions {
  readonly theme?: VscodeTheme;
  readonly width?: number;
  readonly height?: number;
  readonly kept?: unknown;
  readonly confirmReveal?: () => Promise<boolean>;
  readonly context?: Parameters<Browser["newContext"]>[0];
  readonly fontSize?: number;
}

export async function showPreview(
  browser: Browser,
  files: ReadonlyMap<string, Uint8Array>,
  source: PreviewSource,
  strings: PreviewStrings,
  options: ShowOptions = {},
): Promise<ShownPreview> {
  const context: BrowserContext = await browser.newContext({
    viewport: { width: options.width ?? 1280, height: options.height ?? 720 },
    ...options.context,
  });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(String(error)));

  let kept = options.kept;
  const post = (message: ToPage) => {
    // A page that is closing hears nothing more.
    page.evaluate(`postMessage(${JSON.stringify(message)}, "*")`).catch(() => {});
  };
  const session = new PreviewSession(source, file, {
    post,
    confirmReveal: options.confirmReveal ?? (async () => true),
  });
  await page.exposeFunction("keepState", (state: unknown) => {
    kept = state;
  });
  await page.exposeFunction("sendMessage", (message: unknown) => {
    const parsed = fromPage.parse(message);
    if (parsed.type === "ready") post({ type: "init", file, strings });
    void session.handle(parsed);
  });
  const { kind, ...colours } = vscodeThemes[options.theme ?? "dark"];
  const setup = {
    kind,
    state: kept,
    variables: {
      ...Object.fromEntries(Object.entries(colours).map(([name, value]) => [`--vscode-${name}`, value])),
      "--vscode-font-family": '"Segoe WPC", "Segoe UI", system-ui, "Ubuntu", "Droid Sans", sans-serif',
      "--vscode-font-size": `${options.fontSize ?? 13}px`,
      "--vscode-font-weight": "normal",
    },
  };
  await page.addInitScript(`globalThis.webviewSetup = ${JSON.stringify(setup)}`);
  await page.addInitScript({ path: path.join(root, "test", "helpers", "webviewHost.js") });
  const html = previewHtml({
    script: `${origin}/preview.js`,
    styles: `${origin}/preview.css`,
    icons: `${origin}/codicon.css`,
    cspSource: origin,
    nonce: "bm9uY2U=",
    language: strings.language,
    title: strings.title.replace("{0}", file.name),
  });
  await page.route(`${origin}/**`, (route) => {
    const name = path.basename(new URL(route.request().url()).pathname);
    const contents = files.get(name);
    if (name === "page") return route.fulfill({ contentType: "text/html", body: html });
    if (!contents) return route.fulfill({ status: 404 });
    const contentType = { ".js": "text/javascript", ".css": "text/css", ".ttf": "font/ttf" }[
      path.extname(name)
    ];
    return route.fulfill({ contentType: contentType ?? "text/plain", body: Buffer.from(contents) });
  });
  await page.goto(`${origin}/page`);
  void session.open();
  return {
    page,
    session,
    complaints,
    kept: () => kept,
    async close() {
      session.dispose();
      await context.close();
    },
  };
}
