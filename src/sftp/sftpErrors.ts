import { CleverLakeError, undefinedIf } from "../basics/errors";

/** Status codes of the SFTP protocol, version 3 (draft-ietf-secsh-filexfer-02, section 7). */
export const sftpStatus = { endOfFile: 1, noSuchFile: 2, permissionDenied: 3, failure: 4 } as const;

/** The SFTP status of a server's answer; undefined for every other kind of error. */
export function statusOf(error: unknown): number | undefined {
  if (!(error instanceof Error) || !("code" in error)) return undefined;
  return typeof error.code === "number" ? error.code : undefined;
}

/** The answer; undefined if the server answers with an error status. Other failures reject. */
export function undefinedIfRefused<T>(answer: Promise<T>): Promise<T | undefined> {
  return undefinedIf((error) => statusOf(error) !== undefined, answer);
}

/** The error for a server that refused one operation on `path`. Our own errors are passed through. */
export function refusal(error: unknown, path: string): unknown {
  if (error instanceof CleverLakeError) return error;
  const status = statusOf(error);
  const detail = { subject: path, cause: error };
  if (status === sftpStatus.noSuchFile)
    return new CleverLakeError("notFound", `${path} does not exist on the SFTP server.`, detail);
  if (status === sftpStatus.permissionDenied)
    return new CleverLakeError("io", `The SFTP server does not let this account read ${path}.`, detail);
  return new CleverLakeError("io", `The SFTP server could not read ${path} (status ${status}).`, detail);
}

const networkHint =
  "Check host, port and firewall, then try again. A run does not fetch ingested files again.";

/** A lost or refused connection. */
export function networkError(message: string, cause?: unknown): CleverLakeError {
  return new CleverLakeError("network", message, { hint: networkHint, cause });
}

/** A server that sends nothing during or after connecting. The error takes a whole timeout to occur. */
export class SilentServerError extends CleverLakeError {
  /** `timeout`: milliseconds. */
  constructor(address: string, timeout: number) {
    super("network", `The SFTP server ${address} did not respond for ${timeout / 1000} s.`, {
      hint: networkHint,
    });
  }
}

/** Node's socket error in plain words. */
export function socketFault(error: unknown): string {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  switch (code) {
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return "its name cannot be resolved";
    case "ECONNREFUSED":
      return "nothing answers on that port";
    case "ECONNRESET":
    case "EPIPE":
      return "the server closed the connection";
    case "ETIMEDOUT":
    case "EHOSTUNREACH":
    case "ENETUNREACH":
      return "it is unreachable";
    default:
      // Other codes than the system's are the libraries' own, for a connection that ended at an unexpected time.
      return /^E(?!RR_)/.test(String(code))
        ? `the system reports ${code}`
        : "the server closed the connection";
  }
}
