import { adoptLake } from "../pipeline/adopt/adoptLake";
import { checkedSettings, openLake, readSalt } from "./connections";
import type { CallContext } from "./handlers";
import type { AdoptProgress, AdoptSummary, DryRunParams } from "./messages";

/** Adopts a lake that OEA's notebooks wrote; see `adoptLake` of the pipeline for details and errors. */
export async function adopt(
  { connection, secrets, dryRun }: DryRunParams,
  { signal, report: onProgress }: CallContext<AdoptProgress>,
): Promise<AdoptSummary> {
  const { maxShrink } = checkedSettings(connection);
  const lake = await openLake(connection, secrets);
  const salt = await readSalt(connection, secrets, signal);
  return await adoptLake({ lake, salt, dryRun, maxShrink, signal, onProgress });
}
