import { execFileSync } from "node:child_process";
import { mkdir } from "node:fs/promises";
import { userInfo } from "node:os";
import path from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { IndexKeeper } from "../../src/dashboard/index/indexKeeper";
import type { AdlsEmulator } from "../adls-emulator/emulator";
import { openLake, startEmulator } from "../helpers/adls";
import { runInto } from "../helpers/adlsPipeline";
import { filesBelow } from "../helpers/lakeFiles";
import { daily, dailyCsv, dailyPath, PipelineFixture } from "../helpers/pipelineFixture";
import { temporaryFolder } from "../helpers/temporaryFolder";

/** A disk of the given size in kB, if this user may mount one. */
function smallDisk(folder: string, size: number): boolean {
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", `size=${size}k`, "tmpfs", folder], { stdio: "ignore" });
  } catch {
    return false;
  }
  onTestFinished(() => {
    execFileSync("umount", ["--lazy", folder]);
  });
  return true;
}

/** A lake whose table takes a few hundred kB. */
async function largeLake(): Promise<AdlsEmulator> {
  const emulator = await startEmulator();
  const fixture = await PipelineFixture.create();
  const people = Array.from({ length: 4_000 }, (_, person) => daily(`person ${person}`));
  await fixture.put(dailyPath(), dailyCsv(...people));
  await runInto(openLake(emulator), fixture.source);
  return emulator;
}

describe("a disk that is too full for the dashboard's cache", () => {
  test("is reported with the folder if it cannot even hold the tables' files", async ({ skip }) => {
    const cacheFolder = await temporaryFolder();
    const emulator = await largeLake();
    if (!smallDisk(cacheFolder, 64)) return skip("No disk can be mounted here.");
    await using keeper = new IndexKeeper({ cacheFolder });
    await expect(keeper.current(openLake(emulator))).rejects.toMatchObject({
      code: "io",
      message: "This machine's disk has no space for a copy of the lake's file.",
      hint: expect.stringMatching(`Free some space where ${cacheFolder}/.+ is; then try again.`),
    });
  });

  test("does not prevent answers if only the index cannot be stored", async ({ skip }) => {
    const cacheFolder = await temporaryFolder();
    const emulator = await largeLake();
    if (!smallDisk(cacheFolder, 700)) return skip("No disk can be mounted here.");
    const problems: unknown[] = [];
    await using keeper = new IndexKeeper({ cacheFolder, onProblem: (problem) => problems.push(problem) });
    expect((await keeper.current(openLake(emulator)))?.people).toBeDefined();
    // Neither the month's ids nor its segment.
    expect(problems).toHaveLength(2);
    const partial = (await filesBelow(cacheFolder)).filter((file) => file.endsWith(".tmp"));
    expect(partial).toEqual([]);
  });
});

test("temporary copies are not put into a folder that others can read", async () => {
  const folder = await temporaryFolder();
  const before = process.env.TMPDIR;
  process.env.TMPDIR = folder;
  try {
    await mkdir(path.join(folder, `clever-lake-${userInfo().username}`), { mode: 0o755 });
    const emulator = await startEmulator();
    await expect(openLake(emulator).scratch()).rejects.toMatchObject({
      code: "io",
      message: "The folder for temporary copies is not yours alone.",
    });
  } finally {
    if (before === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = before;
  }
});
