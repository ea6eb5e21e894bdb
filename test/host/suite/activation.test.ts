import assert from "node:assert/strict";
import path from "node:path";
import { extensions, version } from "vscode";
import { activeApplication } from "../application";

suite("activation", () => {
  const extension = extensions.getExtension("clever-lake.clever-lake");

  test("the extension is found by this VS Code", () => {
    assert.ok(extension, `not found in VS Code ${version}`);
  });

  test("it activates, starts no engine and loads no other file", async () => {
    const { client } = await activeApplication();
    assert.equal(extension?.isActive, true);
    assert.equal(client.pid, undefined);
    const own = path.join(extension?.extensionPath ?? "", "dist") + path.sep;
    const loaded = Object.keys(require.cache).filter((file) => file.startsWith(own));
    assert.deepEqual(
      loaded.map((file) => path.basename(file)),
      ["extension.js"],
    );
  });
});
