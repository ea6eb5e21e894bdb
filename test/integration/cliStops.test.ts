import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { closeSync, existsSync, openSync } from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { sampleDistrict } from "../../src/sample/district";
import { writeDistrict } from "../../src/sample/reportFiles";
import { type RunningSftpServer, startSftpServer } from "../../src/sftp/server/server";
import { buildCommandLine, CommandLine, commandLine, type RunningCli, runPlain } from "../helpers/cli";
import { DelayProxy } from "../helpers/delayProxy";
import { contentsBelow, filesBelow } from "../helpers/lakeFiles";
import { temporaryFolder } from "../helpers/temporaryFolder";

/** The built command line when it is stopped, and when it runs to its end. */

const secrets = { CLEVER_SFTP_PASSWORD: "a password to search for", CLEVER_SALT: "a salt to search for" };

describe("clever-lake run, when stopped", () => {
  let server: RunningSftpServer;
  let proxy: DelayProxy;
  let cli: CommandLine;
  let reports: readonly string[];

  beforeEach(async () => {
    const folder = await temporaryFolder();
    const district = sampleDistrict({ students: 60, teachers: 5, staff: 3, schools: 2, days: 6 });
    reports = await writeDistrict(district, path.join(folder, "reports"));
    server = await startSftpServer({
      folder: path.join(folder, "reports"),
      username: "district",
      password: secrets.CLEVER_SFTP_PASSWORD,
    });
    // Slow enough that a run takes seconds.
    proxy = await DelayProxy.start({ target: server.port, oneWayDelay: 30 });
    cli = await CommandLine.create({
      folder,
      server: {
        host: "127.0.0.1",
        port: proxy.port,
        username: "district",
        hostKey: server.hostKeyFingerprint,
        connections: 2,
        // Longer than a test may take: a run that waited for a silent server would fail the test.
        timeoutSeconds: 600,
      },
      secrets,
    });
  });
  afterEach(async () => {
    await proxy.close();
    await server.close();
  });

  const landed = async () =>
    (await filesBelow(path.join(cli.lakeFolder, "stage1np"))).filter((file) => file.endsWith(".csv"));

  /** Resolves when the run has landed some files and is transferring others. */
  async function atWork(run: RunningCli): Promise<void> {
    while ((await landed()).length < 3) {
      if (run.process.exitCode !== null) throw new Error("the run ended too early");
      await sleep(5);
    }
  }

  async function stopped(run: RunningCli, signal: "SIGINT" | "SIGTERM" | "SIGHUP"): Promise<void> {
    run.process.kill(signal);
    const { exitCode, stdout, stderr } = await run.ended;
    expect({ exitCode, stdout }).toEqual({ exitCode: 130, stdout: "" });
    expect(stderr).toContain("Stopping");
  }

  test.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)(
    "by %s ends soon, and the next run continues",
    async (signal) => {
      const run = cli.start("run", "--json");
      await atWork(run);
      await stopped(run, signal);
      const before = await landed();
      expect(before.length).toBeLessThan(reports.length);
      expect(await filesBelow(path.join(cli.lakeFolder, ".clever-lake-tmp"))).toEqual([]);
      expect((await cli.run("verify")).exitCode).toBe(0);

      const next = await cli.run("run", "--json");
      expect(next).toMatchObject({
        exitCode: 0,
        json: { landed: reports.length - before.length, anonymized: reports.length },
      });
      expect(await landed()).toHaveLength(reports.length);
      expect((await cli.run("verify")).exitCode).toBe(0);
    },
  );

  test("ends even if the server does not answer", async () => {
    const run = cli.start("run");
    await atWork(run);
    proxy.fallSilent();
    await sleep(200);
    await stopped(run, "SIGINT");
  });

  test("ends while it lists the server, before anything is written", async () => {
    proxy.fallSilent();
    const run = cli.start("run");
    while (proxy.connections === 0) await sleep(5);
    await stopped(run, "SIGINT");
    expect(await contentsBelow(cli.lakeFolder)).toEqual({});
  });
});

describe("clever-lake demo", () => {
  test("shows the whole job, and that a second run adds nothing", async () => {
    const folder = await temporaryFolder();
    vi.stubEnv("TMPDIR", folder);
    const { exitCode, stdout, stderr } = await runPlain("demo").finally(() => vi.unstubAllEnvs());
    expect(exitCode, stderr).toBe(0);
    const [, first = "", second = "", roster = "", answers = "", proof = ""] = stdout.split(
      /First run.*\n|Second run.*\n|The roster: .*\n|What the tables say.*\n|Verifying the tables.*\n/,
    );
    expect(first).toContain("Done. 192 files ingested");
    expect(second).toBe("Nothing new. 192 reports on the server are in the lake already.\n\n");
    expect(roster).toContain("Imported: 1,543 students");
    expect(answers).toContain("By school");
    expect(answers).toContain("fewer than 10 people; shown only together with");
    expect(proof).toContain("No discrepancies found.");
    expect(await filesBelow(folder)).toEqual([]);
  });
});

describe("the exit code", () => {
  beforeAll(buildCommandLine);

  test.each([
    ["a fault of the program", `setTimeout(() => { throw new Error("a fault"); })`],
    ["waiting for something that never happens", ""],
  ])("is that of a failure after %s", async (_, code) => {
    const first = `import fs from "node:fs/promises"; import { syncBuiltinESMExports } from "node:module";
      fs.lstat = () => { ${code}; return new Promise(() => undefined); }; syncBuiltinESMExports();`;
    const preload = `--import=data:text/javascript,${encodeURIComponent(first)}`;
    const { status, stdout } = spawnSync(process.execPath, [preload, commandLine, "demo"], {
      env: { ...process.env, TMPDIR: await temporaryFolder() },
      stdio: ["ignore", "pipe", "ignore"],
      encoding: "utf8",
    });
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
  });
});

describe("output", () => {
  beforeAll(buildCommandLine);

  test("of salt is a document with --json, as for every command", async () => {
    const { exitCode, json } = await runPlain("salt", "--json");
    expect({ exitCode, json }).toEqual({ exitCode: 0, json: { salt: expect.stringMatching(/^[\w-]{43}$/) } });
  });

  test("that is no longer read does not stop the work", async () => {
    const folder = await temporaryFolder();
    const lake = path.join(folder, "lake");
    const args = [commandLine, "demo", "--days", "2", "--keep", lake];
    const child = spawn(process.execPath, args, { env: { ...process.env, TMPDIR: folder } });
    child.stderr.destroy();
    child.stdout.once("data", () => child.stdout.destroy());
    expect(await once(child, "close")).toEqual([0, null]);
    expect((await filesBelow(folder)).filter((file) => !file.startsWith("lake/"))).toEqual([]);
    expect((await filesBelow(lake)).some((file) => file.includes("students_pseudo"))).toBe(true);
  });

  test.skipIf(!existsSync("/dev/full"))("that cannot be written is an error", () => {
    const full = openSync("/dev/full", "w");
    const { status, stderr } = spawnSync(process.execPath, [commandLine, "salt"], {
      stdio: ["ignore", full, "pipe"],
      encoding: "utf8",
    });
    closeSync(full);
    expect({ status, stderr }).toEqual({
      status: 2,
      stderr: "error: Standard output could not be written (ENOSPC).\n",
    });
  });
});
