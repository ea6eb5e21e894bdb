import { adoptLake } from "../pipeline/adopt/adoptLake";
import { checkedSettings, openLake, readSalt } from "./connections";
import type { CallContext } from "./handlers";
import type { AdoptParams, AdoptProgress, AdoptSummary } from "./messages";
import { Throttle } from "./throttle";

const millisecondsBetweenProgress = 100;

/** Adopts a lake that OEA's notebooks wrote; see `adoptLake` of the pipeline for details and errors. */
export async function adopt(
  { connection, secrets, dryRun }: AdoptParams,
  { signal, report }: CallContext<AdoptProgress>,
): Promise<AdoptSummary> {
  const { maxShrink } = checkedSettings(connection);
  const lake = await openLake(connection, secrets);
  const salt = await readSalt(connection, secrets, signal);
  using progress = new Throttle(millisecondsBetweenProgress, report);
  const onProgress = (state: AdoptProgress) => progress.push(state);
  return await adoptLake({ lake, salt, dryRun, maxShrink, signal, onProgress });
}
