import { type BrowserContext, chromium } from "playwright-core";
import { chromiumOptions } from "../../../scripts/vscodeHost";

/** The timeout of every step in milliseconds; a busy machine with two processors needs much of it. */
export const patience = 90_000;

export interface BrowserOptions {
  readonly size: { readonly width: number; readonly height: number };
  readonly scale: number;
  readonly locale: string;
}

/** Chromium with a profile in a folder, like a user's. */
export async function openBrowser(profile: string, options: BrowserOptions): Promise<BrowserContext> {
  const context = await chromium.launchPersistentContext(profile, {
    ...chromiumOptions(),
    viewport: options.size,
    deviceScaleFactor: options.scale,
    locale: options.locale,
    permissions: ["clipboard-read", "clipboard-write"],
  });
  context.setDefaultTimeout(patience);
  // What a language pack would set; Microsoft's are only available from the Marketplace. VS Code then tells extensions that
  // this is its language, and speaks English itself.
  if (!options.locale.startsWith("en")) {
    await context.addInitScript(
      `Object.defineProperty(globalThis, "_VSCODE_NLS_LANGUAGE", { get: () => "${options.locale}", set() {} })`,
    );
  }
  return context;
}
