import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { isAlive } from "../../src/basics/processSpace";
import { EngineClient, type EngineExit } from "../../src/engine/client/client";
import type { LogMessage, RunProgress, SampleServer, SampleSize } from "../../src/engine/messages/messages";
import * as protocol from "../../src/engine/messages/protocol";
import { DelayProxy } from "../helpers/delayProxy";
import { buildEngine } from "../helpers/engine";
import { temporaryFolder } from "../helpers/temporaryFolder";

let modulePath = "";
let removeEngine: () => Promise<void> = () => Promise.resolve();

beforeAll(async () => {
  ({ modulePath, remove: removeEngine } = await buildEngine());
});
afterAll(() => removeEngine());

const tiny: SampleSize = { students: 40, teachers: 4, staff: 2, schools: 2, days: 2 };
/** Large enough that a run can be caught in the middle. */
const large: SampleSize = { students: 12_000, teachers: 300, staff: 50, schools: 8, days: 8 };
const password = "planted-password-8d1f";
const salt = "planted-salt-77ab";

function startClient(module = modulePath, patienceMilliseconds = 30_000) {
  const exits: EngineExit[] = [];
  const logs: LogMessage[] = [];
  const client = new EngineClient({
    modulePath: module,
    execPath: process.execPath,
    patienceMilliseconds,
    onExit: (exit) => exits.push(exit),
    onLog: (message) => logs.push(message),
  });
  onTestFinished(() => client.dispose());
  return { client, exits, logs };
}

function connectedTo({ host, port, username, hostKey, lakeUrl }: SampleServer) {
  return {
    connection: { sftp: { host, port, username, hostKey }, lake: { url: lakeUrl } },
    secrets: { password, salt },
  };
}

const everything = { command: "run" } as const;

