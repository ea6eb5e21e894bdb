/** The kind of an error, for callers that depend on it (exit codes, retries, the interface). */
export type ErrorCode =
  | "config" // the configuration or a secret is missing or wrong: nothing was started
  | "notConnected" // the extension has no server and no lake yet
  | "hostKey" // the SFTP server is not the one that was trusted
  | "auth" // the server refused the credentials
  | "network" // connection lost, refused or silent; a retry may help
  | "notFound"
  | "unsafePath" // a name from outside that would escape its folder
  | "changedWhileRead" // the source file changed while it was read
  | "conflict" // another writer won
  | "unsupportedTable" // a Delta table that needs a newer reader or writer
  | "corrupt" // stored data contradicts itself
  | "salt"
  | "notAdopted" // OEA's own notebooks wrote the lake's tables
  | "shrinks" // a roster lacks most of the current one's students, or cannot be compared; the user can import it anyway
  | "busy" // another run is using this lake
  | "io"
  | "engine" // DuckDB or its process failed
  | "internal"; // a bug in this program

/**
 * The one error type of the program: what happened, to which file, and what to do.
 * Messages never carry cell values or secrets.
 */
export class CleverLakeError extends Error {
  override readonly name = "CleverLakeError";
  readonly code: ErrorCode;
  /** The affected file, table or setting, as the user knows it. */
  readonly subject: string | undefined;
  /** What the user can do, as a sentence. */
  readonly hint: string | undefined;

  constructor(
    code: ErrorCode,
    message: string,
    detail: { subject?: string | undefined; hint?: string | undefined; cause?: unknown } = {},
  ) {
    super(message, detail.cause === undefined ? undefined : { cause: detail.cause });
    this.code = code;
    this.subject = detail.subject;
    this.hint = detail.hint;
  }
}

/** Whether an error is this program's, with one of the given codes if there are any. */
export function isCleverLakeError(error: unknown, ...codes: readonly ErrorCode[]): error is CleverLakeError {
  return error instanceof CleverLakeError && (codes.length === 0 || codes.includes(error.code));
}

/** Whether an error is evidence of damaged data: files of a table that are gone, or that cannot be read. */
export function isDamage(error: unknown): error is CleverLakeError {
  return isCleverLakeError(error, "corrupt", "engine", "notFound");
}

/** Whether a table cannot be read: it is damaged, or another program gave it other columns or newer features. */
export function isUnreadable(error: unknown): error is CleverLakeError {
  return isDamage(error) || isCleverLakeError(error, "unsupportedTable");
}

/** The result of work; undefined if it fails with an error of this kind. Other failures reject. */
export async function undefinedIf<T>(
  isMeant: (error: unknown) => boolean,
  work: Promise<T>,
): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (!isMeant(error)) throw error;
    return undefined;
  }
}

/** The result of reading a table, or undefined if a data file is gone or damaged. */
export function ifReadable<T>(work: Promise<T>): Promise<T | undefined> {
  return undefinedIf(isDamage, work);
}

/**
 * Whether a login was refused, or the server is not the trusted one. Such an attempt is not repeated on its own, because
 * servers lock accounts after several refusals.
 */
export function isRefusal(error: unknown): boolean {
  return isCleverLakeError(error, "auth", "hostKey");
}

/**
 * The error for a full disk, the same wherever it occurs: in the lake, the engine's spill folder or a temporary file.
 */
export function diskFull(): CleverLakeError {
  return new CleverLakeError("io", "The disk is full.", {
    hint: "Free some space where the lake and the temporary files are, then run again; nothing is lost.",
  });
}

/** Whether the operating system reports that a disk, or a user's share of it, is full. */
export function isDiskFull(error: unknown): boolean {
  const code = errnoOf(error);
  return code === "ENOSPC" || code === "EDQUOT";
}

/** Whether the lake let this user not read something: some users may see numbers, but no identities. */
export function isForbidden(error: unknown): boolean {
  if (!isCleverLakeError(error)) return false;
  return error.code === "auth" || ["EACCES", "EPERM"].includes(errnoOf(error.cause) ?? "");
}

/**
 * An error for display: those of the operating system for a full disk, and of Node.js for code that is gone, become ours;
 * all others stay unchanged.
 */
export function translateSystemError(error: unknown): unknown {
  if (errnoOf(error) === "ERR_MODULE_NOT_FOUND") return programReplaced(error);
  return isDiskFull(error) ? diskFull() : error;
}

/** The error for code that was there when the program started, and is loaded when it is needed. */
function programReplaced(cause: unknown): CleverLakeError {
  return new CleverLakeError("internal", "This program's files were replaced or removed while it ran.", {
    hint: "Start it again; in VS Code, run Developer: Reload Window.",
    cause,
  });
}

/** What happened, with its subject, and what to do. */
export function partsOfError(thrown: unknown): { readonly what: string; readonly hint: string | undefined } {
  const error = translateSystemError(thrown);
  if (!(error instanceof CleverLakeError)) {
    return { what: error instanceof Error ? error.message : String(error), hint: undefined };
  }
  const subject = error.subject && !error.message.includes(error.subject) ? `${error.subject}: ` : "";
  return { what: `${subject}${error.message}`, hint: error.hint };
}

/** The text of any thrown value, with the hint if there is one. */
export function describeError(error: unknown): string {
  const { what, hint } = partsOfError(error);
  return hint ? `${what} ${hint}` : what;
}

/** The operating system's code of an error, such as `ENOENT`; undefined if it has none. */
export function errnoOf(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}

/**
 * The failure to write a file that the user asked for.
 * @param what begins a sentence: “The dashboard”
 */
export function unwritable(
  what: string,
  place: string,
  cause: unknown,
  hint = hintFor(cause),
): CleverLakeError {
  return new CleverLakeError("io", `${what} could not be written.`, { subject: place, hint, cause });
}

function hintFor(cause: unknown): string {
  // VS Code's errors have the operating system's code in their text only.
  const isFull = isDiskFull(cause) || String(cause).includes("ENOSPC");
  return isFull
    ? "The disk is full: free some space first."
    : "Check that its folder exists and is writable.";
}
