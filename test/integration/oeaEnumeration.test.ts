import { cp, readdir } from "node:fs/promises";
import path from "node:path";
import { DataLakeServiceClient, StorageSharedKeyCredential } from "@azure/storage-file-datalake";
import { describe, expect, test } from "vitest";
import { earlierSaltFingerprintPath, saltFingerprintPath } from "../../src/clever/layout";
import { testLake } from "../../src/engine/server/reports";
import type { Lake } from "../../src/lake/lake";
import type { AdlsEmulator } from "../adls-emulator/emulator";
import { openLake, startEmulator } from "../helpers/adls";
import { runInto } from "../helpers/adlsPipeline";
import { lakeRows } from "../helpers/lakeRows";
import {
  daily,
  dailyCsv,
  dailyPath,
  PipelineFixture,
  salt,
  usage,
  usageCsv,
  usagePath,
} from "../helpers/pipelineFixture";
import { temporaryFolder } from "../helpers/temporaryFolder";

/**
 * The behaviour of OEA's `create_lake_db` and `create_sql_db`: each child of `stage2p/clever` and of
 * `stage2np/clever`, hidden or not, file or folder, becomes `CREATE TABLE <its name> USING DELTA LOCATION <its place>`.
 */
const stages = ["stage2np", "stage2p"] as const;
const tables = {
  stage2np: ["daily_participation_lookup", "resource_usage_lookup"],
  stage2p: ["daily_participation_pseudo", "resource_usage_pseudo"],
};

interface Child {
  readonly name: string;
  readonly isFolder: boolean;
}

/** The tables that OEA creates; rejects if one of its statements would fail. */
async function enumerated(lake: Lake, stage: string, children: readonly Child[]): Promise<string[]> {
  for (const { name, isFolder } of children) {
    // An identifier that SQL accepts without quotes.
    expect(name).toMatch(/^[A-Za-z_]\w*$/);
    expect(isFolder, name).toBe(true);
    expect((await lakeRows(lake, `${stage}/clever/${name}`)).length, name).toBeGreaterThan(0);
  }
  return children.map(({ name }) => name).sort();
}

/** The contents of a stage's `clever`, from the account itself, since our adapter hides its own files. */
async function childrenInAccount({ account, key, url }: AdlsEmulator, stage: string): Promise<Child[]> {
  const service = new DataLakeServiceClient(url, new StorageSharedKeyCredential(account, key));
  const children: Child[] = [];
  for await (const { name = "", isDirectory } of service
    .getFileSystemClient(stage)
    .listPaths({ path: "clever" })) {
    children.push({ name: path.posix.basename(name), isFolder: isDirectory ?? false });
  }
  return children;
}

async function childrenInFolder(lake: Lake, stage: string): Promise<Child[]> {
  const folder = lake.localPath(`${stage}/clever`) ?? "";
  const entries = await readdir(folder, { withFileTypes: true });
  return entries.map((entry) => ({ name: entry.name, isFolder: entry.isDirectory() }));
}

async function someReports(): Promise<PipelineFixture> {
  const fixture = await PipelineFixture.create();
  await fixture.put(dailyPath(), dailyCsv(daily("amy"), daily("ben")));
  await fixture.put(usagePath(), usageCsv(usage("amy", "Maths")));
  return fixture;
}

describe("OEA's enumeration of tables", () => {
  test("finds ours in a folder lake, and nothing else", async () => {
    const fixture = await someReports();
    await fixture.run();
    for (const stage of stages) {
      const children = await childrenInFolder(fixture.lake, stage);
      expect(await enumerated(fixture.lake, stage, children)).toEqual(tables[stage]);
    }
  });

  test("finds ours on the emulator, and nothing else, even after a connection test", async () => {
    const emulator = await startEmulator({ fileSystems: ["stage1np", ...stages] });
    const { source } = await someReports();
    await runInto(openLake(emulator), source);
    const lake = openLake(emulator);
    for (const stage of stages) {
      const children = await childrenInAccount(emulator, stage);
      expect(await enumerated(lake, stage, children)).toEqual(tables[stage]);
    }
  });

  test("finds nothing in a lake that was only tested", async () => {
    const folder = await temporaryFolder();
    const sftp = { host: "127.0.0.1", port: 22, username: "district" };
    const connected = { connection: { sftp, lake: { url: folder } }, secrets: { salt } };
    await testLake(connected, new AbortController().signal);
    for (const stage of stages) expect(await readdir(path.join(folder, stage, "clever"))).toEqual([]);
  });

  test("finds ours in a lake of an earlier version once a run has migrated it", async () => {
    const folder = await temporaryFolder();
    const earlier = path.join(import.meta.dirname, "../fixtures/lakes/before-months");
    await cp(earlier, path.join(folder, "lake"), { recursive: true });
    const fixture = await PipelineFixture.create(folder);
    await fixture.run();
    expect(await fixture.lake.stat(saltFingerprintPath)).toBeDefined();
    for (const stage of stages) {
      const children = await childrenInFolder(fixture.lake, stage);
      const roster = stage === "stage2p" ? ["students_pseudo"] : [];
      expect(await enumerated(fixture.lake, stage, children)).toEqual([...tables[stage], ...roster]);
    }
    await expect(fixture.run({ salt: "another salt than the lake's" })).rejects.toMatchObject({
      code: "salt",
    });
  });

  test("a run with nothing new migrates an earlier version's files in an account", async () => {
    const emulator = await startEmulator({ fileSystems: ["stage1np", ...stages] });
    const { source } = await someReports();
    const lake = openLake(emulator);
    await runInto(lake, source);
    await lake.rename(saltFingerprintPath, earlierSaltFingerprintPath);
    const service = new DataLakeServiceClient(
      emulator.url,
      new StorageSharedKeyCredential(emulator.account, emulator.key),
    );
    for (const stage of stages) {
      const left = `clever/.clever-lake-tmp/left of ${stage}`;
      await service.getFileSystemClient(stage).getFileClient(left).create();
    }
    expect(await childrenInAccount(emulator, "stage2np")).toHaveLength(4);
    expect(await runInto(openLake(emulator), source)).toMatchObject({ landed: 0, notes: [] });
    expect(await lake.stat(earlierSaltFingerprintPath)).toBeUndefined();
    for (const stage of stages) {
      const children = await childrenInAccount(emulator, stage);
      expect(await enumerated(lake, stage, children)).toEqual(tables[stage]);
    }
    await expect(runInto(openLake(emulator), source, { salt: "another salt" })).rejects.toMatchObject({
      code: "salt",
    });
  });
});
