import type { Protocol } from "./actions";

/**
 * Columns of a checkpoint with DuckDB's types ("Checkpoint Schema" in PROTOCOL.md), for tables of reader version 1 and
 * writer version 2.
 */
const map = "MAP(VARCHAR, VARCHAR)";

const fields: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  txn: { appId: "VARCHAR", version: "BIGINT", lastUpdated: "BIGINT" },
  add: {
    path: "VARCHAR",
    partitionValues: map,
    size: "BIGINT",
    modificationTime: "BIGINT",
    dataChange: "BOOLEAN",
    tags: map,
    stats: "VARCHAR",
  },
  remove: {
    path: "VARCHAR",
    deletionTimestamp: "BIGINT",
    dataChange: "BOOLEAN",
    extendedFileMetadata: "BOOLEAN",
    partitionValues: map,
    size: "BIGINT",
    tags: map,
  },
  metaData: {
    id: "VARCHAR",
    name: "VARCHAR",
    description: "VARCHAR",
    format: `STRUCT(provider VARCHAR, options ${map})`,
    schemaString: "VARCHAR",
    partitionColumns: "VARCHAR[]",
    configuration: map,
    createdTime: "BIGINT",
  },
  protocol: { minReaderVersion: "INTEGER", minWriterVersion: "INTEGER" },
};

const deletionVector = 'STRUCT(storageType VARCHAR, pathOrInlineDv VARCHAR, "offset" INTEGER)';

/** Fields that checkpoints of other writers may have; needed to detect tables that cannot be read. */
const foreignFields: typeof fields = {
  add: { deletionVector },
  remove: { deletionVector },
  domainMetadata: { domain: "VARCHAR", removed: "BOOLEAN" },
  /** Refers to the rest of a v2 checkpoint, in other files. */
  sidecar: { path: "VARCHAR" },
  protocol: { readerFeatures: "VARCHAR[]", writerFeatures: "VARCHAR[]" },
};

export type CheckpointColumns = ReadonlyMap<string, string>;

function columns(more: typeof fields): CheckpointColumns {
  return new Map(
    [...new Set([...Object.keys(fields), ...Object.keys(more)])].map((action) => {
      const all = Object.entries({ ...fields[action], ...more[action] });
      return [action, `STRUCT(${all.map(([name, type]) => `"${name}" ${type}`).join(", ")})`];
    }),
  );
}

/** The columns to read, from checkpoints of any writer. */
export const readColumns = columns(foreignFields);

/** The columns to write. Features are written only for tables that have them, as older readers expect. */
export function writeColumns({ readerFeatures, writerFeatures }: Protocol): CheckpointColumns {
  return columns({
    protocol: {
      ...(readerFeatures && { readerFeatures: "VARCHAR[]" }),
      ...(writerFeatures && { writerFeatures: "VARCHAR[]" }),
    },
  });
}
