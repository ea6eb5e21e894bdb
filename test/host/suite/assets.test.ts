import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { commands, Uri, window } from "vscode";
import type { AssetsSummary } from "../../../src/engine/messages/messages";
import { until } from "../application";
import { District, disconnect } from "../district";
import { Person } from "../person";

suite("analytics assets", function () {
  this.timeout(120_000);
  let district: District;
  let person: Person;
  let folder: string;

  suiteSetup(async () => {
    district = await District.serve(undefined);
    await district.connect();
    folder = await mkdtemp(path.join(tmpdir(), "clever-lake-assets-"));
  });

  suiteTeardown(async () => {
    await rm(folder, { recursive: true });
    await disconnect();
    await district.end();
  });

  setup(() => {
    person = new Person();
  });

  teardown(() => person.leave());

  const create = () => commands.executeCommand<AssetsSummary | undefined>("clever.createAssets");

  test("writes nothing if a question is cancelled", async () => {
    assert.equal(await create(), undefined);
    person.pick((items) => items);
    assert.equal(await create(), undefined);
    assert.deepEqual(person.shown, []);
  });

  test("writes what was picked and opens its README; changed files are kept and listed", async () => {
    person.pick((items) => items).openFrom(Uri.file(folder));
    const made = await create();
    assert.ok(made && made.written.length > 5);
    assert.ok(existsSync(path.join(folder, "sql/synapse/1-database.sql")));
    assert.match(person.shown.at(-1)?.message ?? "", /^\d+ files written to /);
    await until("the README's preview is open", () =>
      Promise.resolve(
        window.tabGroups.all.some(({ tabs }) => tabs.some(({ label }) => /README/.test(label))),
      ),
    );

    await writeFile(path.join(folder, "sql/fabric/1-schemas.sql"), "-- mine");
    const again = await create();
    assert.deepEqual(again?.kept, ["sql/fabric/1-schemas.sql"]);
    assert.equal(person.shown.at(-1)?.kind, "warning");
    assert.match(person.shown.at(-1)?.message ?? "", /changed there: 1 \(sql\/fabric\/1-schemas\.sql\)/);
  });
});
