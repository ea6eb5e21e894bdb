import { CleverLakeError } from "../../basics/errors";
import { numRecords } from "../../delta/files/statistics";
import { type Action, type AddFile, commitInfoOf } from "../../delta/log/actions";
import { filesByPartition } from "../../delta/merging/mergePlan";
import type { LakeAccess, OpenLake } from "../../delta/openLake";
import { readCommit, readSnapshot, type Snapshot } from "../../delta/snapshot";
import { withSelects } from "../../delta/withTable";
import { sqlName } from "../../duck/duck";
import { identityFileSystems } from "../../lake/lakePath";
import { upkeepTables } from "../upkeep/upkeepTables";

/** The data files of a table, or of a part of it. As in messages, times are ISO 8601 texts and missing values null. */
export interface TableSizes {
  readonly files: number;
  readonly bytes: number;
  /** Null if another writer left a file without statistics. */
  readonly rows: number | null;
}

/** What a Delta table's log says about it, with a few of its rows if they hold no identities. */
export interface TableDetails extends TableSizes {
  /** The table's folder in the lake. */
  readonly path: string;
  readonly version: number;
  readonly columns: readonly { readonly name: string; readonly type: string; readonly partition: boolean }[];
  /** By partition, newest first; one without a name if the table has none. */
  readonly partitions: readonly TablePartition[];
  /** The newest commits still in the log, newest first. */
  readonly commits: readonly TableCommit[];
  /** From the newest partition, as texts in the columns' order; null if the table may hold identities. */
  readonly firstRows: readonly (readonly (string | null)[])[] | null;
}

export interface TablePartition extends TableSizes {
  /** `year=2025, month=9` */
  readonly name: string;
}

export interface TableCommit {
  readonly version: number;
  readonly time: string | null;
  /** In the writer's words, such as `WRITE`. */
  readonly operation: string | null;
  readonly filesAdded: number;
  readonly filesRemoved: number;
  /** Rows of the files that it added, including those that it only rewrote. */
  readonly rowsAdded: number | null;
}

const commitsShown = 20;
const rowsShown = 20;
/** A small school's day can be a file of few rows; for a preview, no more files than this are fetched. */
const filesRead = 5;

/** Reads a table of the lake; `notFound` if this lake has no such table. */
export async function tableDetails(open: OpenLake, path: string): Promise<TableDetails> {
  const isOurs = upkeepTables().some((table) => table.path === path);
  const snapshot = isOurs ? await readSnapshot(open, path) : undefined;
  if (!snapshot) throw new CleverLakeError("notFound", "The lake has no such table.", { subject: path });
  const { columns, partitionColumns } = snapshot.metadata;
  const files = [...snapshot.files.values()];
  return {
    path,
    version: snapshot.version,
    ...sizesOf(files),
    columns: columns.map(({ name, type }) => ({ name, type, partition: partitionColumns.includes(name) })),
    partitions: newestFirst(snapshot).map(([name, own]) => ({ name, ...sizesOf(own) })),
    commits: await newestCommits(open, snapshot),
    firstRows: identityFileSystems.has(path.slice(0, path.indexOf("/")))
      ? null
      : await firstRows(open, snapshot),
  };
}

export function sizesOf(files: readonly AddFile[]): TableSizes {
  return {
    files: files.length,
    bytes: files.reduce((sum, { size }) => sum + size, 0),
    rows: numRecords(files) ?? null,
  };
}

/** The data files by partition, newest first. */
function newestFirst(snapshot: Snapshot): [name: string, files: AddFile[]][] {
  return [...filesByPartition(snapshot)].reverse();
}

async function newestCommits(access: LakeAccess, snapshot: Snapshot): Promise<TableCommit[]> {
  const commits: TableCommit[] = [];
  for (let version = snapshot.version; version >= 0 && commits.length < commitsShown; version--) {
    const actions = await readCommit(access, snapshot.tablePath, version);
    // A log clean-up removed it and all earlier ones.
    if (!actions) break;
    commits.push(commitOf(version, actions));
  }
  return commits;
}

function commitOf(version: number, actions: readonly Action[]): TableCommit {
  const added = actions.flatMap((action) => ("add" in action ? [action.add] : []));
  const info = commitInfoOf(actions);
  return {
    version,
    time: info?.timestamp === undefined ? null : new Date(info.timestamp).toISOString(),
    operation: info?.operation ?? null,
    filesAdded: added.length,
    filesRemoved: actions.filter((action) => "remove" in action).length,
    rowsAdded: numRecords(added) ?? null,
  };
}

async function firstRows(open: OpenLake, snapshot: Snapshot): Promise<(string | null)[][]> {
  const files: AddFile[] = [];
  for (const file of newestFirst(snapshot).flatMap(([, own]) => own)) {
    if (files.length === filesRead || (numRecords(files) ?? 0) >= rowsShown) break;
    files.push(file);
  }
  const names = snapshot.metadata.columns.map(({ name }) => name);
  return withSelects(open, [{ snapshot, files }], async (session, [select = ""]) => {
    const texts = names.map((name) => `CAST(${sqlName(name)} AS VARCHAR) AS ${sqlName(name)}`);
    const rows = await session.query(`SELECT ${texts.join(", ")} FROM (${select}) LIMIT ${rowsShown}`);
    return rows.map((row) => names.map((name) => (typeof row[name] === "string" ? row[name] : null)));
  });
}
