/** How an odd server differs from OpenSSH. A server without quirks behaves as OpenSSH does. */
export interface Quirks {
  // Listings
  /** What listings, STAT and LSTAT say of an entry's kind: nothing in the mode, or no mode at all. */
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
  /** A listing never ends: with empty answers, with its first entries again and again, or with ever new ones. */
  readonly endless?: "empty" | "same" | "new";
  /** The folder that `endless` is about; all of them by default. */
  readonly endlessFolder?: string;
  /** OPENDIR is not answered; with `chatter`, answers that nobody asked for come instead, without end. */
  readonly insteadOfListings?: "silence" | "chatter";
  /** REALPATH does not resolve links. */
  readonly textualRealPath?: boolean;

  // Files
  /** What FSTAT does; `zero` answers with a size and a time of 0. */
  readonly fstat?: "fails" | "zero" | "withoutTime";
  /** What STAT does. */
  readonly stat?: "fails";
  /** READ hands out no more bytes than this. */
  readonly bytesPerRead?: number;
  /** More reads at once than this, in one session, are not carried out. */
  readonly readsAtOnce?: number;
  /** What happens to them: status 4 (failure), or the connection is dropped. */
  readonly tooManyReads?: "status" | "drop";
  /** READ beyond this position fails with status 4. */
  readonly failsBeyond?: number;

  // Logins
  /** More sessions at once than this are not let in. */
  readonly sessions?: number;
  /** What happens to them: the login is refused, the server hangs up, or no channel is opened. */
  readonly tooManySessions?: "refuse" | "hangUp" | "noChannel";
  /** The methods that a refused login may go on with. */
  readonly methods?: readonly string[];
  /** What a wrong password leads to; a refusal by default. */
  readonly wrongPassword?: "hangUp" | "silence";
  /** The right password is taken, but has to be changed. */
  readonly passwordExpired?: boolean;
  /** The question of keyboard-interactive, which the password answers. */
  readonly prompt?: { readonly text: string; readonly echo: boolean };
  /** A wrong answer to the question leads to the same question, or a right one to another. */
  readonly asksAgain?: "same" | "other";
  /** What is asked for when the password was right. */
  readonly secondFactor?: readonly string[];
}
