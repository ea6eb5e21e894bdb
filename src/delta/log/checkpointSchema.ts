import type { Protocol } from "./actions";

const map = "MAP(VARCHAR, VARCHAR)";
const removed = `path VARCHAR, partitionValues ${map}, size BIGINT, dataChange BOOLEAN, tags ${map}`;

/**
 * Columns of a checkpoint, by action, with their fields and DuckDB's types ("Checkpoint Schema" in PROTOCOL.md), for
 * tables of reader version 1 and writer version 2.
 */
const fields: Readonly<Record<string, string>> = {
  txn: "appId VARCHAR, version BIGINT, lastUpdated BIGINT",
  add: `${removed}, modificationTime BIGINT, stats VARCHAR`,
  remove: `${removed}, deletionTimestamp BIGINT, extendedFileMetadata BOOLEAN`,
  metaData: `id VARCHAR, name VARCHAR, description VARCHAR, format STRUCT(provider VARCHAR, options ${map}),
    schemaString VARCHAR, partitionColumns VARCHAR[], configuration ${map}, createdTime BIGINT`,
  protocol: "minReaderVersion INTEGER, minWriterVersion INTEGER",
};

const deletionVector = 'deletionVector STRUCT(storageType VARCHAR, pathOrInlineDv VARCHAR, "offset" INTEGER)';

/** Fields that checkpoints of other writers may have; needed to detect tables that cannot be read. */
const foreignFields: typeof fields = {
  add: deletionVector,
  remove: deletionVector,
  domainMetadata: "domain VARCHAR, removed BOOLEAN",
  /** Refers to the rest of a v2 checkpoint, in other files. */
  sidecar: "path VARCHAR",
  protocol: "readerFeatures VARCHAR[], writerFeatures VARCHAR[]",
};

export type CheckpointColumns = ReadonlyMap<string, string>;

function columns(more: typeof fields): CheckpointColumns {
  const actions = Object.keys({ ...fields, ...more });
  return new Map(
    actions.map((action) => {
      const all = [fields[action], more[action]].filter((each) => each !== undefined);
      return [action, `STRUCT(${all.join(", ")})`];
    }),
  );
}

/** The columns to read, from checkpoints of any writer. */
export const readColumns = columns(foreignFields);

/** The columns to write. Features are written only for tables that have them, as older readers expect. */
export function writeColumns({ readerFeatures, writerFeatures }: Protocol): CheckpointColumns {
  const features = Object.entries({ readerFeatures, writerFeatures }).filter(([, names]) => names);
  if (features.length === 0) return columns({});
  return columns({ protocol: features.map(([name]) => `${name} VARCHAR[]`).join(", ") });
}
