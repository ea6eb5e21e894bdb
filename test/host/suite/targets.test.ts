import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { commands, workspace } from "vscode";
import { activeApplication, until } from "../application";
import { District, setSetting } from "../district";
import { settingsOfTheUser } from "../manifest";
import { Person } from "../person";
import { SilentServer } from "../silentServer";

const question = /no longer match the server and lake of your connection\.$/;

suite("where secrets and data go", function () {
  this.timeout(120_000);
  let district: District;
  let person: Person;

  suiteSetup(async () => {
    district = await District.serve({ students: 20, days: 1 });
  });
  suiteTeardown(() => district.end());

  setup(async () => {
    person = new Person();
    await district.connect();
  });

  teardown(async () => {
    person.leave();
  });

  // The folder's own settings name a server, a lake and more: see `hostile` in sessions.ts.
  test("is not set by a folder's settings, even if the folder is trusted", () => {
    assert.equal(workspace.isTrusted, true);
    assert.equal(workspace.getConfiguration("files").get("eol"), "\r\n");
    for (const key of [
      ...["host", "port", "username", "root", "privateKeyPath", "hostKey"].map((name) => `sftp.${name}`),
      ...["lake.url", "lake.auth", "saltKeyVaultUrl", "minimumGroupSize", "sampleDistrict"],
    ]) {
      assert.ok(settingsOfTheUser().includes(key), key);
      const { globalValue, defaultValue } = workspace.getConfiguration("clever").inspect(key) ?? {};
      assert.deepEqual(workspace.getConfiguration("clever").get(key), globalValue ?? defaultValue, key);
    }
  });

  test("is confirmed before anything is sent to another server, after a user action in this window", async () => {
    const { model, reportsTree } = await activeApplication();
    await using other = await SilentServer.start();
    await setSetting("sftp.port", other.port);
    // Background work does not ask: otherwise every open window would.
    await assert.rejects(
      () => model.connected(),
      (error: unknown) => error instanceof Error && "code" in error && error.code === "config",
    );
    await reportsTree.getChildren();
    await until("the listing has failed", () => model.state === "failed");
    assert.deepEqual(person.shown, []);

    // Concurrent requests share one confirmation.
    await Promise.all([1, 2].map(() => commands.executeCommand("clever.testConnection")));
    const [shown, ...others] = person.saw(question);
    assert.deepEqual(others, []);
    assert.equal(shown?.modal, true);
    assert.match(shown?.detail ?? "", new RegExp(`Server now: .*:${other.port}`));
    assert.equal(other.connections, 0);

    // A no is kept until something is asked for.
    await assert.rejects(() => model.connected());
    assert.equal(person.saw(question).length, 1);
    await commands.executeCommand("clever.testConnection");
    assert.equal(person.saw(question).length, 2);
    assert.equal(other.connections, 0);

    // Back at the original target, no confirmation is needed.
    await setSetting("sftp.port", district.sshd.port);
    await model.refresh();
    assert.equal(model.state, "loaded");
    assert.equal(person.saw(question).length, 2);
  });

  test("is confirmed even if no secret is stored, as with an SSH agent", async () => {
    const { secrets } = await activeApplication();
    await using other = await SilentServer.start();
    person.answer(/Remove the stored credentials/, "Remove");
    await commands.executeCommand("clever.forgetCredentials");
    assert.deepEqual((await secrets.readBound()).secrets, {});
    await setSetting("sftp.port", other.port);
    await commands.executeCommand("clever.testConnection");
    assert.equal(person.saw(question).length, 1);
    assert.equal(other.connections, 0);
  });

  test("goes to the other server after the confirmation", async () => {
    await using other = await SilentServer.start();
    await setSetting("sftp.timeoutSeconds", 1);
    await setSetting("sftp.port", other.port);
    person.answer(question, "Connect There");
    await commands.executeCommand("clever.refresh");
    await setSetting("sftp.timeoutSeconds", undefined);
    assert.ok(other.connections > 0);
    assert.equal(person.saw(question).length, 1);
  });

  test("reports are listed again after a settings change", async () => {
    const { model } = await activeApplication();
    await model.refresh();
    assert.equal(model.newCount, 6);
    await setSetting("sftp.timeoutSeconds", 30);
    assert.notEqual(model.state, "unknown");
    await until("the reports are listed again", () => model.newCount === 6);
    await setSetting("sftp.timeoutSeconds", undefined);
    await until("the reports are listed again", () => model.newCount === 6);
  });

  test("is confirmed before anything is written to another lake", async () => {
    const elsewhere = path.join(district.reports, "..", "elsewhere");
    await setSetting("lake.url", pathToFileURL(elsewhere).href);
    await commands.executeCommand("clever.run");
    assert.match(person.saw(question)[0]?.detail ?? "", /Lake now: .*elsewhere/);
    assert.equal(existsSync(elsewhere), false);
  });
});
