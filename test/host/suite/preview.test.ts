import assert from "node:assert/strict";
import { appendFile, cp, readdir, readFile } from "node:fs/promises";
import { userInfo } from "node:os";
import path from "node:path";
import { commands, extensions, window } from "vscode";
import type { ToPage } from "../../../src/protocol/preview";
import { previewStrings } from "../../../src/protocol/previewStrings";
import { previewViewType } from "../../../src/ui/preview/enginePreviews";
import { PreviewPanel } from "../../../src/ui/preview/PreviewPanel";
import { activeApplication, killEngine, until } from "../application";
import { District, setSetting } from "../district";
import { Person } from "../person";
import { type Tab, Tabs } from "../tabs";
import { nodeAt } from "../trees";

const monday = "daily-participation/2025-08-25-daily-participation-students.csv";

suite("a report's preview", function () {
  this.timeout(120_000);
  let tabs: Tabs<ToPage>;
  let district: District;
  let person: Person;

  suiteSetup(async () => {
    district = await District.serve({ students: 300, days: 1 });
    await appendFile(path.join(district.reports, monday), "2025-08-25,too,few\n");
    await district.connect();
    const { model } = await activeApplication();
    await model.refresh();
    tabs = new Tabs();
  });

  suiteTeardown(async () => {
    tabs.leave();
    await commands.executeCommand("workbench.action.closeAllEditors");
    await district.end();
  });

  setup(() => {
    person = new Person();
  });

  teardown(() => person.leave());

  async function openMonday(): Promise<Tab<ToPage>> {
    const { reportsTree } = await activeApplication();
    const node = await nodeAt(reportsTree, /^daily/, /^2025-08-25 students/);
    await commands.executeCommand("clever.preview", node);
    return tabs.newest();
  }

  test("opens once per report, with its rows including the refused one", async () => {
    const page = await openMonday();
    page.say({ type: "ready" });
    const { info, revealed, generation } = await page.hears("opened");
    assert.equal(revealed, false);
    assert.deepEqual(info.refused, [info.rowCount - 1]);
    assert.deepEqual((await page.hears("init")).file.path, monday);
    page.say({ type: "rows", generation, from: 0, count: 5 });
    const { rows } = await page.hears("rows");
    assert.equal(rows.length, 5);
    const identities = info.columns.map(({ identity }) => identity);
    for (const { cells } of rows) {
      assert.deepEqual(
        cells.map((cell) => cell === null),
        identities,
      );
    }
    assert.equal(await openMonday(), page, "A second click shows the same tab.");
  });

  /** The reveals recorded in the lake. */
  async function reveals(): Promise<{ path: string; origin: string; user: string }[]> {
    const folder = path.join(district.lake, "stage1np", "clever", "_reveals");
    const names = await readdir(folder).catch(() => []);
    return Promise.all(
      names.map(async (name) => JSON.parse(await readFile(path.join(folder, name), "utf8"))),
    );
  }

  test("reveals identities only after a confirmation, and masks them again without one", async () => {
    const page = await openMonday();
    page.say({ type: "reveal", on: true });
    await until("the question is asked", () => person.saw(/Show the identities in/).length === 1);
    assert.ok(person.shown[0]?.modal);
    assert.equal((await page.hears("opened")).revealed, false);

    person.answer(/Show the identities in/, "Reveal");
    const before = page.received.length;
    page.say({ type: "reveal", on: true });
    const opened = await page.hears("opened", before);
    assert.equal(opened.revealed, true);
    page.say({ type: "rows", generation: opened.generation, from: 0, count: 1 });
    const { rows } = await page.hears("rows", before);
    assert.ok(rows[0]?.cells.every((cell) => cell !== null));
    const noted = await reveals();
    assert.equal(noted.length, 1, "It is recorded once, and not for a refusal.");
    assert.equal(noted[0]?.path, monday);
    assert.equal(noted[0]?.origin, "server");
    assert.equal(noted[0]?.user, userInfo().username);
    const after = page.received.length;
    page.say({ type: "reveal", on: false });
    assert.equal((await page.hears("opened", after)).revealed, false);
    assert.equal(person.shown.length, 2);
  });

  test("survives the end of its engine", async () => {
    const { client } = await activeApplication();
    const page = await openMonday();
    const { generation } = await page.hears("opened");
    const { pid } = client;
    await killEngine();
    await until("the engine is gone", () => client.pid !== pid);
    const before = page.received.length;
    page.say({ type: "rows", generation, from: 0, count: 5 });
    const opened = await page.hears("opened", before);
    assert.ok(opened.generation > generation);
    page.say({ type: "rows", generation: opened.generation, from: 0, count: 5 });
    assert.equal((await page.hears("rows", before)).rows.length, 5);
  });

  test("is reread, masked, if another connection has a different file of the same name", async () => {
    const page = await openMonday();
    page.say({ type: "ready" });
    await page.hears("opened");
    person.answer(/^Show the identities/, "Reveal");
    const masked = page.received.length;
    page.say({ type: "reveal", on: true });
    assert.equal((await page.hears("opened", masked)).revealed, true);
    const before = page.received.length;
    await cp(path.join(district.reports, monday), path.join(district.reports, "other", monday));
    await appendFile(path.join(district.reports, "other", monday), "2025-08-25,too,few\n");
    await setSetting("sftp.root", `${district.reports}/other`);
    const { info, revealed } = await page.hears("opened", before);
    assert.deepEqual([info.refused.length, revealed], [2, false]);
    await setSetting("sftp.root", district.reports);
  });

  test("is reread, masked, if it is opened again after the report changed on the server", async () => {
    const { model } = await activeApplication();
    const page = await openMonday();
    page.say({ type: "ready" });
    const before = page.received.length;
    await openMonday();
    assert.ok(
      !page.received.slice(before).some(({ type }) => type === "opened"),
      "The same delivery is kept.",
    );
    await appendFile(path.join(district.reports, monday), "2025-08-25,too,few\n");
    await model.refresh();
    await openMonday();
    const { info, revealed } = await page.hears("opened", before);
    assert.deepEqual([info.refused.length, revealed], [2, false]);
  });

  test("is restored masked after a reload, and closes without a usable state", async () => {
    const { client, log, model } = await activeApplication();
    await commands.executeCommand("workbench.action.closeAllEditors");
    const extension = extensions.getExtension("clever-lake.clever-lake");
    assert.ok(extension);
    const ground = {
      client,
      log,
      model,
      extensionUri: extension.extensionUri,
      strings: previewStrings((text) => text, "en"),
    };
    const restore = (state: unknown) => {
      const panel = window.createWebviewPanel(previewViewType, "restored", -1);
      const shown = PreviewPanel.restore(panel, state, ground);
      return { shown, page: tabs.newest() };
    };
    const file = { path: monday, origin: "server", name: "a report" };
    const { shown, page } = restore({ file, row: 3, column: 1, scrollTop: 60, widths: {} });
    assert.ok(shown);
    const opened = await page.hears("opened");
    assert.equal(opened.revealed, false);
    assert.match(page.panel.webview.html, /default-src 'none'/);
    shown.dispose();

    let closed = 0;
    const nothing = window.createWebviewPanel(previewViewType, "restored", -1);
    nothing.onDidDispose(() => closed++);
    PreviewPanel.restore(nothing, { file: "?" }, ground);
    await until("the tab is closed", () => closed === 1);
  });
});
