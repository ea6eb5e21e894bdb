import { type Browser, chromium } from "playwright-core";
import { afterAll, beforeAll, test, vi } from "vitest";
import { FakePreviewSource } from "../helpers/fakePreviewSource";
import { bundlePreview, showPreview, type ShowOptions } from "../helpers/previewPage";
import { previewStrings } from "../../src/ui/preview/strings";
vi.mock("vscode", () => ({ l10n: { t: (message: string) => message }, env: { language: "en" } }));
let browser: Browser;
let files: ReadonlyMap<string, Uint8Array>;
beforeAll(async () => {
  browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox", "--disable-gpu"] });
  files = await bundlePreview();
});
afterAll(() => browser.close());
const only = process.env.SHOTS?.split(",");
async function shot(name: string, source: FakePreviewSource, o: ShowOptions, act?: (p: import("playwright-core").Page) => Promise<void>) {
  if (only && !only.includes(name)) return;
  const s = await showPreview(browser, files, source, previewStrings(), o);
  await s.page.waitForTimeout(900);
  if (act) { await act(s.page); await s.page.waitForTimeout(500); }
  await s.page.screenshot({ path: `/tmp/preview-${name}.png` });
  if (s.complaints.length) console.log(name, s.complaints);
  await s.close();
}
const many = () => new FakePreviewSource({ rows: 100_000, total: 160_000, refused: (r) => r % 97 === 4 });
test("shots", async () => {
  for (const theme of ["dark", "light", "highContrast", "highContrastLight"] as const) await shot(theme, many(), { theme }, (p) => p.keyboard.press("F8"));
  await shot("revealed", many(), {}, (p) => p.click("#reveal"));
  await shot("end", many(), { theme: "light" }, async (p) => { await p.click("#cell-0-1"); await p.keyboard.press("Control+End"); });
  const failing = many(); failing.failing.set("previewReport", new Error("The SFTP server reports.district.example closed the connection. Check the network, then try again."));
  await shot("failed", failing, {});
  await shot("empty", new FakePreviewSource({ rows: 0 }), { theme: "light" });
  await shot("unreadable", new FakePreviewSource({ rows: 0, info: { columns: [], problem: { line: 1, column: "date", reason: "The column is missing." } } }), {});
  await shot("loading", new FakePreviewSource({ rows: 10, delay: 5000 }), {});
  await shot("narrow", many(), { width: 420, height: 600 }, (p) => p.keyboard.press("F8"));
  await shot("font20", many(), { fontSize: 20 }, (p) => p.keyboard.press("F8"));
  await shot("forced", many(), { theme: "highContrast", context: { forcedColors: "active" } }, (p) => p.keyboard.press("F8"));
  const trouble = many();
  await shot("trouble", trouble, {}, async (p) => { trouble.failing.set("previewRows", new Error("The engine stopped. It was started again.")); await p.keyboard.press("F8"); await p.keyboard.press("PageDown"); await p.evaluate("document.querySelector('.grid').scrollTop = 500000"); });
  await shot("small", new FakePreviewSource({ rows: 7 }), { theme: "light", width: 1500 });
  await shot("smallRefused", new FakePreviewSource({ rows: 7, refused: (r) => r === 3 }), { theme: "dark", width: 1800 });
  const wide = Array.from({ length: 3000 }, (_, i) => ({ name: `column_${i}`, type: "string" as const, identity: false }));
  await shot("wide", new FakePreviewSource({ rows: 100_000, columns: wide }), {}, async (p) => { await p.click("#cell-0-1"); await p.keyboard.press("End"); });
}, 200_000);
