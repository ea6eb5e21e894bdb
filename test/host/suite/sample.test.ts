import assert from "node:assert/strict";
import { commands, MarkdownString, workspace } from "vscode";
import { verify } from "../../../src/engine/messages/protocol";
import { isConnected, usesSample } from "../../../src/ui/connection/settings";
import type { LakeNode } from "../../../src/ui/trees/lakeTree";
import type { FileNode } from "../../../src/ui/trees/reportsTree";
import { activeApplication, killEngine, until } from "../application";
import { District, disconnect } from "../district";
import { Person } from "../person";

suite("the sample district", function () {
  this.timeout(120_000);
  let person: Person;

  setup(() => {
    person = new Person();
  });
  teardown(() => person.leave());
  suiteTeardown(disconnect);

  test("connects with its own server and lake, and its reports are new", async () => {
    const { model, reportsTree } = await activeApplication();
    await commands.executeCommand("clever.trySample");
    await until("the reports are listed", () => model.state === "loaded");
    // The roster next to them is not a report.
    assert.equal(model.newCount, model.reports.length - 1);
    assert.ok(model.newCount > 60);
    assert.deepEqual(person.saw(/Its reports are new to the lake/)[0]?.choices, ["Run the Pipeline"]);
    const folders = await reportsTree.getChildren();
    assert.deepEqual(
      folders.map((node) => node.kind === "folder" && node.path),
      ["daily-participation", "resource-usage", "roster"],
    );
  });

  test("keeps its secrets out of the settings", async () => {
    const { model } = await activeApplication();
    const { password, salt } = (await model.connected()).secrets;
    assert.ok(password && salt);
    const settings = JSON.stringify(workspace.getConfiguration("clever"));
    assert.ok(!settings.includes(password) && !settings.includes(salt));
  });

  test("a run that is stopped is completed by the next one", async () => {
    const { model, runs } = await activeApplication();
    const run = runs.run({ command: "run" });
    await until("the run has begun", () => runs.running !== undefined && /\d/.test(runs.running));
    runs.cancel();
    assert.equal(await run, undefined);
    assert.ok(await runs.run({ command: "run" }));
    await until("every report is anonymized", () =>
      model.reports.every(({ report, state }) => report === undefined || state === "anonymized"),
    );
  });

  test("a run that finds nothing new says so and changes nothing", async () => {
    const { runs } = await activeApplication();
    const summary = await runs.run({ command: "run" });
    assert.equal(summary?.landed, 0);
    assert.equal(summary?.anonymized, 0);
  });

  test("the lake shows its tables, and the runs are listed", async () => {
    const { lakeTree, runsTree } = await activeApplication();
    const stages = await lakeTree.getChildren();
    const tables = await Promise.all(stages.map((stage) => lakeTree.getChildren(stage)));
    const names = tables.flat().flatMap((node: LakeNode) => (node.kind === "table" ? [node.table.name] : []));
    assert.deepEqual(names.sort(), [
      "_ingest_log",
      "daily_participation_lookup",
      "daily_participation_pseudo",
      "resource_usage_lookup",
      "resource_usage_pseudo",
      "students_pseudo",
    ]);
    const runs = await runsTree.getChildren();
    assert.ok(runs.length >= 2);
  });

  test("says that its reports are new only while they are", async () => {
    await commands.executeCommand("clever.trySample");
    const shown = person.shown.map(({ message, choices }) => [message, ...choices]);
    assert.deepEqual(shown, [["The sample district is connected."]]);
  });

  test("a report shows where it landed, and can be revealed in the lake", async () => {
    const { lakeTree, model, reportsTree } = await activeApplication();
    const [item] = model.reports;
    assert.ok(item?.landed);
    const node: FileNode = { kind: "file", item };
    const { tooltip, accessibilityInformation } = reportsTree.resolveTreeItem(
      reportsTree.getTreeItem(node),
      node,
    );
    assert.ok(tooltip instanceof MarkdownString);
    assert.match(tooltip.value, new RegExp(item.landed.sha256));
    assert.match(accessibilityInformation?.label ?? "", /anonymized/);
    const found = await lakeTree.find(item.landed.landedPath);
    assert.equal(found?.kind === "landed" && found.file.path, item.landed.landedPath);
  });

  test("an engine that dies during a run is restarted, and the run is completed", async () => {
    const { client, model, runs } = await activeApplication();
    await commands.executeCommand("clever.verify");
    const { pid } = client;
    const lost = assert.rejects(
      client.request(verify, await model.connected()),
      /while it was verifying the lake/,
    );
    await killEngine();
    await lost;
    // The sample's server ran in the engine: it restarts with the next request.
    await until("the reports are listed again", async () => {
      await model.refresh().catch(() => undefined);
      return model.state === "loaded";
    });
    assert.notEqual(client.pid, pid);
    assert.ok(await runs.run({ command: "run" }));
  });

  test("can be left, and there is no connection, as before", async () => {
    await commands.executeCommand("clever.leaveSample");
    assert.equal(isConnected(), false);
    assert.deepEqual(person.saw(/left the sample district/)[0]?.choices, ["Connect"]);
  });

  test("replaces a connection only after a confirmation, and restores it unchanged", async () => {
    await using district = await District.serve({ students: 20, days: 1 });
    await district.connect();
    const { model, secrets } = await activeApplication();
    const settings = () => {
      const { sftp, lake } = workspace.getConfiguration().get<{ sftp: object; lake: object }>("clever") ?? {};
      return JSON.stringify([sftp, lake]);
    };
    const before = { settings: settings(), stored: await secrets.readBound() };
    const question = /Use the sample district instead of your connection/;
    await commands.executeCommand("clever.trySample");
    assert.equal(usesSample(), false);
    assert.equal(person.saw(question)[0]?.modal, true);

    person.answer(question, "Use the Sample District");
    await commands.executeCommand("clever.trySample");
    assert.equal(usesSample(), true);
    assert.ok(model.newCount + model.reports.length > 60);
    // The stored secrets are the connection's; the sample has none to change or show.
    person.shown.length = 0;
    for (const command of ["clever.changeCredentials", "clever.showSalt"]) {
      await commands.executeCommand(command);
    }
    assert.deepEqual(
      person.shown.map(({ choices }) => choices),
      [["Leave Sample District"], ["Leave Sample District"]],
    );
    assert.deepEqual({ settings: settings(), stored: await secrets.readBound() }, before);

    // The sample is connected now, so removing the connection removes the sample.
    await commands.executeCommand("clever.removeConnection");
    assert.equal(usesSample(), false);
    assert.deepEqual({ settings: settings(), stored: await secrets.readBound() }, before);
    assert.equal(model.newCount, 6);
  });
});
