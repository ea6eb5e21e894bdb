import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { readdir, rm, utimes, writeFile } from "node:fs/promises";
import path from "node:path";
import { ConfigurationTarget, commands, workspace } from "vscode";
import type {
  ActivitySummary,
  GroupsSummary,
  OptimizeSummary,
  VacuumSummary,
} from "../../../src/engine/messages/messages";
import { activeApplication } from "../application";
import { District } from "../district";
import { Person } from "../person";

suite("optimize and vacuum", function () {
  this.timeout(180_000);
  let district: District;
  let person: Person;
  let month: string;

  suiteSetup(async () => {
    district = await District.serve({ students: 30, days: 6 });
    month = path.join(district.lake, "stage2p/clever/daily_participation_pseudo/year=2025/month=8");
    await district.connect();
    const { runs } = await activeApplication();
    // A run merges the months into few files and adds one to the ingest log, which may have more until it is merged.
    const folder = "daily-participation";
    const names = (await readdir(path.join(district.reports, folder))).sort().slice(0, 10);
    for (const name of names) assert.ok(await runs.run({ command: "run", only: [`${folder}/${name}`] }));
    assert.ok(await runs.run({ command: "run" }));
  });

  suiteTeardown(() => district.end());

  setup(() => {
    person = new Person();
  });

  teardown(() => person.leave());

  const optimize = () => commands.executeCommand<OptimizeSummary | undefined>("clever.optimize");
  const vacuum = () => commands.executeCommand<VacuumSummary | undefined>("clever.vacuum");
  const stored = async () => (await readdir(month)).sort();

  test("shows what would be merged, and changes nothing if cancelled", async () => {
    const before = await stored();
    assert.equal(await optimize(), undefined);
    const [asked] = person.shown;
    assert.equal(person.shown.length, 1);
    assert.equal(asked?.modal, true);
    assert.match(asked?.message ?? "", /^Merge \d+ data files into \d+\?$/);
    assert.match(asked?.detail ?? "", /^_ingest_log: \d+ data files become \d+ \([\d.]+ kB to rewrite\)$/m);
    assert.deepEqual(asked?.choices, ["Merge"]);
    assert.deepEqual(await stored(), before);
  });

  test("merges, and reports it; the rows still add up", async () => {
    person.answer(/^Merge/, "Merge");
    const done = await optimize();
    assert.equal(done?.dryRun, false);
    assert.match(person.shown.at(-1)?.message ?? "", /^\d+ data files became \d+\. The rows are the same\.$/);
    await optimize();
    assert.match(person.shown.at(-1)?.message ?? "", /^There is nothing to merge/);
    await commands.executeCommand("clever.verify");
    assert.equal(person.saw(/^No discrepancies found/).length, 1);
  });

  test("writes the Digital Engagement table, and says when it is up to date", async () => {
    const update = () => commands.executeCommand<ActivitySummary | undefined>("clever.updateActivity");
    const done = await update();
    assert.ok(done && done.rows > 0);
    assert.match(
      person.shown.at(-1)?.message ?? "",
      /^The Digital Engagement table is up to date: [\d,]+ rows written\.$/,
    );
    assert.ok(existsSync(path.join(district.lake, "stage2p/digital_activity/_delta_log")));
    assert.deepEqual(await update(), { months: [], rows: 0 });
    assert.equal(person.shown.at(-1)?.message, "The Digital Engagement table is already up to date.");
  });

  test("writes the table of groups on request, and after each run if configured", async () => {
    const update = () => commands.executeCommand<GroupsSummary | undefined>("clever.updateGroups");
    const done = await update();
    assert.ok(done?.written && done.groups > 0);
    assert.match(person.shown.at(-1)?.message ?? "", /^The table of groups is up to date: \d+ groups\.$/);
    assert.equal((await update())?.written, false);
    assert.equal(person.shown.at(-1)?.message, "The table of groups is already up to date.");
    const table = path.join(district.lake, "stage2p/clever/groups");
    await rm(table, { recursive: true });
    const { runs } = await activeApplication();
    assert.ok(await runs.run({ command: "run" }));
    assert.ok(!existsSync(table));
    await workspace.getConfiguration("clever").update("groupsTable", true, ConfigurationTarget.Global);
    try {
      assert.ok(await runs.run({ command: "run" }));
      assert.ok(existsSync(path.join(table, "_delta_log")));
    } finally {
      await workspace.getConfiguration("clever").update("groupsTable", undefined, ConfigurationTarget.Global);
    }
  });

  test("finds nothing to remove within a week, and accepts no shorter retention", async () => {
    person.type("7");
    assert.equal(await vacuum(), undefined);
    assert.match(person.shown.at(-1)?.message ?? "", /^There is nothing to remove: .* last 7 days\.$/);
    const [box] = person.boxes;
    assert.equal(box?.value, "7");
    assert.equal(await box?.validateInput?.("6"), "It must be a whole number, 7 or more.");
    assert.equal(await box?.validateInput?.("30"), undefined);
    person.type(undefined);
    assert.equal(await vacuum(), undefined);
    assert.equal(person.shown.length, 1);
  });

  test("lists unused files, and removes them after a confirmation", async () => {
    const left = path.join(month, "part-left.snappy.parquet");
    await writeFile(left, "left by a killed run");
    const old = new Date(Date.now() - 8 * 86_400_000);
    await utimes(left, old, old);
    const before = await stored();
    person.type("7");
    assert.equal(await vacuum(), undefined);
    assert.deepEqual(await stored(), before);
    const [asked] = person.shown;
    assert.equal(asked?.modal, true);
    assert.match(asked?.message ?? "", /^Remove 1 data file \(20 B\)\?$/);
    assert.match(asked?.detail ?? "", /^daily_participation_pseudo: 1 data file, 20 B\n\n/);

    person.answer(/^Remove/, "Remove");
    assert.equal((await vacuum())?.files, 1);
    assert.match(person.shown.at(-1)?.message ?? "", /^1 data file was removed \(20 B\)\.$/);
    assert.deepEqual(
      await stored(),
      before.filter((name) => name !== path.basename(left)),
    );
  });
});
