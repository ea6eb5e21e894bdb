import { CleverLakeError } from "../../basics/errors";
import type { Action, Protocol } from "./actions";
import type { Snapshot } from "./replay";

/** The protocol of the tables that this program creates: every Delta reader can read them. */
export const ourProtocol: Protocol = { minReaderVersion: 1, minWriterVersion: 2 };

/** The parts of a table that show its features. */
export type FeaturedTable = Pick<Snapshot, "tablePath" | "protocol" | "metadata" | "files" | "domains">;

/** Whether a table uses a feature that its protocol allows. */
type Use = (table: FeaturedTable) => boolean;

const never: Use = () => false;
const always: Use = () => true;
const isOn =
  (property: string): Use =>
  ({ metadata }) =>
    metadata.configuration[property]?.toLowerCase() === "true";
const isInAColumn =
  (property: string): Use =>
  ({ metadata }) =>
    metadata.columns.some((column) => property in column.metadata);
const mapsColumns: Use = ({ metadata }) =>
  (metadata.configuration["delta.columnMapping.mode"] ?? "none").toLowerCase() !== "none";
const hasDeletionVectors: Use = ({ files }) =>
  [...files.values()].some(({ deletionVector }) => deletionVector !== undefined);

/**
 * The features of Delta that this program knows ("Valid Feature Names in Table Features" in PROTOCOL.md), and how to
 * tell that a table uses one. A feature that is allowed but not used is no reason to refuse a table.
 */
const features: Readonly<Record<string, Use>> = {
  // Checked when data is removed, and for each column: see `requireWritable`.
  appendOnly: never,
  invariants: never,
  checkConstraints: ({ metadata }) =>
    Object.keys(metadata.configuration).some((key) => key.startsWith("delta.constraints.")),
  changeDataFeed: isOn("delta.enableChangeDataFeed"),
  generatedColumns: isInAColumn("delta.generationExpression"),
  identityColumns: isInAColumn("delta.identity.start"),
  allowColumnDefaults: isInAColumn("CURRENT_DEFAULT"),
  columnMapping: mapsColumns,
  deletionVectors: hasDeletionVectors,
  // Once a table has it, each data file needs row numbers, even if no reader uses them.
  rowTracking: always,
  domainMetadata: ({ domains }) => domains.size > 0,
  clustering: ({ domains }) => domains.has("delta.clustering"),
  icebergCompatV1: isOn("delta.enableIcebergCompatV1"),
  icebergCompatV2: isOn("delta.enableIcebergCompatV2"),
  inCommitTimestamp: isOn("delta.enableInCommitTimestamps"),
  "inCommitTimestamp-preview": isOn("delta.enableInCommitTimestamps"),
  typeWidening: isInAColumn("delta.typeChanges"),
  "typeWidening-preview": isInAColumn("delta.typeChanges"),
  // An unreadable checkpoint is detected when it is needed, and a column of such a type when it is read.
  v2Checkpoint: never,
  // Restricts clean-ups of the log, which this program does not do. Dropping another feature leaves it.
  checkpointProtection: never,
  timestampNtz: never,
  vacuumProtocolCheck: never,
  variantType: never,
  "variantType-preview": never,
};

/** The features of each writer version, which include those of the earlier versions. */
const byWriterVersion: readonly (readonly [number, readonly string[]])[] = [
  [2, ["appendOnly", "invariants"]],
  [3, ["checkConstraints"]],
  [4, ["changeDataFeed", "generatedColumns"]],
  [5, ["columnMapping"]],
  [6, ["identityColumns"]],
];

const readHint =
  "clever-lake repair rebuilds a table of reports from its landed files, without these features. Drop them from any other table.";

/** Refuses (`unsupportedTable`) a protocol that is newer than this program. */
export function requireKnown(protocol: Protocol, tablePath: string): void {
  const unknown = readerFeatures(protocol).filter((name) => !Object.hasOwn(features, name));
  if (protocol.minReaderVersion <= 3 && unknown.length === 0) return;
  throw new CleverLakeError(
    "unsupportedTable",
    `The table needs Delta reader version ${protocol.minReaderVersion}${listed(unknown)}, which this program does not know.`,
    { subject: tablePath, hint: readHint },
  );
}

/** Refuses (`unsupportedTable`) a table with features that this program cannot read. */
export function requireReadable(table: FeaturedTable): void {
  const { protocol, tablePath } = table;
  requireKnown(protocol, tablePath);
  const used = readerFeatures(protocol).filter((name) => features[name]?.(table));
  // Whatever the protocol says, a file with a deletion vector has deleted rows.
  if (!used.includes("deletionVectors") && hasDeletionVectors(table)) used.push("deletionVectors");
  if (used.length === 0) return;
  throw new CleverLakeError(
    "unsupportedTable",
    `The table uses features of Delta reader version ${Math.max(2, protocol.minReaderVersion)}${listed(used)}; this program reads version 1.`,
    { subject: tablePath, hint: readHint },
  );
}

/**
 * Refuses (`unsupportedTable`) what a writer of version 2 must not do: write to tables with more features, or with
 * row constraints that are not checked here, or remove data from an append-only table.
 */
export function requireWritable(table: FeaturedTable, actions: readonly Action[]): void {
  const { protocol, metadata, tablePath } = table;
  const refuse = (message: string, hint: string) =>
    new CleverLakeError("unsupportedTable", message, { subject: tablePath, hint });

  requireReadable(table);
  const used = writerFeatures(protocol).filter((name) => (features[name] ?? always)(table));
  if (protocol.minWriterVersion > 7 || used.length > 0) {
    throw refuse(
      `Writing to the table needs Delta writer version ${protocol.minWriterVersion}${listed(used)}; this program writes version 2.`,
      readHint,
    );
  }
  for (const { name, nullable, metadata: properties } of metadata.columns) {
    if (!nullable || "delta.invariants" in properties) {
      throw refuse(
        `The column ${name} has a constraint on its values that this program does not check.`,
        `${readHint} Dropping the constraint is enough.`,
      );
    }
  }
  const removesData = actions.some((action) => "remove" in action && action.remove.dataChange);
  if (removesData && metadata.configuration["delta.appendOnly"] === "true") {
    throw refuse("The table is append-only: rows in it cannot be replaced.", "Unset delta.appendOnly on it.");
  }
}

function readerFeatures({ minReaderVersion, readerFeatures: named = [] }: Protocol): readonly string[] {
  if (minReaderVersion >= 3) return named;
  return minReaderVersion === 2 ? ["columnMapping"] : [];
}

function writerFeatures({ minWriterVersion, writerFeatures: named = [] }: Protocol): readonly string[] {
  if (minWriterVersion >= 7) return named;
  return byWriterVersion.flatMap(([version, names]) => (version <= minWriterVersion ? names : []));
}

function listed(names: readonly string[]): string {
  return names.length === 0 ? "" : ` (${names.join(", ")})`;
}
