import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, writeFile } from "node:fs/promises";
import { type AddressInfo, connect, createServer } from "node:net";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { makeVsix } from "../../scripts/package";
import { unpackVsix } from "../../scripts/unpackVsix";
import { buildCommandLine } from "../helpers/cli";
import { appears, KilledRuns } from "../helpers/killedRuns";
import { findSshd, startSshd } from "../helpers/sshd";
import { temporaryFolder } from "../helpers/temporaryFolder";
import { windowsUnderWine } from "../helpers/windowsBuilds";
import { WindowsMachine, windowsPath } from "../helpers/windowsMachine";

const builds = await windowsUnderWine();
/** Each test takes at most a minute on an idle machine. */
const timeout = 10 * 60_000;
const program = path.resolve(import.meta.dirname, "..", "..", "dist", "cli.mjs");
const sshd = findSshd();

/** A real agent with a key, behind a port on 127.0.0.1, since Wine does not support Unix sockets. */
async function agentBehindPort(privateKeyPath: string): Promise<number> {
  const socket = path.join(await temporaryFolder(), "agent");
  const agent = spawn("ssh-agent", ["-D", "-a", socket], { stdio: ["ignore", "pipe", "inherit"] });
  onTestFinished(() => void agent.kill());
  await once(agent.stdout, "data");
  execFileSync("ssh-add", ["-q", privateKeyPath], { env: { ...process.env, SSH_AUTH_SOCK: socket } });
  const relay = createServer((client) => {
    const there = connect(socket);
    client.pipe(there).pipe(client);
    client.on("error", () => there.destroy());
    there.on("error", () => client.destroy());
  }).listen(0, "127.0.0.1");
  onTestFinished(() => void relay.close());
  await once(relay, "listening");
  return (relay.address() as AddressInfo).port;
}

describe.skipIf(builds === undefined)("on Windows", { timeout }, () => {
  // One for all tests: setting up a Windows takes seconds, and no other one starts or ends meanwhile.
  let windows: WindowsMachine;

  beforeAll(async () => {
    if (builds !== undefined) windows = await WindowsMachine.create(builds);
  }, timeout);
  afterAll(() => windows?.[Symbol.asyncDispose]());

  test("the engine of the Windows package answers", async () => {
    const { vsix, problems } = await makeVsix("win32-x64");
    expect(problems).toEqual([]);
    const extension = await unpackVsix(vsix, windows.folder);
    const outcomes = await windows.runTests("engine", {
      ENGINE_MODULE: windowsPath(path.join(extension, "dist", "engine.mjs")),
      // DuckDB is the package's own.
      NODE_PATH: "",
    });
    expect(outcomes.filter(({ error }) => error !== undefined)).toEqual([]);
    expect(outcomes).toHaveLength(3);
  });

  test("the folder lake meets its contract", async () => {
    const outcomes = await windows.runTests("folderLake");
    expect(outcomes.filter(({ error }) => error !== undefined)).toEqual([]);
    expect(outcomes.length).toBeGreaterThan(50);
  });

  test.skipIf(sshd === undefined)("a login with a key in the agent works", async () => {
    if (sshd === undefined) return;
    const server = await startSshd(sshd);
    onTestFinished(() => server.stop());
    const reports = path.join(await temporaryFolder(), "reports");
    await mkdir(reports);
    await writeFile(path.join(reports, "2025-09-02-daily-participation-students.csv"), "");
    const outcomes = await windows.runTests("agent", {
      SSHD_PORT: String(server.port),
      SSHD_USER: server.username,
      SSHD_HOST_KEY: server.hostKeyFingerprint,
      SSHD_ROOT: reports,
      AGENT_PORT: String(await agentBehindPort(server.privateKeyPath)),
      SSH_AUTH_SOCK: "",
    });
    expect(outcomes.filter(({ error }) => error !== undefined)).toEqual([]);
    expect(outcomes).toHaveLength(2);
  });

  test("the demo runs, and its numbers are correct", async () => {
    await buildCommandLine();
    const args = [windowsPath(program), "demo", "--days", "3"];
    const { exitCode, stdout, stderr } = await windows.run(args);
    expect(exitCode, stderr).toBe(0);
    expect(stdout).toContain("No discrepancies found. 12,765 rows of reports; 12 landed files read again.");
    expect(stdout).toContain("Nothing new. 12 reports on the server are in the lake already.");
    expect(stdout).toContain("Imported: 1,542 students");
  });

  test("a killed run is completed by the next", async () => {
    await using runs = await KilledRuns.create(windows.node);
    const landed = "stage1np/clever/daily-participation";
    // The first of the commits: after the last one, the run may end before it is killed.
    const committed = "stage2p/clever/daily_participation_pseudo/_delta_log/00000000000000000000.json";
    for (const made of [landed, committed]) {
      await runs.withLake(async (cli) => {
        const running = await runs.kill(cli, (run) => appears(path.join(cli.lakeFolder, made), run));
        expect(running, made).toBe(true);
        await runs.complete(cli, `killed at ${made}`);
      });
    }
    await runs.withLake(async (cli) => {
      const run = cli.start("run");
      await appears(path.join(cli.lakeFolder, landed), run);
      // Wine turns it into Windows' Ctrl-C event.
      run.process.kill("SIGINT");
      const { exitCode, stderr } = await run.ended;
      expect(exitCode, stderr).toBe(130);
      expect(stderr).toContain("Stopping; completed work is kept.");
      await runs.complete(cli, "stopped by Ctrl-C");
    });
  });
});
