import assert from "node:assert/strict";
import { cp, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { commands, env, extensions, workspace } from "vscode";
import { lookupTable, saltFingerprintPath } from "../../../src/clever/layout";
import { reports } from "../../../src/clever/reports";
import type { SampleServer } from "../../../src/engine/messages/messages";
import { startSample } from "../../../src/engine/messages/protocol";
import { activeApplication, until } from "../application";
import { type Box, Boxes } from "../boxes";
import { disconnect, setSetting } from "../district";
import { Person } from "../person";

const size = { students: 20, teachers: 2, staff: 2, schools: 1, days: 1 };

/** What is done in a step's box. */
type Act = readonly [step: number, act: (box: Box) => void];

suite("the wizard", function () {
  this.timeout(120_000);
  let folder: string;
  let server: SampleServer;
  let person: Person;
  let boxes: Boxes;

  suiteSetup(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "clever-lake-wizard-"));
    const { client } = await activeApplication();
    server = await client.request(startSample, { folder, size });
  });
  suiteTeardown(async () => {
    await disconnect();
    await commands.executeCommand("clever.forgetCredentials");
    await rm(folder, { recursive: true, force: true });
  });

  setup(() => {
    person = new Person();
    boxes = new Boxes();
  });
  teardown(() => {
    person.leave();
    boxes.leave();
  });

  const host = () => workspace.getConfiguration("clever").get("sftp.host");
  /** Answers the steps before the password. */
  const toThePassword = async () => {
    (await boxes.step(1)).answer(server.host);
    (await boxes.step(2)).answer(String(server.port));
    (await boxes.step(3)).choose(/Trust this key/);
    (await boxes.step(4)).answer(server.username);
    (await boxes.step(5)).choose(/Password/);
    return boxes.step(6);
  };

  test("saves nothing and shows no error, whatever step it is left at", async () => {
    const { secrets } = await activeApplication();
    const toTheLake: Act[] = [
      [1, (box) => box.answer(server.host)],
      [2, (box) => box.answer(String(server.port))],
      [3, (box) => box.choose(/Trust this key/)],
      [4, (box) => box.answer(server.username)],
      [5, (box) => box.choose(/Password/)],
      [6, (box) => box.answer(server.password)],
    ];
    const toTheSalt: Act[] = [
      [8, (box) => box.choose(/Type a folder's path/)],
      [8, (box) => box.answer(path.join(folder, "left-lake"))],
    ];
    const toTheKey: Act[] = [
      [8, (box) => box.choose(/Azure Data Lake Storage/)],
      [8, (box) => box.choose(/Type the lake's address/)],
      [8, (box) => box.answer("https://district.dfs.core.windows.net")],
      [8, (box) => box.choose(/Account key/)],
    ];
    /** Answers these steps, then presses Escape in the next one. */
    const leave = async (acts: readonly Act[], last: number) => {
      const wizard = commands.executeCommand("clever.connect");
      for (const [step, act] of acts) act(await boxes.step(step));
      (await boxes.step(last)).escape();
      await wizard;
      assert.equal(host(), "");
      assert.deepEqual((await secrets.readBound()).secrets, {});
      assert.deepEqual(person.shown, []);
    };
    const lasts = [1, 2, 3, 4, 5, 6, 8];
    for (const [count, last] of lasts.entries()) await leave(toTheLake.slice(0, count), last);
    await leave([...toTheLake, ...toTheSalt.slice(0, 1)], 8);
    for (const way of [/Paste the district's salt/, /Read it from a key vault/])
      await leave([...toTheLake, ...toTheSalt, [9, (box) => box.choose(way)]], 9);
    for (let count = 1; count <= toTheKey.length; count++)
      await leave([...toTheLake, ...toTheKey.slice(0, count)], 8);
    // Also forgets the unfinished answers.
    await commands.executeCommand("clever.forgetCredentials");
  });

  test("asks to trust the server's key before anything is sent to it, and detects a wrong password immediately", async () => {
    const wizard = commands.executeCommand("clever.connect");
    const password = await toThePassword();
    password.answer("planted-mistake");
    await password.refuses(/refused the password of the account district/);
    assert.equal(password.disposed, false);
    assert.ok(password.buttons.some(({ tooltip }) => tooltip === "Show Log"));
    password.answer(server.password);
    await boxes.step(8);
    (await boxes.step(8)).escape();
    await wizard;
    assert.equal(host(), "");
    assert.deepEqual(person.shown, []);
  });

  test("does not ask again what was answered before it was cancelled", async () => {
    const wizard = commands.executeCommand("clever.connect");
    for (const [step, value] of [
      [1, server.host],
      [2, String(server.port)],
    ] as const) {
      const box = await boxes.step(step);
      assert.equal(box.value, value);
      box.accept();
    }
    const trust = await boxes.step(3);
    assert.match(trust.items[0]?.description ?? "", /trusted before/);
    trust.choose(/Trust this key/);
    (await boxes.step(4)).accept();
    (await boxes.step(5)).choose(/Password/);
    const password = await boxes.step(6);
    assert.equal(password.value, server.password);
    password.goBack();
    await boxes.step(5);
    (await boxes.step(5)).goBack();
    // One user's answers are not proposed for another user.
    (await boxes.step(4)).answer("somebody");
    (await boxes.step(5)).choose(/Password/);
    assert.equal((await boxes.step(6)).value, "");
    (await boxes.step(6)).escape();
    await wizard;
  });

  test("stops at an error of the lake, shows it in full, and returns to that step", async () => {
    await writeFile(path.join(folder, "no-folder"), "");
    person.answer(/./, "Go Back");
    const wizard = commands.executeCommand("clever.connect");
    (await toThePassword()).answer(server.password);
    (await boxes.step(8)).choose(/Type a folder's path/);
    (await boxes.step(8)).answer(path.join(folder, "no-folder", "lake"));
    await until("the failure is shown", () => person.shown.length === 1);
    const [shown] = person.shown;
    assert.deepEqual(
      { kind: shown?.kind, modal: shown?.modal, choices: shown?.choices },
      { kind: "error", modal: true, choices: ["Try Again", "Go Back", "Show Log"] },
    );
    (await boxes.step(8)).escape();
    await wizard;
  });

  test("does not connect with a new salt before it is saved", async () => {
    const handedOver = /Keep the new salt like a password/;
    await env.clipboard.writeText("before");
    const wizard = commands.executeCommand("clever.connect");
    (await toThePassword()).answer(server.password);
    (await boxes.step(8)).choose(/Type a folder's path/);
    (await boxes.step(8)).answer(path.join(folder, "own-lake"));
    (await boxes.step(9)).choose(/Generate a new salt/);
    await until("the salt is handed over", () => person.saw(handedOver).length === 1);
    assert.equal(person.shown[0]?.modal, true);
    // If it is closed without a choice, it asks again, and the salt is not used yet.
    const again = await boxes.step(9);
    assert.equal(host(), "");
    person.answer(handedOver, "Save to a File…");
    again.choose(/Use the new salt/);
    // The file dialog is closed as well.
    await until("the salt is handed over again", () => person.saw(handedOver).length === 3);
    person.answer(handedOver, "Copy the Salt");
    (await boxes.step(9)).choose(/Use the new salt/);
    await wizard;
    assert.equal(host(), server.host);
    const { salt, password } = (await (await activeApplication()).secrets.readBound()).secrets;
    assert.equal(await env.clipboard.readText(), salt);
    assert.equal(password, server.password);
    assert.equal(person.saw(/^Connected: /).length, 1);
    assert.ok(!JSON.stringify(person.shown).includes(salt ?? "?"));
  });

  test("detects a salt other than the lake's as soon as it is pasted", async () => {
    const { runs } = await activeApplication();
    assert.ok(await runs.run({ command: "run" }));
    const wizard = commands.executeCommand("clever.connect");
    (await toThePassword()).accept();
    (await boxes.step(8)).choose(/As it is/);
    const salt = await boxes.step(9);
    assert.ok(!salt.items.some(({ label }) => /Generate a new salt/.test(label)));
    salt.choose(/Paste/);
    const pasted = await boxes.step(9);
    pasted.answer("planted-salt-of-somebody");
    await pasted.refuses(/pseudonymized with another salt/);
    pasted.escape();
    await wizard;
  });

  test("warns that no run accepts the salt of a lake that lost the proof of it", async () => {
    const lake = path.join(folder, "unproven-lake");
    await cp(path.join(folder, "own-lake"), lake, { recursive: true });
    const proofs = [saltFingerprintPath, ...Object.values(reports).map(lookupTable)];
    for (const proof of proofs) await rm(path.join(lake, proof), { recursive: true });
    const { salt = "" } = (await (await activeApplication()).secrets.readBound()).secrets;
    const wizard = commands.executeCommand("clever.connect");
    (await toThePassword()).accept();
    (await boxes.step(8)).choose(/Type a folder's path/);
    (await boxes.step(8)).answer(lake);
    (await boxes.step(9)).choose(/Paste/);
    (await boxes.step(9)).answer(salt);
    await wizard;
    const [connected] = person.saw(/^Connected: /);
    assert.equal(connected?.kind, "warning");
    assert.match(connected?.message ?? "", /no run accepts the salt/);
    assert.deepEqual(connected?.choices, []);
  });

  test("offers to adopt a lake that OEA wrote, with a new salt", async () => {
    const lake = path.join(folder, "oea-lake");
    const extension = extensions.getExtension("clever-lake.clever-lake");
    await cp(path.join(extension?.extensionPath ?? "", "test/fixtures/lakes/oea"), lake, { recursive: true });
    person.answer(/Keep the new salt like a password/, "Copy the Salt");
    person.answer(/^Replace the stored salt/, "Replace the Salt");
    const wizard = commands.executeCommand("clever.connect");
    (await toThePassword()).accept();
    (await boxes.step(8)).choose(/Type a folder's path/);
    (await boxes.step(8)).answer(lake);
    (await boxes.step(9)).choose(/Generate a new salt/);
    await wizard;
    const [connected] = person.saw(/^Connected: /);
    assert.equal(connected?.kind, "warning");
    assert.match(connected?.message ?? "", /OEA's own notebooks wrote this lake/);
    assert.deepEqual(connected?.choices, ["Adopt OEA's Lake"]);
  });

  test("proposes the connection after the credentials are forgotten, even if another setting is invalid", async () => {
    person.answer(/^Remove the stored credentials/, "Remove");
    await commands.executeCommand("clever.forgetCredentials");
    await setSetting("maxShrink", 150);
    const wizard = commands.executeCommand("clever.connect");
    for (const value of [server.host, String(server.port)]) {
      const box = await boxes.next(value, (each) => each.value === value && !each.busy);
      box.done = true;
      box.accept();
    }
    const trust = await boxes.step(3);
    assert.match(trust.items[0]?.description ?? "", /trusted before/);
    trust.choose(/Trust this key/);
    const user = await boxes.step(4);
    assert.equal(user.value, server.username);
    user.accept();
    const way = await boxes.step(5);
    assert.match(way.activeItems[0]?.label ?? "", /Password/);
    way.escape();
    await wizard;
    await setSetting("maxShrink", undefined);
    // Also forgets the unfinished answers.
    person.answer(/^Remove the stored credentials/, "Remove");
    await commands.executeCommand("clever.forgetCredentials");
  });

  test("proposes the settings as they are now, not as they were when it was cancelled", async () => {
    const firstStep = async (host: string) => {
      const wizard = commands.executeCommand("clever.connect");
      const box = await boxes.next("the host", (each) => each.value === host && !each.busy);
      box.escape();
      await wizard;
    };
    await firstStep(server.host);
    await setSetting("sftp.host", "elsewhere.invalid");
    await firstStep("elsewhere.invalid");
    await setSetting("sftp.host", server.host);
  });

  test("warns about a key other than the one trusted before", async () => {
    await setSetting("sftp.hostKey", `SHA256:${"A".repeat(43)}`);
    const wizard = commands.executeCommand("clever.connect");
    (await boxes.step(1)).accept();
    (await boxes.step(2)).accept();
    const trust = await boxes.step(3);
    assert.match(
      trust.placeholder,
      /^127\.0\.0\.1 presents a different key from the one that you trusted before\./,
    );
    trust.escape();
    await wizard;
  });
});
