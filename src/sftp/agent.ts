import { readdir } from "node:fs/promises";

const pipes = "\\\\.\\pipe\\";
const openSsh = "openssh-ssh-agent";
/** Pageant's pipe has the user's name and a hash in its name (PuTTY 0.77 and later). */
const pageant = /^pageant\./i;

/**
 * The socket or pipe of this user's SSH agent. `SSH_AUTH_SOCK` names it, including the sockets of Git and Cygwin on
 * Windows. Without it, Windows has OpenSSH's agent or else Pageant at a named pipe. Undefined if there can be none.
 */
export async function findAgent(
  environment: NodeJS.ProcessEnv = process.env,
  platform: NodeJS.Platform = process.platform,
  namesOfPipes: () => Promise<readonly string[]> = () => readdir(pipes),
): Promise<string | undefined> {
  if (environment.SSH_AUTH_SOCK) return environment.SSH_AUTH_SOCK;
  if (platform !== "win32") return undefined;
  // If the pipes cannot be listed, whether the usual one exists shows when it is used.
  const names = await namesOfPipes().catch((): readonly string[] => []);
  const found = names.includes(openSsh) ? openSsh : names.find((name) => pageant.test(name));
  return `${pipes}${found ?? openSsh}`;
}
