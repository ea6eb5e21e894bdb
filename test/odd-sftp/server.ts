import { Server, utils } from "ssh2";
import { hostKeyFingerprint } from "../../src/sftp/connection/hostKey";
import { newHostKey } from "../../src/sftp/server/server";
import { SftpSource, type SftpSourceConfig } from "../../src/sftp/sftpSource";
import { Logins, oddAccount } from "./logins";
import type { Quirks } from "./quirks";
import { OddSession, type OddState } from "./session";
import { type OddEntry, Tree } from "./tree";

export { oddAccount } from "./logins";
export type { Quirks } from "./quirks";

/**
 * An SFTP server on 127.0.0.1 with selectable quirks, each taken from real servers. Its files are in memory. It counts the
 * clients' requests.
 */
export class OddSftpServer implements AsyncDisposable {
  readonly logins: Logins;
  readonly state: OddState;
  /** TCP connections that were accepted so far. */
  connections = 0;
  /** Sessions that are logged in now. */
  private sessions = 0;
  private readonly clients = new Set<{ end(): unknown }>();
  private readonly key = newHostKey();
  private readonly server;

  private constructor(entries: Readonly<Record<string, OddEntry>>, quirks: Quirks) {
    this.logins = new Logins(quirks);
    this.state = {
      tree: new Tree(entries),
      quirks,
      modified: 1_600_000_123,
      requests: new Map(),
      maxReads: 0,
      openFiles: 0,
    };
    this.server = new Server({ hostKeys: [this.key] }, (client) => {
      this.connections++;
      this.clients.add(client);
      let session = false;
      let full = false;
      client.on("close", () => {
        this.clients.delete(client);
        if (session) this.sessions--;
      });
      client.on("error", () => client.end());
      client.on("authentication", (context) => {
        full = this.sessions >= (quirks.sessions ?? Number.POSITIVE_INFINITY);
        this.logins.answer(context, full, () => client.end());
      });
      client.on("ready", () => {
        session = true;
        this.sessions++;
      });
      client.on("session", (accept, reject) => {
        if (full) return reject();
        accept().on("sftp", (acceptSftp) => new OddSession(acceptSftp(), this.state, () => client.end()));
      });
    });
  }

  /** @param entries by path, with `/` as the root */
  static async start(entries: Readonly<Record<string, OddEntry>>, quirks: Quirks = {}) {
    const odd = new OddSftpServer(entries, quirks);
    await new Promise<void>((resolve) => odd.server.listen(0, "127.0.0.1", () => resolve()));
    return odd;
  }

  get port(): number {
    const address = this.server.address();
    return typeof address === "object" && address !== null ? address.port : 0;
  }

  get hostKey(): string {
    const parsed = utils.parseKey(this.key);
    if (parsed instanceof Error) throw parsed;
    return hostKeyFingerprint(parsed.getPublicSSH());
  }

  /** A source that reaches this server with the right password. */
  source(config: Partial<SftpSourceConfig> = {}): SftpSource {
    const { port, hostKey } = this;
    return new SftpSource({ host: "127.0.0.1", port, hostKey, ...oddAccount, root: "/reports", ...config });
  }

  requests(name: string): number {
    return this.state.requests.get(name) ?? 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise((resolve) => this.server.close(resolve));
    for (const client of this.clients) client.end();
    await closed;
  }
}
