import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { Duck, type SqlRow } from "../../src/duck/duck";
import { FolderLake } from "../../src/lake/folder";
import { IngestLog } from "../../src/pipeline/logTable";
import { verifyLake } from "../../src/pipeline/verify";
import { sampleDistrict } from "../../src/sample/district";
import { randomStream } from "../../src/sample/random";
import { writeDistrict } from "../../src/sample/reportFiles";
import { type RunningSftpServer, startSftpServer } from "../../src/sftp/server";
import { CommandLine, type RunningCli } from "../helpers/cli";
import { filesBelow, runTables } from "../helpers/lakeFiles";
import { lakeRows } from "../helpers/lakeRows";
import { temporaryFolder } from "../helpers/temporaryFolder";

/** A run that the operating system ends at any moment, and the next one: the lake is that of an undisturbed run. */

const secrets = { CLEVER_SFTP_PASSWORD: "a password to search for", CLEVER_SALT: "a salt to search for" };

describe("a killed run", () => {
  let folder: string;
  let server: RunningSftpServer;
  let duck: Duck;
  let reports: readonly string[];
  let undisturbed: Readonly<Record<string, readonly SqlRow[]>>;
  /** How long an undisturbed run takes, from the start of its process, in milliseconds. */
  let duration: number;

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "clever-lake-killed-"));
    // More files than one commit takes, so that a run can be cut off between two commits of a table.
    const district = sampleDistrict({ students: 120, teachers: 10, staff: 5, schools: 4, days: 11 });
    reports = await writeDistrict(district, path.join(folder, "reports"));
    server = await startSftpServer({
      folder: path.join(folder, "reports"),
      username: "district",
      password: secrets.CLEVER_SFTP_PASSWORD,
    });
    duck = await Duck.open({ threads: 1 });
    const cli = await commandLine(path.join(folder));
    const started = Date.now();
    const { exitCode, stderr } = await cli.run("run");
    duration = Date.now() - started;
    expect(exitCode, stderr).toBe(0);
    undisturbed = await rowsOf(await cli.lake());
  });
  afterAll(async () => {
    duck.close();
    await server.close();
    await rm(folder, { recursive: true, force: true });
  });

  const commandLine = (place: string) => {
    const { host, port, hostKeyFingerprint: hostKey } = server;
    return CommandLine.create({
      folder: place,
      server: { host, port, username: "district", hostKey },
      secrets,
    });
  };

  async function rowsOf(lake: FolderLake) {
    const rows = await Promise.all(runTables.map((table) => lakeRows(lake, table)));
    return Object.fromEntries(runTables.map((table, index) => [table, rows[index] ?? []]));
  }

  /** Starts a run and kills it when `moment` resolves; resolves to whether it was still running. */
  async function killRun(cli: CommandLine, moment: (run: RunningCli) => Promise<unknown>): Promise<boolean> {
    const run = cli.start("run");
    await Promise.race([moment(run), run.ended]);
    run.process.kill("SIGKILL");
    return (await run.ended).exitCode === null;
  }

  /** Runs to the end what was cut off and holds the lake against the undisturbed one. */
  async function complete(cli: CommandLine): Promise<void> {
    const { exitCode, stderr } = await cli.run("run", "--json");
    expect(exitCode, stderr).toBe(0);
    const lake = await FolderLake.open(cli.lakeFolder);
    expect(await rowsOf(lake)).toEqual(undisturbed);

    const entries = await new IngestLog(lake, duck).all();
    const raw = (await filesBelow(path.join(cli.lakeFolder, "stage1np")))
      .filter((file) => file.endsWith(".csv"))
      .map((file) => `stage1np/${file}`);
    expect(raw).toHaveLength(reports.length);
    const landings = new Set(
      entries.map(({ source, version, landedPath }) => `${source} ${version} ${landedPath}`),
    );
    expect(landings.size).toBe(reports.length);
    expect(new Set(entries.map(({ landedPath }) => landedPath))).toEqual(new Set(raw));
    const last = await new IngestLog(lake, duck).last();
    expect([...last.keys()].sort()).toEqual([...reports].sort());
    expect(new Set([...last.values()].map(({ outcome }) => outcome))).toEqual(new Set(["anonymized"]));

    expect((await verifyLake(lake, secrets.CLEVER_SALT)).problems).toEqual([]);
    expect(await filesBelow(path.join(cli.lakeFolder, ".clever-lake-tmp"))).toEqual([]);
  }

  test("at 20 moments of its course is completed by the next", async () => {
    const random = randomStream(20, "moments");
    const kills = 20;
    let running = 0;
    for (let kill = 0; kill < kills; kill++) {
      const place = await mkdtemp(path.join(folder, "lake-"));
      const cli = await commandLine(place);
      const moment = ((kill + random()) / kills) * duration;
      if (await killRun(cli, () => sleep(moment))) running++;
      await complete(cli).catch((cause: unknown) => {
        throw new Error(`killed after ${Math.round(moment)} of ${duration} ms`, { cause });
      });
      await rm(place, { recursive: true });
    }
    expect(running).toBeGreaterThan(kills / 2);
  });

  test("right after each of its commits is completed by the next", async () => {
    const commits = [
      "stage2np/clever/_salt_fingerprint.json",
      "stage1np/clever/_run.lock",
      ...runTables.map((table) => `${table}/_delta_log/00000000000000000000.json`),
      "stage1np/clever/_ingest_log/_delta_log/00000000000000000000.json",
      "stage2p/clever/resource_usage_pseudo/_delta_log/00000000000000000001.json",
    ];
    for (const file of commits) {
      const place = await mkdtemp(path.join(folder, "lake-"));
      const cli = await commandLine(place);
      await killRun(cli, (run) => appears(path.join(cli.lakeFolder, file), run));
      await complete(cli).catch((cause: unknown) => {
        throw new Error(`killed when ${file} appeared`, { cause });
      });
      await rm(place, { recursive: true });
    }
  });

  test("again and again is completed once a run is let alone", async () => {
    const place = await temporaryFolder();
    onTestFinished(() => rm(place, { recursive: true, force: true }));
    const cli = await commandLine(place);
    const landed = (run: RunningCli) =>
      appears(path.join(cli.lakeFolder, "stage1np/clever/daily-participation"), run);
    await killRun(cli, async (run) => {
      await landed(run);
      await sleep(duration / 8);
    });
    // The later ones die while they put in order what the first one left: before, at and after taking the lock.
    for (const share of [0.1, 0.15, 0.2, 0.25, 0.3, 0.5, 0.7])
      await killRun(cli, () => sleep(share * duration));
    await complete(cli);
  });
});

/** Resolves when a file is there, to the millisecond, or the process that should make it is not. */
async function appears(file: string, run: RunningCli): Promise<void> {
  while (!existsSync(file) && run.process.exitCode === null && run.process.signalCode === null)
    await sleep(1);
}
