import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { SftpSource, type SftpSourceConfig } from "../../src/sftp/sftpSource";
import { findSshd, type Sshd, startSshd } from "../helpers/sshd";
import { temporaryFolder } from "../helpers/temporaryFolder";

const run = promisify(execFile);
const binary = findSshd();
const passphrase = "correct horse";

/** How keys are generated: with OpenSSL as PKCS#8, with ssh-keygen in each of its formats. */
const openssl = {
  "openssl-rsa": ["RSA", "rsa_keygen_bits:2048"],
  "openssl-p256": ["EC", "ec_paramgen_curve:P-256"],
  "openssl-p384": ["EC", "ec_paramgen_curve:P-384"],
  "openssl-p521": ["EC", "ec_paramgen_curve:P-521"],
  "openssl-ed25519": ["ED25519"],
} as const;
const keygen = {
  "keygen-rsa-pkcs8": ["rsa", "PKCS8"],
  "keygen-ecdsa-pkcs8": ["ecdsa", "PKCS8"],
  "keygen-rsa-pem": ["rsa", "PEM"],
  "keygen-ecdsa-pem": ["ecdsa", "PEM"],
  "keygen-rsa": ["rsa", "RFC4716"],
} as const;
const kinds = [...Object.keys(openssl), ...Object.keys(keygen)].flatMap((kind) => [
  kind,
  `${kind}-encrypted`,
]);

describe.skipIf(binary === undefined)("private keys, against OpenSSH", () => {
  let folder: string;
  let sshd: Sshd;
  let strict: Sshd;
  const file = (name: string) => path.join(folder, name);

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "clever-lake-keys-"));
    for (const [name, [algorithm, option]] of Object.entries(openssl)) {
      const options = option === undefined ? [] : ["-pkeyopt", option];
      await run("openssl", ["genpkey", "-algorithm", algorithm, ...options, "-out", file(name)]);
      const protect = ["-topk8", "-v2", "aes256", "-passout", `pass:${passphrase}`];
      await run("openssl", ["pkcs8", "-in", file(name), ...protect, "-out", file(`${name}-encrypted`)]);
    }
    for (const [name, [type, format]] of Object.entries(keygen))
      for (const [suffix, phrase] of [
        ["", ""],
        ["-encrypted", passphrase],
      ] as const)
        await run("ssh-keygen", ["-q", "-t", type, "-m", format, "-N", phrase, "-f", file(name + suffix)]);
    const authorizedKeys: string[] = [];
    for (const name of Object.keys(openssl)) authorizedKeys.push(await publicKeyOf(file(name)));
    for (const name of Object.keys(keygen))
      for (const suffix of ["", "-encrypted"])
        authorizedKeys.push((await readFile(file(`${name}${suffix}.pub`), "utf8")).trim());
    const start = (config: string[]) =>
      startSshd(binary ?? "", "internal-sftp", passphrase, { authorizedKeys, config });
    sshd = await start([]);
    strict = await start(["PubkeyAcceptedAlgorithms rsa-sha2-512"]);
  });
  afterAll(async () => {
    await sshd?.stop();
    await strict?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  async function logIn(
    { host, port, username, hostKeyFingerprint: hostKey }: Sshd,
    given: Partial<SftpSourceConfig>,
  ) {
    const root = await temporaryFolder();
    await writeFile(path.join(root, "a.csv"), "a");
    await using source = new SftpSource({ host, port, username, hostKey, root, ...given });
    return (await source.list()).files.length;
  }

  it.each(kinds)("log in: %s", async (kind) => {
    const privateKey = await readFile(file(kind), "utf8");
    const given = { privateKey, ...(kind.endsWith("-encrypted") ? { passphrase } : {}) };
    expect(await logIn(sshd, given)).toBe(1);
  });

  it.each(["openssl-rsa", "keygen-rsa-pem", "keygen-rsa"])(
    "log in to a server that accepts only rsa-sha2-512: %s",
    async (kind) => {
      expect(await logIn(strict, { privateKey: await readFile(file(kind), "utf8") })).toBe(1);
    },
  );

  it("log in through an agent to a server that accepts only rsa-sha2-512", async () => {
    const agent = path.join(await temporaryFolder(), "agent");
    const child = spawn("ssh-agent", ["-D", "-a", agent], { stdio: "ignore" });
    onTestFinished(async () => {
      const ended = once(child, "exit");
      child.kill();
      await ended;
    });
    for (let attempt = 0; attempt < 50; attempt++) {
      const env = { ...process.env, SSH_AUTH_SOCK: agent };
      if (await run("ssh-add", [file("keygen-rsa")], { env }).catch(() => undefined)) break;
      await sleep(50);
    }
    expect(await logIn(strict, { agent })).toBe(1);
  });

  it("are reported as accepted if the server also requires a password", async () => {
    const both = await startSshd(binary ?? "", "internal-sftp", passphrase, {
      config: [
        "AuthenticationMethods publickey,password",
        "PasswordAuthentication yes",
        "PermitRootLogin yes",
      ],
    });
    onTestFinished(() => both.stop());
    const { privateKey, username } = both;
    await expect(logIn(both, { privateKey })).rejects.toMatchObject({
      code: "auth",
      message: `The SFTP server accepted the private key of the account ${username}, and requires another login method: password.`,
    });
    await expect(logIn(both, { privateKey, password: "wrong-secret" })).rejects.toMatchObject({
      code: "auth",
      message: `The SFTP server refused the password of the account ${username}.`,
    });
  });

  it("are reported as refused if the server accepts none of their signatures", async () => {
    const privateKey = await readFile(file("openssl-ed25519"), "utf8");
    await expect(logIn(strict, { privateKey })).rejects.toMatchObject({
      code: "auth",
      message: expect.stringContaining("refused the private key"),
    });
  });
});

/** The public key of a PKCS#8 file in OpenSSH's one-line format, derived without the code under test. */
async function publicKeyOf(file: string): Promise<string> {
  const der = await run("openssl", ["pkey", "-in", file, "-pubout", "-outform", "DER"], {
    encoding: "buffer",
  });
  const isEd25519 = der.stdout.length === 44;
  if (isEd25519) {
    const string = (bytes: Buffer) => Buffer.concat([Buffer.from([0, 0, 0, bytes.length]), bytes]);
    const wire = Buffer.concat([string(Buffer.from("ssh-ed25519")), string(der.stdout.subarray(12))]);
    return `ssh-ed25519 ${wire.toString("base64")}`;
  }
  return (await run("ssh-keygen", ["-y", "-f", file])).stdout.trim();
}
