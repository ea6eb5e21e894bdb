import { spawnSync } from "node:child_process";
import { chmod, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import path from "node:path";
import { expect, test } from "vitest";
import { FolderLake } from "../../src/lake/folder";
import { lakeConformance } from "../helpers/lakeConformance";
import { temporaryFolder } from "../helpers/temporaryFolder";

lakeConformance("a folder", async () => FolderLake.open(await temporaryFolder()));

async function* one(text: string) {
  yield await Promise.resolve(Buffer.from(text));
}

test("identities are readable by their owner only, pseudonymized data by the group too", async () => {
  const root = await temporaryFolder();
  const lake = await FolderLake.open(root);
  const mode = async (name: string) => (await stat(path.join(root, name))).mode & 0o777;
  await lake.write("stage2np/clever/t/part", one("x"));
  await lake.write("stage1np/clever/t.csv", one("x"));
  await lake.write("stage2p/clever/t/part", one("x"));
  expect(await mode("stage2np")).toBe(0o700);
  expect(await mode("stage2np/clever/t")).toBe(0o700);
  expect(await mode("stage2np/clever/t/part")).toBe(0o600);
  expect(await mode("stage1np")).toBe(0o700);
  expect(await mode("stage1np/clever/t.csv")).toBe(0o600);
  expect((await mode("stage2p/clever/t/part")) & 0o440).toBe(0o440);
});

test("a file that is moved into the lake is no more readable than the machine's settings make it", async () => {
  const root = await temporaryFolder();
  const lake = await FolderLake.open(root);
  const before = process.umask(0o077);
  const importedMode = async (target: string, mode?: number) => {
    const local = path.join(await lake.scratch(), "part");
    await writeFile(local, "x");
    if (mode !== undefined) await chmod(local, mode);
    await lake.importFile(local, target);
    return (await stat(path.join(root, target))).mode & 0o777;
  };
  try {
    expect(await importedMode("stage2p/clever/t/strict")).toBe(0o600);
    process.umask(0o022);
    expect(await importedMode("stage2p/clever/t/usual")).toBe(0o644);
    expect(await importedMode("stage2p/clever/t/wide", 0o777)).toBe(0o644);
    expect(await importedMode("stage2np/clever/t/identities")).toBe(0o600);
  } finally {
    process.umask(before);
  }
});

test("opens by file address, with spaces and umlauts", async () => {
  const root = path.join(await temporaryFolder(), "my lake ü");
  const lake = await FolderLake.open(new URL(`file://${root}`).href);
  await lake.write("stage1np/x", one("1"));
  expect(await readFile(path.join(root, "stage1np/x"), "utf8")).toBe("1");
});

test("what a dead process left in the temporary folder is swept, a living one's stays", async () => {
  const root = await temporaryFolder();
  const before = await FolderLake.open(root);
  const alive = path.basename(await before.scratch());
  const { pid: dead } = spawnSync("true");
  await writeFile(path.join(root, ".clever-lake-tmp", `${dead}@${hostname()}@x`), "left over");
  await writeFile(path.join(root, ".clever-lake-tmp", `${dead}@another-host@x`), "somebody else's");
  const after = await FolderLake.open(root);
  const mine = path.basename(await after.scratch());
  expect((await readdir(path.join(root, ".clever-lake-tmp"))).sort()).toEqual(
    [alive, mine, `${dead}@another-host@x`].sort(),
  );
});
