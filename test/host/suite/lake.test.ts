import assert from "node:assert/strict";
import { commands, Uri, window, workspace } from "vscode";
import { activeApplication, until } from "../application";
import { District } from "../district";
import { Person } from "../person";
import { linesOf, nodeAt } from "../trees";

suite("the lake view", function () {
  this.timeout(180_000);
  let district: District;
  let person: Person;

  suiteSetup(async () => {
    district = await District.serve({ students: 30, days: 3 });
    await district.connect();
    const { runs } = await activeApplication();
    await runs.run({ command: "run" });
  });

  suiteTeardown(async () => {
    await commands.executeCommand("workbench.action.closeAllEditors");
    await district.end();
  });

  setup(() => {
    person = new Person();
  });

  teardown(() => person.leave());

  test("shows stages, tables with rows, version and last change, and landed files by run", async () => {
    const { lakeTree } = await activeApplication();
    const lines = await linesOf(lakeTree);
    assert.deepEqual(
      lines.filter(({ depth }) => depth === 0).map(({ label, description }) => [label, description]),
      [
        ["stage1np", "contains identities"],
        ["stage2np", "contains identities"],
        ["stage2p", "pseudonymized"],
      ],
    );
    const table = lines.find(({ label }) => label === "daily_participation_pseudo");
    assert.match(table?.description ?? "", /^\d+ rows · version \d+ · /);
    const landings = lines.findIndex(({ label }) => label === "Landed files");
    assert.ok(landings > 0);
    assert.equal(lines.filter(({ context }) => context === "lake.file").length, 18);
  });

  test("opens the ingest log directly, as what happened to each file, newest first", async () => {
    const { lakeTree } = await activeApplication();
    const node = await nodeAt(lakeTree, /^stage1np/, /^_ingest_log/);
    await commands.executeCommand("clever.openLakeItem", node);
    assert.deepEqual(person.shown, []);
    await until("its page is open", () => openLabels().some((label) => /_ingest_log/.test(label)));
    const text = await pageOf("stage1np/clever/_ingest_log");
    const entries = /## Newest entries\n\n([\s\S]*?)\n\n/.exec(text)?.[1]?.split("\n") ?? [];
    assert.equal(entries[0], "| Time | File | Outcome | Rows | Refused | Reason or note |");
    assert.equal(entries.length, 2 + 18);
    assert.match(entries[2] ?? "", /\d+:\d\d.* \| .*\.csv<\/nobr> \| anonymized \| \d+ \| 0 \|/);
    assert.ok(!/not pseudonymized/.test(text));
  });

  test("opens a pseudonymized table directly: rows, columns, months and commits", async () => {
    const { lakeTree } = await activeApplication();
    const node = await nodeAt(lakeTree, /^stage2p$/, /^daily_participation_pseudo/);
    await commands.executeCommand("clever.openLakeItem", node);
    assert.deepEqual(person.shown, []);
    await until("its page is open", () =>
      openLabels().some((label) => /daily_participation_pseudo/.test(label)),
    );
    const text = await pageOf("stage2p/clever/daily_participation_pseudo");
    assert.match(text, /Version \d+: \d+ rows in (1 data file|\d+ data files),/);
    assert.match(text, /## Columns[\s\S]*sis_id_pseudonym \| string/);
    assert.match(text, /month \| integer \| partition/);
    assert.match(text, /year=2025, month=8/);
    assert.match(text, /## Last commits[\s\S]*\| 0 \|/);
    const firstRows = /## First rows of the newest month\n\n([\s\S]*?)\n\n/.exec(text)?.[1] ?? "";
    assert.equal(firstRows.split("\n").length, 2 + 20);
  });

  test("shows no rows of a table with identities, so it needs no confirmation", async () => {
    const { lakeTree } = await activeApplication();
    const node = await nodeAt(lakeTree, /^stage2np/, /^daily_participation_lookup/);
    await commands.executeCommand("clever.openLakeItem", node);
    assert.deepEqual(person.shown, []);
    await until("its page is open", () =>
      openLabels().some((label) => /daily_participation_lookup/.test(label)),
    );
    const text = await pageOf("stage2np/clever/daily_participation_lookup");
    assert.match(text, /no rows of it are shown/);
    assert.ok(!/First rows/.test(text));
    assert.match(text, /sis_id \| string/);
  });

  test("previews a landed file directly, since it is masked", async () => {
    const { lakeTree } = await activeApplication();
    const node = await nodeAt(lakeTree, /^stage1np/, /^Landed/, /./, / students$/);
    assert.ok(node.kind === "landed");
    await commands.executeCommand("clever.openLakeItem", node);
    const name = node.file.path.slice(node.file.path.lastIndexOf("/") + 1);
    assert.deepEqual(person.shown, []);
    await until("its preview is open", () => openLabels().includes(name));
  });
});

function openLabels(): string[] {
  return window.tabGroups.all.flatMap((group) => group.tabs).map(({ label }) => label);
}

async function pageOf(table: string): Promise<string> {
  const uri = Uri.from({ scheme: "clever-table", path: `/${table}` });
  const text = (await workspace.openTextDocument(uri)).getText();
  // As displayed: without the backslashes that make it plain text.
  return text.replace(/\\(?=[!-/:-@[-`{-~])/g, "");
}
