import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, inject, test } from "vitest";
import { scene } from "./driver/scene";

describe("the packaged extension in VS Code 1.139", () => {
  const workbench = scene();

  test("contains what it needs and nothing else", () => {
    expect(inject("packageProblems")).toEqual([]);
  });

  test("is installed and shows its icon and views", async () => {
    await workbench().openActivity("Clever");
    await workbench().tree("Participation Reports").pane.waitFor();
    await workbench().screenshots("sidebar");
  });

  test("offers its commands in the palette", async () => {
    const titles = await workbench().commandsFor("Clever: ");
    expect(titles).toContain("Clever: Show Log");
    expect(titles).toContain("Clever: Try It with a Sample District");
  });

  test("a webview opens next to it, and is found by its content", async () => {
    const page = path.join(workbench().folder ?? "", "notes.md");
    await writeFile(page, "# A heading to find\n");
    await workbench().page.keyboard.press("ControlOrMeta+p");
    await workbench().quickInput.fill("notes.md");
    await workbench().quickInput.choose("notes.md");
    await workbench().runCommand("Markdown: Open Preview");
    const preview = await workbench().webview("h1");
    expect(await preview.locator("h1").textContent()).toBe("A heading to find");
  });
});

describe("the window that `npm start` and F5 open", () => {
  const variable = "CLEVER_LAKE_TRY_SAMPLE";
  const workbench = scene(() => ({ env: { [variable]: "1" } }));

  test("starts with the sample district", async () => {
    await workbench().openActivity("Clever Lake");
    await workbench().tree("Participation Reports").row("daily-participation").waitFor();
    const root = path.resolve(__dirname, "../..");
    for (const file of [".vscode/launch.json", "scripts/start.ts"])
      expect(await readFile(path.join(root, file), "utf8"), file).toMatch(new RegExp(`${variable}"?: "1"`));
  });
});
