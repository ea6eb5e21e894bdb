import { setMaxListeners } from "node:events";
import type { Stats } from "ssh2";
import { CleverLakeError, isCleverLakeError } from "../basics/errors";
import type { SftpConnection } from "./connection/connection";
import { ConnectionPool } from "./connection/connectionPool";
import { type SftpAccount, SftpConnector } from "./connection/connector";
import { listBelow, modifiedOf } from "./listing/listing";
import { joinPath, printable, safeRelativePath } from "./paths";
import { FileGuard } from "./reading/fileGuard";
import { FileReader, initialPace } from "./reading/fileReader";
import { onConnection } from "./retry";
import { refusal, undefinedIfRefused } from "./sftpErrors";
import type { ReadOptions, ReportNames, ReportSource, SourceFile, SourceListing } from "./source";

export interface SftpSourceConfig extends SftpAccount {
  /** The folder with the reports; a relative one starts at the login folder. Default `/`. */
  readonly root?: string;
  /** Maximum number of concurrent connections. */
  readonly connections?: number;
  /** Idle timeout in seconds. */
  readonly timeoutSeconds?: number;
  /** How reports are named. Without it, no link is followed, and only the root must be readable. */
  readonly names?: ReportNames;
  /** Seconds between keep-alives on a quiet connection; 0 disables them. */
  readonly keepAliveSeconds?: number;
}

const noReports: ReportNames = { isReport: () => false, isReportFolder: () => false };
const defaults = {
  root: "/",
  connections: 4,
  timeoutSeconds: 30,
  keepAliveSeconds: 10,
  names: noReports,
} as const;

/** Clever's report server, over several SFTP connections that are opened on demand. */
export class SftpSource implements ReportSource {
  private readonly connections: number;
  private readonly configuredRoot: string;
  private readonly names: ReportNames;
  private readonly pool: ConnectionPool<SftpConnection>;
  private readonly pace = initialPace();
  /** One for all reads of a listed file, so that they see the same bytes. */
  private readonly guards = new WeakMap<SourceFile, FileGuard>();
  private absoluteRoot: string | undefined;

  constructor(config: SftpSourceConfig) {
    const { root, connections, timeoutSeconds, keepAliveSeconds, names, ...account } = {
      ...defaults,
      ...config,
    };
    this.names = names;
    this.configuredRoot = root === "" ? "." : root;
    this.connections = connections;
    const connector = new SftpConnector({
      ...account,
      timeout: timeoutSeconds * 1000,
      keepAlive: keepAliveSeconds * 1000,
    });
    this.pool = new ConnectionPool(connector, connections);
  }

  /** Only logs in. Rejects if the server does not accept this account; not retried. */
  async login(signal?: AbortSignal): Promise<void> {
    using _ = await this.pool.lease(signal);
  }

  async list(signal?: AbortSignal): Promise<SourceListing> {
    listenedToByMany(signal);
    let root = this.configuredRoot;
    try {
      root = await this.root(signal);
      const { pool, connections, names } = this;
      return await listBelow(pool, { root, connections, names, signal });
    } catch (error) {
      throw isCleverLakeError(error) ? await this.withHint(error, root, signal) : error;
    }
  }

  /** An error of a listing, with what is wrong with the root if that is the cause. */
  private async withHint(error: CleverLakeError, root: string, signal: AbortSignal | undefined) {
    const isRoot = error.subject === printable(root);
    if (error.code !== "notFound" && !(error.code === "io" && isRoot)) return error;
    // Servers refuse to list a file with any status.
    const there = isRoot ? await undefinedIfRefused(this.statAt(root, signal)) : undefined;
    const message = there?.isFile() ? `${printable(root)} is a file on the SFTP server.` : error.message;
    const start = this.configuredRoot.startsWith("/") ? "" : ", seen from the account's login folder";
    return new CleverLakeError(error.code, message, {
      subject: error.subject,
      hint: `Check "root" under "sftp": it is the folder with Clever's reports${start}.`,
      cause: error,
    });
  }

  async stat(path: string, signal?: AbortSignal): Promise<SourceFile> {
    const remote = await this.remote(path, signal);
    let stats: Stats;
    try {
      stats = await this.statAt(remote, signal);
    } catch (error) {
      signal?.throwIfAborted();
      throw refusal(error, path);
    }
    if (stats.isDirectory())
      throw new CleverLakeError("io", `${path} is a folder on the SFTP server.`, { subject: path });
    if (Number.isSafeInteger(stats.size)) return { path, size: stats.size, modified: modifiedOf(stats) };
    throw new CleverLakeError("io", `The SFTP server does not report the size of ${path}.`, {
      subject: path,
    });
  }

  private statAt(remotePath: string, signal: AbortSignal | undefined): Promise<Stats> {
    return onConnection(this.pool, signal, (connection) => connection.stat(remotePath));
  }

  async *read(file: SourceFile, { signal, onBytes }: ReadOptions = {}): AsyncGenerator<Buffer, void, void> {
    listenedToByMany(signal);
    using reader = await this.reader(file, 0, file.size, signal);
    for (;;) {
      const bytes = await reader.next();
      if (bytes === undefined) return;
      onBytes?.(bytes.length);
      yield bytes;
    }
  }

  async readRange(file: SourceFile, start: number, length: number, signal?: AbortSignal): Promise<Buffer> {
    listenedToByMany(signal);
    const end = Math.min(start + length, file.size);
    using reader = await this.reader(file, start, end, signal);
    const pieces: Buffer[] = [];
    for (let piece = await reader.next(); piece !== undefined; piece = await reader.next())
      pieces.push(piece);
    return Buffer.concat(pieces);
  }

  async close(): Promise<void> {
    await this.pool.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  private async reader(file: SourceFile, start: number, end: number, signal: AbortSignal | undefined) {
    const remotePath = await this.remote(file.path, signal);
    const guard = this.guards.get(file) ?? new FileGuard(file, remotePath);
    this.guards.set(file, guard);
    return new FileReader(this.pool, { remotePath, file, start, end }, guard, this.pace, signal);
  }

  /** The server path of a path below the root. */
  private async remote(path: string, signal: AbortSignal | undefined): Promise<string> {
    const safe = safeRelativePath(path);
    return joinPath(await this.root(signal), safe);
  }

  /** The root as an absolute path; a relative one depends on the login folder. */
  private async root(signal: AbortSignal | undefined): Promise<string> {
    if (this.configuredRoot.startsWith("/")) return this.configuredRoot;
    try {
      this.absoluteRoot ??= await onConnection(this.pool, signal, (connection) =>
        connection.realPath(this.configuredRoot),
      );
    } catch (error) {
      signal?.throwIfAborted();
      throw refusal(error, printable(this.configuredRoot));
    }
    return this.absoluteRoot;
  }
}

/** All transfers of a run listen to its one signal. Node would report this as a leak. */
function listenedToByMany(signal: AbortSignal | undefined): void {
  if (signal !== undefined) setMaxListeners(0, signal);
}
