import { randomUUID } from "node:crypto";
import { revealPath } from "../../clever/layout";
import type { Lake } from "../../lake/lake";

/** A record that a user revealed the identities in a file. It names the file, but none of its contents. */
export interface Reveal {
  readonly time: string;
  /** The user according to the operating system, and the machine. */
  readonly user: string;
  readonly machine: string;
  /** `server`: the file on the SFTP server; `lake`: the landed file. */
  readonly origin: "server" | "lake";
  readonly path: string;
}

/**
 * Records a reveal in the lake permanently. Each has its own file, which needs no lock, no table and no rewriting, so
 * that concurrent reveals cannot overwrite each other. It is outside the folders that OEA reads.
 */
export async function recordReveal(
  lake: Lake,
  { user, machine, origin, path }: Omit<Reveal, "time">,
  signal?: AbortSignal,
): Promise<Reveal> {
  const now = new Date();
  const reveal: Reveal = { time: now.toISOString(), user, machine, origin, path };
  const document = Buffer.from(`${JSON.stringify(reveal, undefined, 2)}\n`);
  await lake.putIfAbsent(revealPath(now, randomUUID()), document, { signal });
  return reveal;
}
