import assert from "node:assert/strict";
import { appendFile, mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { commands, MarkdownString, type TreeDataProvider } from "vscode";
import { activeApplication } from "../application";
import { District } from "../district";
import { Person } from "../person";
import { type Line, linesOf, nodeAt } from "../trees";

const header =
  "date,sis_id,clever_user_id,clever_school_id,school_name,active,num_logins,num_resources_accessed";
const monday = "daily-participation/2025-08-25-daily-participation-students.csv";

suite("the reports of an OpenSSH server", function () {
  this.timeout(180_000);
  let district: District;
  let person: Person;

  suiteSetup(async () => {
    // 75 files in each folder, from 25 school days of August and September.
    district = await District.serve({ students: 20, days: 25 });
    await mkdir(path.join(district.reports, "notes"));
    await writeFile(path.join(district.reports, "notes", "read me.txt"), "Not a report.");
    await writeFile(path.join(district.reports, "top.csv"), "Not a report either.");
    await district.connect();
  });

  suiteTeardown(() => district.end());

  setup(() => {
    person = new Person();
  });

  teardown(() => person.leave());

  test("are grouped by month if a folder has more than 60, newest first", async () => {
    const { model, reportsTree } = await activeApplication();
    await model.refresh();
    const lines = await linesOf(reportsTree);
    assert.deepEqual(
      lines.filter(({ depth }) => depth === 0).map(({ label }) => label),
      ["daily-participation", "notes", "resource-usage", "top.csv"],
    );
    assert.deepEqual(
      childrenOf(lines, "daily-participation").map(({ label }) => label),
      ["September 2025", "August 2025"],
    );
    const september = childrenOf(lines, "daily-participation", "September 2025").map(({ label }) => label);
    assert.deepEqual(september, [...september].sort(newestFirst));
    assert.deepEqual(
      childrenOf(lines, "daily-participation", "August 2025")
        .slice(-3)
        .map(({ label }) => label),
      ["2025-08-25 staff", "2025-08-25 students", "2025-08-25 teachers"],
    );
    assert.equal(lines.filter(({ context }) => context === "report.new").length, 150);
    assert.equal(model.newCount, 150);
  });

  test("show their states as words, and files that are not reports", async () => {
    const { reportsTree } = await activeApplication();
    const lines = await linesOf(reportsTree);
    assert.match(lineOf(lines, "top.csv").description, /^not a report$/);
    assert.match(lineOf(lines, "read me.txt").description, /^not a report$/);
    assert.match(lineOf(lines, "2025-08-25 students").description, /^new$/);
  });

  test("are in the lake, anonymized or new after a partial ingestion", async () => {
    const { model, reportsTree } = await activeApplication();
    const august = await nodeAt(reportsTree, /^daily/, /^August/);
    await commands.executeCommand("clever.ingestSelected", august, [august]);
    await model.refresh();
    const ingested = await linesOf(reportsTree);
    assert.equal(ingested.filter(({ context }) => context === "report.landed").length, 15);
    const one = await nodeAt(reportsTree, /^daily/, /^August/, /^2025-08-25 students/);
    await commands.executeCommand("clever.runSelected", one, [one]);
    await model.refresh();
    const lines = await linesOf(reportsTree);
    assert.match(lineOf(lines, "2025-08-25 students").description, /^anonymized/);
    assert.match(lineOf(lines, "2025-08-26 students").description, /^in the lake/);
    assert.match(lineOf(lines, "2025-09-01 students", "2025-09-02 students").description, /^new/);
    const done = await nodeAt(reportsTree, /^daily/, /^August/, /^2025-08-25 students/);
    const { tooltip } = reportsTree.resolveTreeItem(reportsTree.getTreeItem(done), done);
    assert.ok(tooltip instanceof MarkdownString);
    const facts = tooltip.value.replaceAll("\\", "");
    for (const fact of ["Path", "Landed", "Run", "SHA-256", "Rows read", "Rows written"]) {
      assert.ok(facts.includes(`**${fact}** `), `${fact} is among ${facts}`);
    }
    // Existing files are not ingested again.
    await commands.executeCommand("clever.runSelected", done, [done]);
    assert.equal(person.saw(/already in the lake/).length, 1);
  });

  test("that changed on the server are marked, and their rows are replaced", async () => {
    const { model, reportsTree, runs } = await activeApplication();
    const file = path.join(district.reports, monday);
    const lastRow = (await readFile(file, "utf8")).trimEnd().split("\n").at(-1) ?? "";
    await appendFile(
      file,
      `${lastRow.replace(/^([^,]*),[^,]*,[^,]*/, "$1,sis-late,65f0c1d2e3a4b5c6d7aaaaaa")}\n`,
    );
    await model.refresh();
    assert.match(lineOf(await linesOf(reportsTree), "2025-08-25 students").description, /^changed$/);
    const summary = await runs.run({ command: "run", only: [monday] });
    assert.deepEqual(
      { landed: summary?.landed, anonymized: summary?.anonymized },
      { landed: 1, anonymized: 1 },
    );
    await model.refresh();
    assert.match(lineOf(await linesOf(reportsTree), "2025-08-25 students").description, /^anonymized/);
  });

  test("with bad rows are quarantined with the reason until accepted", async () => {
    const { model, reportsTree, reportsView, runs } = await activeApplication();
    const bad = "daily-participation/2025-10-06-daily-participation-students.csv";
    const rows = [
      "2025-10-06,s1,65f0c1d2e3a4b5c6d7000001,school1,First,true,1,1",
      "2025-10-06,s2,65f0c1d2e3a4b5c6d7000002,school1,First,true,planted-value,1",
    ];
    await writeFile(path.join(district.reports, bad), `${[header, ...rows].join("\n")}\n`);
    await runs.run({ command: "run", only: [bad] });
    const [shown] = person.saw(/1 file went into quarantine: .*2025-10-06.*: Line 3, num_logins: /);
    assert.deepEqual(shown?.choices, ["Open File", "Open Run Report"]);
    await model.refresh();
    const node = await nodeAt(reportsTree, /^daily/, /^October/, /^2025-10-06 students/);
    const item = reportsTree.resolveTreeItem(reportsTree.getTreeItem(node), node);
    assert.equal(item.contextValue, "report.quarantined.acceptable");
    assert.equal(item.description, "quarantined");
    assert.equal(model.counts.quarantined, 1);
    assert.match(reportsView.badge?.tooltip ?? "", /^1 quarantined, \d+ new, \d+ not anonymized$/);
    person.shown.length = 0;
    await commands.executeCommand("clever.verify");
    assert.match(person.shown[0]?.message ?? "", /^No discrepancies found.* 1 file is in quarantine/);
    assert.equal(person.shown[0]?.kind, "warning");
    assert.ok(item.tooltip instanceof MarkdownString);
    assert.match(item.tooltip.value.replaceAll("\\", ""), /Line 3, num_logins/);
    assert.ok(
      !JSON.stringify([item, person.shown]).includes("planted-value"),
      "no value of the file is shown",
    );

    await commands.executeCommand("clever.acceptFile", node);
    await model.refresh();
    assert.match(lineOf(await linesOf(reportsTree), "2025-10-06 students").description, /^quarantined/);
    person.answer(/Accept .* without its bad rows/, "Accept Without the Bad Rows");
    await commands.executeCommand("clever.acceptFile", node);
    assert.equal(
      person.saw(/Accept .* without its bad rows/).every(({ modal }) => modal),
      true,
    );
    assert.equal(person.saw(/was accepted: 1 row written, 1 row refused\.$/).length, 1);
    await model.refresh();
    assert.match(lineOf(await linesOf(reportsTree), "2025-10-06 students").description, /^anonymized/);
    assert.equal(model.counts.quarantined, 0);
  });

  test("that cannot be read at all cannot be accepted", async () => {
    const { model, reportsTree, runs } = await activeApplication();
    const bad = "daily-participation/2025-10-07-daily-participation-students.csv";
    await writeFile(path.join(district.reports, bad), `${header.replace("active", "activ")}\n`);
    await runs.run({ command: "run", only: [bad] });
    assert.equal(person.saw(/Line 1, active: The column active is missing\./).length, 1);
    await model.refresh();
    const node = await nodeAt(reportsTree, /^daily/, /^October/, /^2025-10-07 students/);
    assert.equal(reportsTree.getTreeItem(node).contextValue, "report.quarantined");
    person.shown.length = 0;
    await commands.executeCommand("clever.acceptFile", node);
    assert.match(person.shown[0]?.message ?? "", /cannot be accepted .* The column active is missing/);
    assert.equal(person.shown.length, 1);

    await rm(path.join(district.reports, bad));
    await model.refresh();
    assert.match(
      lineOf(await linesOf(reportsTree), "2025-10-07 students").description,
      /^quarantined/,
      "It has left the server, and nobody has dealt with it.",
    );
    const gone = await nodeAt(reportsTree, /^daily/, /^October/, /^2025-10-07 students/);
    await commands.executeCommand("clever.dismissFile", gone);
    assert.equal(model.counts.quarantined, 1, "A dialog that is closed dismisses nothing.");
    person.answer(/^Dismiss .*\?$/, "Dismiss");
    await commands.executeCommand("clever.dismissFile", gone);
    assert.equal(model.counts.quarantined, 0);
    assert.ok(!model.reports.some(({ path: each }) => each === bad));
  });

  test("that failed show the reason until a run succeeds", async () => {
    const { model, reportsTree, reportsView, runs } = await activeApplication();
    const name = "daily-participation/2025-10-08-daily-participation-students.csv";
    const row = "2025-10-08,s1,65f0c1d2e3a4b5c6d7000001,school1,First,true,1,1";
    await writeFile(path.join(district.reports, name), `${header}\n${row}\n`);
    await runs.run({ command: "ingest", only: [name] });
    assert.deepEqual(
      person.saw(/1 file ingested/).map(({ choices }) => choices),
      [["Anonymize", "Open Run Report"]],
    );
    await model.refresh();
    const find = () => nodeAt(reportsTree, /^daily/, /^October/, /^2025-10-08 students/);
    const landed = await find();
    assert.ok(landed.kind === "file" && landed.item.landed);
    const place = path.join(district.lake, landed.item.landed.landedPath);
    await rename(place, `${place}.away`);
    await runs.run({ command: "anonymize", only: [name] });
    assert.equal(person.saw(/1 file failed: .*2025-10-08.* gone from the lake/).length, 1);
    await model.refresh();
    const item = reportsTree.getTreeItem(await find());
    assert.match(String(item.description), /^failed · .*gone from the lake/);
    assert.equal(item.contextValue, "report.landed");
    assert.match(item.accessibilityInformation?.label ?? "", /failed\. .*gone from the lake/);
    assert.match(reportsView.badge?.tooltip ?? "", /1 failed/);
    await rename(`${place}.away`, place);
    await runs.run({ command: "run", only: [name] });
    await model.refresh();
    assert.equal(reportsTree.getTreeItem(await find()).description, "anonymized");
  });

  test("can be revealed in the lake view", async () => {
    const { lakeTree, reportsTree } = await activeApplication();
    const node = await nodeAt(reportsTree, /^daily/, /^August/, /^2025-08-26 students/);
    await commands.executeCommand("clever.revealInLake", node);
    assert.ok(node.kind === "file" && node.item.landed);
    const landed = await lakeTree.find(node.item.landed.landedPath);
    assert.equal(landed?.kind, "landed");
    assert.deepEqual(person.shown, []);
  });

  test("in the lake have parents up to the root, so they can be revealed below collapsed rows", async () => {
    const { lakeTree } = await activeApplication();
    await assertParents(lakeTree);
  });

  test("keep their ids after a refresh, so expansion and selection persist", async () => {
    const { model, reportsTree, lakeTree, runsTree } = await activeApplication();
    for (const tree of [reportsTree, lakeTree, runsTree]) {
      const before = (await linesOf<never>(tree as never)).map(({ id }) => id);
      await commands.executeCommand("clever.refresh");
      await model.loaded();
      const after = (await linesOf<never>(tree as never)).map(({ id }) => id);
      assert.ok(before.length > 1);
      assert.deepEqual(after, before);
      assert.equal(new Set(after).size, after.length, "an id stands for one line");
      assert.ok(after.every((id) => id !== ""));
    }
  });

  test("reappear after the server was unreachable", async () => {
    const { model, reportsTree, reportsView } = await activeApplication();
    const before = await linesOf(reportsTree);
    const away = `${district.reports}-away`;
    await rename(district.reports, away);
    await commands.executeCommand("clever.refresh");
    assert.equal(model.state, "failed");
    assert.deepEqual(await linesOf(reportsTree), before, "What was seen last stays in view.");
    assert.match(reportsView.message ?? "", /^This list is from \d+:\d\d.*\. .+ Refresh to try again\.$/);
    const [shown] = person.shown.filter(({ kind }) => kind === "error");
    assert.match(shown?.message ?? "", /clever\.sftp\.root/);
    assert.ok(shown?.choices.includes("Retry"));
    await rename(away, district.reports);
    await commands.executeCommand("clever.refresh");
    assert.equal(model.state, "loaded");
    assert.equal(reportsView.message, "");
  });
});

/** Each row's parent is the row that it is listed below. */
async function assertParents<T>(tree: TreeDataProvider<T>, above?: T): Promise<void> {
  const idOf = async (node: T | null | undefined) => node && (await tree.getTreeItem(node)).id;
  for (const node of (await tree.getChildren(above)) ?? []) {
    assert.equal(await idOf(await tree.getParent?.(node)), await idOf(above));
    await assertParents(tree, node);
  }
}

suite("ten thousand files on the server", function () {
  this.timeout(300_000);
  let district: District;

  suiteSetup(async () => {
    district = await District.serve(undefined);
    const folder = path.join(district.reports, "daily-participation");
    await mkdir(folder);
    const first = Date.UTC(2016, 0, 1);
    for (let day = 0; day < 3_334; day++) {
      const date = new Date(first + day * 86_400_000).toISOString().slice(0, 10);
      await Promise.all(
        ["students", "teachers", "staff"].map((type) =>
          writeFile(path.join(folder, `${date}-daily-participation-${type}.csv`), `${header}\n`),
        ),
      );
    }
    await district.connect();
  });

  suiteTeardown(() => district.end());

  test("are listed, one level at a time, with stable ids", async () => {
    const { model, reportsTree } = await activeApplication();
    await model.refresh();
    assert.equal(model.reports.length, 10_002);
    assert.equal(model.newCount, 10_002);
    const [folder] = await reportsTree.getChildren();
    assert.ok(folder);
    const months = await reportsTree.getChildren(folder);
    assert.equal(months.length, 110);
    const sizes = await Promise.all(
      months.map(async (month) => (await reportsTree.getChildren(month)).length),
    );
    assert.equal(
      sizes.reduce((sum, size) => sum + size, 0),
      10_002,
    );
    assert.ok(Math.max(...sizes) <= 93);
    const before = (await linesOf(reportsTree)).map(({ id }) => id);
    await model.refresh();
    const after = (await linesOf(reportsTree)).map(({ id }) => id);
    assert.equal(after.length, 10_002 + 110 + 1);
    assert.deepEqual(after, before);
  });
});

function newestFirst(a: string, b: string): number {
  return b.slice(0, 10).localeCompare(a.slice(0, 10)) || a.localeCompare(b);
}

/** The line of the first label that exists. */
function lineOf(lines: readonly Line[], ...labels: readonly string[]): Line {
  const found = labels.flatMap((label) => lines.filter((line) => line.label === label)).at(0);
  assert.ok(found, `The tree has a line ${labels.join(" or ")}.`);
  return found;
}

/** The lines directly below the one at the end of a path of labels. */
function childrenOf(lines: readonly Line[], ...labels: readonly string[]): Line[] {
  let rest = [...lines];
  let depth = 0;
  for (const label of labels) {
    const start = rest.findIndex((line) => line.depth === depth && line.label === label);
    assert.ok(start >= 0, `The tree has a line ${label}.`);
    const behind = rest.slice(start + 1);
    const end = behind.findIndex((line) => line.depth <= depth);
    rest = end < 0 ? behind : behind.slice(0, end);
    depth++;
  }
  return rest.filter((line) => line.depth === depth);
}
