import * as z from "zod";
import { isCleverLakeError } from "../errors";
import type { Lake, LakeOptions } from "../lake/lake";
import { readSmall } from "../lake/readSmall";
import { lastCheckpointPath } from "./paths";

/** What `_last_checkpoint` says ("Last Checkpoint File Schema" in PROTOCOL.md). */
export interface LastCheckpoint {
  readonly version: number;
  /** Number of actions in the checkpoint. */
  readonly size: number;
  /** Number of files that a multi-part checkpoint consists of. */
  readonly parts?: number | undefined;
  readonly sizeInBytes?: number | undefined;
  readonly numOfAddFiles?: number | undefined;
}

/** Writers put a million actions or so into a part; a note of more parts than this is damaged. */
const mostParts = 10_000;

const content = z.object({
  version: z.number().int().nonnegative(),
  size: z.number().catch(0),
  parts: z.number().int().positive().max(mostParts).optional(),
});

/**
 * The newest checkpoint as the table's writers noted it; undefined where there is no note, it is damaged, or it
 * speaks of a kind of checkpoint that is not read here. The note is only a short cut: the log itself decides.
 */
export async function readLastCheckpoint(
  lake: Lake,
  tablePath: string,
  options: LakeOptions,
): Promise<LastCheckpoint | undefined> {
  try {
    return content.parse(JSON.parse(await readSmall(lake, lastCheckpointPath(tablePath), options)));
  } catch (error) {
    if (isCleverLakeError(error, "notFound") || isCleverLakeError(error, "corrupt")) return undefined;
    if (error instanceof SyntaxError || error instanceof z.ZodError) return undefined;
    throw error;
  }
}

/**
 * Notes a checkpoint unless a newer one is noted already. Two writers can pass each other between look and write;
 * then an older checkpoint is noted for a while, from which readers reach the same state in a few steps more.
 */
export async function writeLastCheckpoint(
  lake: Lake,
  tablePath: string,
  checkpoint: LastCheckpoint,
  options: LakeOptions,
): Promise<void> {
  const noted = await readLastCheckpoint(lake, tablePath, options);
  if (noted !== undefined && noted.version > checkpoint.version) return;
  const data = Buffer.from(JSON.stringify(checkpoint));
  async function* chunks() {
    yield data;
  }
  await lake.write(lastCheckpointPath(tablePath), chunks(), options);
}
