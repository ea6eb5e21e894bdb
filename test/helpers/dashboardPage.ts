import type { Browser, Page } from "playwright-core";
import { dashboardTexts } from "../../src/dashboard/export/texts";
import type { DashboardFilter } from "../../src/dashboard/filter";
import { type Saved, withChange } from "../../src/dashboard/saved";
import { type FromPage, fromPage, type ToPage } from "../../src/protocol/dashboard";
import { DashboardSession, type DashboardSource } from "../../src/ui/dashboard/DashboardSession";
import { type Bundle, bundlePage, hostPage, type ShowOptions } from "./webviewPage";

export const englishTexts = dashboardTexts((text) => text, "en");

export function bundleDashboard(): Promise<Bundle> {
  return bundlePage([
    { in: "media/dashboard/main.ts", out: "dashboard" },
    { in: "media/dashboard/style.css", out: "dashboard" },
  ]);
}

/** A dashboard as VS Code would show it: the real page and session, with a webview in between. */
export interface ShownDashboard {
  readonly page: Page;
  readonly session: DashboardSession;
  /** Everything that the page sent. */
  readonly sent: FromPage[];
  /** The page's console output, and every violation of its policy. */
  readonly complaints: string[];
  post(message: ToPage): void;
  /** The state that was kept for the tab's next page. */
  kept(): unknown;
  close(): Promise<void>;
}

export interface ShowDashboardOptions extends ShowOptions {
  readonly filter?: DashboardFilter;
  readonly texts?: typeof englishTexts;
  readonly district?: string;
  readonly saved?: Saved;
}

export async function showDashboard(
  browser: Browser,
  files: Bundle,
  source: DashboardSource,
  options: ShowDashboardOptions = {},
): Promise<ShownDashboard> {
  const texts = options.texts ?? englishTexts;
  const sent: FromPage[] = [];
  let saved = options.saved ?? { groups: [], views: [] };
  const host = await hostPage<ToPage>(browser, "dashboard", files, receive, {
    ...options,
    // Charts are drawn without animation.
    context: { reducedMotion: "reduce", ...options.context },
  });
  const session = new DashboardSession(source, host.post, options.filter);
  function receive(message: unknown): void {
    const parsed = fromPage.parse(message);
    sent.push(parsed);
    if (parsed.type === "ready") {
      host.post({
        type: "init",
        texts,
        district: options.district ?? "",
        saved,
        ...session.start,
        before: parsed.state,
      });
    }
    if (parsed.type === "keepSaved") {
      saved = withChange(saved, parsed.change);
      host.post({ type: "given", district: options.district ?? "", saved });
    }
    void session.handle(parsed);
  }
  await host.load({ root: "div", language: texts.language, title: texts.title });
  void session.refresh();
  return {
    ...host,
    session,
    sent,
    async close() {
      session.dispose();
      await host.close();
    },
  };
}
