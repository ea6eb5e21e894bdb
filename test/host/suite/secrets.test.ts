import assert from "node:assert/strict";
import { commands, workspace } from "vscode";
import { activeApplication } from "../application";
import { disconnect, setSetting } from "../district";
import { Person } from "../person";

const planted = {
  password: "planted-password-91c7",
  passphrase: "planted-passphrase-55d0",
  salt: "planted-salt-e83a",
  lakeAccountKey: "planted-key-77b1",
  lakeSas: "planted-sas-20f4",
};
const names = Object.keys(planted) as (keyof typeof planted)[];

suite("secrets", () => {
  let person: Person;

  setup(async () => {
    person = new Person();
    const { secrets } = await activeApplication();
    await secrets.write(planted);
  });

  teardown(async () => {
    person.leave();
    await disconnect();
  });

  test("are kept in the secret store and not in settings", async () => {
    const { secrets } = await activeApplication();
    assert.deepEqual((await secrets.readBound()).secrets, planted);
    const settings = JSON.stringify(workspace.getConfiguration());
    for (const name of names) assert.ok(!settings.includes(planted[name]), name);
  });

  test("are all forgotten together, without starting an engine", async () => {
    const { client, secrets } = await activeApplication();
    const { pid } = client;
    person.answer(/Remove the stored credentials/, "Remove");
    await commands.executeCommand("clever.forgetCredentials");
    assert.deepEqual((await secrets.readBound()).secrets, {});
    assert.equal(client.pid, pid);
    assert.equal(person.saw(/of this machine and profile have been removed/).length, 1);
    person.shown.length = 0;
    await commands.executeCommand("clever.forgetCredentials");
    assert.deepEqual(
      person.shown.map(({ modal, message }) => [modal, message]),
      [[false, "No credentials are stored for this machine and profile."]],
      "There is nothing to confirm.",
    );
  });

  test("are removed with the connection, after a confirmation", async () => {
    const { secrets } = await activeApplication();
    await setSetting("sftp.host", "127.0.0.1");
    await setSetting("sftp.username", "district");
    await setSetting("lake.url", "file:///nowhere");
    await commands.executeCommand("clever.removeConnection");
    assert.deepEqual(
      (await secrets.readBound()).secrets,
      planted,
      "Nothing goes while the question is not answered.",
    );
    person.answer(/Remove the connection and its credentials/, "Remove");
    await commands.executeCommand("clever.removeConnection");
    assert.deepEqual((await secrets.readBound()).secrets, {});
    assert.equal(workspace.getConfiguration("clever").get("sftp.host"), "");
    assert.equal(workspace.getConfiguration("clever").get("lake.url"), "");
    assert.ok(person.shown.every(({ modal }) => modal));
  });

  test("are changed one by one in a box that names their owner, and never shown", async () => {
    const { secrets } = await activeApplication();
    await setSetting("sftp.host", "127.0.0.1");
    await setSetting("sftp.port", 9);
    await setSetting("sftp.username", "district");
    await setSetting("lake.url", "file:///nowhere");
    person.pick((items) => items.find(({ label }) => /Password/.test(label))).type("planted-other");
    await commands.executeCommand("clever.changeCredentials");
    assert.deepEqual((await secrets.readBound()).secrets, { ...planted, password: "planted-other" });
    assert.equal(person.boxes[0]?.title, "Change: Password");
    assert.match(person.boxes[0]?.prompt ?? "", /district at 127\.0\.0\.1/);
    // An empty box removes nothing.
    assert.equal(await person.boxes[0]?.validateInput?.(" "), "A value is required.");
    // The prompt for a lake's key has the lake's name, and the key is stored as by the wizard.
    await setSetting("lake.url", "https://district.dfs.core.windows.net");
    await setSetting("lake.auth", "sharedKey");
    person.answer(/no longer match the server and lake/, "Connect There");
    person.pick((items) => items.find(({ label }) => /Account key/.test(label))).type(" planted-new-key ");
    person.shown.length = 0;
    await commands.executeCommand("clever.changeCredentials");
    assert.match(person.boxes.at(-1)?.prompt ?? "", /^For https:\/\/district\.dfs\.core\.windows\.net;/);
    assert.equal((await secrets.readBound()).secrets.lakeAccountKey, "planted-new-key");
    // The connection test failed; the messages contain no secret.
    assert.equal(person.shown.filter(({ kind }) => kind === "error").length, 1);
    assert.ok(!/planted/.test(JSON.stringify(person.shown)));
  });
});
