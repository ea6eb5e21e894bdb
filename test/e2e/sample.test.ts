import { describe, expect, test } from "vitest";
import { scene } from "./driver/scene";
import { everyTheme } from "./driver/themes";

describe("the sample district, for a new user", () => {
  const workbench = scene();
  const reports = () => workbench().tree("Participation Reports");

  test("connects from the welcome view", async () => {
    await workbench().openActivity("Clever Lake");
    await reports().welcome("Try It with a Sample District").waitFor();
    await workbench().screenshots("welcome", everyTheme);
    await reports().welcome("Try It with a Sample District").click();
    await workbench().notifications.shows("The sample district is connected");
    await reports().row("daily-participation").waitFor();
    await workbench().screenshots("sample-new", everyTheme);
  });

  test("a report is previewed with its identities masked", async () => {
    await reports().expand("daily-participation", "October 2025");
    await reports().click("daily-participation", "October 2025", "2025-10-31 students");
    const preview = await workbench().webview("[role=grid]");
    await preview.getByText("Bright", { exact: false }).first().waitFor();
    await workbench().screenshots("preview", everyTheme);
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
    await workbench().screenshots("run-done", everyTheme);
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
