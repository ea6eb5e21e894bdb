import type { CipherAlgorithm, ParsedKey, ServerHostKeyAlgorithm } from "ssh2";
import SftpClient from "ssh2-sftp-client";
import { CleverLakeError, isCleverLakeError, undefinedIf } from "../../basics/errors";
import { networkError, SilentServerError, socketFault } from "../sftpErrors";
import { type Credentials, Login } from "./authentication";
import { SftpConnection } from "./connection";
import { algorithmsOfOtherKeys, hostKeyAlgorithms, hostKeyFingerprint, hostKeyRefusal } from "./hostKey";
import { parsePrivateKey } from "./privateKey";
import { dial, withTimeout } from "./socket";

/** Hardware-accelerated ones first; the others are for servers that support none of those. */
const ciphers: CipherAlgorithm[] = [
  "aes128-gcm@openssh.com",
  "aes256-gcm@openssh.com",
  "aes128-ctr",
  "aes192-ctr",
  "aes256-ctr",
  "chacha20-poly1305@openssh.com",
];

/**
 * Reasons (RFC 4253, section 11.1) for which servers end a login: protocol error (OpenSSH's "too many authentication
 * failures"), no more methods, illegal user name.
 */
const tooManyFailures: ReadonlySet<unknown> = new Set([2, 14, 15]);

/** An account on a server. */
export interface SftpAccount extends Credentials {
  readonly host: string;
  readonly port: number;
  /** The server's pinned host key, as `ssh-keygen -l` prints it: `SHA256:…`. Without it, every server is refused. */
  readonly hostKey?: string;
}

export interface ConnectorSettings extends SftpAccount {
  /** Milliseconds, for the whole handshake and then for each request. */
  readonly timeout: number;
  /** Milliseconds between keep-alives; 0 disables them. */
  readonly keepAlive: number;
}

/** Opens SFTP sessions to one account on one server whose host key is pinned. */
export class SftpConnector {
  private readonly address: string;
  private key: ParsedKey | undefined;
  private hasLoggedIn = false;
  private algorithms: readonly ServerHostKeyAlgorithm[] = hostKeyAlgorithms;

  constructor(private readonly settings: ConnectorSettings) {
    this.address = `${settings.host}:${settings.port}`;
  }

  /**
   * Connects, checks the host key, logs in.
   * @throws CleverLakeError `hostKey` (before any credential is sent), `auth`, `network`, `io` (no SFTP service)
   */
  async open(signal?: AbortSignal): Promise<SftpConnection> {
    // Decrypting a key takes a tenth of a second by design, so it is done once for all connections.
    this.key ??= parsePrivateKey(this.settings);
    const first = await this.attempt(this.algorithms, signal);
    if (first instanceof SftpConnection) return first;
    // A server may have several kinds of keys, and the pinned fingerprint does not show its kind.
    let presented = first.presented;
    let others = algorithmsOfOtherKeys(presented);
    while (this.settings.hostKey !== undefined && others.length > 0) {
      const attempt = this.attempt(others, signal);
      const next = await undefinedIf((error) => isCleverLakeError(error, "io"), attempt);
      if (next === undefined) break;
      if (next instanceof SftpConnection) {
        this.algorithms = others;
        return next;
      }
      presented = next.presented;
      const stillOthers = algorithmsOfOtherKeys(presented);
      others = others.filter((name) => stillOthers.includes(name));
    }
    throw hostKeyRefusal(this.address, this.settings.hostKey, hostKeyFingerprint(first.presented));
  }

