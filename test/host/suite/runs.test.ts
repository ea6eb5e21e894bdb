import assert from "node:assert/strict";
import { rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { commands, type QuickPickItem, window, workspace } from "vscode";
import { verify } from "../../../src/engine/messages/protocol";
import { adoptionPage } from "../../../src/ui/pages/adoptionPage";
import { runPage } from "../../../src/ui/runs/runReport";
import { activeApplication, killEngine, until } from "../application";
import { District, salt, setSetting } from "../district";
import { Person } from "../person";
import { type Line, linesOf, nodeAt } from "../trees";

suite("runs", function () {
  this.timeout(180_000);
  let district: District;
  let person: Person;

  suiteSetup(async () => {
    district = await District.serve({ students: 1500, days: 12 });
    await district.connect();
  });

  suiteTeardown(() => district.end());

  setup(() => {
    person = new Person();
  });

  teardown(() => person.leave());

  test("need a salt, and offer to enter one", async () => {
    const { runs, secrets } = await activeApplication();
    await secrets.write({ salt: undefined });
    assert.equal(await runs.run({ command: "run" }), undefined);
    const [shown] = person.shown;
    assert.equal(shown?.kind, "error");
    assert.match(shown?.message ?? "", /no salt/);
    assert.ok(shown?.choices.includes("Change Salt or Credentials"));
    await secrets.write({ salt });
  });

  test("whose engine is killed report what was interrupted, and can be completed from that message", async () => {
    const { client, model, runs, runsTree } = await activeApplication();
    await model.refresh();
    const { pid } = client;
    assert.ok(pid);
    const kill = runs.onDidChange(() => {
      // By then, some rows have entered the tables, and others have not.
      if (/rows/.test(runs.running ?? "") && client.pid === pid) void killEngine();
    });
    person.answer(/while it was running the pipeline/, "Retry");
    assert.equal(await runs.run({ command: "run" }), undefined);
    kill.dispose();
    const shown = person.shown.filter(({ kind }) => kind === "error");
    assert.match(shown[0]?.message ?? "", /ended unexpectedly \(SIGKILL\) while it was running the pipeline/);
    assert.deepEqual(shown[0]?.choices, ["Retry", "Show Log"]);
    assert.equal(shown.length, 1, "It is reported once.");

    await until("the retried run is over", () => person.saw(/files ingested/).length === 1, 60);
    assert.notEqual(client.pid, pid);
    await model.refresh();
    assert.deepEqual([...new Set(model.reports.map(({ state }) => state))], ["anonymized"]);
    const { problems } = await client.request(verify, await model.connected());
    assert.deepEqual(problems, [], "No row is lost, none is there twice.");
    const outcomes = (await linesOf(runsTree)).map(({ description }) => description.split(" · ")[0]);
    assert.deepEqual(outcomes, ["done", "failed"]);
  });

  test("create no lake in place of one that is gone, unless the user repeats them", async () => {
    const { model, runs } = await activeApplication();
    const away = `${district.lake}-away`;
    await rename(district.lake, away);
    assert.equal(await runs.run({ command: "run" }), undefined);
    assert.match(person.shown[0]?.message ?? "", /There is no lake here/);
    await until("the list says so", () => model.lake.isNew);
    assert.equal((await runs.run({ command: "ingest", only: [] }))?.landed, 0);
    await rm(district.lake, { recursive: true, force: true });
    await rename(away, district.lake);
    await model.refresh();
  });

  test("that find nothing new say so, and offer no missing report to open", async () => {
    const { runs } = await activeApplication();
    const summary = await runs.run({ command: "run" });
    assert.equal(summary?.landed, 0);
    assert.deepEqual(
      person.shown.map(({ choices }) => choices),
      [[]],
    );
    const page = await workspace.openTextDocument(runPage(summary?.runId ?? ""));
    assert.match(page.getText(), /no record of this run/);
  });

  test("open as a report", async () => {
    const { runsTree } = await activeApplication();
    const node = await nodeAt(runsTree, /./);
    assert.ok(node.kind === "run");
    await commands.executeCommand("clever.openRun", node);
    const labels = () => window.tabGroups.all.flatMap((group) => group.tabs).map(({ label }) => label);
    await until("its tab says which", () =>
      labels().some((label) => /Run \d{4}-\d\d-\d\d \d\d:\d\d$/.test(label)),
    );
    const uri = runPage(node.run.runId);
    const text = (await workspace.openTextDocument(uri)).getText();
    assert.match(text, /\*\*done\*\*/);
    assert.match(text, /\| Files pseudonymized \| \d+ \|/);
    // Without an argument, the user is asked which one.
    let offered: readonly QuickPickItem[] = [];
    person.pick((items) => {
      offered = items;
      return items[0];
    });
    await commands.executeCommand("clever.openRun");
    const rows = (await linesOf(runsTree)).map(({ label, description }) => [
      label,
      description.split(" · ")[0],
    ]);
    assert.ok(rows.length >= 2);
    assert.deepEqual(
      offered.map(({ label, description }) => [label, description]),
      rows,
    );
    assert.deepEqual(person.shown, []);
  });

  test("whose report cannot be read show the reason, and the report once it is readable again", async () => {
    const { runsTree } = await activeApplication();
    const node = await nodeAt(runsTree, /./);
    assert.ok(node.kind === "run");
    await setSetting("lake.url", "ftp://somewhere");
    // A separate page: VS Code may still have the text that another test opened.
    const adoption = await workspace.openTextDocument(adoptionPage().with({ query: "again" }));
    assert.match(adoption.getText(), /^> .*clever\\\.lake\\\.url/);
    await commands.executeCommand("clever.openRun", node);
    const page = await workspace.openTextDocument(runPage(node.run.runId));
    await until("it says why", () => /^> .*clever\\\.lake\\\.url/.test(page.getText()));
    await district.connect();
    await until("it is shown", () => /\*\*done\*\*/.test(page.getText()));
  });

  test("that failed can be retried from the view", async () => {
    const { model, runs, runsTree } = await activeApplication();
    const name = "daily-participation/2025-10-06-daily-participation-staff.csv";
    const file = path.join(district.reports, name);
    await writeFile(
      file,
      "date,staff_id,clever_user_id,clever_school_id,school_name,active,num_logins,num_resources_accessed\n" +
        "2025-10-06,t1,65f0c1d2e3a4b5c6d7000001,school1,First,true,1,1\n",
    );
    await model.refresh();
    await writeFile(file, "a file that is no report\n");
    await runs.run({ command: "run", only: [name] });
    const failed = await nodeAt(runsTree, /./);
    assert.ok(failed.kind === "run");
    assert.equal(runsTree.getTreeItem(failed).contextValue, "run.failed");
    const runsBefore = (await runsTree.getChildren()).length;
    await commands.executeCommand("clever.retryRun", failed);
    assert.ok((await runsTree.getChildren()).length >= runsBefore);
    assert.equal(runs.running, undefined);
    assert.deepEqual(
      person.shown.filter(({ kind }) => kind === "error"),
      [],
    );
  });

  test("are listed as running from their beginning", async () => {
    await using fresh = await District.serve({ students: 1500, days: 12 });
    await fresh.connect();
    const { model, runs, runsTree } = await activeApplication();
    await model.refresh();
    const lists: Promise<Line[]>[] = [];
    const listing = runsTree.onDidChangeTreeData(() => {
      // The run cannot end before the list is there.
      if (lists.length === 0) fresh.sshd.pause();
      lists.push(linesOf(runsTree));
    });
    try {
      const run = runs.run({ command: "run" });
      await until("the view is refreshed", () => lists.length > 0);
      assert.notEqual(runs.running, undefined);
      assert.deepEqual(
        (await lists[0])?.map(({ description }) => description),
        ["running"],
      );
      runs.cancel();
      fresh.sshd.resume();
      await run;
      assert.equal(lists.length, 2, "It is refreshed once more, at the end.");
    } finally {
      fresh.sshd.resume();
      listing.dispose();
    }
  });
});
