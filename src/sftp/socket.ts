import { connect, type Socket } from "node:net";
import { networkError, SilentServerError, socketFault } from "./sftpErrors";

export interface DialOptions {
  readonly host: string;
  readonly port: number;
  /** Milliseconds. */
  readonly timeout: number;
  readonly signal?: AbortSignal;
}

/**
 * A connected TCP socket. The SSH library could dial itself, but with a socket of our own we know how many
 * bytes came in, which tells a slow server from a silent one, and can end it at once on abort.
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
    // Stays for the socket's life: a socket's error without a listener would end the process.
    socket.on("error", (error) =>
      settle(networkError(`The SFTP server ${address} cannot be reached: ${socketFault(error)}.`, error)),
    );
  });
}
