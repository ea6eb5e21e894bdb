import assert from "node:assert/strict";
import { readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { isDeepStrictEqual } from "node:util";
import { commands, EventEmitter, env, extensions, Uri, ViewColumn, window } from "vscode";
import { viewLink } from "../../../src/dashboard/export/viewLink";
import { openingFilter, openingView } from "../../../src/dashboard/opening";
import { maxSaved, type SavedChange } from "../../../src/dashboard/saved";
import { dashboard } from "../../../src/engine/messages/protocol";
import type { ToPage } from "../../../src/protocol/dashboard";
import { type DashboardContext, DashboardPanel } from "../../../src/ui/dashboard/DashboardPanel";
import type { DashboardSource } from "../../../src/ui/dashboard/DashboardSession";
import { activeApplication, killEngine, until } from "../application";
import { District, disconnect, setSetting } from "../district";
import { Person } from "../person";
import { type Tab, Tabs } from "../tabs";

suite("the dashboard", function () {
  this.timeout(120_000);
  let tabs: Tabs<ToPage>;
  let district: District;
  let person: Person;

  suiteSetup(async () => {
    // Another suite's dashboard may be open, and would be shown instead of this suite's.
    await commands.executeCommand("workbench.action.closeAllEditors");
    tabs = new Tabs();
    await disconnect();
    district = await District.serve({ students: 300, days: 3 });
  });

  suiteTeardown(async () => {
    tabs.leave();
    await setSetting("minimumGroupSize", undefined);
    await commands.executeCommand("workbench.action.closeAllEditors");
    await district.end();
  });

  setup(() => {
    person = new Person();
  });

  teardown(() => person.leave());

  async function open(): Promise<Tab<ToPage>> {
    await commands.executeCommand("clever.openDashboard");
    return tabs.newest();
  }

  /** What the page was last given. An event of an earlier setting may come late and give it once more. */
  function given(tab: Tab<ToPage>, from = 0) {
    return tab.received.slice(from).findLast((message) => message.type === "given");
  }

  async function close(tab: Tab<ToPage>): Promise<void> {
    await commands.executeCommand("workbench.action.closeAllEditors");
    await until("the tab is closed", () => tab.disposed);
  }

  test("without a connection opens no tab but offers to connect", async () => {
    await commands.executeCommand("clever.openDashboard");
    assert.equal(tabs.all.length, 0);
    assert.equal(person.saw(/There is no connection yet/).length, 1);
  });

  test("on an empty lake says so, and loads after the run that it offers", async () => {
    await district.connect();
    const tab = await open();
    tab.say({ type: "ready" });
    assert.deepEqual((await tab.hears("init")).filter, openingFilter);
    assert.match(tab.panel.webview.html, /default-src 'none'/);
    assert.equal((await tab.hears("empty")).noLakeAt, pathToFileURL(district.lake).href);
    tab.say({ type: "command", command: "run" });
    const newest = () => tab.received.findLast((message) => message.type === "answer");
    // An earlier answer may include only a part of the run's rows.
    await until("the last day is answered", () => newest()?.answer.to === "2025-08-27");
    const { answer } = await tab.hears("answer");
    assert.equal(answer.minimumGroupSize, 10);
    // Some of the 300 join later.
    assert.ok(Number(answer.cards.users.value) > 270);
  });

  test("opens once, answers queries, and applies a setting immediately", async () => {
    const tab = tabs.newest();
    assert.equal(await open(), tab);
    assert.equal(tabs.all.length, 1);
    const { answer: all } = await tab.hears("answer");
    const school = all.options.schools.find((name) => name !== null) ?? "";
    let before = tab.received.length;
    tab.say({ type: "ask", question: 1, filter: { ...openingFilter, schools: [school] } });
    const { question, answer } = await tab.hears("answer", before);
    assert.equal(question, 1);
    assert.deepEqual(
      answer.bySchool.map((each) => each.school),
      [school],
    );
    assert.ok(Number(answer.cards.users.value) < Number(all.cards.users.value));
    before = tab.received.length;
    await setSetting("minimumGroupSize", 20);
    assert.equal((await tab.hears("answer", before)).answer.minimumGroupSize, 20);
  });

  test("shows every number only after a confirmation, and otherwise reverts the setting", async () => {
    const tab = tabs.newest();
    let before = tab.received.length;
    await setSetting("minimumGroupSize", 0);
    await until("it is asked", () => person.shown.some(({ message }) => /individual people/.test(message)));
    await until("the setting is taken back", () => {
      const { minimumGroupSize } =
        tab.received.findLast((message) => message.type === "answer")?.answer ?? {};
      return minimumGroupSize === 10;
    });
    person.answer(/individual people/, "Show Every Number");
    before = tab.received.length;
    await setSetting("minimumGroupSize", 1);
    assert.equal((await tab.hears("answer", before)).answer.minimumGroupSize, 1);
    await setSetting("minimumGroupSize", undefined);
  });

  test("changes the division of people on request of its page", async () => {
    const tab = tabs.newest();
    const before = tab.received.length;
    tab.say({ type: "keepWhole", keep: "grades" });
    await until("it is divided so", () =>
      tab.received
        .slice(before)
        .some((message) => message.type === "answer" && message.answer.keepWhole === "grades"),
    );
    await setSetting("keepWhole", undefined);
  });

  test("has the district's current name", async () => {
    const tab = tabs.newest();
    await setSetting("districtName", "Eastfield Unified");
    await until("the page has it", () => given(tab)?.district === "Eastfield Unified");
    await setSetting("districtName", undefined);
  });

  test("rejects messages that its own page would not send", async () => {
    const tab = tabs.newest();
    const before = tab.received.length;
    tab.say({ type: "ask", question: 2, filter: { ...openingFilter, schools: "all" } });
    tab.say({ type: "save", file: { kind: "html", name: "../../x.html", content: "" } });
    tab.say("run");
    tab.say({ type: "copyFilter", filter: openingFilter, question: null });
    await tab.hears("notice", before);
    const heard = tab.received.slice(before);
    assert.equal(heard.filter(({ type }) => type === "notice").length, 1);
    // The answer for an earlier setting may still arrive.
    assert.ok(heard.every((each) => !("question" in each) || each.question !== 2));
    assert.match(await env.clipboard.readText(), /^[\w-]+:\/\/clever-lake\.clever-lake\/dashboard\?filter=/);
  });

  test("says which file could not be written", async () => {
    const tab = tabs.newest();
    const blocked = `${district.lake}-file`;
    await writeFile(blocked, "");
    const file = Uri.file(path.join(blocked, "table.csv"));
    person.saveTo(file);
    tab.say({ type: "save", file: { kind: "csv", name: "table.csv", content: "a" } });
    await until("it is said", () => person.saw(/could not be written/).length === 1);
    const [shown] = person.saw(/could not be written/);
    assert.equal(
      shown?.message,
      `${file.fsPath}: The file could not be written. Check that its folder exists and is writable.`,
    );
  });

  test("offers to open what it saved", async () => {
    const tab = tabs.newest();
    const file = Uri.file(`${district.lake}-table.csv`);
    person.saveTo(file);
    tab.say({ type: "save", file: { kind: "csv", name: "table.csv", content: "school,people\n" } });
    await until("it is said", () => person.saw(/table\.csv was saved/).length === 1);
    // These tests' VS Code runs on a server, whose folders the user's file manager does not show.
    assert.deepEqual(person.saw(/was saved/)[0]?.choices, ["Open"]);
    assert.equal(await readFile(file.fsPath, "utf8"), "school,people\n");
  });

  test("opens with the filter of a link, at the front and in the background", async () => {
    const { dashboards } = await activeApplication();
    const tab = tabs.newest();
    const filter = { ...openingFilter, range: { from: "2025-08-25", to: "2025-08-26" } };
    const before = tab.received.length;
    tab.say({ type: "copyFilter", filter, question: "neverActive" });
    await tab.hears("notice", before);
    const link = Uri.parse(await env.clipboard.readText());
    await dashboards.openLink(link);
    const pasted = await tab.hears("pasted", before);
    assert.deepEqual([pasted.filter, pasted.question], [filter, "neverActive"]);
    await close(tab);
    await dashboards.openLink(link);
    const again = tabs.newest();
    assert.notEqual(again, tab);
    assert.equal((await again.hears("answer")).answer.to, "2025-08-26");
    // Its page is still loading: it starts with the newest link's filter.
    const { search } = new URL(viewLink("x:/", { filter: openingFilter, question: "lastMonth" }));
    await dashboards.openLink(link.with({ query: search.slice(1) }));
    again.say({ type: "ready" });
    const { filter: started, asked } = await again.hears("init");
    assert.deepEqual([started, asked], [openingFilter, "lastMonth"]);
    await dashboards.openLink(link.with({ query: "filter=x" }));
    assert.equal(person.saw(/The link is damaged/).length, 1);
  });

  test("keeps saved groups and views for their lake only, after it was closed too", async () => {
    const tab = tabs.newest();
    const saved = {
      groups: [{ name: "North side", schools: ["North High", null] }],
      views: [
        { name: "Teachers", filter: { ...openingFilter, userTypes: ["teachers" as const] }, question: null },
      ],
    };
    tab.say({ type: "keepSaved", change: saved });
    tab.say({ type: "keepSaved", change: { ...saved, groups: "none" } });
    await close(tab);
    const again = await open();
    const savedNow = async () => {
      const before = again.received.length;
      again.say({ type: "ready" });
      return (await again.hears("init", before)).saved;
    };
    assert.deepEqual(await savedNow(), saved);
    await setSetting("lake.url", "ftp://somewhere");
    // An open page gets what is saved for the other lake, and changes only that.
    await until("nothing is saved for the other lake", () =>
      isDeepStrictEqual(given(again)?.saved, { groups: [], views: [] }),
    );
    const south = { name: "South side", schools: ["South High"] };
    again.say({ type: "keepSaved", change: { groups: [south] } });
    assert.deepEqual(await savedNow(), { groups: [south], views: [] });
    again.say({ type: "keepSaved", change: { forget: { groups: [south.name] } } });
    assert.deepEqual(await savedNow(), { groups: [], views: [] });
    await district.connect();
    assert.deepEqual(await savedNow(), saved);
    // Another window's page that was opened before this one saved anything does not remove it.
    again.say({ type: "keepSaved", change: { groups: [south] } });
    assert.deepEqual(await savedNow(), { groups: [saved.groups[0], south], views: saved.views });
    again.say({
      type: "keepSaved",
      change: { forget: { groups: ["North side", south.name], views: ["Teachers"] } },
    });
    assert.deepEqual(await savedNow(), { groups: [], views: [] });
  });

  test("says that a saved view was replaced, or was not saved because there are too many", async () => {
    const tab = tabs.newest();
    const view = (at: number) => ({ name: `View ${at}`, filter: openingFilter, question: null });
    const views = Array.from({ length: maxSaved }, (_, at) => view(at));
    const keeps = async (change: SavedChange, count: number, ...notices: string[]) => {
      const before = tab.received.length;
      tab.say({ type: "keepSaved", change });
      await until(`${count} views are saved`, () => {
        const received = tab.received.slice(before);
        const told = received.flatMap((each) => (each.type === "notice" ? [each.text] : []));
        return given(tab, before)?.saved.views.length === count && isDeepStrictEqual(told, notices);
      });
    };
    await keeps({ views }, maxSaved);
    await keeps(
      { views: [view(maxSaved)] },
      maxSaved,
      "Not saved: at most 200 groups and 200 views can be saved for a lake. Forget one first.",
    );
    await keeps({ views: [view(0)] }, maxSaved, "The item previously saved as View 0 was replaced.");
    await keeps({ forget: { views: views.map(({ name }) => name) } }, 0);
  });

  test("can be closed during a query without an error, and reopened", async () => {
    const tab = tabs.newest();
    tab.say({ type: "ask", question: 3, filter: { ...openingFilter, range: { preset: "all" } } });
    await close(tab);
    const { length } = tab.received;
    const again = await open();
    assert.notEqual(again, tab);
    await again.hears("answer");
    assert.equal(tab.received.length, length);
    assert.deepEqual(person.shown, []);
  });

  test("survives the end of its engine, reports an invalid setting, and offers to connect if nothing is", async () => {
    const { client } = await activeApplication();
    const tab = tabs.newest();
    const { pid } = client;
    let before = tab.received.length;
    await killEngine();
    await until("the engine is gone", () => client.pid !== pid);
    tab.say({ type: "retry" });
    await tab.hears("answer", before);
    before = tab.received.length;
    for (const start of ["13-01", 801]) {
      await setSetting("schoolYearStart", start);
      assert.match((await tab.hears("failed", before)).message, /^clever\.schoolYearStart: /);
      before = tab.received.length;
    }
    await setSetting("schoolYearStart", undefined);
    await tab.hears("answer", before);
    before = tab.received.length;
    // The lake has changed then, so it is queried again automatically.
    await setSetting("lake.url", "ftp://somewhere");
    const { message, fix } = await tab.hears("failed", before);
    assert.match(message, /clever\.lake\.url/);
    assert.equal(fix, "retry");
    before = tab.received.length;
    await disconnect();
    await until("it offers to connect", () =>
      tab.received.slice(before).some((each) => each.type === "failed" && each.fix === "connect"),
    );
    await close(tab);
    await district.connect();
  });

  test("lists files in quarantine, even while the server is being listed", async () => {
    const { model, runs } = await activeApplication();
    const name = "2025-08-26-daily-participation-students (1).csv";
    await writeFile(path.join(district.reports, "daily-participation", name), "nonsense\n1\n");
    const tab = await open();
    await runs.run({ command: "run", only: [`daily-participation/${name}`] });
    const newest = () => tab.received.findLast((message) => message.type === "answer");
    await until("it is listed", () => newest()?.answer.quarantined?.includes(name) === true);
    const before = tab.received.length;
    const looking = model.refresh();
    tab.say({ type: "retry" });
    assert.deepEqual((await tab.hears("answer", before)).answer.quarantined, [name]);
    await looking;
    await close(tab);
  });

  test("says that another program changed rows, until the lake is repaired", async () => {
    const { model } = await activeApplication();
    const table = path.join(district.lake, "stage2p/clever/daily_participation_pseudo");
    const log = path.join(table, "_delta_log");
    const commits = (await readdir(log)).filter((name) => /^\d+\.json$/.test(name)).sort();
    const actions = (await readFile(path.join(log, commits[0] ?? ""), "utf8")).trimEnd().split("\n");
    const add = actions.find((line) => line.startsWith('{"add"'));
    assert.ok(add);
    const { path: file } = (JSON.parse(add) as { add: { path: string } }).add;
    const tab = await open();
    tab.say({ type: "ready" });
    assert.equal((await tab.hears("answer")).answer.rowsChanged, false);
    const commit = path.join(log, `${String(commits.length).padStart(20, "0")}.json`);
    const remove = { path: file, dataChange: true };
    await writeFile(commit, `{"commitInfo":{"operation":"DELETE"}}\n${JSON.stringify({ remove })}\n`);
    await model.refresh();
    const newest = () => tab.received.findLast((message) => message.type === "answer");
    await until("it says so", () => newest()?.answer.rowsChanged === true);
    await rm(commit);
    await model.refresh();
    await until("it no longer says so", () => newest()?.answer.rowsChanged === false);
    await close(tab);
  });

  test("says that a table is gone, instead of showing nothing, until it is there again", async () => {
    const log = path.join(district.lake, "stage2p/clever/daily_participation_pseudo/_delta_log");
    const tab = await open();
    tab.say({ type: "ready" });
    const { answer } = await tab.hears("answer");
    await rename(log, `${log}-away`);
    // The engine checks the tables at most once a second.
    await sleep(1_100);
    const before = tab.received.length;
    tab.say({ type: "retry" });
    const { message } = await tab.hears("failed", before);
    assert.match(message, /daily_participation_pseudo: The table is gone/);
    await rename(`${log}-away`, log);
    tab.say({ type: "retry" });
    const { cards } = (await tab.hears("answer", before)).answer;
    assert.deepEqual(cards.users, answer.cards.users);
    await close(tab);
  });

  test("says that the lake is gone, until its disk is mounted again", async () => {
    const tab = await open();
    tab.say({ type: "ready" });
    const { answer } = await tab.hears("answer");
    await rename(district.lake, `${district.lake}-away`);
    await sleep(1_100);
    const before = tab.received.length;
    tab.say({ type: "retry" });
    assert.equal((await tab.hears("empty", before)).noLakeAt, pathToFileURL(district.lake).href);
    await rename(`${district.lake}-away`, district.lake);
    await sleep(1_100);
    tab.say({ type: "retry" });
    assert.deepEqual((await tab.hears("answer", before)).answer.cards.users, answer.cards.users);
    await close(tab);
  });

  test("is restored once after a reload with its filters, and opens as new without a usable state", async () => {
    const filter = { ...openingFilter, userTypes: ["teachers" as const] };
    const state = { filter, view: openingView, scrollTop: 40 };
    const restored = DashboardPanel.restore(newTab(), state, await ground());
    assert.ok(restored);
    const tab = tabs.newest();
    tab.say({ type: "ready" });
    assert.deepEqual((await tab.hears("init")).filter, filter);
    assert.deepEqual((await tab.hears("answer")).answer.filter, filter);
    assert.equal(DashboardPanel.restore(newTab(), state, await ground()), undefined);
    await until("the second tab is closed", () => tabs.newest().disposed);
    restored.dispose();
    await until("the first tab is closed", () => tab.disposed);
    const fresh = DashboardPanel.restore(newTab(), { filter: "?" }, await ground());
    tabs.newest().say({ type: "ready" });
    assert.deepEqual((await tabs.newest().hears("init")).filter, openingFilter);
    fresh?.dispose();
  });

  test("cancels its query when closed", async () => {
    let asked: AbortSignal | undefined;
    const source: DashboardSource = {
      ask: (_, signal) => {
        asked = signal;
        return new Promise((_resolve, reject) => {
          signal.addEventListener("abort", () => reject(signal.reason));
        });
      },
    };
    const panel = DashboardPanel.open({ ...(await ground()), source });
    const tab = tabs.newest();
    assert.equal(asked?.aborted, false);
    const { length } = tab.received;
    await close(tab);
    assert.equal(asked.aborted, true);
    assert.equal(tab.received.length, length);
    panel.dispose();
  });

  function newTab() {
    return window.createWebviewPanel(DashboardPanel.viewType, "restored", ViewColumn.Active);
  }

  /** The options of the extension's own panel. */
  async function ground(): Promise<DashboardContext> {
    const { client, log, model } = await activeApplication();
    const extension = extensions.getExtension("clever-lake.clever-lake");
    assert.ok(extension);
    const source: DashboardSource = {
      ask: async (filter, signal, onProgress) => {
        const params = {
          filter,
          minimumGroupSize: 10,
          keepWhole: "schools" as const,
          schoolYearStart: "08-01",
          isListed: true,
          cacheFolder: district.cache,
        };
        return client.request(dashboard, { ...(await model.connected()), ...params }, { signal, onProgress });
      },
    };
    return {
      model,
      log,
      extensionUri: extension.extensionUri,
      link: "vscode://clever-lake.clever-lake/dashboard",
      source,
      state: { keys: () => [], get: () => undefined, update: async () => undefined },
      onDidChange: new EventEmitter<void>().event,
    };
  }
});
