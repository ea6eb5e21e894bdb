import { randomUUID } from "node:crypto";
import { access, mkdir, rm, stat, symlink, utimes, writeFile } from "node:fs/promises";
import { userInfo } from "node:os";
import path from "node:path";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { machineScratch } from "../../src/basics/scratch";
import { withScratch } from "../../src/delta/files/localFiles";
import { Duck } from "../../src/duck/duck";
import { MemoryLake } from "../helpers/memoryLake";
import { temporaryFolder } from "../helpers/temporaryFolder";

const exists = (place: string) =>
  access(place).then(
    () => true,
    () => false,
  );

describe("the machine's temporary folder", () => {
  let temporary: string;
  let ours: string;

  beforeEach(async () => {
    temporary = await temporaryFolder();
    ours = path.join(temporary, `clever-lake-${userInfo().username}`);
    vi.stubEnv("TMPDIR", temporary);
    return () => vi.unstubAllEnvs();
  });

  async function leftOver(parent: string, days: number): Promise<string> {
    const folder = path.join(parent, `1@another@${randomUUID()}`);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const file = path.join(folder, "identities.csv");
    await writeFile(file, "x");
    const time = new Date(Date.now() - days * 86_400_000);
    for (const place of [file, folder]) await utimes(place, time, time);
    return folder;
  }

  test("is cleaned of what killed processes left there, whatever their host and process id", async () => {
    await mkdir(ours, { mode: 0o700 });
    const [old, young] = [await leftOver(ours, 2), await leftOver(ours, 0.5)];
    await machineScratch();
    expect([await exists(old), await exists(young)]).toEqual([false, true]);
  });

  test("is named, with what to do, if it cannot be created", async () => {
    const file = path.join(temporary, "a file");
    await writeFile(file, "x");
    vi.stubEnv("TMPDIR", file);
    await expect(machineScratch()).rejects.toMatchObject({
      code: "io",
      message: "The folder for temporary copies cannot be created.",
      subject: path.join(file, path.basename(ours)),
      hint: expect.stringContaining("TMPDIR"),
    });
  });

  test("is recreated if the system removed it while the process was running", async () => {
    await rm(await machineScratch(), { recursive: true });
    await rm(ours, { recursive: true });
    expect(path.dirname(await machineScratch())).toBe(ours);
    expect((await stat(ours)).mode & 0o077).toBe(0);
  });

  test("is where the engine spills, so a killed engine's spill is removed as well", async () => {
    await mkdir(ours, { mode: 0o700 });
    const old = await leftOver(ours, 2);
    await using _duck = await Duck.open();
    expect(await exists(old)).toBe(false);
  });

  test("is neither used nor cleaned if somebody else may have created it", async () => {
    const elsewhere = path.join(temporary, "elsewhere");
    const old = await leftOver(elsewhere, 2);
    await symlink(elsewhere, ours);
    await expect(machineScratch()).rejects.toMatchObject({ code: "io", subject: ours });
    expect(await exists(old)).toBe(true);
  });
});

test("the result of work is not lost if its scratch folder cannot be removed", async () => {
  const file = path.join(await temporaryFolder(), "file");
  await writeFile(file, "");
  const lake = new MemoryLake();
  // Neither a file nor a folder: as one that another program holds, it cannot be removed.
  lake.scratch = () => Promise.resolve(path.join(file, "scratch"));
  expect(await withScratch(lake, () => Promise.resolve("done"))).toBe("done");
});
