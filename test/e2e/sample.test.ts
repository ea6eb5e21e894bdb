import { describe, expect, test } from "vitest";
import { sampleDistrict } from "../../src/sample/district";
import { showcase } from "../../src/sample/showcase";
import { sampleIdentities } from "../helpers/sampleIdentities";
import { scene } from "./driver/scene";
import { Search } from "./secrets";

describe("the sample district, for a new user", () => {
  const workbench = scene();
  const reports = () => workbench().tree("Participation Reports");

  test("connects from the welcome view", async () => {
    await workbench().openActivity("Clever Lake");
    await reports().welcome("Try It with a Sample District").waitFor();
    await workbench().screenshots("welcome");
    await reports().welcome("Try It with a Sample District").click();
    await workbench().notifications.shows("The sample district is connected");
    await reports().row("daily-participation").waitFor();
    await workbench().screenshots("sample-new");
  });

  test("a report is previewed with its identities masked", async () => {
    await reports().expand("daily-participation", "October 2025");
    await reports().click("daily-participation", "October 2025", "2025-10-31 students");
    const preview = await workbench().webview("[role=grid]");
    await preview.getByText("Bright", { exact: false }).first().waitFor();
    await workbench().screenshots("preview");
    expect(await preview.locator("body").textContent()).not.toMatch(
      /[0-9a-f]{24}.*[0-9a-f]{24}.*[0-9a-f]{24}/,
    );
  });

  test("a run shows its progress, and the states change", async () => {
    await workbench().notifications.clear();
    await workbench().runCommand("Clever: Run the Pipeline (Ingest and Anonymize)");
    await workbench().notifications.shows(
      /running the pipeline: (file \d+ of 192|[\d,]+ rows pseudonymized)/,
    );
    await workbench().screenshot("run-going-on");
    await workbench().notifications.shows("192 files ingested");
    await workbench().tree("Data Lake").row("daily_participation_pseudo").waitFor();
    await expect.poll(() => reports().row("2025-10-31 students").textContent()).toMatch(/anonymized/);
    await workbench().screenshots("run-done");
  });

  test("the run's report opens", async () => {
    await workbench().notifications.press("192 files ingested", "Open Run Report");
    // The Markdown preview loads its page twice: the frame that is found first may disappear.
    await expect
      .poll(async () =>
        (await workbench().webview("table"))
          .locator("table")
          .first()
          .textContent()
          .catch(() => ""),
      )
      .toMatch(/Files ingested\s*192/);
  });

  test("the lake is verified", async () => {
    await workbench().notifications.clear();
    await workbench().runCommand("Clever: Verify the Lake");
    await workbench().notifications.shows("No discrepancies found");
    await workbench().screenshot("verified");
  });

  test("no identity is in a page, a log or VS Code's files, after a preview, a run and the dashboard", async () => {
    await workbench().runCommand("Clever: Open Participation Dashboard");
    const dashboard = await workbench().webview("#card-users .card-value");
    await dashboard.locator("#panel-treemap .chart svg").waitFor();
    await workbench().runCommand("Clever: Show Log");
    await workbench().page.locator(".part.panel .view-line").first().waitFor();

    const some = sampleIdentities(sampleDistrict(showcase)).slice(0, 20);
    const search = new Search(Object.fromEntries(some.map((id) => [id, id])));
    await search.browser(workbench());
    const { host, profile } = workbench();
    await search.processGroup(host.pid);
    for (const folder of [host.serverDataDir, profile]) await search.folder(folder);
    // The sample district's own server and lake have them, in the two stages for identities.
    const isExpected = /[/\\](reports|stage1np|stage2np)[/\\]/;
    const places = search.findings.map(({ place }) => place);
    expect(places.filter((place) => !isExpected.test(place))).toEqual([]);
    expect(places.length).toBeGreaterThan(some.length);
    expect(search.searched.documents).toBeGreaterThan(2);
  });

  test("a reload restores everything", async () => {
    await workbench().reload();
    await workbench().openActivity("Clever Lake");
    await reports().expand("daily-participation", "October 2025");
    await expect.poll(() => reports().row("2025-10-31 students").textContent()).toMatch(/anonymized/);
  });

  test("it is left again, without leaving a connection behind", async () => {
    await workbench().runCommand("Clever: Leave Sample District");
    await workbench().notifications.shows("You have left the sample district.");
    await reports().welcome("Try It with a Sample District").waitFor();
    expect(await workbench().statusItem("Clever").count()).toBe(0);
  });
});
