import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "vitest";
import { Duck, type SqlRow } from "../../src/duck/duck";
import { FolderLake } from "../../src/lake/folder";
import { IngestLog } from "../../src/pipeline/log/logTable";
import { verifyLake } from "../../src/pipeline/verify/verify";
import { sampleDistrict } from "../../src/sample/district";
import { randomStream } from "../../src/sample/random";
import { writeDistrict } from "../../src/sample/reportFiles";
import { type RunningSftpServer, startSftpServer } from "../../src/sftp/server/server";
import { type CliNode, CommandLine, type RunningCli } from "./cli";
import { filesBelow, runTables } from "./lakeFiles";
import { lakeRows } from "./lakeRows";

const secrets = { CLEVER_SFTP_PASSWORD: "a password to search for", CLEVER_SALT: "a salt to search for" };

/** Runs of the built command line to be killed, a server for them, and the result of an uninterrupted run. */
export class KilledRuns implements AsyncDisposable {
  private undisturbed: Readonly<Record<string, readonly SqlRow[]>> = {};
  /** How long an uninterrupted run takes, from the start of its process, in milliseconds. */
  duration = 0;

  private constructor(
    private readonly folder: string,
    private readonly reports: readonly string[],
    private readonly server: RunningSftpServer,
    private readonly node: CliNode | undefined,
  ) {}

  /** @param node runs the killed and the completing runs; the uninterrupted one uses this test's own Node.js */
  static async create(node?: CliNode): Promise<KilledRuns> {
    const folder = await mkdtemp(path.join(tmpdir(), "clever-lake-killed-"));
    // More files than fit in one commit, so a run can be killed between two commits of a table.
    const district = sampleDistrict({ students: 120, teachers: 10, staff: 5, schools: 4, days: 11 });
    const reports = await writeDistrict(district, path.join(folder, "reports"));
    const server = await startSftpServer({
      folder: path.join(folder, "reports"),
      username: "district",
      password: secrets.CLEVER_SFTP_PASSWORD,
    });
    const runs = new KilledRuns(folder, reports, server, node);
    await runs.withOwnLake(undefined, async (cli) => {
      const started = Date.now();
      const { exitCode, stderr } = await cli.run("run");
      runs.duration = Date.now() - started;
      expect(exitCode, stderr).toBe(0);
      runs.undisturbed = await rowsOf(await cli.lake());
    });
    return runs;
  }

  /** Passes `work` a command line with its own lake. */
  withLake(work: (cli: CommandLine) => Promise<void>): Promise<void> {
    return this.withOwnLake(this.node, work);
  }

  private async withOwnLake(
    node: CliNode | undefined,
    work: (cli: CommandLine) => Promise<void>,
  ): Promise<void> {
    const folder = await mkdtemp(path.join(this.folder, "lake-"));
    const { host, port, hostKeyFingerprint: hostKey } = this.server;
    const server = { host, port, username: "district", hostKey };
    await work(await CommandLine.create({ folder, server, secrets, node }));
    await rm(folder, { recursive: true });
  }

  /** Starts a run and kills it when `moment` resolves; resolves to whether it was still running. */
  async kill(cli: CommandLine, moment: (run: RunningCli) => Promise<unknown>): Promise<boolean> {
    const run = cli.start("run");
    await Promise.race([moment(run), run.ended]);
    run.process.kill("SIGKILL");
    return (await run.ended).exitCode === null;
  }

  /** Completes a killed run, and compares the lake with the uninterrupted one. */
  async complete(cli: CommandLine, killed: string): Promise<void> {
    const { exitCode, stderr } = await cli.run("run", "--json");
    expect(exitCode, `${killed}: ${stderr}`).toBe(0);
    const lake = await FolderLake.open(cli.lakeFolder);
    expect(await rowsOf(lake), killed).toEqual(this.undisturbed);

    const raw = (await filesBelow(path.join(cli.lakeFolder, "stage1np")))
      .filter((file) => file.endsWith(".csv"))
      .map((file) => `stage1np/${file}`);
    expect(raw, killed).toHaveLength(this.reports.length);
    await using duck = await Duck.open({ threads: 1 });
    const log = new IngestLog(lake, duck);
    const deliveries = new Set(
      (await log.all()).map(({ source, version, landedPath }) => `${source} ${version} ${landedPath}`),
    );
    const last = [...(await log.sources()).last.values()];
    expect(deliveries.size, killed).toBe(this.reports.length);
    expect(last.map(({ landedPath }) => landedPath).sort(), killed).toEqual(raw.sort());
    expect(last.map(({ source }) => source).sort(), killed).toEqual([...this.reports].sort());
    expect(new Set(last.map(({ outcome }) => outcome)), killed).toEqual(new Set(["anonymized"]));

    expect((await verifyLake(lake, secrets.CLEVER_SALT)).problems, killed).toEqual([]);
    const unfinished = (await filesBelow(cli.lakeFolder)).filter((file) => file.includes(".clever-lake-tmp"));
    expect(unfinished, killed).toEqual([]);
  }

  /**
   * Kills a run at each moment, given as a share of an uninterrupted run's duration, each in its own lake, and
   * completes it; resolves to how many were still running.
   */
  async killAt(shares: readonly number[]): Promise<number> {
    let running = 0;
    for (const share of shares) {
      const moment = Math.round(share * this.duration);
      await this.withLake(async (cli) => {
        if (await this.kill(cli, () => sleep(moment))) running++;
        await this.complete(cli, `killed after ${moment} of ${this.duration} ms`);
      });
    }
    return running;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server.close();
    await rm(this.folder, { recursive: true, force: true });
  }
}

async function rowsOf(lake: FolderLake): Promise<Record<string, readonly SqlRow[]>> {
  const rows: Record<string, readonly SqlRow[]> = {};
  for (const table of runTables) rows[table] = await lakeRows(lake, table);
  return rows;
}

/** Resolves within a millisecond when a file exists, or the process that should create it has ended. */
export async function appears(file: string, { process }: RunningCli): Promise<void> {
  while (!existsSync(file) && process.exitCode === null && process.signalCode === null) await sleep(1);
}

/** Twenty moments of a run, as shares of its duration, ascending: random, and spread over all of it. */
export const twentyMoments: readonly number[] = (() => {
  const random = randomStream(20, "moments");
  return Array.from({ length: 20 }, (_, index) => (index + random()) / 20);
})();
