import assert from "node:assert/strict";
import { mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { commands, env, Uri } from "vscode";
import { activeApplication, until } from "../application";
import { Boxes } from "../boxes";
import { District, salt } from "../district";
import { Person } from "../person";

suite("the salt", function () {
  this.timeout(120_000);
  let district: District;
  let person: Person;
  let boxes: Boxes;

  suiteSetup(async () => {
    district = await District.serve({ students: 20, days: 1 });
    await district.connect();
    const { runs } = await activeApplication();
    assert.ok(await runs.run({ command: "run" }));
  });
  suiteTeardown(() => district.end());

  setup(async () => {
    person = new Person();
    boxes = new Boxes();
    await district.connect();
  });

  teardown(() => {
    person.leave();
    boxes.leave();
  });

  const stored = async () => (await (await activeApplication()).secrets.readBound()).secrets.salt;
  const changing = () => {
    person.pick((items) => items.find(({ label }) => /Salt/.test(label)));
    return commands.executeCommand("clever.changeCredentials");
  };
  const box = () => boxes.next("the salt", ({ title }) => title === "Change Salt");

  test("is changed only to one that the lake accepts, and never to an empty one", async () => {
    const change = changing();
    const asked = await box();
    assert.equal(asked.password, true);
    for (const nothing of ["", "  "]) {
      asked.answer(nothing);
      await asked.refuses(/Enter a salt/);
    }
    asked.answer("another planted-salt");
    await asked.refuses(/pseudonymized with another salt/);
    assert.equal(await stored(), salt);
    asked.escape();
    await change;
    assert.equal(await stored(), salt);
    assert.equal(asked.disposed, true);
    assert.ok(!/planted/.test(JSON.stringify(person.shown)));
  });

  test("is replaced only after a confirmation that says what depends on it", async () => {
    await using empty = await District.serve({ students: 20, days: 1 });
    await empty.connect();
    const replace = async (answer: string | undefined) => {
      if (answer) person.answer(/Replace the stored salt/, answer);
      const change = changing();
      (await box()).answer("  planted-salt-of-another-kind\n");
      await change;
    };
    await replace(undefined);
    assert.equal(await stored(), salt);
    const [asked] = person.saw(/Replace the stored salt/);
    assert.equal(asked?.modal, true);
    assert.match(asked?.detail ?? "", /Without it, nobody can add to this lake/);
    await replace("Replace the Salt");
    assert.equal(await stored(), "planted-salt-of-another-kind");
  });

  test("is shown, copied and saved only after a confirmation", async () => {
    await env.clipboard.writeText("before");
    await commands.executeCommand("clever.showSalt");
    assert.equal(person.shown.length, 1);
    assert.ok(!JSON.stringify(person.shown).includes(salt));

    person.answer(/Show the salt on this screen/, "Show").answer(/The salt for/, "Copy the Salt");
    await commands.executeCommand("clever.showSalt");
    assert.equal(await env.clipboard.readText(), salt);
    assert.equal(person.saw(/The salt for/)[0]?.detail, salt);

    const file = path.join(district.reports, "..", "salt.txt");
    // An existing one, which others may read.
    await writeFile(file, "another", { mode: 0o644 });
    person.saveTo(Uri.file(file));
    person.answer(/Show the salt on this screen/, "Show").answer(/The salt for/, "Save to a File…");
    await commands.executeCommand("clever.showSalt");
    assert.equal(await readFile(file, "utf8"), `${salt}\n`);
    assert.equal((await stat(file)).mode & 0o077, 0);
  });

  test("is left in no other file if it cannot be saved", async () => {
    const folder = path.join(district.reports, "..", "saved");
    await mkdir(path.join(folder, "salt.txt"), { recursive: true });
    person.saveTo(Uri.file(path.join(folder, "salt.txt")));
    for (const _ of [1, 2]) {
      person.shown.length = 0;
      person.answer(/Show the salt on this screen/, "Show").answer(/The salt for/, "Save to a File…");
      await commands.executeCommand("clever.showSalt");
      assert.equal(person.saw(/The salt could not be written/).length, 1);
      assert.deepEqual(await readdir(folder), ["salt.txt"]);
    }
  });

  for (const [command, words] of [
    ["clever.forgetCredentials", /Remove the stored credentials/],
    ["clever.removeConnection", /Remove the connection and its credentials/],
  ] as const) {
    test(`is removed by ${command} only after a confirmation, which offers to save it first`, async () => {
      await commands.executeCommand(command);
      assert.equal(await stored(), salt);
      const [asked] = person.saw(words);
      assert.equal(asked?.modal, true);
      assert.match(asked?.detail ?? "", /Without it, nobody can add to this lake/);
      assert.ok(asked?.choices.includes("Show Salt…"));

      person.answer(words, "Show Salt…").answer(/Show the salt on this screen/, "Show");
      await commands.executeCommand(command);
      assert.equal(person.saw(/The salt for/).length, 1);
      assert.equal(await stored(), salt);

      person.answer(words, "Remove");
      await commands.executeCommand(command);
      await until("it is gone", async () => (await stored()) === undefined);
    });
  }
});
