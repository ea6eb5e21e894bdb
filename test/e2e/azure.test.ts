import { readFile } from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { AzureCloud, subscription } from "./azureCloud";
import { District, days, reportCount, type Server, serveByPassword } from "./district";
import { patience } from "./driver/browser";
import { scene } from "./driver/scene";
import { Search } from "./secrets";

const password = "PlantedPassword9Dx2";
const [newest] = days;

describe("a district's lake in Azure", () => {
  let district: District;
  let server: Server;
  let cloud: AzureCloud;
  let microsoftAccount = "";

  beforeAll(async () => {
    district = await District.make(150);
    server = await serveByPassword(district.reports, password);
    cloud = await AzureCloud.start();
    microsoftAccount = await cloud.microsoftAccount();
  });
  afterAll(async () => {
    await cloud?.[Symbol.asyncDispose]();
    await server?.[Symbol.asyncDispose]();
    await district?.[Symbol.asyncDispose]();
  });

  const workbench = scene(() => ({
    extensions: [microsoftAccount],
    env: cloud.env,
    userSettings: { ...cloud.userSettings, "clever.sftp.timeoutSeconds": 300 },
    size: { width: 1400, height: 1000 },
  }));
  const reports = () => workbench().tree("Participation Reports");
  const lake = () => workbench().tree("Data Lake");
  const runs = () => workbench().tree("Runs");
  const run = () => workbench().runCommand("Clever: Run the Pipeline (Ingest and Anonymize)");
  const eventually = (ask: () => Promise<unknown>) =>
    expect.poll(() => ask().catch(() => undefined), { timeout: patience });
  const text = async (selector: string) =>
    (await workbench().webview(selector)).locator(selector).first().textContent({ timeout: 5_000 });
  /** The dashboard's first number. */
  const users = () => text("#card-users .card-value");
  /** Rows of the pseudonymized tables, as shown in the lake view. */
  const rowsInTables = async () => {
    const tables = (await lake().texts()).filter((text) => /_pseudo /.test(text));
    return tables
      .map((text) => Number(/_pseudo ([\d,]+) rows/.exec(text)?.[1]?.replaceAll(",", "")))
      .reduce((sum, rows) => sum + rows, 0);
  };
  /** The machine's settings, which contain the connection. */
  const connection = () =>
    readFile(path.join(workbench().host.serverDataDir, "data", "Machine", "settings.json"), "utf8");
  /** How often rows of the pseudonymized tables were requested. */
  const readsOfRows = () =>
    cloud.emulator.requests.filter(
      ({ operation, path: file }) =>
        operation === "Path.Read" && /_pseudo\/(?!_delta_log\/).*\.parquet$/.test(file),
    ).length;

  test("is connected by the wizard, with the account key", async () => {
    const { quickInput, dialog } = workbench();
    await workbench().openActivity("Clever Lake");
    await reports().welcome("Connect to Clever and a Lake").click();
    await quickInput.step("(1/9)");
    await quickInput.answer("127.0.0.1");
    await quickInput.step("(2/9)");
    await quickInput.answer(String(server.proxy.port));
    await quickInput.step("(3/9)");
    await quickInput.choose("Trust this key");
    await quickInput.step("(4/9)");
    await quickInput.answer("district");
    await quickInput.step("(5/9)");
    await quickInput.choose("Password");
    await quickInput.step("(6/9)");
    await quickInput.answer(password);
    await quickInput.step("(8/9)");
    await quickInput.choose("Azure Data Lake Storage…");
    await quickInput.choose("Type the lake's address");
    await quickInput.asks("The lake's address");
    await quickInput.answer("https://districtlake.dfs.core.windows.net/?sig=abc");
    await quickInput.refused("It must contain neither a SAS");
    await quickInput.answer(cloud.url);
    await quickInput.entry("Account key").waitFor();
    await workbench().screenshot("azure-sign-in-dark");
    await quickInput.choose("Account key");
    await quickInput.asks("The account key");
    expect(await quickInput.isMasked()).toBe(true);
    await quickInput.answer(cloud.emulator.key);
    await quickInput.step("(9/9)");
    await quickInput.choose("Generate a new salt");
    expect(await dialog.text()).toContain("Keep the new salt like a password.");
    await dialog.press("Copy the Salt");
    await reports().expand("daily-participation");
    await expect.poll(() => reports().row(`${newest} students`).textContent()).toContain("new");
  });

  test("contains every row that a run ingested", async () => {
    await run();
    await expect.poll(() => reports().row(`${newest} students`).textContent()).toContain("anonymized");
    await expect.poll(() => workbench().badge("Clever")).toBe("");
    await expect.poll(rowsInTables).toBe(await district.rows());
    await expect.poll(() => runs().texts()).toContainEqual(expect.stringContaining(`${reportCount} files`));
    expect(cloud.emulator.files("stage1np").filter((file) => file.endsWith(".csv"))).toHaveLength(
      reportCount,
    );
    await workbench().notifications.clear();
    await workbench().screenshot("azure-run-done-dark");
  });

  test("shows its tables and landed files", async () => {
    await lake().row("daily_participation_pseudo").click();
    await eventually(async () =>
      (await workbench().webview("table")).locator("body").textContent(),
    ).toContain("First rows of the newest month");
    await lake().expand("stage1np", "Landed files");
    const landing = lake().pane.locator(".monaco-list-row[aria-level='3']").first();
    await landing.locator(".monaco-tl-twistie").click();
    await lake().rowWith("students").click();
    const preview = await workbench().webview("[role=grid]");
    await preview.locator("[role=row] [role=gridcell]").first().waitFor();
    expect(await preview.locator("body").textContent()).not.toMatch(/sis-[0-9a-f]{8}/);
    await workbench().screenshot("azure-landed-dark");
    // Otherwise the tables would be out of view.
    await lake().row("Landed files").locator(".monaco-tl-twistie").click();
  });

  test("is read once for what the dashboard shows", async () => {
    await workbench().runCommand("Clever: Open Participation Dashboard");
    await eventually(users).toMatch(/^[\d,]{2,}$/);
    expect(readsOfRows()).toBeGreaterThan(0);
    const shown = await users();
    cloud.emulator.clearLog();
    await workbench().reload();
    await eventually(users).toBe(shown);
    await reports().expand("daily-participation");
    expect(cloud.emulator.requests.length).toBeGreaterThan(0);
    expect(readsOfRows()).toBe(0);
    await workbench().screenshot("azure-dashboard-dark");
  });

  test("is reported as unreachable everywhere while the network is down, and recovers", async () => {
    const shown = await users();
    cloud.network.dropAll({ andRefuse: true });
    await reports().press("Refresh");
    const away = "The lake cannot be reached";
    for (const view of [lake(), runs()]) {
      await view.row(away).waitFor();
      expect(await view.row(away).textContent()).toContain(
        `The storage account ${cloud.emulator.account} cannot be reached`,
      );
      expect(await view.icon(away)).toMatchObject({ codicon: "warning" });
    }
    await reports().pane.getByText("This list is from").waitFor();
    await eventually(() => text(".state-text")).toContain("cannot be reached");
    await workbench().notifications.clear();
    await workbench().screenshots("azure-away");

    cloud.network.dropAll({ andRefuse: false });
    await lake().row(away).click();
    await expect.poll(rowsInTables).toBe(await district.rows());
    await expect.poll(() => reports().row(`${newest} students`).textContent()).toContain("anonymized");
    await expect.poll(() => runs().row(away).count()).toBe(0);
    await eventually(users).toBe(shown);
  });

  test("is picked from the subscriptions of a Microsoft account", async () => {
    const { quickInput, dialog } = workbench();
    await workbench().runCommand("Clever: Connect to Clever and a Lake…");
    for (const step of [1, 2]) {
      await quickInput.step(`(${step}/9)`);
      await quickInput.accept();
    }
    await quickInput.step("(3/9)");
    await quickInput.choose("Trust this key");
    await quickInput.step("(4/9)");
    await quickInput.accept();
    await quickInput.step("(5/9)");
    await quickInput.choose("Password");
    await quickInput.step("(6/9)");
    await quickInput.accept();
    await quickInput.step("(8/9)");
    await quickInput.choose("Azure Data Lake Storage…");
    await quickInput.choose("Pick from my subscriptions");
    expect(await dialog.text()).toContain("wants to sign in using Microsoft");
    await workbench().screenshot("azure-microsoft-dark");
    await dialog.press("Allow");
    await quickInput.choose(subscription.displayName);
    await quickInput.entry(cloud.emulator.account).waitFor();
    expect(await quickInput.labels()).toEqual([cloud.emulator.account]);
    await workbench().screenshot("azure-accounts-dark");
    await quickInput.choose(cloud.emulator.account);
    await quickInput.choose("My Microsoft account in VS Code");
    await quickInput.step("(9/9)");
    await quickInput.choose("Keep the stored salt");
    await expect.poll(connection).toContain('"clever.lake.auth": "vscode"');
    await expect.poll(() => reports().row(`${newest} students`).textContent()).toContain("anonymized");
    expect(cloud.signIns).toBe(1);
  });

  /** Starts a run that stalls in the middle of a new report, calls a function, and lets the run continue. */
  async function inTheMiddleOfARun(day: string, act: () => void): Promise<void> {
    await district.putDaily(
      day,
      Array.from({ length: 5_000 }, () => district.row(day)),
    );
    server.proxy.holdAfter(300_000);
    await run();
    await expect.poll(() => server.proxy.held).toBe(true);
    act();
    server.proxy.release();
  }

  test("continues with a new token if one expires during a run", async () => {
    cloud.emulator.clearLog();
    await inTheMiddleOfARun("2025-09-02", () => cloud.expireTokens());
    await expect.poll(() => reports().row("2025-09-02 students").textContent()).toContain("anonymized");
    await expect.poll(rowsInTables).toBe(await district.rows());
    expect(cloud.emulator.requests.filter(({ status }) => status === 401).length).toBeGreaterThan(0);
    expect(cloud.signIns).toBe(1);
  });

  test("asks for a new sign-in if the account's was revoked during a run", async () => {
    const { dialog } = workbench();
    await inTheMiddleOfARun("2025-09-03", () => cloud.revokeSignIn());
    expect(await dialog.text()).toContain("The sign-in to the data lake has expired.");
    // The list of runs waits for the sign-in, too.
    await workbench().screenshot("azure-sign-in-again-dark", undefined, true);
    await dialog.press("Allow");
    await expect.poll(() => reports().row("2025-09-03 students").textContent()).toContain("anonymized");
    await expect.poll(rowsInTables).toBe(await district.rows());
    expect(cloud.signIns).toBe(2);
  });

  test("leaves neither key nor token in plain text anywhere", async () => {
    const { host, profile } = workbench();
    expect(await connection()).toContain(cloud.url);
    const search = new Search({ password, key: cloud.emulator.key, token: "PlantedSignature6Rt1" });
    await search.browser(workbench());
    for (const folder of [host.serverDataDir, profile]) await search.folder(folder);
    expect(search.findings).toEqual([]);
    expect(search.searched.files).toBeGreaterThan(100);
  });
});
