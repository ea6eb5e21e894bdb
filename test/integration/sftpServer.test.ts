import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdir, readdir, readFile, symlink, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import path from "node:path";
import { type Attributes, Server, utils } from "ssh2";
import SftpClient from "ssh2-sftp-client";
import { describe, expect, it, onTestFinished } from "vitest";
import { describeError } from "../../src/basics/errors";
import { hostKeyFingerprint } from "../../src/sftp/connection/hostKey";
import { newHostKey, startSftpServer } from "../../src/sftp/server/server";
import { SftpSource } from "../../src/sftp/sftpSource";
import { temporaryFolder } from "../helpers/temporaryFolder";

const account = { username: "district", password: "s3cret-password" };

describe("the in-process SFTP server", () => {
  async function setUp() {
    const parent = await temporaryFolder();
    const folder = path.join(parent, "served");
    await mkdir(path.join(folder, "daily"), { recursive: true });
    await writeFile(path.join(parent, "secret.txt"), "secret");
    await symlink(path.join(parent, "secret.txt"), path.join(folder, "link.txt"));
    const bytes = randomBytes(3_000_000);
    await writeFile(path.join(folder, "daily/a.csv"), bytes);
    const server = await startSftpServer({ folder, ...account });
    onTestFinished(() => server.close());
    return { folder, bytes, server };
  }

  it("serves a folder with a password", async () => {
    const { bytes, server } = await setUp();
    const { host, port, hostKeyFingerprint: hostKey } = server;
    await using source = new SftpSource({ host, port, hostKey, ...account });
    const { files, skipped } = await source.list();
    expect(files.map((file) => [file.path, file.size])).toEqual([["daily/a.csv", bytes.length]]);
    expect(skipped).toEqual([{ path: "link.txt", reason: "a link whose target the server does not reveal" }]);
    const pieces: Buffer[] = [];
    for (const file of files) for await (const piece of source.read(file)) pieces.push(piece);
    expect(Buffer.concat(pieces).equals(bytes)).toBe(true);
  });

  it("closes even if a client never closes its connection", async () => {
    const { server } = await setUp();
    const client = connect({ port: server.port, host: server.host, allowHalfOpen: true });
    onTestFinished(() => {
      client.destroy();
    });
    // The server's version.
    await once(client, "data");
    await server.close();
  }, 20_000);

  it("lists folders in more than one batch", async () => {
    const { folder, server } = await setUp();
    for (let i = 0; i < 250; i++) await writeFile(path.join(folder, `${i}.csv`), "");
    const { host, port, hostKeyFingerprint: hostKey } = server;
    await using source = new SftpSource({ host, port, hostKey, ...account });
    expect((await source.list()).files).toHaveLength(251);
  });

  it("refuses a wrong password without repeating it", async () => {
    const { server } = await setUp();
    const { host, port, hostKeyFingerprint: hostKey } = server;
    await using source = new SftpSource({ host, port, hostKey, ...account, password: "wrong-secret" });
    const error: unknown = await source.list().catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: "auth" });
    expect(describeError(error)).toBe(
      "The SFTP server refused the password of the account district. Check the user name and the credentials.",
    );
  });

  it("refuses every write, and every path out of its folder", async () => {
    const { folder, server } = await setUp();
    const client = new SftpClient("test", {});
    const session = await client.connect({ host: server.host, port: server.port, ...account });
    onTestFinished(async () => {
      await client.end();
    });
    const status = (start: (done: (error?: Error | null) => void) => void) =>
      new Promise((resolve) => start((error) => resolve(error && "code" in error ? error.code : 0)));
    const denied = utils.sftp.STATUS_CODE.PERMISSION_DENIED;
    for (const flags of ["w", "a", "r+", "wx"] as const)
      expect(await status((done) => session.open("/new.csv", flags, done))).toBe(denied);
    expect(await status((done) => session.unlink("/daily/a.csv", done))).toBe(denied);
    expect(await status((done) => session.rename("/daily/a.csv", "/b.csv", done))).toBe(denied);
    expect(await status((done) => session.mkdir("/new", done))).toBe(denied);
    expect(await status((done) => session.rmdir("/daily", done))).toBe(denied);
    expect(await status((done) => session.symlink("/etc", "/etc", done))).toBe(denied);
    expect(await status((done) => session.setstat("/daily/a.csv", { mode: 0 }, done))).toBe(denied);
    const missing = utils.sftp.STATUS_CODE.NO_SUCH_FILE;
    for (const outside of [
      "/../secret.txt",
      "../secret.txt",
      "/daily/../../secret.txt",
      "/link.txt",
      "/etc/passwd",
    ]) {
      expect(await status((done) => session.open(outside, "r", done))).toBe(missing);
      expect(await status((done) => session.stat(outside, done))).toBe(missing);
    }
    expect(await status((done) => session.read(Buffer.from("none"), Buffer.alloc(1), 0, 1, 0, done))).toBe(
      missing,
    );
    expect((await readdir(folder)).sort()).toEqual(["daily", "link.txt"]);
    expect(await readFile(path.join(folder, "daily/a.csv"))).toHaveLength(3_000_000);
  });
});

