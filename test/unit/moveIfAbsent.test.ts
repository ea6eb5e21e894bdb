import { readdir, readFile, utimes, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, test, vi } from "vitest";
import { FolderLake } from "../../src/lake/folder";
import { moveIfAbsent } from "../../src/lake/moveIfAbsent";
import { lakeConformance } from "../helpers/lakeConformance";
import { temporaryFolder } from "../helpers/temporaryFolder";
import { wholeFile } from "../helpers/wholeFile";

/** A file system's error for a hard link; undefined if it creates one. */
const refusal = vi.hoisted((): { code: string | undefined } => ({ code: undefined }));
vi.mock("node:fs/promises", async (original) => {
  const actual = await original<typeof import("node:fs/promises")>();
  const link: typeof actual.link = (from, to) =>
    refusal.code === undefined
      ? actual.link(from, to)
      : Promise.reject(Object.assign(new Error("refused"), { code: refusal.code }));
  return { ...actual, default: { ...actual, link }, link };
});

lakeConformance("a folder without hard links", async () =>
  FolderLake.open(await temporaryFolder(), { hardLinks: false }),
);

// FAT under Linux, FAT under Windows, network shares.
test.each(["EPERM", "EISDIR", "ENOTSUP"])(
  "a file system that answers %s to links is supported",
  async (code) => {
    refusal.code = code;
    try {
      const root = await temporaryFolder();
      const lake = await FolderLake.open(root);
      expect(await lake.putIfAbsent("stage1np/x", Buffer.from("first"))).toBe(true);
      expect(await lake.putIfAbsent("stage1np/x", Buffer.from("second"))).toBe(false);
      expect(String(await wholeFile(lake, "stage1np/x"))).toBe("first");
      expect(await readdir(path.join(root, ".clever-lake-tmp"))).toEqual([]);
    } finally {
      refusal.code = undefined;
    }
  },
);

async function finishedFile() {
  const folder = await temporaryFolder();
  const [file, target, claim] = ["file", "target", "claim"].map((name) => path.join(folder, name)) as [
    string,
    string,
    string,
  ];
  await writeFile(file, "new");
  return { file, target, claim };
}

test("the claim of an ended process is taken over", async () => {
  const { file, target, claim } = await finishedFile();
  await writeFile(claim, "of a dead process");
  const old = new Date(Date.now() - 60_000);
  await utimes(claim, old, old);
  expect(await moveIfAbsent(file, target, claim)).toBe(true);
  expect(await readFile(target, "utf8")).toBe("new");
  await expect(readFile(claim)).rejects.toMatchObject({ code: "ENOENT" });
});

test("a recent claim is waited for, until the call is cancelled", async () => {
  const { file, target, claim } = await finishedFile();
  await writeFile(claim, "of somebody at work");
  const abort = new AbortController();
  const moved = moveIfAbsent(file, target, claim, abort.signal);
  setTimeout(() => abort.abort(new Error("Stopped.")), 100);
  await expect(moved).rejects.toThrow("Stopped.");
  expect(await readFile(claim, "utf8")).toBe("of somebody at work");
  await expect(readFile(target)).rejects.toMatchObject({ code: "ENOENT" });
});
