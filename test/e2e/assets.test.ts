import { describe, expect, test } from "vitest";
import { assetNames } from "../../src/assets/asset";
import { scene } from "./driver/scene";

describe("files for other products", () => {
  const workbench = scene();

  test("are picked from a list that describes each", async () => {
    await workbench().openActivity("Clever Lake");
    await workbench().tree("Participation Reports").welcome("Try It with a Sample District").click();
    await workbench().notifications.shows("The sample district is connected");
    await workbench().notifications.clear();
    await workbench().runCommand("Clever: Create Analytics Assets…");
    await expect.poll(() => workbench().quickInput.labels()).toHaveLength(assetNames.length);
    expect(await workbench().quickInput.labels()).toContain("Pipeline and deployment");
    await workbench().screenshot("assets-pick");
    await workbench().quickInput.cancel();
  });
});
