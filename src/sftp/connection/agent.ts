import { readdir } from "node:fs/promises";

const pipes = "\\\\.\\pipe\\";
const openSsh = "openssh-ssh-agent";
/** The name of Pageant's pipe contains the user's name and a hash (PuTTY 0.77 and later). */
const pageant = /^pageant\./i;

/**
 * The socket or pipe of this user's SSH agent; undefined if there can be none. `SSH_AUTH_SOCK` names it; on Windows,
 * the sockets of Git and Cygwin also. Without this variable, Windows has OpenSSH's agent or Pageant at a named pipe.
 */
export async function findAgent(
  environment: NodeJS.ProcessEnv = process.env,
  platform: NodeJS.Platform = process.platform,
  namesOfPipes: () => Promise<readonly string[]> = () => readdir(pipes),
): Promise<string | undefined> {
  if (environment.SSH_AUTH_SOCK) return environment.SSH_AUTH_SOCK;
  if (platform !== "win32") return undefined;
  // If the pipes cannot be listed, the usual one is tried.
  const names = await namesOfPipes().catch((): readonly string[] => []);
  const found = names.includes(openSsh) ? openSsh : names.find((name) => pageant.test(name));
  return `${pipes}${found ?? openSsh}`;
}
