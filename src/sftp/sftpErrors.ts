import { CleverLakeError } from "../errors";

/** Status codes of the SFTP protocol, version 3 (draft-ietf-secsh-filexfer-02, section 7). */
export const sftpStatus = { endOfFile: 1, noSuchFile: 2, permissionDenied: 3, failure: 4 } as const;

/** The SFTP status that a server answered with; undefined for every other kind of error. */
export function statusOf(error: unknown): number | undefined {
  if (!(error instanceof Error) || !("code" in error)) return undefined;
  return typeof error.code === "number" ? error.code : undefined;
}

/** The error of a server that refused one operation on `path`. Errors of this program pass unchanged. */
export function refusal(error: unknown, path: string): unknown {
  if (error instanceof CleverLakeError) return error;
  const status = statusOf(error);
  const detail = { subject: path, cause: error };
  if (status === sftpStatus.noSuchFile)
    return new CleverLakeError("notFound", `${path} is not on the SFTP server.`, detail);
  if (status === sftpStatus.permissionDenied)
    return new CleverLakeError("io", `The SFTP server does not let this account read ${path}.`, detail);
  return new CleverLakeError("io", `The SFTP server could not read ${path} (status ${status}).`, detail);
}

/** A lost, refused or silent connection. */
export function networkError(message: string, cause?: unknown): CleverLakeError {
  return new CleverLakeError("network", message, {
    hint: "Check host, port and firewall, then run again: what is already in the lake is not fetched twice.",
    ...(cause === undefined ? {} : { cause }),
  });
}

/** Plain words for what Node says of a socket. */
export function socketFault(error: unknown): string {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  switch (code) {
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return "its name is not known to DNS";
    case "ECONNREFUSED":
      return "nothing answers on that port";
    case "ECONNRESET":
    case "EPIPE":
      return "it dropped the connection";
    case "ETIMEDOUT":
    case "EHOSTUNREACH":
    case "ENETUNREACH":
      return "there is no way through to it";
    default:
      return typeof code === "string" ? `the system says ${code}` : "it dropped the connection";
  }
}
