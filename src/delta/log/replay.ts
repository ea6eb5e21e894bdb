import { CleverLakeError } from "../../basics/errors";
import { decodePath } from "../paths";
import { type Field, parseSchema } from "../schema";
import type { Action, AddFile, Metadata, Protocol, RemoveFile, Txn } from "./actions";
import { requireKnown } from "./protocol";

export interface TableMetadata extends Metadata {
  /** All columns in the table's order, including partition columns. */
  readonly columns: readonly Field[];
}

/** A table as of one version. Immutable: a later version is another snapshot. */
export interface Snapshot {
  /** The table's folder in the lake. */
  readonly tablePath: string;
  readonly version: number;
  readonly protocol: Protocol;
  readonly metadata: TableMetadata;
  /** The active files of the table, by decoded path. */
  readonly files: ReadonlyMap<string, AddFile>;
  /** Removed files that may still exist, by decoded path. */
  readonly tombstones: ReadonlyMap<string, RemoveFile>;
  /** The last transaction of each application. */
  readonly transactions: ReadonlyMap<string, Txn>;
  /** Names of the features with data in the table's log; our checkpoints would drop that data. */
  readonly domains: ReadonlySet<string>;
}

/** A shared map, copied before the first change. */
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
  private domains: ReadonlySet<string>;

  constructor(
    private readonly tablePath: string,
    base?: Snapshot,
  ) {
    this.protocol = base?.protocol;
    this.metadata = base?.metadata;
    this.files = new CopyOnWrite(base?.files);
    this.tombstones = new CopyOnWrite(base?.tombstones);
    this.transactions = new CopyOnWrite(base?.transactions);
    this.domains = base?.domains ?? new Set();
  }

  /**
   * Applies the actions of one commit or checkpoint, in any order. `file` is their origin, for errors: `corrupt` if
   * they contradict each other, `unsupportedTable` for a table that needs a newer reader. The use of features is not
   * checked here, because it can change with each version.
   */
  apply(actions: readonly Action[], file: string): void {
    this.applyTable(actions, file);
    const seen = new Set<string>();
    const once = ({ path: encoded, deletionVector }: AddFile | RemoveFile): string => {
      const path = decodePath(encoded);
      const key = deletionVector === undefined ? path : `${path}\n${JSON.stringify(deletionVector)}`;
      if (seen.has(key)) throw contradiction(file, "one data file twice");
      seen.add(key);
      return path;
    };
    // Removals first: a commit removes a file and adds it with another deletion vector.
    for (const action of actions) {
      if (!("remove" in action)) continue;
      const path = once(action.remove);
      this.files.delete(path);
      this.tombstones.set(path, action.remove);
    }
    for (const action of actions) {
      if ("add" in action) {
        const path = once(action.add);
        this.files.set(path, action.add);
        this.tombstones.delete(path);
      } else if ("txn" in action) {
        this.transactions.set(action.txn.appId, action.txn);
      } else if ("domainMetadata" in action) {
        const { domain, removed } = action.domainMetadata;
        const others = [...this.domains].filter((each) => each !== domain);
        this.domains = new Set(removed ? others : [...others, domain]);
      }
    }
  }

  /** The state after the applied actions; `corrupt` if the log never defined the table. */
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
      domains: this.domains,
    };
  }

  /** Table-wide actions go first: they decide whether the other actions can be understood. */
  private applyTable(actions: readonly Action[], file: string): void {
    const protocols = actions.filter((action) => "protocol" in action);
    const metadata = actions.filter((action) => "metaData" in action);
    if (protocols.length > 1 || metadata.length > 1) throw contradiction(file, "two protocols or schemas");
    for (const { protocol } of protocols) {
      requireKnown(protocol, this.tablePath);
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
}

function contradiction(file: string, what: string): CleverLakeError {
  return new CleverLakeError("corrupt", `The table's log contradicts itself: it has ${what}.`, {
    subject: file,
    hint: "Restore the table's _delta_log folder from a backup of the lake.",
  });
}
