import { open as openFile, stat } from "node:fs/promises";
import path from "node:path";
import { sqlString } from "../../duck/duck";
import { withScratch } from "../files/localFiles";
import type { OpenLake } from "../openLake";
import { checkpointPath } from "../paths";
import type { Action } from "./actions";
import { writeColumns } from "./checkpointSchema";
import { writeLastCheckpoint } from "./lastCheckpoint";
import type { Snapshot } from "./replay";

const defaultInterval = 10;
const week = 7 * 24 * 60 * 60 * 1000;

/** Whether a checkpoint is due at this version: every tenth, or as the table's `delta.checkpointInterval` says. */
function isCheckpointDue({ version, metadata }: Snapshot): boolean {
  const interval = Number(metadata.configuration["delta.checkpointInterval"] ?? defaultInterval);
  return (
    version > 0 && version % (Number.isInteger(interval) && interval > 0 ? interval : defaultInterval) === 0
  );
}

/**
 * Writes a snapshot as a classic checkpoint in one file ("Checkpoint Schema" in PROTOCOL.md) and records it in
 * `_last_checkpoint`, unless a newer one is recorded. Expired tombstones are left out.
 */
export async function writeCheckpoint(open: OpenLake, snapshot: Snapshot): Promise<void> {
  const { lake, duck, signal } = open;
  const { tablePath, version } = snapshot;
  await withScratch(lake, async (scratch) => {
    const source = path.join(scratch, "actions.json");
    const target = path.join(scratch, "checkpoint.parquet");
    const columns = [...writeColumns(snapshot.protocol)].map(([name, type]) => `${name}: ${sqlString(type)}`);
    const size = await writeLines(source, checkpointActions(snapshot, Date.now()));
    await duck.session(
      (session) =>
        session.query(
          `COPY (
           FROM read_json(${sqlString(source)}, format = 'newline_delimited', columns = {${columns.join(", ")}})
         ) TO ${sqlString(target)} (FORMAT parquet, COMPRESSION snappy)`,
        ),
      signal,
    );
    const sizeInBytes = (await stat(target)).size;
    await lake.importFile(target, checkpointPath(tablePath, version), { signal });
    const numOfAddFiles = snapshot.files.size;
    await writeLastCheckpoint(open, tablePath, { version, size, sizeInBytes, numOfAddFiles });
  });
}

/** The actions that make up a snapshot. `now`, in milliseconds, decides which tombstones are kept. */
export function* checkpointActions(snapshot: Snapshot, now: number): Generator<Action> {
  yield { protocol: snapshot.protocol };
  const { columns: _, ...metaData } = snapshot.metadata;
  yield { metaData };
  for (const txn of snapshot.transactions.values()) yield { txn };
  // Readers that tail the log must not mistake the files in a checkpoint for new rows.
  for (const add of snapshot.files.values()) yield { add: { ...add, dataChange: false } };
  const retention = tombstoneRetention(snapshot.metadata.configuration["delta.deletedFileRetentionDuration"]);
  for (const remove of snapshot.tombstones.values()) {
    if ((remove.deletionTimestamp ?? 0) > now - retention) yield { remove: { ...remove, dataChange: false } };
  }
}

const units: Readonly<Record<string, number>> = {
  millisecond: 1,
  second: 1000,
  minute: 60_000,
  hour: 3_600_000,
  day: 86_400_000,
  week,
};

/** Milliseconds of a table property such as `interval 7 days`; a week if it is not set or cannot be parsed. */
function tombstoneRetention(interval: string | null | undefined): number {
  const match = /^(?:interval\s+)?(\d+)\s+([a-z]+?)s?$/i.exec(interval?.trim() ?? "");
  const unit = units[match?.[2]?.toLowerCase() ?? ""];
  return match === null || unit === undefined ? week : Number(match[1]) * unit;
}

/** Writes actions as lines, a few hundred kilobytes at a time; resolves to their number. */
async function writeLines(file: string, actions: Iterable<Action>): Promise<number> {
  await using handle = await openFile(file, "wx", 0o600);
  let count = 0;
  let pending = "";
  for (const action of actions) {
    count++;
    pending += `${JSON.stringify(action)}\n`;
    if (pending.length < 1 << 18) continue;
    await handle.appendFile(pending);
    pending = "";
  }
  await handle.appendFile(pending);
  return count;
}

/** Writes a checkpoint if one is due. A failure is harmless: the next due checkpoint is written. */
export async function checkpointIfDue(open: OpenLake, snapshot: Snapshot): Promise<void> {
  if (!isCheckpointDue(snapshot)) return;
  await writeCheckpoint(open, snapshot).catch(() => undefined);
}
