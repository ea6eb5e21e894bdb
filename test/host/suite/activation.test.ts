import assert from "node:assert/strict";
import { extensions, version } from "vscode";

suite("activation", () => {
  const extension = extensions.getExtension("clever-lake.clever-lake");

  test("the extension is found by this VS Code", () => {
    assert.ok(extension, `not found in VS Code ${version}`);
  });

  test("it activates", async () => {
    await extension?.activate();
    assert.equal(extension?.isActive, true);
  });
});
