import { readFile } from "node:fs/promises";
import path from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { scene } from "./driver/scene";

const root = path.resolve(__dirname, "../..");

describe("in Spanish", () => {
  let bundle: Readonly<Record<string, string>>;
  let manifest: Readonly<Record<string, string>>;

  beforeAll(async () => {
    bundle = JSON.parse(await readFile(path.join(root, "l10n", "bundle.l10n.es.json"), "utf8"));
    manifest = JSON.parse(await readFile(path.join(root, "package.nls.es.json"), "utf8"));
  });

  const workbench = scene(() => ({ locale: "es", theme: "highContrast" }));
  const reports = () => workbench().tree(manifest["view.reports"] ?? "");

  test("the manifest's texts are Spanish", async () => {
    await workbench().openActivity("Clever");
    const [, , button] = /\[(.*?)\].*\[(.*?)\]/s.exec(manifest["welcome.reports"] ?? "") ?? [];
    await reports()
      .welcome(button ?? "")
      .waitFor();
    await workbench().screenshot("spanish-welcome-highContrast");
    await reports()
      .welcome(button ?? "")
      .click();
  });

  test("the extension's own texts are Spanish", async () => {
    const { notifications } = workbench();
    const connected = "The sample district is connected. Its reports are new to the lake.";
    await notifications.shows(bundle[connected] ?? "");
    await reports().expand("daily-participation", "octubre de 2025");
    await expect
      .poll(() => reports().row("2025-10-31 students").textContent())
      .toContain(bundle.new ?? "no such text");
    await reports().click("2025-10-31 students");
    const preview = await workbench().webview("[role=grid]");
    expect(await preview.locator("html").getAttribute("lang")).toBe("es");
    await preview
      .locator("#reveal")
      .filter({ hasText: bundle["Reveal identities"] ?? "no such text" })
      .waitFor();
    await workbench().screenshot("spanish-preview-highContrast");
  });
});
