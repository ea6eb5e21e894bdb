import { setTimeout as sleep } from "node:timers/promises";
import type { Frame, Page } from "playwright-core";

/**
 * The document inside a webview. VS Code nests it two frames deep, and frames come and go while one loads, so it is
 * found by something that is in it.
 *
 * @throws if no frame shows the selector in time
 */
export async function findWebview(page: Page, selector: string, timeoutMs: number): Promise<Frame> {
  const deadline = Date.now() + timeoutMs;
  while (Date.now() < deadline) {
    for (const frame of page.frames()) {
      if (frame === page.mainFrame()) continue;
      // A frame may be replaced during the query.
      const visible = await frame
        .locator(selector)
        .first()
        .isVisible()
        .catch(() => false);
      if (visible) return frame;
    }
    await sleep(100);
  }
  const urls = page.frames().map((frame) => frame.url());
  throw new Error(`No webview shows "${selector}" after ${timeoutMs} ms. Frames: ${urls.join(" ")}`);
}
