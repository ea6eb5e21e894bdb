import { existsSync } from "node:fs";
import { readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { assetNames } from "../../src/assets/asset";
import { lakeAddressesOf } from "../../src/assets/lakeAddresses";
import { manifestName, writeAssets } from "../../src/assets/writeAssets";
import { folderUrl, sparkFolder } from "../helpers/folderUrl";
import { sparkScripts } from "../helpers/sparkEngine";
import { temporaryFolder } from "../helpers/temporaryFolder";

const lakeUrl = "https://districtlake.dfs.core.windows.net";
const settings = { saltKeyVaultUrl: undefined, minimumGroupSize: 10, scripts: sparkScripts };

async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)).replaceAll("\\", "/"))
    .filter((name) => name !== manifestName)
    .sort();
}

test("writes every asset with a README, and a second call changes nothing", async () => {
  const folder = path.join(await temporaryFolder(), "new", "assets");
  const first = await writeAssets({ lakeUrl, folder, names: assetNames, ...settings });
  expect(first.assets).toEqual(assetNames);
  expect(first.kept).toEqual([]);
  expect(await filesIn(folder)).toEqual([...first.written].sort());
  for (const name of assetNames) expect(first.written.some((file) => file.startsWith(`${name}/`))).toBe(true);
  const again = await writeAssets({ lakeUrl, folder, names: assetNames, ...settings });
  expect(again).toEqual({ ...first, written: [], unchanged: first.written });
});

test("keeps and reports changed files and existing ones", async () => {
  const folder = await temporaryFolder();
  await writeFile(path.join(folder, "README.md"), "mine");
  const first = await writeAssets({ lakeUrl, folder, names: ["sql"], ...settings });
  expect(first.kept).toEqual(["README.md"]);
  const changed = path.join(folder, "sql/synapse/4-questions.sql");
  await writeFile(changed, "-- changed by hand");

  // Another account: every file that names it is rewritten.
  const other = {
    lakeUrl: "https://otherlake.dfs.core.windows.net",
    folder,
    names: ["sql"] as const,
    ...settings,
  };
  const second = await writeAssets(other);
  expect(second.kept).toEqual(["sql/synapse/4-questions.sql", "README.md"]);
  expect(second.written).toContain("sql/synapse/1-database.sql");
  expect(await readFile(changed, "utf8")).toBe("-- changed by hand");
  expect(await readFile(path.join(folder, "README.md"), "utf8")).toBe("mine");

  await rm(changed);
  expect((await writeAssets(other)).written).toEqual(["sql/synapse/4-questions.sql"]);
});

test("an asset that cannot be created for the lake is skipped with the reason, unless it is the only one", async () => {
  const folder = await temporaryFolder();
  const oneLake = "https://onelake.dfs.fabric.microsoft.com/Unified School District/Clever.Lakehouse/Files";
  const request = { lakeUrl: oneLake.replaceAll(" ", "%20"), folder, ...settings };
  const { assets, skipped, written } = await writeAssets({ ...request, names: assetNames });
  expect(assets).toEqual(["sql", "power-bi", "pipeline"]);
  const reason = expect.stringMatching(/^Unified School District: Spark does not accept .* Use the GUIDs /);
  expect(skipped).toEqual([{ asset: "notebook", reason }]);
  expect(await filesIn(folder)).toEqual([...written].sort());
  expect(await readFile(path.join(folder, "README.md"), "utf8")).not.toContain("notebook/");
  await expect(writeAssets({ ...request, names: ["notebook"] })).rejects.toMatchObject({ code: "config" });
});

test("a damaged list of written files is reported, and nothing is overwritten", async () => {
  const folder = await temporaryFolder();
  await writeFile(path.join(folder, manifestName), "{");
  await expect(writeAssets({ lakeUrl, folder, names: ["sql"], ...settings })).rejects.toMatchObject({
    code: "config",
  });
  expect(await filesIn(folder)).toEqual([]);
});

test("the assets' table paths equal those of the lake's adapter", () => {
  const table = "stage2p/clever/daily_participation_pseudo";
  const urlAt = (url: string) => lakeAddressesOf(url).url(table);
  const host = "districtlake.dfs.core.windows.net";
  expect(urlAt(`https://${host}`)).toBe(`https://${host}/${table}`);
  expect(urlAt(`https://${host}/oea one`)).toBe(
    `https://${host}/stage2p/oea%20one/clever/daily_participation_pseudo`,
  );
  expect(urlAt(`abfss://oea@${host}/x`)).toBe(`https://${host}/oea/x/${table}`);
  expect(lakeAddressesOf(`https://${host}`).url("stage2p")).toBe(`https://${host}/stage2p`);
  expect(urlAt(folderUrl("/data/lake"))).toBe(`https://ACCOUNT.dfs.core.windows.net/${table}`);
  expect(lakeAddressesOf(folderUrl("/data/lake")).inAzure).toBe(false);
  const oneLake = lakeAddressesOf(
    "https://onelake.dfs.fabric.microsoft.com/Our%20Data/Clever.Lakehouse/Files",
  );
  expect(oneLake.oneLake).toEqual({ workspace: "Our Data", item: "Clever.Lakehouse" });
  const inItem = `Clever.Lakehouse/Files/${table}`;
  expect(oneLake.url(table)).toBe(`https://onelake.dfs.fabric.microsoft.com/Our%20Data/${inItem}`);
});

test("the assets' stage URLs for Spark equal those of the lake's adapter", () => {
  const sparkAt = (url: string) => lakeAddressesOf(url).spark("stage2p");
  const host = "districtlake.dfs.core.windows.net";
  expect(sparkAt(`https://${host}`)).toBe(`abfss://stage2p@${host}`);
  expect(sparkAt(`https://${host}/oea one`)).toBe(`abfss://stage2p@${host}/oea one`);
  expect(sparkAt(`abfss://oea@${host}/x`)).toBe(`abfss://oea@${host}/x/stage2p`);
  expect(sparkAt("http://127.0.0.1:10000/devaccount")).toBe("abfss://stage2p@ACCOUNT.dfs.core.windows.net");
  expect(sparkAt(folderUrl("/data/the lake"))).toBe(`${sparkFolder("/data/the lake")}/stage2p`);
});

test("a target folder that is a file is reported as such, not as the lake's", async () => {
  const folder = path.join(await temporaryFolder(), "file");
  await writeFile(folder, "");
  await expect(writeAssets({ lakeUrl, folder, names: ["sql"], ...settings })).rejects.toMatchObject({
    code: "io",
    message: "The assets could not be written.",
    hint: expect.stringContaining("Check that its folder exists"),
  });
});

test.skipIf(!existsSync("/dev/full"))("leaves no partial file if the disk is full", async () => {
  const folder = await temporaryFolder();
  // As a file that takes no byte.
  await symlink("/dev/full", path.join(folder, `README.md.${process.pid}.tmp`));
  await expect(writeAssets({ lakeUrl, folder, names: ["sql"], ...settings })).rejects.toMatchObject({
    code: "io",
    hint: expect.stringContaining("disk is full"),
  });
  expect((await readdir(folder)).sort()).toEqual([manifestName, "sql"]);
});
