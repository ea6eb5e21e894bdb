import { connect, type Socket } from "node:net";
import { untilAborted } from "../../basics/untilAborted";
import { networkError, SilentServerError, socketFault } from "../sftpErrors";

export interface DialOptions {
  readonly host: string;
  readonly port: number;
  /** Milliseconds. */
  readonly timeout: number;
  readonly signal?: AbortSignal;
}

/**
 * A connected TCP socket. The SSH library could connect itself. With our own socket, we know how many bytes arrived,
 * which distinguishes a slow server from a silent one, and can close it at once on abort.
 */
export async function dial({ host, port, timeout, signal }: DialOptions): Promise<Socket> {
  signal?.throwIfAborted();
  const socket = connect({ host, port, noDelay: true, keepAlive: true });
  const address = `${host}:${port}`;
  const connected = new Promise<void>((resolve, reject) => {
    socket.once("connect", resolve);
    // Stays for the socket's lifetime: an error event without a listener would end the process.
    socket.on("error", (error) =>
      reject(networkError(`The SFTP server ${address} cannot be reached: ${socketFault(error)}.`, error)),
    );
  });
  try {
    await withTimeout(connected, address, timeout, signal);
    return socket;
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

/**
 * The result of work that waits for a server. Rejects after `timeout` milliseconds, or with the signal's reason; the
 * caller then closes the socket, which ends the work.
 */
export async function withTimeout<T>(
  work: Promise<T>,
  address: string,
  timeout: number,
  signal: AbortSignal | undefined,
): Promise<T> {
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(new SilentServerError(address, timeout)), timeout);
  try {
    return await untilAborted(work, signal ? AbortSignal.any([signal, limit.signal]) : limit.signal);
  } finally {
    clearTimeout(timer);
  }
}