describe("the engine's process", () => {
  it("is started by the first request, runs a sample end to end and reports progress", async () => {
    const { client, exits, logs } = startClient();
    expect(client.pid).toBeUndefined();
    const sample = await client.request(protocol.startSample, {
      folder: await temporaryFolder(),
      password,
      size: tiny,
    });
    const pid = client.pid ?? 0;
    const connected = connectedTo(sample);
    const { host, port } = sample;
    expect(await client.request(protocol.fetchHostKey, { host, port })).toEqual({ hostKey: sample.hostKey });
    const states: RunProgress[] = [];
    const summary = await client.request(
      protocol.run,
      { ...connected, ...everything },
      { onProgress: (state) => states.push(state) },
    );
    expect(summary).toMatchObject({ landed: 12, anonymized: 12, failed: [] });
    expect(states.at(-1)).toMatchObject({ filesLanded: 12, filesAnonymized: 12 });

    for (const file of ["cmdline", "environ"]) {
      if (process.platform !== "linux") continue;
      const text = await readFile(`/proc/${pid}/${file}`, "utf8");
      expect(text).not.toMatch(/planted/);
    }
    await client.dispose();
    expect(isAlive(pid)).toBe(false);
    expect(exits).toEqual([]);
    expect(logs).toEqual([]);
    await expect(client.request(protocol.verify, connected)).rejects.toMatchObject({ code: "engine" });
  });

  it("says what to do if an update removed its files while it ran", async () => {
    const own = await buildEngine();
    onTestFinished(own.remove);
    const { client } = startClient(own.modulePath);
    await client.request(protocol.forget, {});
    const folder = path.dirname(own.modulePath);
    for (const file of await readdir(folder))
      if (file.startsWith("engine-upkeep")) await rm(path.join(folder, file));
    const sftp = { host: "127.0.0.1", username: "district" };
    const connected = {
      connection: { sftp, lake: { url: `file://${await temporaryFolder()}` } },
      secrets: {},
    };
    await expect(client.request(protocol.optimize, { ...connected, dryRun: true })).rejects.toMatchObject({
      code: "internal",
      message: "This program's files were replaced or removed while it ran.",
      hint: expect.stringContaining("Reload Window") as string,
    });
  });

  it("does not receive secrets from this process's environment", async () => {
    process.env.CLEVER_SALT = salt;
    onTestFinished(() => {
      delete process.env.CLEVER_SALT;
    });
    const { client } = startClient();
    await client.request(protocol.forget, {});
    if (process.platform !== "linux") return;
    expect(await readFile(`/proc/${client.pid}/environ`, "utf8")).not.toContain(salt);
  });

  it("reports progress at most ten times a second, with the files under way", async () => {
    const { client } = startClient();
    const sample = await client.request(protocol.startSample, {
      folder: await temporaryFolder(),
      password,
      size: large,
    });
    const states: { at: number; state: RunProgress }[] = [];
    const started = Date.now();
    await client.request(
      protocol.run,
      { ...connectedTo(sample), ...everything },
      { onProgress: (state) => states.push({ at: Date.now() - started, state }) },
    );
    const seconds = (Date.now() - started) / 1000;
    // The work is done there; bench/extensionHost measures the effect on this process.
    expect(client.pid).not.toBe(process.pid);
    expect(states.length).toBeGreaterThan(5);
    // One at the start, one at the end.
    expect(states.length).toBeLessThanOrEqual(seconds * 10 + 2);
    const underWay = states.flatMap(({ state }) => state.underWay);
    expect(new Set(underWay.map(({ activity }) => activity))).toEqual(new Set(["landing", "anonymizing"]));
    expect(underWay[0]?.path).toMatch(/^(daily-participation|resource-usage)\//);
  });

  it("stops when cancelled, and the next run completes the work", async () => {
    const { client } = startClient();
    const sample = await client.request(protocol.startSample, {
      folder: await temporaryFolder(),
      password,
      size: large,
    });
    const connected = connectedTo(sample);
    for (const wanted of [(s: RunProgress) => s.bytesLanded > 0, (s: RunProgress) => s.filesAnonymized > 3]) {
      const abort = new AbortController();
      const run = client.request(
        protocol.run,
        { ...connected, ...everything },
        {
          signal: abort.signal,
          onProgress: (state) => {
            if (!wanted(state) || abort.signal.aborted) return;
            abort.abort(new Error("The user cancelled."));
          },
        },
      );
      await expect(run).rejects.toThrow("The user cancelled.");
    }
    const { runs } = await client.request(protocol.listRuns, { ...connected, from: 0, count: 5 });
    expect(runs.map(({ outcome }) => outcome)).toEqual(["cancelled", "cancelled"]);
    await client.request(protocol.run, { ...connected, ...everything });
    await expectComplete(client, connected, 48);
  });

  it.skipIf(process.platform === "win32")(
    "ends a process that hangs when a request is cancelled",
    async () => {
      const patience = 3_000;
      const { client, exits } = startClient(modulePath, patience);
      const { sample } = await sampleOfAnotherProcess(large);
      const connected = connectedTo(sample);
      const abort = new AbortController();
      let cancelled = 0;
      const run = client.request(
        protocol.run,
        { ...connected, ...everything },
        {
          signal: abort.signal,
          onProgress: ({ filesAnonymized }) => {
            if (filesAnonymized === 0 || abort.signal.aborted) return;
            process.kill(client.pid ?? 0, "SIGSTOP");
            cancelled = performance.now();
            abort.abort(new Error("The user cancelled."));
          },
        },
      );
      await expect(run).rejects.toThrow("The user cancelled.");
      // It could have answered until then. Timers may be a millisecond early.
      expect(performance.now() - cancelled).toBeGreaterThan(patience - 10);
      await expect.poll(() => exits).toMatchObject([{ signal: "SIGKILL" }]);
      await client.request(protocol.run, { ...connected, ...everything });
      await expectComplete(client, connected, 48);
    },
  );

  it("reports what was interrupted when killed, restarts, and completes the run", async () => {
    const { client, exits } = startClient();
    const { sample, keeper } = await sampleOfAnotherProcess(large);
    const connected = connectedTo(sample);
    // There is no lake yet.
    await client.request(protocol.listRuns, { ...connected, from: 0, count: 1 }).catch(() => undefined);
    const pid = client.pid ?? 0;
    const run = client.request(
      protocol.run,
      { ...connected, ...everything },
      {
        onProgress: ({ filesAnonymized }) => {
          if (filesAnonymized > 1 && isAlive(pid)) process.kill(pid, "SIGKILL");
        },
      },
    );
    await expect(run).rejects.toMatchObject({
      code: "engine",
      message: expect.stringMatching(/SIGKILL.*while it was running the pipeline/) as string,
      hint: expect.stringContaining("Try again") as string,
    });
    await expect
      .poll(() => exits)
      .toMatchObject([{ signal: "SIGKILL", interrupted: ["running the pipeline"] }]);
    const { runs } = await client.request(protocol.listRuns, { ...connected, from: 0, count: 5 });
    expect(runs[0]?.outcome).toBe("interrupted");
    expect(client.pid).not.toBe(pid);
    await client.request(protocol.run, { ...connected, ...everything });
    await expectComplete(client, connected, 48);
    expect(isAlive(keeper.pid ?? 0)).toBe(true);
  });

  it("is not restarted after it died twice within a minute", async () => {
    const { client, exits } = startClient();
    for (let death = 1; death <= 2; death++) {
      await client.request(protocol.forget, {});
      process.kill(client.pid ?? 0, "SIGKILL");
      await expect.poll(() => exits).toHaveLength(death);
    }
    await expect(client.request(protocol.forget, {})).rejects.toMatchObject({
      code: "engine",
      message: expect.stringContaining("twice within a minute") as string,
    });
  });

  it("reports if it cannot be started", async () => {
    const missing = new EngineClient({ modulePath, execPath: "/nowhere/node" });
    onTestFinished(() => missing.dispose());
    await expect(missing.request(protocol.forget, {})).rejects.toMatchObject({
      code: "engine",
      message: expect.stringContaining("could not be started") as string,
    });
    const noModule = new EngineClient({ modulePath: `${modulePath}.missing` });
    onTestFinished(() => noModule.dispose());
    await expect(noModule.request(protocol.forget, {})).rejects.toMatchObject({ code: "engine" });
  });

  it("ends with its parent, even during a run", async () => {
    const { sample } = await sampleOfAnotherProcess(large);
    const connected = connectedTo(sample);
    // A separate parent that can be killed: it forks the engine, starts a run and prints the engine's process id.
    const parent = spawn(
      process.execPath,
      [
        "-e",
        `const child = require("node:child_process").fork(${JSON.stringify(modulePath)});
         let request = "";
         process.stdin.on("data", (data) => (request += data)).on("end", () => child.send(JSON.parse(request)));
         child.once("message", () => console.log(child.pid));`,
      ],
      { stdio: ["pipe", "pipe", "inherit"] },
    );
    const params = { ...connected, ...everything, progressToken: 1 };
    parent.stdin.end(JSON.stringify({ jsonrpc: "2.0", id: 1, method: "run", params }));
    const [output] = (await once(parent.stdout, "data")) as [Buffer];
    const pid = Number(output.toString());
    expect(isAlive(pid)).toBe(true);
    await sleep(500);
    parent.kill("SIGKILL");
    await expect.poll(() => isAlive(pid), { timeout: 6_000 }).toBe(false);
    // It released the lake before it ended.
    const { client } = startClient();
    await client.request(protocol.run, { ...connected, ...everything });
    await expectComplete(client, connected, 48);
  });

  it("reports an uncaught error without its text, and exits with 1", async () => {
    const faulty = path.join(await temporaryFolder(), "faulty.js");
    const fault = `setTimeout(() => { throw new RangeError("planted-value"); }, 300);`;
    await writeFile(faulty, `require(${JSON.stringify(modulePath)}); ${fault}`);
    const { client, exits, logs } = startClient(faulty);
    const silent = createServer(() => undefined).listen(0, "127.0.0.1");
    await once(silent, "listening");
    onTestFinished(() => void silent.close());
    const { port } = silent.address() as AddressInfo;
    const asking = client.request(protocol.fetchHostKey, { host: "127.0.0.1", port });
    await expect(asking).rejects.toMatchObject({
      code: "engine",
      message: expect.stringMatching(/exit code 1.*while it was asking for the server's host key/) as string,
    });
    await expect.poll(() => exits).toMatchObject([{ exitCode: 1, signal: null }]);
    expect(logs).toMatchObject([
      { level: "error", message: expect.stringMatching(/^RangeError\n +at /) as string },
    ]);
    expect(JSON.stringify(logs)).not.toContain("planted");
  });

  it("keeps SFTP connections for the next request, and closes them on request", async () => {
    const { client } = startClient();
    const { sample } = await sampleOfAnotherProcess(tiny);
    await using proxy = await DelayProxy.start({ target: sample.port });
    const connected = connectedTo({ ...sample, port: proxy.port });
    await client.request(protocol.testConnection, connected);
    await client.request(protocol.testConnection, connected);
    const open = proxy.connections;
    expect(open).toBeLessThanOrEqual(4);
    await client
      .request(protocol.testConnection, {
        ...connected,
        secrets: { password: "wrong", salt },
      })
      .then(
        () => expect.unreachable(),
        ({ code }: { code: string }) => expect(code).toBe("auth"),
      );
    expect(proxy.connections).toBe(open + 1);
    await client.request(protocol.forget, {});
    await client.request(protocol.testConnection, connected);
    expect(proxy.connections).toBeGreaterThan(open + 1);
  });

  it("reads no more of a report than its preview shows", async () => {
    const { client } = startClient();
    const { sample } = await sampleOfAnotherProcess({ ...tiny, students: 60_000 });
    await using proxy = await DelayProxy.start({ target: sample.port });
    const connected = connectedTo({ ...sample, port: proxy.port });
    const report = "daily-participation/2025-08-25-daily-participation-students.csv";
    const { token, info } = await client.request(protocol.previewReport, {
      ...connected,
      origin: "server",
      path: report,
    });
    expect(info.totalBytes).toBeGreaterThan(4_000_000);
    expect(info.truncated).toBe(true);
    expect(info.rowCount).toBeGreaterThan(15_000);
    expect(proxy.bytesToClients).toBeGreaterThan(2_000_000);
    expect(proxy.bytesToClients).toBeLessThan(2_300_000);
    const rows = await client.request(protocol.previewRows, {
      token,
      from: info.rowCount - 10,
      count: 100,
      reveal: false,
    });
    expect(rows).toHaveLength(10);
    expect(rows[0]?.cells[1]).toBeNull();
    const before = proxy.bytesToClients;
    const more = await client.request(protocol.previewMore, { ...connected, token });
    expect(more.rowCount).toBeGreaterThan(info.rowCount);
    expect(proxy.bytesToClients - before).toBeLessThan(2_200_000);
  });
});

async function expectComplete(
  client: EngineClient,
  connected: ReturnType<typeof connectedTo>,
  files: number,
): Promise<void> {
  const states: string[] = [];
  await client.request(protocol.listReports, connected, {
    onProgress: (batch) =>
      states.push(...batch.flatMap(({ report, state }) => (report === undefined ? [] : [state]))),
  });
  expect(states).toEqual(Array.from({ length: files }, () => "anonymized"));
  expect((await client.request(protocol.verify, connected)).problems).toEqual([]);
}

/** A sample server that survives the engine under test. */
async function sampleOfAnotherProcess(size: SampleSize) {
  const keeper = startClient().client;
  const folder = path.join(await temporaryFolder(), "district");
  return { keeper, sample: await keeper.request(protocol.startSample, { folder, password, size }) };
}
