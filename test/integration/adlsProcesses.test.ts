import path from "node:path";
import { expect, test } from "vitest";
import { pseudoTable } from "../../src/clever/layout";
import { reports } from "../../src/clever/reports";
import { FolderLake } from "../../src/lake/folder";
import { sampleDistrict } from "../../src/sample/district";
import { writeDistrict } from "../../src/sample/reportFiles";
import { startSftpServer } from "../../src/sftp/server/server";
import { accountSas, openLake, startEmulator } from "../helpers/adls";
import { stateOf } from "../helpers/adlsPipeline";
import { CommandLine } from "../helpers/cli";
import { lakeRows } from "../helpers/lakeRows";
import { temporaryFolder } from "../helpers/temporaryFolder";

const password = "a password to search for";
const CLEVER_SALT = "a salt to search for";

async function district() {
  const folder = await temporaryFolder();
  const reportsFolder = path.join(folder, "reports");
  const paths = await writeDistrict(
    sampleDistrict({ students: 60, teachers: 6, staff: 3, schools: 3, days: 4 }),
    reportsFolder,
  );
  const { host, port, hostKeyFingerprint, close } = await startSftpServer({
    folder: reportsFolder,
    username: "district",
    password,
  });
  const server = { host, port, username: "district", hostKey: hostKeyFingerprint };
  return { folder, files: paths.length, server, [Symbol.asyncDispose]: close };
}

test("eight concurrent processes add each row exactly once", async () => {
  await using sample = await district();
  const emulator = await startEmulator();
  const { folder, server, files } = sample;
  const CLEVER_LAKE_ACCOUNT_KEY = emulator.key;
  const secrets = { CLEVER_SFTP_PASSWORD: password, CLEVER_SALT, CLEVER_LAKE_ACCOUNT_KEY };
  const lake = { url: emulator.url, auth: "sharedKey" };
  const cli = await CommandLine.create({ folder, server, secrets, lake });
  const runs = await Promise.all(Array.from({ length: 8 }, () => cli.run("run", "--json")));
  for (const { exitCode, stderr } of runs) {
    // A process that starts while another one is running reports only that.
    if (exitCode === 0) continue;
    expect(exitCode, stderr).toBe(2);
    expect(stderr).toMatch(/Another run is active on this lake \(run .+\); nothing was done\. Wait/);
  }
  const landed = runs.map(({ json }) => (json as { landed: number } | undefined)?.landed ?? 0);
  expect(landed.filter((count) => count > 0)).toEqual([files]);

  const calm = await CommandLine.create({ folder: await temporaryFolder(), server, secrets });
  await calm.run("run");
  const folderLake = await FolderLake.open(calm.lakeFolder);
  expect(await stateOf(openLake(emulator))).toEqual(await stateOf(folderLake));
  expect((await lakeRows(folderLake, pseudoTable(reports.daily_participation))).length).toBeGreaterThan(100);
  const verified = await cli.run("verify", "--json");
  expect(verified).toMatchObject({ exitCode: 0, json: { problems: [] } });
});

test("the command line works with a shared access signature, and never shows it", async () => {
  await using sample = await district();
  const emulator = await startEmulator();
  const secrets = {
    CLEVER_SFTP_PASSWORD: password,
    CLEVER_SALT,
    CLEVER_LAKE_SAS: `?${accountSas(emulator)}`,
  };
  const lake = { url: `${emulator.url}/a folder`, auth: "sas" };
  const cli = await CommandLine.create({ folder: sample.folder, server: sample.server, secrets, lake });
  expect(await cli.run("run", "--json")).toMatchObject({ exitCode: 0, json: { landed: sample.files } });
  expect(await cli.run("status")).toMatchObject({
    exitCode: 0,
    stdout: expect.stringContaining("anonymized"),
  });
  expect(await cli.run("metrics", "--json")).toMatchObject({
    exitCode: 0,
    json: { users: expect.any(Number) },
  });
  const refused = await cli.withSecrets({ ...secrets, CLEVER_LAKE_SAS: "sig=wrong" }).run("run");
  expect(refused).toMatchObject({ exitCode: 2, stderr: expect.stringContaining("SAS") });
});

test.each([
  [{ auth: "sharedKey" }, "The storage account's key is missing. Set CLEVER_LAKE_ACCOUNT_KEY;"],
  [{ auth: "sas" }, "The SAS is missing. Set CLEVER_LAKE_SAS;"],
  [{ auth: "vscode" }, "VS Code's sign-in is not available on the command line."],
  [{ auth: "password" }, "lake.auth: "],
  [
    { url: "https://lake.dfs.core.windows.net/?sv=1&sig=secret" },
    "It must contain neither a SAS nor anything else",
  ],
  [{ url: "https://lake.example.org" }, "is not one of Azure Data Lake Storage"],
  [
    { url: "abfss://stage2p@lake.dfs.core.windows.net/clever" },
    "is only one of the lake's three file systems",
  ],
])("the lake settings %j are refused, with the reason", async (lake, message) => {
  const server = { host: "127.0.0.1", port: 1, username: "u", hostKey: `SHA256:${"A".repeat(43)}` };
  const url = "https://lake.dfs.core.windows.net";
  const folder = await temporaryFolder();
  const cli = await CommandLine.create({ folder, server, lake: { url, ...lake }, secrets: { CLEVER_SALT } });
  const { exitCode, stderr } = await cli.run("run");
  expect({ exitCode, stderr }).toEqual({ exitCode: 2, stderr: expect.stringContaining(message) });
  expect(stderr).not.toContain("secret");
});
