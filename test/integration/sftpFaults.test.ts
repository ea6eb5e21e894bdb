import { createHash, randomBytes } from "node:crypto";
import { appendFile, rm, truncate, utimes, writeFile } from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { SftpSource, type SftpSourceConfig } from "../../src/sftp/sftpSource";
import type { SourceFile } from "../../src/sftp/source";
import { DelayProxy } from "../helpers/delayProxy";
import { findSshd, type Sshd, startSshd } from "../helpers/sshd";
import { temporaryFolder } from "../helpers/temporaryFolder";

const binary = findSshd();
const windowBytes = 5 * 1024 * 1024;

describe.skipIf(binary === undefined)("the SFTP source, with faults of server, network or file", () => {
  let sshd: Sshd;
  beforeAll(async () => {
    sshd = await startSshd(binary ?? "");
  });
  afterAll(() => sshd.stop());

  /** A source that reaches a server with one file of random bytes through a proxy. */
  async function setUp(size: number, config: Partial<SftpSourceConfig> = {}) {
    const root = await temporaryFolder();
    const bytes = randomBytes(size);
    const local = path.join(root, "a.csv");
    await writeFile(local, bytes);
    await utimes(local, 1_600_000_000, 1_600_000_000);
    const proxy = await DelayProxy.start({ target: sshd.port });
    const { host, username, privateKey, hostKeyFingerprint: hostKey } = sshd;
    const source = new SftpSource({ host, port: proxy.port, username, privateKey, hostKey, root, ...config });
    onTestFinished(async () => {
      await source.close();
      await proxy.close();
    });
    const [file] = (await source.list()).files;
    if (file === undefined) throw new Error("There is no file.");
    return { bytes, local, proxy, source, file };
  }

  it("resumes a transfer that is cut repeatedly", async () => {
    const { bytes, proxy, source, file } = await setUp(30_000_000);
    proxy.cutAfter(7_000_000, 3);
    const before = proxy.bytesToClients;
    const read = await readAll(source, file);
    expect(sha256(read)).toBe(sha256(bytes));
    expect(proxy.connections).toBe(4);
    // Bytes in flight at each cut are sent twice; delivered ones are not.
    expect(proxy.bytesToClients - before).toBeLessThan(bytes.length + 3 * windowBytes);
  });

  it("detects that the file changed while a transfer was cut", async () => {
    const { proxy, local, source, file } = await setUp(20_000_000);
    proxy.cutAfter(6_000_000);
    const reading = readSlowly(source, file, async (soFar) => {
      if (soFar < 1_000_000) await utimes(local, 1_600_000_001, 1_600_000_001);
    });
    await expect(reading).rejects.toMatchObject({ code: "changedWhileRead", subject: "a.csv" });
  });

  it.each([
    ["grows", (local: string) => appendFile(local, "more")],
    ["is written again", (local: string) => utimes(local, 1_600_000_001, 1_600_000_001)],
    ["shrinks", (local: string) => truncate(local, 15_000_000)],
  ])("detects a file that %s while it is read, and reads it again after a new stat", async (_, change) => {
    const { local, source, file } = await setUp(20_000_000);
    let changed = false;
    const reading = readSlowly(source, file, async () => {
      if (!changed) await change(local);
      changed = true;
    });
    await expect(reading).rejects.toMatchObject({ code: "changedWhileRead" });
    const now = await source.stat(file.path);
    expect(await readAll(source, now)).toHaveLength(now.size);
  });

  it("detects a file that changed or disappeared between listing and reading", async () => {
    const { local, source, file } = await setUp(1000);
    await appendFile(local, "more");
    await expect(readAll(source, file)).rejects.toMatchObject({ code: "changedWhileRead" });
    await expect(source.readRange(file, 0, 10)).rejects.toMatchObject({ code: "changedWhileRead" });
    await rm(local);
    await expect(readAll(source, file)).rejects.toMatchObject({ code: "notFound", subject: "a.csv" });
  });

  it("gives up on a server that stops sending in the middle of a file", async () => {
    const { proxy, source, file } = await setUp(20_000_000, { timeoutSeconds: 0.5 });
    const reading = readSlowly(source, file, async () => proxy.fallSilent());
    await expect(reading).rejects.toMatchObject({
      code: "network",
      message: expect.stringContaining("did not respond for 0.5 s"),
    });
  });

  it.each(["list", "stat", "open"] as const)(
    "gives up on a server that stops answering before %s",
    async (what) => {
      const { proxy, source, file } = await setUp(1000, { timeoutSeconds: 0.5 });
      proxy.fallSilent();
      const work = {
        list: () => source.list(),
        stat: () => source.stat("a.csv"),
        open: () => readAll(source, file),
      };
      await expect(work[what]()).rejects.toMatchObject({ code: "network" });
      await source.close();
    },
  );

  it("reports a server that drops every connection", async () => {
    const { proxy, source, file } = await setUp(20_000_000);
    const reading = readSlowly(source, file, async () => proxy.dropAll({ andRefuse: true }));
    await expect(reading).rejects.toMatchObject({ code: "network" });
  });

  it("stops when aborted, even if the server does not answer", async () => {
    // Longer than the test may take: only the abort can end it.
    const { proxy, source, file } = await setUp(20_000_000, { timeoutSeconds: 600 });
    const controller = new AbortController();
    const reason = new Error("stop");
    const reading = readSlowly(
      source,
      file,
      async () => {
        proxy.fallSilent();
        setTimeout(() => controller.abort(reason), 50);
      },
      controller.signal,
    );
    await expect(reading).rejects.toBe(reason);
    await expect(source.list(AbortSignal.abort(reason))).rejects.toBe(reason);
  });

  it("reports why it cannot connect", async () => {
    const { host, username, privateKey, hostKeyFingerprint: hostKey } = sshd;
    const source = new SftpSource({ host, port: 1, username, privateKey, hostKey });
    await expect(source.list()).rejects.toMatchObject({
      code: "network",
      message: expect.stringContaining("nothing answers on that port"),
    });
    await source.close();
  });

  it.each([
    ["ends at once", "#!/bin/sh\nexit 1\n"],
    ["prints a text first", "#!/bin/sh\necho 'Welcome!'\nsleep 60\n"],
  ])("reports a server whose SFTP service %s", async (_, script) => {
    const program = path.join(await temporaryFolder(), "sftp");
    await writeFile(program, script, { mode: 0o755 });
    const odd = await startSshd(binary ?? "", program);
    const { host, port, username, privateKey, hostKeyFingerprint: hostKey } = odd;
    const source = new SftpSource({ host, port, username, privateKey, hostKey });
    await expect(source.login()).rejects.toMatchObject({
      code: "network",
      message: `${host}:${port} accepts the login, but offers no SFTP.`,
    });
    await source.close();
    await odd.stop();
  });

  it("ends pending work when closed, and leaves no socket behind", async () => {
    const sockets = () => process.getActiveResourcesInfo().filter((name) => name === "TCPSocketWrap").length;
    const before = sockets();
    const { proxy, source, file } = await setUp(20_000_000);
    const reads = Array.from({ length: 6 }, () =>
      readSlowly(source, file, async () => {
        await source.close();
      }),
    );
    for (const result of await Promise.allSettled(reads)) expect(result.status).toBe("rejected");
    await expect(source.list()).rejects.toMatchObject({ code: "io" });
    await proxy.close().catch(() => undefined);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(sockets()).toBeLessThanOrEqual(before);
  });
});

async function readAll(source: SftpSource, file: SourceFile): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of source.read(file)) pieces.push(piece);
  return Buffer.concat(pieces);
}

/** Reads a file and calls `between` after its first chunk, while the next ones are being read. */
async function readSlowly(
  source: SftpSource,
  file: SourceFile,
  between: (soFar: number) => Promise<void>,
  signal?: AbortSignal,
): Promise<void> {
  let soFar = 0;
  for await (const piece of source.read(file, signal ? { signal } : {})) {
    if (soFar === 0) await between(soFar);
    soFar += piece.length;
  }
}

function sha256(bytes: Buffer): string {
  return createHash("sha256").update(bytes).digest("hex");
}
