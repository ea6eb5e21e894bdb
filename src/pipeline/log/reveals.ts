import { randomUUID } from "node:crypto";
import { revealPath } from "../../clever/layout";
import type { Lake } from "../../lake/lake";

/** That somebody had the identities in a file shown. It names the file, and nothing that stands in it. */
export interface Reveal {
  readonly time: string;
  /** Who, as the operating system knows them, and on which machine. */
  readonly user: string;
  readonly machine: string;
  /** `server`: the file on the SFTP server; `lake`: the landed file. */
  readonly origin: "server" | "lake";
  readonly path: string;
}

/**
 * Notes a reveal in the lake, for good: a file for each, which needs no lock, no table and no rewriting, so that nobody
 * who reveals at the same time can lose another's. It stands outside of the folders that OEA reads.
 */
export async function recordReveal(
  lake: Lake,
  { user, machine, origin, path }: Omit<Reveal, "time">,
  signal?: AbortSignal,
): Promise<Reveal> {
  const now = new Date();
  const reveal: Reveal = { time: now.toISOString(), user, machine, origin, path };
  const document = Buffer.from(`${JSON.stringify(reveal, undefined, 2)}\n`);
  await lake.putIfAbsent(revealPath(now, randomUUID()), document, signal ? { signal } : {});
  return reveal;
}
