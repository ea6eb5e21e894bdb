import { execFile, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir, userInfo } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { freePort } from "./freePort";

const run = promisify(execFile);

export interface Sshd {
  readonly host: string;
  readonly port: number;
  readonly username: string;
  /** `SHA256:…` of the key that is presented by default, and of the additional RSA key. */
  readonly hostKeyFingerprint: string;
  readonly rsaHostKeyFingerprint: string;
  /** Contents and path of a key that may log in. */
  readonly privateKey: string;
  readonly privateKeyPath: string;
  /** The contents and path of another one, which is encrypted with `passphrase`. */
  readonly encryptedPrivateKey: string;
  readonly encryptedPrivateKeyPath: string;
  readonly passphrase: string;
  /** A well-formed key that may not log in. */
  readonly strangerPrivateKey: string;
  /** Halts the sessions that are open, so that no transfer ends until `resume`. */
  pause(): void;
  resume(): void;
  stop(): Promise<void>;
}

/** The path of OpenSSH's server, after installing it if needed and possible; undefined if it is unavailable. */
export function findSshd(): string | undefined {
  const places = ["/usr/sbin/sshd", "/usr/local/sbin/sshd", "/opt/homebrew/sbin/sshd"];
  const find = () => places.find((place) => existsSync(place));
  const found = find();
  if (found !== undefined) return found;
  if (process.getuid?.() === 0 && existsSync("/etc/debian_version")) {
    const options = { stdio: "inherit", env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" } } as const;
    // Several test files may find it missing at the same time.
    const patience = ["-o", "DPkg::Lock::Timeout=120"];
    spawnSync("apt-get", ["update", "-q", ...patience], options);
    spawnSync(
      "apt-get",
      ["install", "-y", "-q", "--no-install-recommends", ...patience, "openssh-server"],
      options,
    );
  }
  const sshd = find();
  if (sshd !== undefined) return sshd;
  const message =
    "OpenSSH's sshd is missing: the tests against a real SFTP server are LEFT OUT. Install openssh-server.";
  if (process.env.CI) throw new Error(message);
  console.warn(`\n${"!".repeat(message.length)}\n${message}\n${"!".repeat(message.length)}\n`);
  return undefined;
}

export interface SshdExtras {
  /** Additional lines of the configuration, which take precedence. */
  readonly config?: readonly string[];
  /** Additional public keys that may log in. */
  readonly authorizedKeys?: readonly string[];
}

/**
 * Starts a real sshd on a free port of 127.0.0.1 that serves only SFTP, for the user who runs the tests.
 * @param command the SFTP server program, in place of sshd's own
 * @param passphrase of the encrypted key
 */
export async function startSshd(
  sshd: string,
  command = "internal-sftp",
  passphrase = "correct horse",
  { config: extraConfig = [], authorizedKeys = [] }: SshdExtras = {},
): Promise<Sshd> {
  const folder = await mkdtemp(path.join(tmpdir(), "clever-lake-sshd-"));
  const file = (name: string) => path.join(folder, name);
  await keygen(file("host_ed25519"), "ed25519");
  await keygen(file("host_rsa"), "rsa");
  await keygen(file("user"), "ed25519");
  await keygen(file("encrypted"), "ed25519", passphrase);
  await keygen(file("stranger"), "ed25519");
  const publicKeys = await Promise.all(
    ["user.pub", "encrypted.pub"].map((name) => readFile(file(name), "utf8")),
  );
  await writeFile(file("authorized_keys"), [...publicKeys, ...authorizedKeys, ""].join("\n"));
  await chmod(folder, 0o700);
  const { username, uid } = userInfo();
  if (uid === 0) await mkdir("/run/sshd", { recursive: true });

  const port = await freePort();
  const config = [
    ...extraConfig,
    `Port ${port}`,
    "ListenAddress 127.0.0.1",
    `HostKey ${file("host_ed25519")}`,
    `HostKey ${file("host_rsa")}`,
    `AuthorizedKeysFile ${file("authorized_keys")}`,
    `PidFile ${file("pid")}`,
    "StrictModes no",
    "UsePAM no",
    "PasswordAuthentication no",
    "KbdInteractiveAuthentication no",
    "PermitRootLogin prohibit-password",
    "MaxStartups 100",
    `Subsystem sftp ${command}`,
    `ForceCommand ${command}`,
  ];
  await writeFile(file("config"), `${config.join("\n")}\n`);
  const child = spawn(sshd, ["-D", "-f", file("config"), "-E", file("log")], { stdio: "ignore" });
  const ended = once(child, "exit");
  const signalSessions = (signal: string) => {
    spawnSync("pkill", [`-${signal}`, "-P", String(child.pid)]);
  };
  await answering(port, async () =>
    child.exitCode === null ? undefined : `sshd ended: ${await readFile(file("log"), "utf8")}`,
  );

  return {
    host: "127.0.0.1",
    port,
    username,
    hostKeyFingerprint: await fingerprint(file("host_ed25519.pub")),
    rsaHostKeyFingerprint: await fingerprint(file("host_rsa.pub")),
    privateKey: await readFile(file("user"), "utf8"),
    privateKeyPath: file("user"),
    encryptedPrivateKey: await readFile(file("encrypted"), "utf8"),
    encryptedPrivateKeyPath: file("encrypted"),
    passphrase,
    strangerPrivateKey: await readFile(file("stranger"), "utf8"),
    pause: () => signalSessions("STOP"),
    resume: () => signalSessions("CONT"),
    stop: async () => {
      child.kill();
      await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function keygen(file: string, type: string, passphrase = ""): Promise<void> {
  await run("ssh-keygen", [
    "-q",
    "-t",
    type,
    ...(type === "rsa" ? ["-b", "2048"] : []),
    "-N",
    passphrase,
    "-f",
    file,
  ]);
}

async function fingerprint(publicKey: string): Promise<string> {
  const { stdout } = await run("ssh-keygen", ["-l", "-E", "sha256", "-f", publicKey]);
  return stdout.split(" ")[1] ?? "";
}

async function answering(port: number, fault: () => Promise<string | undefined>): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const socket = connect(port, "127.0.0.1");
    const connected = await new Promise<boolean>((resolve) => {
      socket.once("connect", () => resolve(true));
      socket.once("error", () => resolve(false));
    });
    socket.destroy();
    if (connected) return;
    const message = await fault();
    if (message !== undefined) throw new Error(message);
    await sleep(50);
  }
  throw new Error(`sshd did not answer on port ${port}.`);
}
