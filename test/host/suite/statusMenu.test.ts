import assert from "node:assert/strict";
import { commands, type QuickPickItem } from "vscode";
import { activeApplication } from "../application";
import { District, disconnect } from "../district";
import { Person } from "../person";

suite("the status bar menu", function () {
  this.timeout(60_000);
  let person: Person;
  let shown: readonly QuickPickItem[] = [];

  setup(() => {
    person = new Person().pick((items) => {
      shown = items;
      return undefined;
    });
  });
  teardown(async () => {
    person.leave();
    await disconnect();
  });

  const labels = () => shown.map(({ label }) => label.replace(/^\$\([^)]*\) /, ""));

  test("offers to connect if there is no connection", async () => {
    await commands.executeCommand("clever.showMenu");
    assert.deepEqual(labels(), ["Connect to Clever and a Lake…", "Try a Sample District", "Show Log"]);
  });

  test("says what is new, offers actions, and does nothing on its own", async () => {
    const district = await District.serve({ students: 20, days: 1 });
    try {
      await district.connect();
      const { model, runs } = await activeApplication();
      await model.refresh();
      await commands.executeCommand("clever.showMenu");
      assert.equal(runs.running, undefined);
      assert.equal(model.newCount, 6);
      assert.deepEqual(labels(), [
        "6 new reports",
        "Run the Pipeline",
        "Open Participation Dashboard",
        "Verify the Lake",
        "Connection",
        "Refresh",
        "Test the Connection",
        "Change Salt or Credentials…",
        "Show Log",
      ]);
      const run = runs.run({ command: "run" });
      await commands.executeCommand("clever.showMenu");
      assert.ok(labels().includes("Stop the Run"));
      assert.ok(!labels().includes("Run the Pipeline"));
      await run;
    } finally {
      await district.end();
    }
  });
});
