import { readdir } from "node:fs/promises";

const pipes = "\\\\.\\pipe\\";
const openSsh = "openssh-ssh-agent";
/** Pageant's pipe has the user's name and a hash in its name (PuTTY 0.77 and newer). */
const pageant = /^pageant\./i;

/**
 * Where the SSH agent of this user listens. `SSH_AUTH_SOCK` names it, also the sockets of Git and Cygwin on Windows; where
 * it does not, Windows has the agent of OpenSSH or else Pageant at a named pipe. Undefined where there can be none.
 */
export async function findAgent(
  environment: NodeJS.ProcessEnv = process.env,
  platform: NodeJS.Platform = process.platform,
  namesOfPipes: () => Promise<readonly string[]> = () => readdir(pipes),
): Promise<string | undefined> {
  if (environment.SSH_AUTH_SOCK) return environment.SSH_AUTH_SOCK;
  if (platform !== "win32") return undefined;
  // Where the pipes cannot be listed, whether the usual one is there is seen when it is used.
  const names = await namesOfPipes().catch((): readonly string[] => []);
  const found = names.includes(openSsh) ? openSsh : names.find((name) => pageant.test(name));
  return `${pipes}${found ?? openSsh}`;
}
