import { randomBytes, randomUUID } from "node:crypto";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { District, days, reportCount, type Server, serveByPassword } from "./district";
import { scene } from "./driver/scene";
import { Search } from "./secrets";

const password = 'correct horse "PlantedPassword3Wv8" & <more>';
const wrongPassword = "PlantedMistake8Jq2";
const salt = "the district's own PlantedSalt5Tz1 / ñ";
/** A day after all others. */
const badDay = "2025-09-03";
const changedDay = days[0];

describe("a district's reports, with a password and its own salt", () => {
  let district: District;
  let server: Server;
  const person = randomUUID();

  beforeAll(async () => {
    district = await District.make(40);
    server = await serveByPassword(district.reports, password);
  });
  afterAll(async () => {
    await server?.[Symbol.asyncDispose]();
    await district?.[Symbol.asyncDispose]();
  });

  const workbench = scene(() => ({ theme: "light" }));
  const reports = () => workbench().tree("Participation Reports");
  const lake = () => workbench().tree("Data Lake");
  const runs = () => workbench().tree("Runs");

  test("is connected by the wizard", async () => {
    const { quickInput, notifications } = workbench();
    await workbench().openActivity("Clever Lake");
    await reports().welcome("Connect to Clever and a Lake").click();
    await quickInput.step("(1/9)");
    await quickInput.answer("127.0.0.1");
    await quickInput.step("(2/9)");
    await quickInput.answer(String(server.proxy.port));
    await quickInput.step("(3/9)");
    await quickInput.entry(server.hostKeyFingerprint).waitFor();
    await workbench().screenshot("wizard-host-key-light");
    await quickInput.choose("Trust this key");
    await quickInput.step("(4/9)");
    await quickInput.answer("district");
    await quickInput.step("(5/9)");
    await quickInput.choose("Password");
    await quickInput.step("(6/9)");
    expect(await quickInput.isMasked()).toBe(true);
    await quickInput.answer(wrongPassword);
    await quickInput.refused("refused the password of the account district");
    await workbench().screenshot("wizard-wrong-password-light");
    await quickInput.answer(password);
    await quickInput.step("(8/9)");
    await quickInput.choose("Type a folder's path");
    await quickInput.asks("The lake's folder");
    await quickInput.answer(district.lake);
    await quickInput.step("(9/9)");
    await quickInput.choose("Paste the district's salt");
    await quickInput.asks("The salt");
    expect(await quickInput.isMasked()).toBe(true);
    await quickInput.answer(salt);
    await notifications.shows(`Connected: ${reportCount} reports are on the server.`);
    await notifications.press("Connected:", "Run the Pipeline");
    await notifications.shows(`${reportCount} files ingested`);
  });

  test("a file with bad rows goes into quarantine, with its reason", async () => {
    const { notifications } = workbench();
    await district.putDaily(badDay, [
      district.row(badDay, { person }),
      district.row(badDay, { date: "09/03/25 or so" }),
      district.row(badDay, { logins: "many" }),
    ]);
    await notifications.clear();
    await reports().press("Refresh");
    await reports().expand("daily-participation");
    await expect.poll(() => reports().row(`${badDay} students`).textContent()).toContain("new");
    await workbench().runCommand("Clever: Run the Pipeline (Ingest and Anonymize)");
    await notifications.shows("1 file went into quarantine: ");
    await expect.poll(() => reports().row(`${badDay} students`).textContent()).toContain("quarantined");
    expect(await reports().icon(`${badDay} students`)).toEqual({
      codicon: "error",
      color: await workbench().themeColor("charts-red"),
    });
    await workbench().statusItem("Clever: 1 quarantined").waitFor();
    await expect.poll(() => workbench().badge("Clever")).toBe("1");
    await workbench().screenshots("quarantined");
    // Problems are reported without cell values.
    expect((await notifications.texts()).join("\n")).not.toMatch(/or so|many/);
  });

  test("its preview marks the rows, and shows identities only after a confirmation", async () => {
    await workbench().notifications.clear();
    await reports().click(`${badDay} students`);
    const preview = await workbench().webview("[role=grid]");
    await preview.getByText("Refused row 1 of 2").first().waitFor();
    const shown = () => preview.locator("body").textContent();
    expect(await shown()).not.toContain(person);
    await workbench().screenshots("preview-refused");

    await preview.locator("#reveal").click();
    expect(await workbench().dialog.text()).toContain("Show the identities in");
    await workbench().dialog.press("Cancel");
    expect(await shown()).not.toContain(person);
    await preview.locator("#reveal").click();
    await workbench().dialog.press("Reveal");
    await preview.getByText(person).first().waitFor();
    await preview.locator("#reveal").click();
    await expect.poll(shown).not.toContain(person);
  });

  test("is accepted without its bad rows after a confirmation", async () => {
    const { dialog, notifications } = workbench();
    await reports().contextMenu("Accept Without Its Bad Rows…", `${badDay} students`);
    expect(await dialog.text()).toContain("without its bad rows?");
    await dialog.press("Accept Without the Bad Rows");
    await notifications.shows("was accepted: 1 row written, 2 rows refused.");
    await expect.poll(() => reports().row(`${badDay} students`).textContent()).toContain("anonymized");
  });

  test("a file that changes on the server is marked, and replaced in the lake", async () => {
    // Enough rows that the run does not hold the file back.
    const rows = Array.from({ length: 37 }, () => district.row(changedDay));
    const label = `${changedDay} students`;
    await district.putDaily(changedDay, rows);
    await workbench().notifications.clear();
    await reports().press("Refresh");
    await expect.poll(() => reports().row(label).textContent()).toContain("changed");
    expect(await reports().icon(label)).toEqual({
      codicon: "diff-modified",
      color: await workbench().themeColor("charts-yellow"),
    });
    await workbench().screenshots("changed");
    await reports().contextMenu("Ingest and Anonymize", label);
    await workbench().notifications.shows(/ingested.* 37 rows/);
    await expect.poll(() => reports().row(label).textContent()).toContain("anonymized");
    await workbench().notifications.clear();
    await workbench().runCommand("Clever: Verify the Lake");
    await workbench().notifications.shows("No discrepancies found");
  });

  test("the run's report opens from the view", async () => {
    await runs().rowWith("done").click();
    await expect
      .poll(async () =>
        (await workbench().webview("table"))
          .locator("table")
          .first()
          .textContent()
          .catch(() => ""),
      )
      .toMatch(/Files ingested\s*1/);
    await workbench().screenshots("run-report");
  });

  test("the ingest log opens as a page", async () => {
    await lake().row("_ingest_log").click();
    await expect
      .poll(async () =>
        (await workbench().webview("table"))
          .locator("body")
          .textContent()
          .catch(() => ""),
      )
      .toContain("Newest entries");
    await workbench().screenshots("ingest-log");
    await reports().contextMenu("Reveal in the Data Lake View", `${changedDay} students`);
    await lake().pane.locator(".monaco-list-row.selected").filter({ hasText: changedDay }).waitFor();
  });

  test("no secret is stored in plain text anywhere, and the search would find one", async () => {
    const { host, profile, page } = workbench();
    const secrets = { password, wrongPassword, salt };
    await workbench().runCommand("Clever: Show Log");
    await page.locator(".part.panel .view-line").first().waitFor();
    const search = new Search(secrets);
    await search.browser(workbench());
    const processes = await search.processGroup(host.pid);
    for (const folder of [host.serverDataDir, host.extensionsDir, profile, district.lake]) {
      await search.folder(folder);
    }
    expect(search.findings).toEqual([]);
    expect(search.searched.files).toBeGreaterThan(100);
    expect(processes.join("\n")).toContain("engine.mjs");

    // The search itself: a decoy in each form is found.
    const decoys = path.join(host.serverDataDir, "decoys");
    const noise = randomBytes(1);
    const core = "PlantedPassword3Wv8";
    await writeFile(
      decoys,
      [
        JSON.stringify({ password }),
        Buffer.concat([noise, Buffer.from(password)]).toString("base64"),
        Buffer.from(core).toString("hex"),
        encodeURIComponent(password),
      ].join("\n"),
    );
    await writeFile(`${decoys}16`, Buffer.from(password, "utf16le"));
    await page.evaluate(`localStorage.setItem("decoy", ${JSON.stringify(salt)})`);
    const again = new Search(secrets);
    await again.folder(host.serverDataDir);
    await again.browser(workbench());
    const forms = [...new Set(again.findings.map(({ form }) => form))];
    const expected = ["UTF-16", "UTF-8", "UTF-8 in base64", "UTF-8 in hex"];
    expect(forms).toEqual(expect.arrayContaining(expected));
    expect(again.findings.some(({ secret }) => secret === "salt")).toBe(true);
  });
});
