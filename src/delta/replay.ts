import { CleverLakeError } from "../errors";
import type { Action, AddFile, Metadata, Protocol, RemoveFile, Txn } from "./actions";
import { decodePath } from "./paths";
import { requireReadable } from "./protocol";
import { type Field, parseSchema } from "./schema";

export interface TableMetadata extends Metadata {
  /** All columns in the table's order, partition columns among them. */
  readonly columns: readonly Field[];
}

/** A table as of one version. Immutable: a later version is another snapshot. */
export interface Snapshot {
  /** The table's folder in the lake. */
  readonly tablePath: string;
  readonly version: number;
  readonly protocol: Protocol;
  readonly metadata: TableMetadata;
  /** The files whose rows are the table's, by decoded path. */
  readonly files: ReadonlyMap<string, AddFile>;
  /** Files that were removed and may still be on disk, by decoded path. */
  readonly tombstones: ReadonlyMap<string, RemoveFile>;
  /** Per application what it has applied. */
  readonly transactions: ReadonlyMap<string, Txn>;
}

/** A map that others hold too, copied before the first change. */
class CopyOnWrite<V> {
  private own: Map<string, V> | undefined;
  constructor(private shared: ReadonlyMap<string, V> = new Map()) {}

  set(key: string, value: V): void {
    this.own ??= new Map(this.shared);
    this.own.set(key, value);
  }

  delete(key: string): void {
    if (this.own === undefined && !this.shared.has(key)) return;
    this.own ??= new Map(this.shared);
    this.own.delete(key);
  }

  share(): ReadonlyMap<string, V> {
    if (this.own !== undefined) this.shared = this.own;
    this.own = undefined;
    return this.shared;
  }
}

/** Builds a snapshot from actions ("Action Reconciliation" in PROTOCOL.md), on an older snapshot or on nothing. */
export class Replay {
  private protocol: Protocol | undefined;
  private metadata: TableMetadata | undefined;
  private readonly files: CopyOnWrite<AddFile>;
  private readonly tombstones: CopyOnWrite<RemoveFile>;
  private readonly transactions: CopyOnWrite<Txn>;

  constructor(
    private readonly tablePath: string,
    base?: Snapshot,
  ) {
    this.protocol = base?.protocol;
    this.metadata = base?.metadata;
    this.files = new CopyOnWrite(base?.files);
    this.tombstones = new CopyOnWrite(base?.tombstones);
    this.transactions = new CopyOnWrite(base?.transactions);
  }

  /**
   * Applies the actions of one commit or checkpoint, in whatever order they stand in it. `file` is where they come
   * from, for errors: `corrupt` where they contradict each other, `unsupportedTable` for a newer reader's table.
   */
  apply(actions: readonly Action[], file: string): void {
    this.applyTable(actions, file);
    const added = new Set<string>();
    const removed = new Set<string>();
    for (const action of actions) {
      if ("add" in action) {
        const path = decodePath(action.add.path);
        if (added.has(path) || removed.has(path)) throw contradiction(file, "one data file twice");
        if (action.add.deletionVector !== undefined) throw this.deletionVector();
        added.add(path);
        this.files.set(path, action.add);
        this.tombstones.delete(path);
      } else if ("remove" in action) {
        const path = decodePath(action.remove.path);
        if (added.has(path) || removed.has(path)) throw contradiction(file, "one data file twice");
        removed.add(path);
        this.files.delete(path);
        this.tombstones.set(path, action.remove);
      } else if ("txn" in action) {
        this.transactions.set(action.txn.appId, action.txn);
      }
    }
  }

  /** The state after what was applied; `corrupt` where the log never said what the table is. */
  snapshot(version: number, file: string): Snapshot {
    if (this.protocol === undefined) throw contradiction(file, "no protocol");
    if (this.metadata === undefined) throw contradiction(file, "no schema");
    return {
      tablePath: this.tablePath,
      version,
      protocol: this.protocol,
      metadata: this.metadata,
      files: this.files.share(),
      tombstones: this.tombstones.share(),
      transactions: this.transactions.share(),
    };
  }

  /** What the commit says of the table as a whole goes first: it decides whether the rest can be understood. */
  private applyTable(actions: readonly Action[], file: string): void {
    const protocols = actions.filter((action) => "protocol" in action);
    const metadata = actions.filter((action) => "metaData" in action);
    if (protocols.length > 1 || metadata.length > 1) throw contradiction(file, "two protocols or schemas");
    for (const { protocol } of protocols) {
      requireReadable(protocol, this.tablePath);
      this.protocol = protocol;
    }
    for (const { metaData } of metadata) {
      if (metaData.format.provider !== "parquet") {
        throw new CleverLakeError("unsupportedTable", "The table's data files are not Parquet.", {
          subject: this.tablePath,
        });
      }
      this.metadata = { ...metaData, columns: parseSchema(metaData.schemaString, file) };
    }
  }

  private deletionVector(): CleverLakeError {
    return new CleverLakeError(
      "unsupportedTable",
      "The table has deletion vectors, which need Delta reader version 3; this program reads version 1.",
      { subject: this.tablePath, hint: "Purge the deletion vectors and drop the feature from the table." },
    );
  }
}

function contradiction(file: string, what: string): CleverLakeError {
  return new CleverLakeError("corrupt", `The table's log contradicts itself: it has ${what}.`, {
    subject: file,
    hint: "Restore the table's _delta_log folder from a copy of the lake.",
  });
}
