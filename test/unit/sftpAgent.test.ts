import { expect, test } from "vitest";
import { findAgent } from "../../src/sftp/connection/agent";

const pageantPipe = "pageant.Somebody.4c0e57c1d0b6";
const pipes =
  (...names: string[]) =>
  async () =>
    names;

test.each([
  ["both agents", pipes("docker", pageantPipe, "openssh-ssh-agent"), "\\\\.\\pipe\\openssh-ssh-agent"],
  ["Pageant alone", pipes("docker", pageantPipe), `\\\\.\\pipe\\${pageantPipe}`],
  ["no visible agent", pipes(), "\\\\.\\pipe\\openssh-ssh-agent"],
  [
    "pipes that cannot be listed",
    () => Promise.reject(new Error("no list")),
    "\\\\.\\pipe\\openssh-ssh-agent",
  ],
])("Windows with %s", async (_, names, agent) => {
  expect(await findAgent({}, "win32", names)).toBe(agent);
  expect(await findAgent({ SSH_AUTH_SOCK: "" }, "win32", names)).toBe(agent);
  expect(await findAgent({ SSH_AUTH_SOCK: "/tmp/ssh-x/agent.1" }, "win32", names)).toBe("/tmp/ssh-x/agent.1");
});

test("elsewhere only the environment names the agent", async () => {
  expect(await findAgent({}, "linux", pipes("openssh-ssh-agent"))).toBeUndefined();
  expect(await findAgent({ SSH_AUTH_SOCK: "/run/agent" }, "linux")).toBe("/run/agent");
});
