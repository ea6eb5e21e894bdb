import { randomUUID } from "node:crypto";
import { type FileHandle, open, readdir, readFile, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { processSpace } from "../../src/basics/processSpace";
import { FolderLake } from "../../src/lake/folder";
import { lakeConformance } from "../helpers/lakeConformance";
import { temporaryFolder } from "../helpers/temporaryFolder";
import { wholeFile } from "../helpers/wholeFile";

lakeConformance("a folder on Windows", async () => FolderLake.open(await temporaryFolder()));
lakeConformance("a folder on Windows without hard links", async () =>
  FolderLake.open(await temporaryFolder(), { hardLinks: false }),
);

const target = "stage1np/clever/a.csv";

async function* one(text: string) {
  yield await Promise.resolve(Buffer.from(text));
}

/** libuv's flag for a file that no other program may open, replace or remove, as virus scanners and backups lock theirs. */
const exclusive = 0x10000000;

function hold(file: string): Promise<FileHandle> {
  return open(file, exclusive);
}

async function lakeWithFile() {
  const root = await temporaryFolder();
  const lake = await FolderLake.open(root);
  await lake.write(target, one("older"));
  return { root, lake, file: path.join(root, target) };
}

describe("a file locked by another program", () => {
  test.each([
    ["replaced", (lake: FolderLake) => lake.write(target, one("newer")), "newer"],
    [
      "replaced by a rename",
      async (lake: FolderLake) => {
        await lake.write("stage1np/b", one("newer"));
        await lake.rename("stage1np/b", target);
      },
      "newer",
    ],
    ["renamed", (lake: FolderLake) => lake.rename(target, "stage1np/b"), undefined],
    ["deleted", (lake: FolderLake) => lake.delete(target), undefined],
    [
      "read",
      async (lake: FolderLake) => expect(String(await wholeFile(lake, target))).toBe("older"),
      "older",
    ],
  ] as const)("is %s once it is released", async (_what, work, left) => {
    const { lake, file } = await lakeWithFile();
    const held = await hold(file);
    const done = work(lake);
    await sleep(300);
    await held.close();
    await done;
    const entry = await lake.stat(target);
    expect(entry === undefined ? undefined : String(await wholeFile(lake, target))).toBe(left);
    expect(await readdir(path.join(path.dirname(file), "..", "..", ".clever-lake-tmp"))).toEqual([]);
  });

  test("does not delay a cancelled call", async () => {
    const { lake, file } = await lakeWithFile();
    await using _held = await hold(file);
    const abort = new AbortController();
    const done = lake.write(target, one("newer"), { signal: abort.signal });
    setTimeout(() => abort.abort(new Error("Stopped.")), 200);
    await expect(done).rejects.toThrow("Stopped.");
  });

  test("is reported as such if it stays locked", async () => {
    const { lake, file } = await lakeWithFile();
    await using _held = await hold(file);
    await expect(lake.write(target, one("newer"))).rejects.toMatchObject({
      code: "io",
      hint: expect.stringContaining("virus scanner") as string,
    });
  });
});

test("an open file with shared deletion is replaced, and its readers continue", async () => {
  const { lake, file } = await lakeWithFile();
  await using reading = await open(file, "r");
  const done = lake.write(target, one("newer"));
  expect(String(await reading.readFile())).toBe("older");
  await reading.close();
  await done;
  expect(String(await wholeFile(lake, target))).toBe("newer");
});

test.each(["stage1np/a:b", "stage1np/con", "stage1np/NUL.csv", "stage1np/a.", "stage1np/a ", "stage1np/a?b"])(
  "%s, which Windows does not allow, is refused and not written elsewhere",
  async (awkward) => {
    const root = await temporaryFolder();
    const lake = await FolderLake.open(root);
    await expect(lake.write(awkward, one("x"))).rejects.toMatchObject({
      code: "unsafePath",
      subject: awkward,
    });
    expect(await readdir(root)).toEqual([]);
  },
);

test("paths of more than 260 characters are written, listed and read", async () => {
  const lake = await FolderLake.open(await temporaryFolder());
  const long = `stage1np/${"a folder with a long name/".repeat(12)}file.csv`;
  await lake.write(long, one("far away"));
  expect(await lake.putIfAbsent(`${long}.lock`, Buffer.from("x"))).toBe(true);
  await lake.rename(long, `${long}.done`);
  expect(String(await wholeFile(lake, `${long}.done`))).toBe("far away");
  const found: string[] = [];
  for await (const { kind, path: name } of lake.list("stage1np", { recursive: true }))
    if (kind === "file") found.push(name);
  expect(found.sort()).toEqual([`${long}.done`, `${long}.lock`]);
});

test("a lake is opened by drive letter, with either slash and as a URL", async () => {
  const root = await temporaryFolder();
  expect(path.parse(root).root).toMatch(/^[A-Z]:\\$/);
  await writeFile(path.join(root, "x"), "here");
  const slashes = root.replaceAll("\\", "/");
  for (const address of [root, slashes, `file:///${slashes}`, root.toLowerCase()]) {
    const lake = await FolderLake.open(address);
    await lake.write("stage1np/x", one(address));
    expect(await readFile(path.join(root, "stage1np", "x"), "utf8")).toBe(address);
    expect(lake.url).toMatch(/^file:\/\/\/[A-Za-z]:\//);
  }
});

test("a folder whose path is too long for DuckDB is refused before anything is written", async () => {
  const root = path.join(await temporaryFolder(), "a folder with a long name".repeat(5));
  await expect(FolderLake.open(root)).rejects.toMatchObject({ code: "config" });
  await expect(stat(root)).rejects.toMatchObject({ code: "ENOENT" });
});

test("files for stage2p are created there, so they inherit its ACL", async () => {
  const root = await temporaryFolder();
  const lake = await FolderLake.open(root);
  const scratch = await lake.scratch();
  await writeFile(path.join(scratch, "part"), "rows");
  await lake.importFile(path.join(scratch, "part"), "stage2p/t/part");
  await lake.write("stage2p/t/other", one("rows"));
  expect(await readdir(scratch)).toEqual([]);
  expect(await readdir(path.join(root, "stage2p"))).toEqual([".clever-lake-tmp", "t"]);
  expect(await readdir(path.join(root, "stage2p", ".clever-lake-tmp"))).toEqual([]);
  expect(String(await wholeFile(lake, "stage2p/t/part"))).toBe("rows");
  const names: string[] = [];
  for await (const entry of lake.list("stage2p")) names.push(entry.path);
  expect(names).toEqual(["stage2p/t"]);
});

test("a dead process's file that another program has locked does not prevent writing", async () => {
  const { root } = await lakeWithFile();
  // No process has this id.
  const leftOver = path.join(root, ".clever-lake-tmp", `${2 ** 31 - 4}@${processSpace}@${randomUUID()}`);
  await writeFile(leftOver, "left over");
  const held = await hold(leftOver);
  const next = await FolderLake.open(root);
  await next.write(target, one("newer"));
  await held.close();
  const another = await FolderLake.open(root);
  await another.write(target, one("newest"));
  expect(await readdir(path.dirname(leftOver))).toEqual([]);
});
