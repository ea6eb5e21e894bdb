import type { Browser, Page } from "playwright-core";
import { fromPage, type PreviewFile, type ToPage } from "../../src/protocol/preview";
import type { PreviewStrings } from "../../src/protocol/previewStrings";
import type { PreviewSource } from "../../src/ui/preview/enginePreviews";
import { PreviewSession } from "../../src/ui/preview/PreviewSession";
import { type Bundle, bundlePage, hostPage, type ShowOptions } from "./webviewPage";

const file: PreviewFile = {
  path: "/daily-participation/2026-11-20-daily-participation-students.csv",
  origin: "server",
  name: "2026-11-20-daily-participation-students.csv",
};

export function bundlePreview(): Promise<Bundle> {
  return bundlePage([
    { in: "media/preview/main.ts", out: "preview" },
    { in: "media/preview/style.css", out: "preview" },
    { in: "@vscode/codicons/dist/codicon.css", out: "codicon" },
  ]);
}

/** A preview as VS Code would show it: the real page and session, with a webview in between. */
export interface ShownPreview {
  readonly page: Page;
  readonly session: PreviewSession;
  /** The page's console output, and every violation of its policy. */
  readonly complaints: string[];
  /** The state that was kept for the tab's next page. */
  kept(): unknown;
  close(): Promise<void>;
}

export interface ShowPreviewOptions extends ShowOptions {
  readonly confirmReveal?: () => Promise<boolean>;
}

export async function showPreview(
  browser: Browser,
  files: Bundle,
  source: PreviewSource,
  strings: PreviewStrings,
  options: ShowPreviewOptions = {},
): Promise<ShownPreview> {
  const host = await hostPage<ToPage>(browser, "preview", files, receive, {
    width: 1280,
    height: 720,
    ...options,
  });
  const session = new PreviewSession(source, file, {
    post: host.post,
    revealFailed: () => undefined,
    confirmReveal: options.confirmReveal ?? (async () => true),
  });
  function receive(message: unknown): void {
    const parsed = fromPage.parse(message);
    if (parsed.type === "ready") host.post({ type: "init", file, strings, before: parsed.state });
    void session.handle(parsed);
  }
  const title = strings.title.replace("{0}", file.name);
  await host.load({ root: "main", language: strings.language, title });
  void session.open();
  return {
    ...host,
    session,
    async close() {
      session.dispose();
      await host.close();
    },
  };
}