  /** A session, or the wrong host key that the server presented. */
  private async attempt(
    serverHostKey: readonly ServerHostKeyAlgorithm[],
    signal: AbortSignal | undefined,
  ): Promise<SftpConnection | { readonly presented: Buffer }> {
    const { host, port, username, timeout, keepAlive, hostKey } = this.settings;
    const socket = await dial({ host, port, timeout, ...(signal ? { signal } : {}) });
    const client = new SftpClient("sftp", {});
    const login = new Login(this.settings, this.key);
    let presented: Buffer | undefined;
    let trusted = false;
    let ready = false;
    let fault: unknown;
    // The client wraps errors and loses their kind, so the first is kept unchanged.
    client.on("error", (error: unknown) => {
      fault ??= error;
    });
    client.on("ready", () => {
      ready = true;
      this.hasLoggedIn = true;
    });
    const closed = new Promise<never>((_, reject) => {
      const lost = () => reject(networkError(`The SFTP server ${this.address} closed the connection.`));
      // Runs after the library's events for the same failure, which have more information.
      socket.once("close", () => setImmediate(lost));
    });
    // A request to change the password is not answered.
    client.on("change password", () => {
      fault ??= login.expired();
      socket.destroy();
    });
    try {
      const connected = client.connect({
        sock: socket,
        username,
        readyTimeout: 0,
        keepaliveInterval: keepAlive,
        keepaliveCountMax: 3,
        algorithms: { cipher: ciphers, serverHostKey: [...serverHostKey] },
        hostVerifier: (key: Buffer) => {
          presented = Buffer.from(key);
          trusted = hostKeyFingerprint(key) === hostKey;
          return trusted;
        },
        authHandler: (offered, isPartial) => login.next(offered, isPartial),
      });
      const session = await withTimeout(Promise.race([connected, closed]), this.address, timeout, signal);
      return new SftpConnection(client, session, socket, this.address, timeout);
    } catch (error) {
      socket.destroy();
      signal?.throwIfAborted();
      if (presented !== undefined && !trusted) return { presented };
      throw this.explain(fault ?? error, login, ready);
    }
  }

  private explain(error: unknown, login: Login, ready: boolean): unknown {
    // If the account has logged in before, the password is not the reason for the disconnection.
    const isFirstLogin = login.passwordSent && !ready && !this.hasLoggedIn;
    if (isFirstLogin && isCleverLakeError(error, "network")) return login.unanswered(error);
    if (ready && !(error instanceof SilentServerError)) return this.withoutSftp(error);
    if (login.waitsForAgent && error instanceof SilentServerError)
      return agentError("The SSH agent does not answer. It may be waiting for a confirmation.", error);
    if (error instanceof CleverLakeError) return error;
    const level = error instanceof Error && "level" in error ? error.level : undefined;
    const message = error instanceof Error ? error.message : "";
    const detail = (hint?: string) => ({ hint, cause: error });
    if (level === "client-authentication") return login.refused(error);
    if (level === "agent") return agentError("The SSH agent cannot be reached, or refused to sign.", error);
    const reason = error instanceof Error && "code" in error ? error.code : undefined;
    if (tooManyFailures.has(reason) && login.started && !ready) return login.refused(error);
    if (level === "handshake" && /no matching/i.test(message)) {
      const what = `The SFTP server ${this.address} supports no algorithm that is safe to use and known to this program.`;
      const hint =
        "It needs an update: current OpenSSH servers work. If it only allows post-quantum key exchanges, it must also allow curve25519-sha256.";
      return new CleverLakeError("io", what, detail(hint));
    }
    if (isFirstLogin) return login.unanswered(error);
    return networkError(
      `The connection to the SFTP server ${this.address} failed: ${socketFault(error)}.`,
      error,
    );
  }

  /** The error for a connection that was lost between the login and the first SFTP message. */
  private withoutSftp(cause: unknown): CleverLakeError {
    // Our own messages name the host.
    const isRefused =
      cause instanceof Error && !isCleverLakeError(cause) && /subsystem|channel/i.test(cause.message);
    const message = `${this.address} accepts the login, but offers no SFTP.`;
    const hint =
      "Try again. If it stays, ask the server's administrator: the account may not be allowed to use SFTP, or the server prints a text when SFTP begins.";
    return new CleverLakeError(isRefused ? "io" : "network", message, { hint, cause });
  }
}

function agentError(message: string, cause: unknown): CleverLakeError {
  const hint =
    process.platform === "win32"
      ? "Check that Pageant or the service OpenSSH Authentication Agent is running and has the key."
      : "Check that it is running and that SSH_AUTH_SOCK names its socket.";
  return new CleverLakeError("auth", message, { hint, cause });
}
