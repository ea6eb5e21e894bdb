import type { SftpConnection } from "./connection";

/** Closes a handle. Nobody waits for it, and a failure does not matter: the session's end closes all. */
export function closeHandle(connection: SftpConnection, handle: Buffer): void {
  connection
    .call<void>((session, done) => session.close(handle, (error) => done(error)))
    .catch(() => undefined);
}
