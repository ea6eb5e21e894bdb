import assert from "node:assert/strict";
import { copyFile, readdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { commands } from "vscode";
import type { RepairSummary } from "../../../src/engine/messages/messages";
import { activeApplication } from "../application";
import { District } from "../district";
import { Person } from "../person";
import { linesOf } from "../trees";

suite("repairing another program's changes", function () {
  this.timeout(180_000);
  let district: District;
  let person: Person;
  let table: string;

  suiteSetup(async () => {
    district = await District.serve({ students: 10, days: 2 });
    table = path.join(district.lake, "stage2p/clever/daily_participation_pseudo");
    await district.connect();
    const { runs } = await activeApplication();
    assert.ok(await runs.run({ command: "run" }));
  });

  suiteTeardown(() => district.end());

  setup(() => {
    person = new Person();
  });

  teardown(() => person.leave());

  const repair = () => commands.executeCommand<RepairSummary | undefined>("clever.repair");

  /** Adds the rows of a data file again, like a program that does not know ours. */
  async function appendAgain(): Promise<void> {
    const log = path.join(table, "_delta_log");
    const commits = (await readdir(log)).filter((name) => /^\d+\.json$/.test(name)).sort();
    const lines = (await readFile(path.join(log, commits[0] ?? ""), "utf8")).trimEnd().split("\n");
    const actions = lines.map((line) => JSON.parse(line) as { add?: { path: string; tags?: unknown } });
    const add = actions.find((action) => action.add)?.add;
    assert.ok(add);
    const copy = add.path.replace(/part-[^/]*$/, "part-of-another-program.snappy.parquet");
    await copyFile(
      path.join(table, decodeURIComponent(add.path)),
      path.join(table, decodeURIComponent(copy)),
    );
    const info = { operation: "WRITE", engineInfo: "Apache-Spark/3.5.3" };
    const news = [{ commitInfo: info }, { add: { ...add, path: copy, tags: undefined } }];
    const next = `${String(commits.length).padStart(20, "0")}.json`;
    await writeFile(path.join(log, next), `${news.map((action) => JSON.stringify(action)).join("\n")}\n`);
  }

  test("finds nothing to repair if no other program wrote", async () => {
    assert.equal(await repair(), undefined);
    assert.match(person.shown.at(-1)?.message ?? "", /^There is nothing to repair/);
  });

  test("shows what it would do, changes nothing if cancelled, and repairs if confirmed", async () => {
    await appendAgain();
    const { runs } = await activeApplication();
    assert.ok(await runs.run({ command: "run" }));
    assert.match(
      person.shown.at(-1)?.message ?? "",
      /Another program \(Apache-Spark\/3\.5\.3\) changed its rows: WRITE\./,
    );
    assert.ok(person.shown.at(-1)?.choices.includes("Repair…"));

    const { lakeTree, model } = await activeApplication();
    await model.loaded();
    const changed = (await linesOf(lakeTree)).filter(({ context }) => context === "lake.table.changed");
    assert.deepEqual(
      changed.map(({ label, description }) => [label, description]),
      [["daily_participation_pseudo", "changed by another program"]],
    );
    assert.equal(await repair(), undefined);
    const asked = person.shown.at(-1);
    assert.equal(asked?.modal, true);
    assert.equal(asked?.message, "Rebuild 1 table from the landed files?");
    assert.match(asked?.detail ?? "", /^\d{4}-\d\d: \d+ → \d+ rows$/m);
    assert.deepEqual(asked?.choices, ["Repair"]);

    person.answer(/^Rebuild/, "Repair");
    const done = await repair();
    assert.equal(done?.tables.length, 1);
    assert.match(person.shown.at(-1)?.message ?? "", /^Rebuilt from the landed files: 1 table\.$/);
    await commands.executeCommand("clever.verify");
    assert.equal(person.saw(/^No discrepancies found/).length, 1);
  });
});
