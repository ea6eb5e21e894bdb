import { createHash, generateKeyPairSync, timingSafeEqual } from "node:crypto";
import { realpath } from "node:fs/promises";
import { createServer, type Socket } from "node:net";
import { type AuthContext, type ParsedKey, Server, type SFTPWrapper, utils } from "ssh2";
import { CleverLakeError, errnoOf } from "../../basics/errors";
import { hostKeyFingerprint } from "../connection/hostKey";
import { ServerHandles } from "./serverHandles";

const { OPEN_MODE, STATUS_CODE } = utils.sftp;

export interface SftpServerOptions {
  /** The folder that clients see as `/`. */
  readonly folder: string;
  readonly username: string;
  readonly password: string;
  /** An OpenSSH private key; default: a new one. */
  readonly hostKey?: string;
}

export interface RunningSftpServer extends AsyncDisposable {
  readonly host: string;
  readonly port: number;
  /** `SHA256:…` */
  readonly hostKeyFingerprint: string;
  close(): Promise<void>;
}

/** A read-only SFTP server on 127.0.0.1, in this process, for the demo and for tests. */
export async function startSftpServer(options: SftpServerOptions): Promise<RunningSftpServer> {
  const folder = await realpath(options.folder);
  const hostKey = options.hostKey ?? newHostKey();
  const fingerprint = hostKeyFingerprint(parseKey(hostKey).getPublicSSH());
  const clients = new Set<{ end(): unknown }>();
  const sockets = new Set<Socket>();

  const ssh = new Server({ hostKeys: [hostKey] }, (client) => {
    clients.add(client);
    client.on("close", () => clients.delete(client));
    // A client that disconnects is not an error of the server.
    client.on("error", () => client.end());
    client.on("authentication", (context) => {
      if (mayLogIn(context, options)) context.accept();
      else context.reject(["password"]);
    });
    client.on("session", (accept) => {
      accept().on("sftp", (acceptSftp) => serve(acceptSftp(), new ServerHandles(folder)));
    });
  });

  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    ssh.injectSocket(socket);
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => resolve());
  });
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const close = async () => {
    const closed = new Promise((resolve) => server.close(resolve));
    for (const client of clients) client.end();
    // A client that hangs never closes its side.
    for (const socket of sockets) socket.destroySoon();
    await closed;
  };
  return { host: "127.0.0.1", port, hostKeyFingerprint: fingerprint, close, [Symbol.asyncDispose]: close };
}

/**
 * A new private key, in the only format of an elliptic curve key that both Node and the SSH library support. In one
 * case out of 220, the library's own `generateKeyPairSync("ed25519")` creates a key that the library itself cannot
 * read.
 */
export function newHostKey(): string {
  const { privateKey } = generateKeyPairSync("ec", {
    namedCurve: "P-256",
    privateKeyEncoding: { type: "sec1", format: "pem" },
    publicKeyEncoding: { type: "spki", format: "pem" },
  });
  return privateKey;
}

function parseKey(text: string): ParsedKey {
  const parsed = utils.parseKey(text);
  const key = Array.isArray(parsed) ? parsed[0] : parsed;
  if (key === undefined || key instanceof Error)
    throw new CleverLakeError("config", "A key of the SFTP server cannot be read.");
  return key;
}

function mayLogIn(context: AuthContext, { username, password }: SftpServerOptions): boolean {
  const isKnown = sameText(context.username, username);
  return context.method === "password" && sameText(context.password, password) && isKnown;
}

/** Constant-time comparison, which does not reveal where the texts differ, or whether their lengths do. */
function sameText(one: string, other: string): boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(one), digest(other));
}

function serve(sftp: SFTPWrapper, handles: ServerHandles): void {
  /** Answers one request; errors become its status. */
  const answer = (id: number, work: () => Promise<void>) => {
    work().catch((error: unknown) => sftp.status(id, statusFor(error)));
  };
  const refuse = (id: number) => sftp.status(id, STATUS_CODE.PERMISSION_DENIED);

  sftp.on("OPEN", (id, path, flags) => {
    if ((flags & ~OPEN_MODE.READ) !== 0) return refuse(id);
    answer(id, async () => sftp.handle(id, await handles.openFile(path)));
  });
  sftp.on("READ", (id, handle, offset, length) =>
    answer(id, async () => {
      const bytes = await handles.read(handle, offset, length);
      if (bytes.length === 0) sftp.status(id, STATUS_CODE.EOF);
      else sftp.data(id, bytes);
    }),
  );
  sftp.on("FSTAT", (id, handle) =>
    answer(id, async () => sftp.attrs(id, await handles.fileAttributes(handle))),
  );
  sftp.on("STAT", (id, path) => answer(id, async () => sftp.attrs(id, await handles.attributes(path, true))));
  sftp.on("LSTAT", (id, path) =>
    answer(id, async () => sftp.attrs(id, await handles.attributes(path, false))),
  );
  sftp.on("OPENDIR", (id, path) => answer(id, async () => sftp.handle(id, await handles.openFolder(path))));
  sftp.on("READDIR", (id, handle) =>
    answer(id, async () => {
      const entries = await handles.nextEntries(handle);
      if (entries.length === 0) sftp.status(id, STATUS_CODE.EOF);
      else sftp.name(id, entries);
    }),
  );
  sftp.on("REALPATH", (id, path) => {
    const filename = handles.virtualPath(path);
    sftp.name(id, [{ filename, longname: filename, attrs: noAttributes }]);
  });
  sftp.on("CLOSE", (id, handle) =>
    answer(id, async () => {
      await handles.close(handle);
      sftp.status(id, STATUS_CODE.OK);
    }),
  );
  for (const event of [
    "WRITE",
    "FSETSTAT",
    "SETSTAT",
    "REMOVE",
    "RENAME",
    "MKDIR",
    "RMDIR",
    "SYMLINK",
  ] as const)
    sftp.on(event, refuse);
  sftp.on("error", () => sftp.end());
  sftp.on("close", () => {
    handles[Symbol.asyncDispose]().catch(() => undefined);
  });
}

const noAttributes = { mode: 0, uid: 0, gid: 0, size: 0, atime: 0, mtime: 0 };

function statusFor(error: unknown): number {
  const code = errnoOf(error);
  if (code === "ENOENT" || code === "ENOTDIR" || code === "ELOOP") return STATUS_CODE.NO_SUCH_FILE;
  return code === "EACCES" || code === "EPERM" ? STATUS_CODE.PERMISSION_DENIED : STATUS_CODE.FAILURE;
}
