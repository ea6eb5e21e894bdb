import { once } from "node:events";
import { connect, createServer } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { findAgent } from "../../src/sftp/connection/agent";
import { SftpSource } from "../../src/sftp/sftpSource";

/** A server on this machine, and the port of an agent with the account's key. */
const { SSHD_PORT, SSHD_USER = "", SSHD_HOST_KEY = "", SSHD_ROOT = "", AGENT_PORT } = process.env;

test("the login uses the agent at Windows' own pipe", async () => {
  const agent = await findAgent();
  expect(agent).toBe("\\\\.\\pipe\\openssh-ssh-agent");
  const pipe = createServer((client) => {
    const there = connect(Number(AGENT_PORT), "127.0.0.1");
    client.pipe(there).pipe(client);
    client.on("error", () => there.destroy());
    there.on("error", () => client.destroy());
  }).listen(agent);
  await once(pipe, "listening");
  onTestFinished(() => void pipe.close());
  await using source = new SftpSource({
    host: "127.0.0.1",
    port: Number(SSHD_PORT),
    username: SSHD_USER,
    hostKey: SSHD_HOST_KEY,
    root: SSHD_ROOT,
    ...(agent === undefined ? {} : { agent }),
  });
  const { files } = await source.list();
  expect(files.map(({ path }) => path)).toEqual(["2025-09-02-daily-participation-students.csv"]);
});

test("without an agent, the error says what to start", async () => {
  await using source = new SftpSource({
    host: "127.0.0.1",
    port: Number(SSHD_PORT),
    username: SSHD_USER,
    hostKey: SSHD_HOST_KEY,
    agent: "\\\\.\\pipe\\no-such-agent",
  });
  await expect(source.list()).rejects.toMatchObject({
    code: "auth",
    hint: expect.stringContaining("OpenSSH Authentication Agent") as string,
  });
});
