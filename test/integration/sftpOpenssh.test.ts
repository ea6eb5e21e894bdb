import { execFile, spawn } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdir, symlink, utimes, writeFile } from "node:fs/promises";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { describeError } from "../../src/basics/errors";
import { fetchHostKey } from "../../src/sftp/connection/hostKey";
import { SftpSource, type SftpSourceConfig } from "../../src/sftp/sftpSource";
import type { ReportSource, SourceFile } from "../../src/sftp/source";
import { DelayProxy } from "../helpers/delayProxy";
import { findSshd, type Sshd, startSshd } from "../helpers/sshd";
import { temporaryFolder } from "../helpers/temporaryFolder";

const binary = findSshd();
const run = promisify(execFile);

describe.skipIf(binary === undefined)("the SFTP source, against OpenSSH", () => {
  let sshd: Sshd;
  beforeAll(async () => {
    sshd = await startSshd(binary ?? "");
  });
  afterAll(() => sshd.stop());

  function connect(root: string, config: Partial<SftpSourceConfig> = {}): SftpSource {
    const { host, port, username, privateKey, hostKeyFingerprint: hostKey } = sshd;
    const source = new SftpSource({ host, port, username, privateKey, hostKey, root, ...config });
    onTestFinished(() => source.close());
    return source;
  }

  /** A source that logs in with `credentials` only. */
  function connectAs(root: string, credentials: Partial<SftpSourceConfig>, port = sshd.port): SftpSource {
    const { host, username, hostKeyFingerprint: hostKey } = sshd;
    const source = new SftpSource({ host, port, username, hostKey, root, ...credentials });
    onTestFinished(() => source.close());
    return source;
  }

  const chunk = 255 * 1024;
  const sizes = [0, 1, chunk - 1, chunk, chunk + 1, 16 * chunk, 16 * chunk + 1, 30_000_000];

  it("lists files and reads many concurrently, byte for byte", async () => {
    const root = await temporaryFolder();
    const hashes = new Map<string, string>();
    for (const size of sizes) {
      const bytes = randomBytes(size);
      const name = `folder-${size % 3}/${size}.csv`;
      await mkdir(path.join(root, path.dirname(name)), { recursive: true });
      await writeFile(path.join(root, name), bytes);
      await utimes(path.join(root, name), 1_600_000_000, 1_600_000_000 + size);
      hashes.set(name, sha256([bytes]));
    }
    const source = connect(root);
    const { files, skipped } = await source.list();
    expect(skipped).toEqual([]);
    expect(files.map((file) => file.path)).toEqual([...hashes.keys()].sort());
    await Promise.all(
      files.map(async (file) => {
        expect(file.modified).toEqual(new Date((1_600_000_000 + file.size) * 1000));
        let counted = 0;
        const pieces: Buffer[] = [];
        for await (const piece of source.read(file, { onBytes: (bytes) => (counted += bytes) }))
          pieces.push(piece);
        expect(sha256(pieces)).toBe(hashes.get(file.path));
        expect(counted).toBe(file.size);
      }),
    );
  });

  it("reads the head of a file, and stops if the reader stops", async () => {
    const root = await temporaryFolder();
    const bytes = randomBytes(9_000_000);
    await writeFile(path.join(root, "a.csv"), bytes);
    const source = connect(root, { connections: 1 });
    const file = await only(source);
    expect(await source.readRange(file, 0, 1000)).toEqual(bytes.subarray(0, 1000));
    expect((await source.readRange(file, 0, 20_000_000)).equals(bytes)).toBe(true);
    for await (const _ of source.read(file)) break;
    // On the only connection, so it was released.
    expect(await source.readRange(file, 0, 10)).toEqual(bytes.subarray(0, 10));
    expect(await source.stat("a.csv")).toEqual(file);
  });

  it("accepts a root relative to the login folder, and reports a missing one", async () => {
    const root = await temporaryFolder();
    await writeFile(path.join(root, "a.csv"), "a");
    const { stdout } = await run("sh", ["-c", "echo ~"]);
    const source = connect(path.relative(stdout.trim(), root));
    expect((await source.list()).files.map((file) => file.path)).toEqual(["a.csv"]);
    const missing = connect(path.join(root, "none"));
    await expect(missing.list()).rejects.toMatchObject({
      code: "notFound",
      hint: expect.stringContaining("root"),
    });
    const file = connect(path.relative(stdout.trim(), path.join(root, "a.csv")));
    await expect(file.list()).rejects.toMatchObject({
      message: `${path.join(root, "a.csv")} is a file on the SFTP server.`,
      hint: `Check "root" under "sftp": it is the folder with Clever's reports, seen from the account's login folder.`,
    });
    const relative = connect("none/of/these");
    await expect(relative.list()).rejects.toMatchObject({
      code: "notFound",
      hint: expect.stringContaining("seen from the account's login folder"),
    });
    await expect(source.stat("b.csv")).rejects.toMatchObject({ code: "notFound", subject: "b.csv" });
    await expect(source.stat("../../etc/passwd")).rejects.toMatchObject({ code: "unsafePath" });
  });

  it("follows no link out of its root, and limits the depth", async () => {
    const root = await temporaryFolder();
    await symlink("/etc", path.join(root, "etc"));
    await symlink("/etc/passwd", path.join(root, "passwd.csv"));
    await run("mkfifo", [path.join(root, "pipe.csv")]);
    await writeFile(path.join(root, "bad\nname.csv"), "");
    await mkdir(path.join(root, "1/2/3/4/5/6/7"), { recursive: true });
    await writeFile(path.join(root, "1/2/3/4/5/6/deep.csv"), "");
    await writeFile(path.join(root, "1/2/3/4/5/6/7/too-deep.csv"), "");
    const { files, skipped } = await connect(root).list();
    expect(files.map((file) => file.path)).toEqual(["1/2/3/4/5/6/deep.csv"]);
    expect(skipped).toEqual([
      { path: "1/2/3/4/5/6/7", reason: "a folder more than 6 levels deep" },
      { path: "bad\\u{a}name.csv", reason: "a name with control characters" },
      { path: "etc", reason: "a link that leads outside the folder with the reports" },
      { path: "passwd.csv", reason: "a link that leads outside the folder with the reports" },
      { path: "pipe.csv", reason: "a special file" },
    ]);
  });

  it("lists 10,000 files", async () => {
    const root = await temporaryFolder();
    await Promise.all(Array.from({ length: 10_000 }, (_, i) => writeFile(path.join(root, `${i}.csv`), "")));
    const source = connect(root);
    expect((await source.list()).files).toHaveLength(10_000);
  });

  it("logs in with an encrypted key and with an agent", async () => {
    const root = await temporaryFolder();
    const { encryptedPrivateKey: privateKey, passphrase } = sshd;
    expect((await connectAs(root, { privateKey, passphrase }).list()).files).toEqual([]);

    const agent = path.join(await temporaryFolder(), "agent");
    const child = spawn("ssh-agent", ["-D", "-a", agent], { stdio: "ignore" });
    onTestFinished(async () => {
      const ended = once(child, "exit");
      child.kill();
      await ended;
    });
    for (let attempt = 0; attempt < 50; attempt++) {
      const added = await run("ssh-add", [sshd.privateKeyPath], {
        env: { ...process.env, SSH_AUTH_SOCK: agent },
      }).catch(() => undefined);
      if (added !== undefined) break;
      await sleep(50);
    }
    expect((await connectAs(root, { agent }).list()).files).toEqual([]);
  });

  it.each([
    ["an unauthorized key", () => ({ privateKey: sshd.strangerPrivateKey }), "refused the private key"],
    [
      "a wrong passphrase",
      () => ({ privateKey: sshd.encryptedPrivateKey, passphrase: "wrong-secret" }),
      "does not decrypt",
    ],
    ["no passphrase", () => ({ privateKey: sshd.encryptedPrivateKey }), "none was given"],
    ["no key at all", () => ({ privateKey: "wrong-secret" }), "cannot be read"],
    ["a missing agent", () => ({ agent: "/nonexistent/agent" }), "agent cannot be reached"],
    [
      "a password on a server that does not accept one",
      () => ({ password: "wrong-secret" }),
      "accepts only these login methods: publickey",
    ],
  ])("refuses %s in plain words, once, without the secret", async (_, credentials, words) => {
    await using proxy = await DelayProxy.start({ target: sshd.port });
    const source = connectAs("/", credentials(), proxy.port);
    const results = await Promise.allSettled([source.list(), source.list(), source.stat("a")]);
    for (const result of results) {
      if (result.status === "fulfilled") throw new Error("It was let in.");
      expect(result.reason).toMatchObject({ code: "auth" });
      expect(describeError(result.reason)).toContain(words);
      expect(describeError(result.reason)).not.toContain("wrong-secret");
    }
    expect(proxy.connections).toBeLessThanOrEqual(1);
  });

  it("learns the host key's fingerprint without logging in", async () => {
    expect(await fetchHostKey(sshd.host, sshd.port)).toBe(sshd.hostKeyFingerprint);
  });

  it("accepts any of the server's keys that is pinned", async () => {
    const root = await temporaryFolder();
    expect((await connect(root, { hostKey: sshd.rsaHostKeyFingerprint }).list()).files).toEqual([]);
  });

  it("refuses a server with a key other than the pinned one, and shows both", async () => {
    const other = `SHA256:${"A".repeat(43)}`;
    const error: unknown = await connect("/", { hostKey: other })
      .list()
      .catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: "hostKey" });
    expect(describeError(error)).toContain(other);
    expect(describeError(error)).toContain(sshd.hostKeyFingerprint);
  });

  it("refuses a server without a pinned key, and shows the key to pin", async () => {
    const { host, port, username, privateKey, hostKeyFingerprint } = sshd;
    const source = new SftpSource({ host, port, username, privateKey });
    const error: unknown = await source.list().catch((caught: unknown) => caught);
    await source.close();
    expect(error).toMatchObject({ code: "hostKey" });
    expect(describeError(error)).toContain("none is trusted yet");
    expect(describeError(error)).toContain(`"hostKey": "${hostKeyFingerprint}" under "sftp"`);
  });

  it.each([
    ["outdated", "diffie-hellman-group14-sha1"],
    ["post-quantum", "sntrup761x25519-sha512@openssh.com"],
  ])("says what a server that allows only %s key exchanges must allow", async (_, kex) => {
    const strict = await startSshd(binary ?? "", undefined, undefined, { config: [`KexAlgorithms ${kex}`] });
    onTestFinished(() => strict.stop());
    const { port, privateKey, hostKeyFingerprint: hostKey } = strict;
    await expect(connect("/", { port, privateKey, hostKey }).list()).rejects.toMatchObject({
      message: expect.stringContaining("safe to use and known to this program") as unknown,
      hint: expect.stringMatching(/needs an update.*post-quantum.*curve25519-sha256/) as unknown,
    });
  });
});

function sha256(pieces: readonly Buffer[]): string {
  const hash = createHash("sha256");
  for (const piece of pieces) hash.update(piece);
  return hash.digest("hex");
}

async function only(source: ReportSource): Promise<SourceFile> {
  const [file] = (await source.list()).files;
  if (file === undefined) throw new Error("There is no file.");
  return file;
}
