import { connect, type Socket } from "node:net";
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
  return await new Promise<Socket>((resolve, reject) => {
    const settle = (failure?: unknown) => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", abort);
      socket.removeListener("connect", settle);
      if (failure === undefined) return resolve(socket);
      socket.destroy();
      reject(failure);
    };
    const abort = () => settle(signal?.reason);
    const timer = setTimeout(() => settle(new SilentServerError(address, timeout)), timeout);
    signal?.addEventListener("abort", abort, { once: true });
    socket.once("connect", () => settle());
    // Stays for the socket's lifetime: an error event without a listener would end the process.
    socket.on("error", (error) =>
      settle(networkError(`The SFTP server ${address} cannot be reached: ${socketFault(error)}.`, error)),
    );
  });
}
