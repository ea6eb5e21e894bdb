import { spawnSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import {
  chmod,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  rm,
  stat,
  symlink,
  utimes,
  writeFile,
} from "node:fs/promises";
import path from "node:path";
import { setImmediate } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { fileBytes } from "../../src/basics/fileBytes";
import { processSpace } from "../../src/basics/processSpace";
import { limitMode } from "../../src/lake/disk";
import { FolderLake } from "../../src/lake/folder";
import type { LakeEntry } from "../../src/lake/lake";
import { isLake } from "../../src/lake/requireLake";
import { lakeConformance } from "../helpers/lakeConformance";
import { temporaryFolder } from "../helpers/temporaryFolder";
import { wholeFile } from "../helpers/wholeFile";

lakeConformance("a folder", async () => FolderLake.open(await temporaryFolder()));

async function* one(text: string) {
  yield await Promise.resolve(Buffer.from(text));
}

test.skipIf(!existsSync("/dev/shm"))(
  "a stage on another file system is refused with the reason",
  async () => {
    // The tests' own temporary files may be in memory.
    const root = await mkdtemp("/tmp/clever-lake-test-");
    const elsewhere = await mkdtemp("/dev/shm/clever-lake-test-");
    try {
      await symlink(elsewhere, path.join(root, "stage1np"));
      const lake = await FolderLake.open(root);
      const refusal = { code: "io", hint: expect.stringContaining("must be on one file system") };
      await expect(lake.write("stage1np/a.csv", one("x"))).rejects.toMatchObject(refusal);
      await expect(lake.putIfAbsent("stage1np/a.json", Buffer.from("{}"))).rejects.toMatchObject(refusal);
      expect(await readdir(elsewhere)).toEqual([]);
    } finally {
      await Promise.all([root, elsewhere].map((folder) => rm(folder, { recursive: true })));
    }
  },
);

// As on a network share that was mounted for another user.
test.skipIf(process.platform !== "linux")(
  "a file system that refuses to change permissions keeps its own",
  async () => {
    await expect(chmod("/proc/self/status", 0o600)).rejects.toMatchObject({ code: "EPERM" });
    await expect(limitMode("/proc/self/status", 0o600)).resolves.toBeUndefined();
    await expect(limitMode("/proc/self/missing", 0o600)).rejects.toMatchObject({ code: "ENOENT" });
  },
);

test.skipIf(process.platform === "win32")(
  "identities are readable by their owner only, pseudonymized data by the group too",
  async () => {
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
  },
);

test.skipIf(process.platform === "win32")(
  "a file moved into the lake is no more readable than the umask allows",
  async () => {
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
  },
);

test.skipIf(process.platform === "win32")(
  "only the owner can replace a new lake's folders, even if the umask allows more",
  async () => {
    const root = path.join(await temporaryFolder(), "district", "lake");
    const before = process.umask(0);
    try {
      await (await FolderLake.open(root)).write("stage1np/clever/t.csv", one("x"));
    } finally {
      process.umask(before);
    }
    for (const folder of [path.dirname(root), root]) expect((await stat(folder)).mode & 0o777).toBe(0o755);
  },
);

test("opens by file URL, with spaces and umlauts", async () => {
  const root = path.join(await temporaryFolder(), "my lake ü");
  const lake = await FolderLake.open(new URL(`file://${root}`).href);
  await lake.write("stage1np/x", one("1"));
  expect(await readFile(path.join(root, "stage1np/x"), "utf8")).toBe("1");
});

test.skipIf(process.platform !== "linux")(
  "a write that fails before it reads a local file leaves that file closed",
  async () => {
    const folder = await temporaryFolder();
    const local = path.join(folder, "local");
    await writeFile(local, "bytes");
    const isOpen = async () => {
      const numbers = await readdir("/proc/self/fd");
      const opened = await Promise.all(
        numbers.map((each) => readlink(`/proc/self/fd/${each}`).catch(() => "")),
      );
      return opened.includes(local);
    };
    const root = path.join(folder, "lake");
    const lake = await FolderLake.open(root);
    await writeFile(root, "Now it is a file.");
    await expect(lake.write("stage2p/a", fileBytes(local))).rejects.toMatchObject({ code: "io" });
    await expect(lake.write("../a", fileBytes(local))).rejects.toMatchObject({ code: "unsafePath" });
    await setImmediate();
    expect(await isOpen()).toBe(false);
  },
);

describe("a folder that does not exist", () => {
  test("is created by the first write only", async () => {
    for (const write of [
      (lake: FolderLake) => lake.write("stage1np/a.csv", one("x")),
      (lake: FolderLake) => lake.putIfAbsent("stage1np/a.csv", Buffer.from("x")),
      async (lake: FolderLake) => {
        const local = path.join(await lake.scratch(), "part");
        await writeFile(local, "x");
        await lake.importFile(local, "stage1np/a.csv");
      },
    ]) {
      const root = path.join(await temporaryFolder(), "new", "lake");
      const lake = await FolderLake.open(root);
      await lake.scratch();
      expect(await isLake(lake)).toBe(false);
      await expect(wholeFile(lake, "stage1np/a.csv")).rejects.toMatchObject({ code: "notFound" });
      expect(existsSync(path.dirname(root))).toBe(false);
      await write(lake);
      expect(await isLake(lake)).toBe(true);
      expect(await readFile(path.join(root, "stage1np/a.csv"), "utf8")).toBe("x");
    }
  });

  test("is refused if its path, or a folder above it, is a file", async () => {
    const file = path.join(await temporaryFolder(), "file");
    await writeFile(file, "x");
    for (const root of [file, path.join(file, "lake")]) {
      await expect(FolderLake.open(root)).rejects.toMatchObject({
        code: "config",
        subject: root,
        message: expect.stringContaining("points to a file"),
        hint: expect.any(String),
      });
    }
  });

  test("is refused if its path contains a link without a target", async () => {
    const folder = await temporaryFolder();
    const link = path.join(folder, "link");
    await symlink(path.join(folder, "disk"), link, "dir");
    for (const root of [link, path.join(link, "new", "lake")]) {
      await expect(FolderLake.open(root)).rejects.toMatchObject({
        code: "config",
        subject: link,
        message: expect.stringContaining("a link whose target does not exist"),
        hint: expect.stringContaining("mounted"),
      });
    }
    await mkdir(path.join(folder, "disk"));
    const lake = await FolderLake.open(path.join(link, "new", "lake"));
    await lake.putIfAbsent("stage1np/a.csv", Buffer.from("x"));
    expect(await isLake(lake)).toBe(true);
  });
});

describe("another process's file in the temporary folder", () => {
  const hours = 3_600_000;

  /** A lake with temporary files of these processes and ages; returns what remains after the lake's next write. */
  async function leftAfterSweep(files: Readonly<Record<string, number>>): Promise<string[]> {
    const root = await temporaryFolder();
    const folder = path.join(root, ".clever-lake-tmp");
    await mkdir(folder);
    for (const [maker, age] of Object.entries(files)) {
      const place = path.join(folder, maker.includes("@") ? `${maker}@${randomUUID()}` : maker);
      await writeFile(place, "left over");
      const time = new Date(Date.now() - age);
      await utimes(place, time, time);
    }
    const lake = await FolderLake.open(root);
    await lake.write("stage1np/clever/x", one("1"));
    return (await readdir(folder)).map((name) => name.split("@", 2).join("@")).sort();
  }

  test("is removed immediately if the process was on this machine and has ended", async () => {
    const { pid: dead } = spawnSync("true");
    const alive = `${process.ppid}@${processSpace}`;
    expect(await leftAfterSweep({ [`${dead}@${processSpace}`]: 0, [alive]: 0 })).toEqual([alive]);
  });

  test("is removed by age if its process id proves nothing: another machine, another container, a reused pid", async () => {
    const old = { "1@another": 25 * hours, [`1@${processSpace}`]: 25 * hours, "17@host.name": 25 * hours };
    expect(await leftAfterSweep(old)).toEqual([]);
    const { pid: dead } = spawnSync("true");
    const young = { "1@another": 23 * hours, [`${dead}@another`]: 23 * hours };
    expect(await leftAfterSweep(young)).toEqual(Object.keys(young).sort());
  });

  test("stays if it is not one of our temporary files", async () => {
    expect(await leftAfterSweep({ "notes.txt": 1000 * hours })).toEqual(["notes.txt"]);
  });

  test("is reported, while this process's own files are not", async () => {
    const root = await temporaryFolder();
    const lake = await FolderLake.open(root);
    await lake.scratch();
    await writeFile(path.join(root, ".clever-lake-tmp", `1@another@${randomUUID()}`), "left over");
    const reported: LakeEntry[] = [];
    for await (const entry of lake.temporaries()) reported.push(entry);
    expect(reported).toMatchObject([
      { path: expect.stringContaining(".clever-lake-tmp/1@another@"), size: 9 },
    ]);
  });

  test("is not removed while it is being written, like a folder with recent files", async () => {
    const root = await temporaryFolder();
    const folder = path.join(root, ".clever-lake-tmp", `1@another@${randomUUID()}`);
    await mkdir(path.join(folder, "spill"), { recursive: true });
    await writeFile(path.join(folder, "spill", "a"), "x");
    const old = new Date(Date.now() - 25 * hours);
    await utimes(folder, old, old);
    await (await FolderLake.open(root)).write("stage2p/clever/x", one("1"));
    expect(await readdir(path.join(folder, "spill"))).toEqual(["a"]);
  });
});
