import type { SftpConnection } from "./connection";

/** Gives a handle back. Nobody waits for it, and a failure is of no account: the session's end closes all. */
export function closeHandle(connection: SftpConnection, handle: Buffer): void {
  connection
    .call<void>((session, done) => session.close(handle, (error) => done(error)))
    .catch(() => undefined);
}
