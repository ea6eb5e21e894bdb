import { readFile } from "node:fs/promises";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { District, days, reportCount, type SshdServer, serveBySshd } from "./district";
import { scene } from "./driver/scene";
import { privatePartOf, Search, type Secrets } from "./secrets";

const passphrase = 'open sesame "PlantedPassphrase7Kq9" & more';
const wrongPassphrase = "not PlantedMistake4Hd2";
const [newest, second] = days;

// Created here, since the existence of an sshd decides which tests run.
const server = await serveBySshd(passphrase);

describe.skipIf(server === undefined)("a district's own server, with a key and the wizard", () => {
  let district: District;
  let salt = "";

  beforeAll(async () => {
    district = await District.make(400);
  });
  afterAll(async () => {
    await server?.[Symbol.asyncDispose]();
    await district?.[Symbol.asyncDispose]();
  });

  const sshd = (): SshdServer => {
    if (server === undefined) throw new Error("There is no sshd.");
    return server;
  };
  const workbench = scene(() => ({
    userSettings: {
      // The account sees the whole machine; Clever's shows only the reports.
      "clever.sftp.root": district.reports,
      "clever.sftp.timeoutSeconds": 300,
    },
  }));
  const reports = () => workbench().tree("Participation Reports");
  const runs = () => workbench().tree("Runs");
  /** Rows of the pseudonymized tables, as shown in the lake view. */
  const rowsInTables = async () => {
    const tables = (await workbench().tree("Data Lake").texts()).filter((text) => /_pseudo /.test(text));
    return tables
      .map((text) => Number(/_pseudo ([\d,]+) rows/.exec(text)?.[1]?.replaceAll(",", "")))
      .reduce((sum, rows) => sum + rows, 0);
  };

  test("the wizard asks step by step, refuses invalid answers, and goes back", async () => {
    const { quickInput } = workbench();
    await workbench().openActivity("Clever Lake");
    await reports().welcome("Connect to Clever and a Lake").click();

    await quickInput.step("Connect to Clever (1/9)");
    expect(await quickInput.value()).toBe("reports-sftp.clever.com");
    await workbench().screenshot("wizard-host-dark");
    await quickInput.answer("sftp://clever.com/reports");
    await quickInput.refused("Enter a host name or address");
    await quickInput.answer("127.0.0.1");

    await quickInput.step("(2/9)");
    await quickInput.answer("70000");
    await quickInput.refused("A number from 1 to 65535");
    await quickInput.answer(String(sshd().proxy.port));

    // The server's key is compared before anything is sent to it.
    await quickInput.step("(3/9)");
    await quickInput.entry(sshd().hostKeyFingerprint).waitFor();
    await workbench().screenshot("wizard-host-key-dark");
    await quickInput.back();
    await quickInput.step("(2/9)");
    expect(await quickInput.value()).toBe(String(sshd().proxy.port));
    await quickInput.accept();
    await quickInput.step("(3/9)");
    await quickInput.choose("Trust this key");

    await quickInput.step("(4/9)");
    await quickInput.answer("   ");
    await quickInput.refused("Enter a user name");
    await quickInput.answer(sshd().sshd.username);

    await quickInput.step("(5/9)");
    expect(await quickInput.labels()).toEqual(["Password", "Private key", "SSH agent"]);
    await quickInput.choose("Password");
    await quickInput.step("(6/9)");
    await quickInput.accept();
    await quickInput.refused("Enter a password");
    await quickInput.back();
    await quickInput.step("(5/9)");
    await quickInput.choose("Private key");

    await quickInput.step("(6/9)");
    await quickInput.answer("/no/such/key");
    await quickInput.refused("There is no such file");
    await quickInput.answer(sshd().sshd.encryptedPrivateKeyPath);
  });

  test("a wrong passphrase is reported at its input, and Escape loses no answers", async () => {
    const { quickInput, page } = workbench();
    await quickInput.step("(7/9)");
    expect(await quickInput.isMasked()).toBe(true);
    await quickInput.answer(wrongPassphrase);
    await quickInput.refused("does not decrypt the private key");
    expect(await page.locator(".monaco-workbench").textContent()).not.toContain("PlantedMistake");
    await workbench().screenshot("wizard-wrong-passphrase-dark");
    await quickInput.cancel();

    await reports().welcome("Connect to Clever and a Lake").click();
    for (const step of [1, 2]) {
      await quickInput.step(`(${step}/9)`);
      await quickInput.accept();
    }
    await quickInput.step("(3/9)");
    await quickInput.entry("trusted before").waitFor();
    await quickInput.choose("Trust this key");
    for (const step of [4, 5]) {
      await quickInput.step(`(${step}/9)`);
      await quickInput.accept();
    }
    await quickInput.step("(6/9)");
    expect(await quickInput.value()).toBe(sshd().sshd.encryptedPrivateKeyPath);
    await quickInput.accept();
    await quickInput.step("(7/9)");
    await quickInput.answer(passphrase);
  });

  test("the wizard asks for the lake and the salt, and a new salt must be saved before it connects", async () => {
    const { quickInput, notifications, dialog } = workbench();
    await quickInput.step("(8/9)");
    await quickInput.choose("Type a folder's path");
    await quickInput.asks("The lake's folder");
    await quickInput.answer("lake");
    await quickInput.refused("Enter a full path");
    await quickInput.back();
    await quickInput.choose("Type a folder's path");
    await quickInput.asks("The lake's folder");
    await quickInput.answer(district.lake);

    await quickInput.step("(9/9)");
    await quickInput.choose("Paste the district's salt");
    await quickInput.asks("The salt");
    await quickInput.accept();
    await quickInput.refused("Enter a salt");
    await quickInput.back();
    await quickInput.choose("Generate a new salt");

    expect(await dialog.text()).toContain("Keep the new salt like a password.");
    await workbench().screenshot("salt-made-dark");
    await workbench().page.keyboard.press("Escape");
    await quickInput.step("(9/9)");
    await quickInput.choose("Use the new salt");
    expect(await dialog.text()).toContain("Keep the new salt like a password.");
    await dialog.press("Copy the Salt");
    await notifications.shows(`Connected: ${reportCount} reports are on the server.`);
    salt = await workbench().clipboard();
    expect(salt.length).toBeGreaterThan(20);
  });

  test("the settings contain the connection but no secret", async () => {
    const { serverDataDir } = workbench().host;
    const settings = await Promise.all(
      ["User", "Machine"].map((folder) =>
        readFile(path.join(serverDataDir, "data", folder, "settings.json"), "utf8").catch(() => ""),
      ),
    );
    const text = settings.join("\n");
    expect(text).toContain(`"clever.sftp.hostKey": "${sshd().hostKeyFingerprint}"`);
    expect(text).toContain(`"clever.lake.url": "${pathToFileURL(district.lake).href}"`);
    expect(text).toContain(`"clever.sftp.root": "${district.reports}"`);
    expect(text).not.toMatch(/Planted|BEGIN/);
    expect(text).not.toContain(salt);
  });

  test("every report is listed as new", async () => {
    await reports().expand("daily-participation");
    const row = reports().row(`${newest} students`);
    expect(await row.textContent()).toContain("new");
    expect(await reports().icon(`${newest} students`)).toEqual({
      codicon: "circle-large-outline",
      color: await workbench().themeColor("charts-blue"),
    });
    await expect.poll(() => workbench().badge("Clever")).toBe(String(reportCount));
    await workbench().statusItem(`Clever: ${reportCount} new`).waitFor();
  });

  test("a click on the status bar opens a menu, and starts nothing", async () => {
    const { quickInput } = workbench();
    await workbench().statusItem(`Clever: ${reportCount} new`).click();
    expect((await quickInput.labels()).slice(0, 2)).toEqual([
      `${reportCount} new reports`,
      "Run the Pipeline",
    ]);
    await workbench().screenshot("status-menu-dark");
    await quickInput.cancel();
    expect(await runs().texts()).toEqual([]);
  });

  test("only the selected reports are ingested", async () => {
    await reports().select([`${newest} students`, `${newest} teachers`]);
    await reports().contextMenu("Ingest", `${newest} teachers`);
    await workbench().notifications.shows("2 files ingested");
    await reports().deselect();
    for (const label of [`${newest} students`, `${newest} teachers`]) {
      await expect.poll(() => reports().row(label).textContent()).toContain("in the lake");
      expect(await reports().icon(label)).toEqual({
        codicon: "database",
        color: await workbench().themeColor("charts-purple"),
      });
    }
    expect(await reports().row(`${second} students`).textContent()).toContain("new");
    await workbench()
      .statusItem(`Clever: ${reportCount - 2} new, 2 not anonymized`)
      .waitFor();
  });

  test("a run shows its progress and is stopped", async () => {
    const { notifications } = workbench();
    await notifications.clear();
    // The server stops answering after half of the reports, so the run cannot end by itself.
    sshd().proxy.holdAfter(400_000);
    await workbench().runCommand("Clever: Run the Pipeline (Ingest and Anonymize)");
    await notifications.shows(/running the pipeline: file \d+ of 28, [\d.]+ [kM]B/);
    await expect.poll(() => sshd().proxy.held).toBe(true);
    await workbench()
      .statusItem(/Clever: \d+ of 28/)
      .waitFor();
    await notifications.press("running the pipeline", "Cancel");
    await notifications.shows("Stopped. Completed work is kept");
    sshd().proxy.release();
    await expect.poll(() => runs().texts()).toContainEqual(expect.stringContaining("stopped"));
  });

  test("the next run completes it, and every row is in the tables once", async () => {
    await workbench().notifications.press("Stopped.", "Resume");
    await workbench().notifications.shows("files ingested");
    for (const label of [`${newest} students`, `${second} staff`]) {
      await expect.poll(() => reports().row(label).textContent()).toContain("anonymized");
      expect(await reports().icon(label)).toEqual({
        codicon: "pass-filled",
        color: await workbench().themeColor("charts-green"),
      });
    }
    await expect.poll(() => workbench().badge("Clever")).toBe("");
    await expect.poll(rowsInTables).toBe(await district.rows());
    await workbench().notifications.clear();
    await workbench().runCommand("Clever: Verify the Lake");
    await workbench().notifications.shows("No discrepancies found");
  });

  test("a failed run is retried from the list of runs", async () => {
    const { notifications } = workbench();
    await notifications.clear();
    const day = "2025-09-02";
    await district.putDaily(
      day,
      Array.from({ length: 20_000 }, () => district.row(day)),
    );
    // The server disappears in the middle of the file, and does not return during the retries.
    sshd().proxy.holdAfter(1_000_000);
    await workbench().runCommand("Clever: Run the Pipeline (Ingest and Anonymize)");
    await expect.poll(() => sshd().proxy.held).toBe(true);
    sshd().proxy.dropAll({ andRefuse: true });
    sshd().proxy.release();
    await notifications.shows("1 file failed: ");
    await notifications.shows(`${day}-daily-participation-students.csv`);
    await workbench().screenshots("run-failed");
    await notifications.clear();
    sshd().proxy.dropAll({ andRefuse: false });
    await reports().press("Refresh");
    // The tree and the status bar show it as failed, not just as new.
    await expect.poll(() => reports().row(`${day} students`).textContent()).toContain("failed");
    await workbench().statusItem("Clever: 1 failed").waitFor();
    await workbench().screenshots("file-failed");
    await expect.poll(() => runs().texts()).toContainEqual(expect.stringContaining("failed"));
    await runs().menuOf(runs().rowWith("failed"), "Retry Run");
    await notifications.shows("1 file ingested");
    await expect.poll(rowsInTables).toBe(await district.rows());
  });

  test("a reload of the window restores everything", async () => {
    await workbench().notifications.clear();
    await reports().click("daily-participation", "2025-09-02 students");
    // The preview that was open before may be found first, and then disappear.
    const shows = async () =>
      (await workbench().webview("[role=grid]")).getByText("Cedar Hollow").first().isVisible();
    await expect.poll(() => shows().catch(() => false), { timeout: 30_000 }).toBe(true);
    const before = await reports().texts();
    await workbench().reload();

    await workbench().tab("2025-09-02-daily-participation-students.csv").waitFor();
    const preview = await workbench().webview("[role=grid]");
    await preview.getByText("Cedar Hollow").first().waitFor();
    expect(await preview.locator("body").textContent()).not.toMatch(/sis-[0-9a-f]{8}/);
    // Nothing is opened manually: what was open is restored.
    await expect.poll(() => reports().texts()).toEqual(before);
    await workbench().runCommand("Clever: Run the Pipeline (Ingest and Anonymize)");
    await workbench().notifications.shows(`Nothing new: ${reportCount + 1} reports are in the lake already`);
  });

  test("a folder that is opened while the server is read stays open after a reload", async () => {
    const [first, second] = ["daily-participation", "resource-usage"].map((name) => reports().row(name));
    // Its rows leave no room for the second.
    const closeFirst = async () => {
      if ((await first?.getAttribute("aria-expanded")) === "true")
        await first?.locator(".monaco-tl-twistie").click();
    };
    await closeFirst();
    await second?.waitFor();
    sshd().proxy.holdAfter(0);
    await workbench().changeSettings({ "clever.sftp.timeoutSeconds": 299 });
    await reports().pane.getByText("Checking the server").waitFor();
    await reports().expand("resource-usage");
    sshd().proxy.release();
    await reports().row(`${newest} students`).waitFor();

    await workbench().reload();
    await first?.waitFor();
    await closeFirst();
    await expect.poll(() => second?.getAttribute("aria-expanded")).toBe("true");
  });

  test("no secret is stored in plain text anywhere", async () => {
    const { host, profile, page } = workbench();
    const secrets: Secrets = {
      passphrase,
      "wrong passphrase": wrongPassphrase,
      salt,
      ...(await privatePartOf(sshd().sshd.encryptedPrivateKeyPath, passphrase)),
    };
    await workbench().runCommand("Clever: Show Log");
    await page.locator(".part.panel .view-line").first().waitFor();
    // VS Code's own secret store exists and is encrypted.
    const store = await page.evaluate<string | null>("localStorage.getItem('secrets.provider')");
    expect(store?.length).toBeGreaterThan(100);

    const search = new Search(secrets);
    await search.browser(workbench());
    const processes = await search.processGroup(host.pid);
    for (const folder of [host.serverDataDir, host.extensionsDir, profile, district.lake]) {
      await search.folder(folder);
    }
    expect(search.findings).toEqual([]);
    expect(search.searched.files).toBeGreaterThan(100);
    expect(processes.join("\n")).toContain("engine.mjs");
  });
});