describe("a hostile SFTP server", () => {
  const names = [
    "../../etc/passwd",
    "..\\evil",
    "/absolute",
    "a\0b",
    "a\u001b[2J",
    "",
    "CON",
    "x".repeat(300),
    "twice",
    "twice",
  ];
  const file: Attributes = { mode: 0o100644, uid: 0, gid: 0, size: 4, atime: 0, mtime: 0 };

  it("gets no credential before its key is trusted, and cannot inject file names", async () => {
    const key = newHostKey();
    const parsed = utils.parseKey(key);
    if (parsed instanceof Error) throw parsed;
    const methods: string[] = [];
    const server = new Server({ hostKeys: [key] }, (client) => {
      client.on("error", () => undefined);
      client.on("authentication", (context) => {
        methods.push(context.method);
        // Supports no password method, but asks for one.
        if (context.method !== "keyboard-interactive") return context.reject(["keyboard-interactive"]);
        context.prompt({ prompt: "Password:", echo: false }, (answers) =>
          answers[0] === account.password ? context.accept() : context.reject(),
        );
      });
      client.on("session", (accept) => {
        accept().on("sftp", (acceptSftp) => {
          const sftp = acceptSftp();
          let listed = false;
          sftp.on("OPENDIR", (id, folder) => {
            if (folder.endsWith("closed")) return sftp.status(id, utils.sftp.STATUS_CODE.PERMISSION_DENIED);
            sftp.handle(id, Buffer.from("h"));
          });
          sftp.on("READDIR", (id) => {
            if (listed) return sftp.status(id, utils.sftp.STATUS_CODE.EOF);
            listed = true;
            const folder = { filename: "closed", longname: "", attrs: { ...file, mode: 0o040755 } };
            sftp.name(id, [
              folder,
              ...names.map((filename) => ({ filename, longname: filename, attrs: file })),
            ]);
          });
          sftp.on("CLOSE", (id) => sftp.status(id, utils.sftp.STATUS_CODE.OK));
          sftp.on("OPEN", (id) => sftp.handle(id, Buffer.from("f")));
          sftp.on("FSTAT", (id) => sftp.attrs(id, file));
          // Claims four bytes, but has one.
          sftp.on("READ", (id, _handle, offset) =>
            offset === 0 ? sftp.data(id, Buffer.from("x")) : sftp.status(id, utils.sftp.STATUS_CODE.EOF),
          );
        });
      });
    });
    const port = await listen(server);

    await using distrustful = new SftpSource({ host: "127.0.0.1", port, ...account });
    await expect(distrustful.list()).rejects.toMatchObject({ code: "hostKey" });
    expect(methods).toEqual([]);

    const hostKey = hostKeyFingerprint(parsed.getPublicSSH());
    await using source = new SftpSource({ host: "127.0.0.1", port, hostKey, ...account });
    const { files, skipped } = await source.list();
    expect(methods).toEqual(["none", "keyboard-interactive"]);
    expect(files.map((entry) => entry.path)).toEqual(["twice"]);
    expect(skipped).toHaveLength(names.length);
    expect(skipped).toContainEqual({ path: "closed", reason: "a folder that the account may not read" });
    expect(skipped).toContainEqual({ path: "a\\u{1b}[2J", reason: "a name with control characters" });
    expect(skipped).toContainEqual({ path: "twice", reason: "a name that occurs twice in the folder" });
    const [short] = files;
    if (short === undefined) throw new Error("There is no file.");
    await expect(source.readRange(short, 0, 10)).rejects.toMatchObject({ code: "changedWhileRead" });
  });
});

/** Starts an ssh2 server that ends with the test; returns its port. */
async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  onTestFinished(() => {
    server.close();
  });
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}
