import assert from "node:assert/strict";
import { cp, readdir } from "node:fs/promises";
import path from "node:path";
import { commands, extensions, type QuickPickItem, workspace } from "vscode";
import type { AdoptSummary } from "../../../src/engine/messages/messages";
import { adoptionPage } from "../../../src/ui/pages/adoptionPage";
import { activeApplication } from "../application";
import { District } from "../district";
import { Person } from "../person";

suite("adopting a lake that OEA wrote", function () {
  this.timeout(120_000);
  let district: District;
  let person: Person;

  suiteSetup(async () => {
    district = await District.serve({ students: 5, days: 2 });
    const extension = extensions.getExtension("clever-lake.clever-lake");
    await cp(path.join(extension?.extensionPath ?? "", "test/fixtures/lakes/oea"), district.lake, {
      recursive: true,
    });
    await district.connect();
  });

  suiteTeardown(() => district.end());

  setup(() => {
    person = new Person();
  });

  teardown(() => person.leave());

  const adopt = () => commands.executeCommand<AdoptSummary | undefined>("clever.adopt");
  const tables = async () => (await readdir(path.join(district.lake, "stage2p/clever"))).sort();

  test("a run is refused, with a button that adopts the lake", async () => {
    const { runs } = await activeApplication();
    assert.equal(await runs.run({ command: "run" }), undefined);
    const [message] = person.shown;
    assert.equal(message?.kind, "error");
    assert.match(message?.message ?? "", /OEA's own notebooks wrote this table; .*Clever: Adopt OEA's Lake/);
    assert.deepEqual(message?.choices, ["Retry", "Adopt OEA's Lake", "Show Log"]);
  });

  test("the views and the menu say so and offer it", async () => {
    const { model, lakeTree, reportsView } = await activeApplication();
    await model.refresh();
    assert.match(reportsView.message ?? "", /^OEA's own notebooks wrote this lake/);
    const [first] = await lakeTree.getChildren();
    assert.ok(first);
    assert.equal(lakeTree.getTreeItem(first).command?.command, "clever.adopt");
    let shown: readonly QuickPickItem[] = [];
    person.pick((items) => {
      shown = items;
      return undefined;
    });
    await commands.executeCommand("clever.showMenu");
    const labels = shown.map(({ label }) => label);
    assert.ok(labels.includes("Adopt OEA's Lake…") && !labels.includes("Run the Pipeline"), String(labels));
  });

  test("the connection test says so too", async () => {
    await commands.executeCommand("clever.testConnection");
    const message = person.shown.at(-1);
    assert.match(message?.message ?? "", /OEA's own notebooks wrote this lake/);
    assert.deepEqual(message?.choices, ["Adopt OEA's Lake"]);
  });

  test("shows what exists and what it would do, and changes nothing if cancelled", async () => {
    const before = await tables();
    assert.equal(await adopt(), undefined);
    const [asked] = person.shown;
    assert.equal(asked?.modal, true);
    assert.equal(asked?.message, "Adopt the lake that OEA wrote?");
    assert.match(asked?.detail ?? "", /^daily_participation_pseudo: 12 rows, 6 of them distinct$/m);
    assert.match(asked?.detail ?? "", /OEA landed 5 files, of which 3 are distinct\./);
    assert.match(asked?.detail ?? "", /without a salt/);
    assert.deepEqual(asked?.choices, ["Adopt"]);
    assert.deepEqual(await tables(), before);
  });

  test("adopts it, reports it, and compares OEA's rows with ours", async () => {
    person.answer(/^Adopt the lake/, "Adopt");
    const done = await adopt();
    assert.equal(done?.state, "adopted");
    const message = person.shown.at(-1);
    assert.equal(message?.kind, "information", message?.message);
    assert.match(message?.message ?? "", /^The lake was adopted: 3 of 5 .* Every distinct row/);
    assert.deepEqual(message?.choices, ["Show the Comparison", "Run the Pipeline"]);
    assert.deepEqual(await tables(), [
      "daily_participation_pseudo",
      "daily_participation_pseudo_oea",
      "resource_usage_pseudo",
      "resource_usage_pseudo_oea",
    ]);
    const page = await workspace.openTextDocument(adoptionPage());
    assert.match(page.getText(), /## daily\\?_participation\\?_pseudo/);
    assert.match(page.getText(), /\| 2024\\?-09 \| 12 \| 6 \| 6 \| 6 \|/);
    await commands.executeCommand("clever.verify");
    assert.equal(person.saw(/^No discrepancies found/).length, 1);
    await adopt();
    assert.match(person.shown.at(-1)?.message ?? "", /^This lake was adopted before\./);
    const { lakeTree, model, reportsView, runs } = await activeApplication();
    assert.ok(await runs.run({ command: "run" }));
    await model.loaded();
    assert.equal(reportsView.message, "");
    assert.ok((await lakeTree.getChildren()).every(({ kind }) => kind === "stage"));
  });
});
