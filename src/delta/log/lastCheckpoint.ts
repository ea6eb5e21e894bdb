import { Readable } from "node:stream";
import * as z from "zod";
import { readDocument } from "../../lake/readSmall";
import type { LakeAccess } from "../openLake";
import { lastCheckpointPath } from "../paths";
import type { CheckpointFiles } from "./logListing";

/** What this program writes into `_last_checkpoint` ("Last Checkpoint File Schema" in PROTOCOL.md). */
export interface LastCheckpoint {
  readonly version: number;
  /** Number of actions in the checkpoint. */
  readonly size: number;
  readonly sizeInBytes: number;
  readonly numOfAddFiles: number;
}

/** Writers put about a million actions into a part; a record of more parts than this is damaged. */
const maxParts = 10_000;

const content = z.object({
  version: z.number().int().nonnegative(),
  parts: z.number().int().positive().max(maxParts).optional(),
});

/**
 * The newest checkpoint as recorded by the table's writers; undefined if the record is missing or damaged, or has a
 * kind of checkpoint that is not supported. The record is only a shortcut: the log itself decides.
 */
export async function readLastCheckpoint(
  { lake, signal }: LakeAccess,
  tablePath: string,
): Promise<CheckpointFiles | undefined> {
  const recorded = await readDocument(lake, lastCheckpointPath(tablePath), content, { signal });
  return recorded === "unreadable" ? undefined : recorded;
}

/**
 * Records a checkpoint unless a newer one is already recorded. In a race between two writers, the older checkpoint
 * may stay recorded for a while; readers then reach the same state in a few more steps.
 */
export async function writeLastCheckpoint(
  access: LakeAccess,
  tablePath: string,
  checkpoint: LastCheckpoint,
): Promise<void> {
  const recorded = await readLastCheckpoint(access, tablePath);
  if (recorded !== undefined && recorded.version > checkpoint.version) return;
  const data = Buffer.from(JSON.stringify(checkpoint));
  await access.lake.write(lastCheckpointPath(tablePath), Readable.from([data]), access);
}
