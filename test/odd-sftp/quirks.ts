/** How an unusual server differs from OpenSSH. A server without quirks behaves like OpenSSH. */
export interface Quirks {
  // Listings
  /** What listings, STAT and LSTAT report about an entry's kind: nothing in the mode, or no mode at all. */
  readonly kinds?: "noTypeBits" | "noMode";
  /** The same for listings only. */
  readonly kindsInListings?: "noTypeBits" | "noMode";
  /** The style of long names; those of `ls -l` by default. `name` repeats the file name. */
  readonly longNames?: "windows" | "mvs" | "name";
  /** Listings leave out the size. */
  readonly noSizeInListings?: boolean;
  /** Seconds by which the time in listings differs from that of STAT and FSTAT. */
  readonly listingTimeOffset?: number;
  /** Times in listings have no seconds. */
  readonly listingTimeToTheMinute?: boolean;
  /** A listing never ends: with empty responses, with its first entries repeated, or with new ones forever. */
  readonly endless?: "empty" | "same" | "new";
  /** The folder with the `endless` listing; all of them by default. */
  readonly endlessFolder?: string;
  /** OPENDIR is not answered; with `chatter`, unsolicited responses are sent instead, endlessly. */
  readonly insteadOfListings?: "silence" | "chatter";
  /** REALPATH does not resolve links. */
  readonly textualRealPath?: boolean;

  // Files
  /** What FSTAT does; `zero` answers with a size and a time of 0. */
  readonly fstat?: "fails" | "zero" | "withoutTime";
  /** What STAT does. */
  readonly stat?: "fails";
  /** READ returns no more bytes than this. */
  readonly bytesPerRead?: number;
  /** More concurrent reads than this, in one session, are not executed. */
  readonly concurrentReads?: number;
  /** Their result: status 4 (failure), or the connection is dropped. */
  readonly tooManyReads?: "status" | "drop";
  /** More concurrently open files than this, over all sessions, are refused with status 4 (failure). */
  readonly openFiles?: number;
  /** The path of a file that is never opened: status 4 (failure). */
  readonly lockedFile?: string;
  /** READ beyond this position fails with status 4. */
  readonly failsBeyond?: number;

  // Logins
  /** More concurrent sessions than this are refused. */
  readonly sessions?: number;
  /** How they are refused: the login is refused, the server hangs up, or no channel is opened. */
  readonly tooManySessions?: "refuse" | "hangUp" | "noChannel";
  /** The methods that a refused login may continue with. */
  readonly methods?: readonly string[];
  /** The response to a wrong password; a refusal by default. */
  readonly wrongPassword?: "hangUp" | "silence";
  /** The right password is accepted, but must be changed. */
  readonly passwordExpired?: boolean;
  /** The question of keyboard-interactive, which the password answers. */
  readonly prompt?: { readonly text: string; readonly echo: boolean };
  /** After a wrong answer the same question is repeated, or after a right one another is asked. */
  readonly asksAgain?: "same" | "other";
  /** What is required after a right password. */
  readonly secondFactor?: readonly string[];
}
