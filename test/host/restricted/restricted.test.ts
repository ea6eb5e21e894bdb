import assert from "node:assert/strict";
import { commands, workspace } from "vscode";
import { activeApplication, until } from "../application";
import { District, setSetting } from "../district";
import { manifest, settingsOfTheUser } from "../manifest";
import { Person } from "../person";

// The folder's own settings name a server, a lake and more: see `hostile` in sessions.ts.
suite("in Restricted Mode", function () {
  this.timeout(120_000);

  test("the folder is not trusted and has settings", () => {
    assert.equal(workspace.isTrusted, false);
    assert.equal(workspace.getConfiguration("files").get("eol"), "\r\n");
  });

  test("its settings of the server, the lake and automatic runs are ignored", async () => {
    await activeApplication();
    const { restrictedConfigurations } = manifest().capabilities.untrustedWorkspaces;
    const restricted = restrictedConfigurations.map((key) => key.replace(/^clever\./, ""));
    assert.ok(settingsOfTheUser().length >= 10);
    for (const name of [...restricted, ...settingsOfTheUser()]) {
      const settings = workspace.getConfiguration("clever");
      assert.deepEqual(settings.get(name), settings.inspect(name)?.defaultValue, name);
    }
  });

  test("nothing connects automatically, and no engine is started", async () => {
    const { client, lakeTree, model, reportsTree, runsTree } = await activeApplication();
    assert.equal(client.pid, undefined);
    for (const tree of [reportsTree, lakeTree, runsTree]) assert.deepEqual(await tree.getChildren(), []);
    assert.equal(model.state, "unknown");
  });

  test("the user's own connection is used only on request, and then works", async () => {
    const district = await District.serve({ students: 20, days: 1 });
    const person = new Person();
    try {
      const { client, lakeTree, model, reportsTree, runsTree } = await activeApplication();
      await district.connect();
      for (const tree of [reportsTree, lakeTree, runsTree]) assert.deepEqual(await tree.getChildren(), []);
      await setSetting("userTypes", ["students"]);
      assert.equal(model.state, "unknown");
      assert.equal(client.pid, undefined);

      await setSetting("userTypes", undefined);
      // As when VS Code restores a dashboard, a preview or a page.
      await assert.rejects(
        model.connected(),
        /^CleverLakeError: In Restricted Mode, nothing is loaded automatically/,
      );
      let shown = 0;
      const listening = model.onDidChangeLake(() => shown++);
      await model.loaded();
      // The first refresh, by any command, also loads the lake and its runs, whose views were empty.
      assert.equal(shown, 1);
      listening.dispose();
      await commands.executeCommand("clever.refresh");
      assert.equal(model.newCount, 6);
      assert.equal((await reportsTree.getChildren()).length, 2);
      await commands.executeCommand("clever.run");
      await until("all is in the lake", () => model.reports.every(({ state }) => state === "anonymized"));
      assert.equal(person.shown.filter(({ kind }) => kind === "error").length, 0);
    } finally {
      person.leave();
      await district.end();
    }
  });
});
