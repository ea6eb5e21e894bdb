import type { SftpConnection } from "./connection/connection";

/** Closes a handle without waiting. A failure does not matter: the end of the session closes all handles. */
export function closeHandle(connection: SftpConnection, handle: Buffer): void {
  connection
    .call<void>((session, done) => session.close(handle, (error) => done(error)))
    .catch(() => undefined);
}
