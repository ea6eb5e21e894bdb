import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import lock from "../../package-lock.json";
import { verifiedPackage } from "../../scripts/verifiedPackage";
import { duckdbBinding } from "../../scripts/vscode/duckdbBinding";
import { temporaryFolder } from "../helpers/temporaryFolder";

const root = path.resolve(import.meta.dirname, "..", "..");
const { version, integrity } = lock.packages["node_modules/proxy-from-env"];
const anotherIntegrity = lock.packages["node_modules/cockatiel"].integrity;

test("a package with a different hash is refused, and leaves nothing behind", async () => {
  const project = await temporaryFolder();
  const wanted = { name: "proxy-from-env", version, integrity: anotherIntegrity };
  await expect(verifiedPackage(project, wanted)).rejects.toThrow(/could not install proxy-from-env/);
  expect(await readdir(path.join(project, ".cache", "packages"))).toEqual([]);
});

test("a package with the expected hash is installed once, even by two concurrent processes", async () => {
  const project = await temporaryFolder();
  const wanted = { name: "proxy-from-env", version, integrity };
  const [one, other] = await Promise.all([
    verifiedPackage(project, wanted),
    verifiedPackage(project, wanted),
  ]);
  expect(other).toBe(one);
  expect(JSON.parse(await readFile(path.join(one, "package.json"), "utf8"))).toMatchObject({ version });
  expect(await readdir(path.join(project, ".cache", "packages"))).toHaveLength(1);
});

test("DuckDB's library for another platform matches the lock file", async () => {
  const folder = await duckdbBinding(root, "@duckdb/node-bindings-win32-x64");
  const installed: unknown = JSON.parse(await readFile(path.join(folder, "package.json"), "utf8"));
  expect(installed).toMatchObject({
    version: lock.packages["node_modules/@duckdb/node-bindings-win32-x64"].version,
  });
  await expect(duckdbBinding(root, "@duckdb/node-bindings-amiga")).rejects.toThrow(/no library/);
});
