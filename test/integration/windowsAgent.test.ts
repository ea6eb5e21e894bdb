import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, writeFile } from "node:fs/promises";
import { type AddressInfo, connect, createServer } from "node:net";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { findSshd, startSshd } from "../helpers/sshd";
import { temporaryFolder } from "../helpers/temporaryFolder";
import { windowsUnderWine } from "../helpers/windowsBuilds";
import { WindowsMachine } from "../helpers/windowsMachine";

const builds = await windowsUnderWine();
/** Each takes at most a minute on an idle machine. */
const minutes = 10;
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

test.skipIf(builds === undefined || sshd === undefined)(
  "a login with a key in the agent works on Windows",
  { timeout: minutes * 60_000 },
  async () => {
    if (builds === undefined || sshd === undefined) return;
    const server = await startSshd(sshd);
    onTestFinished(() => server.stop());
    const reports = path.join(await temporaryFolder(), "reports");
    await mkdir(reports);
    await writeFile(path.join(reports, "2025-09-02-daily-participation-students.csv"), "");
    await using windows = await WindowsMachine.create(builds);
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
  },
);
