import assert from "node:assert/strict";
import { readdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { commands, Uri, window } from "vscode";
import type { RosterSummary } from "../../../src/engine/messages/messages";
import { sampleDistrict } from "../../../src/sample/district";
import { sampleRosterPath, writeRoster } from "../../../src/sample/roster";
import { activeApplication } from "../application";
import { District } from "../district";
import { Person } from "../person";

suite("importing a roster", function () {
  this.timeout(180_000);
  let district: District;
  let person: Person;
  let file: string;
  const original = window.showOpenDialog;

  suiteSetup(async () => {
    const size = { students: 120, days: 3 };
    district = await District.serve(size);
    // The same district as the reports'.
    const sample = sampleDistrict({ ...size, teachers: 4, staff: 2, schools: 2, firstDay: "2025-08-25" });
    file = path.join(district.reports, await writeRoster(sample, district.reports));
    await district.connect();
    const { model, runs } = await activeApplication();
    await model.refresh();
    assert.ok(await runs.run({ command: "run" }));
  });

  suiteTeardown(() => district.end());

  setup(() => {
    person = new Person();
  });

  teardown(() => {
    person.leave();
    Object.assign(window, { showOpenDialog: original });
  });

  /** Imports it, picking the entry with these words in each list. */
  async function imported(...words: readonly RegExp[]): Promise<RosterSummary | undefined> {
    person.pick((items) => items.find(({ label }) => words.some((each) => each.test(label))));
    return commands.executeCommand<RosterSummary | undefined>("clever.importRoster");
  }

  test("from the server finds it among the files there, and joins with the reports", async () => {
    const summary = await imported(
      /From the SFTP server/,
      /^roster\/students\.csv$/,
      /school and grade only/,
    );
    assert.equal(summary?.outcome, "imported");
    assert.equal(summary?.keptRaw, null);
    assert.equal(summary?.inReports, summary?.students);
    assert.deepEqual(
      person.shown.map(({ kind }) => kind),
      ["information"],
    );
    assert.match(person.shown[0]?.message ?? "", /^\d+ students in \d+ grades imported\./);
    const { lakeTree } = await activeApplication();
    const stages = await lakeTree.getChildren();
    const tables = (await Promise.all(stages.map((stage) => lakeTree.getChildren(stage)))).flat();
    assert.ok(tables.some((node) => node.kind === "table" && node.table.name === "students_pseudo"));
  });

  test("from a typed path finds it unchanged", async () => {
    person.type(`/${sampleRosterPath}`);
    const summary = await imported(/From the SFTP server/, /Type the path/, /school and grade only/);
    assert.equal(summary?.outcome, "unchanged");
    assert.match(person.shown[0]?.message ?? "", /^The roster is unchanged: \d+ students\./);
  });

  test("from this machine keeps the original file if chosen", async () => {
    Object.assign(window, { showOpenDialog: () => Promise.resolve([Uri.file(file)]) });
    const summary = await imported(/From this machine/, /Also keep the original file/);
    const place = summary?.keptRaw ?? "";
    assert.match(place, /^stage1np\/clever\/roster\//);
    const kept = await readFile(path.join(district.lake, place), "utf8");
    assert.equal(kept, await readFile(file, "utf8"));
  });

  test("asks before it replaces a roster by one without most of its students", async () => {
    const short = path.join(district.reports, "short.csv");
    const lines = (await readFile(file, "utf8")).split("\n");
    await writeFile(short, [...lines.slice(0, 3), ""].join("\n"));
    Object.assign(window, { showOpenDialog: () => Promise.resolve([Uri.file(short)]) });
    const summary = () => imported(/From this machine/, /school and grade only/);
    assert.equal(await summary(), undefined);
    const [asked] = person.shown;
    assert.ok(asked?.modal);
    assert.match(asked.detail, /^The file has \d of the \d+ students of the current roster/);
    person.answer(/^Replace the current roster/, "Replace");
    assert.equal((await summary())?.outcome, "imported");
    Object.assign(window, { showOpenDialog: () => Promise.resolve([Uri.file(file)]) });
    assert.equal((await summary())?.outcome, "imported");
  });

  test("lists refused rows by line, without their contents", async () => {
    const broken = path.join(district.reports, "broken.csv");
    await writeFile(broken, `${await readFile(file, "utf8")}101,,Planted-Name\n`);
    Object.assign(window, { showOpenDialog: () => Promise.resolve([Uri.file(broken)]) });
    const summary = await imported(/From this machine/, /school and grade only/);
    assert.equal(summary?.refused, 1);
    const [shown] = person.shown;
    assert.equal(shown?.kind, "warning");
    assert.match(
      shown?.message ?? "",
      /1 row of the roster refused; the first is line \d+: The row has 3 cells/,
    );
    assert.ok(!JSON.stringify([person.shown, summary]).includes("Planted"));
  });

  test("changes nothing if cancelled", async () => {
    const log = path.join(district.lake, "stage2p/clever/students_pseudo/_delta_log");
    const before = await readdir(log);
    Object.assign(window, { showOpenDialog: () => Promise.resolve(undefined) });
    assert.equal(await imported(/nothing is picked/), undefined);
    assert.equal(await imported(/From this machine/), undefined);
    assert.equal(await imported(/From the SFTP server/, /Type the path/), undefined);
    assert.deepEqual(person.shown, []);
    assert.deepEqual(await readdir(log), before);
  });
});
