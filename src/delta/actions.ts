import { CleverLakeError } from "../errors";

/**
 * The actions of a Delta log, as the protocol names their fields ("Actions" in PROTOCOL.md of delta-io/delta).
 * Times are milliseconds since the epoch, sizes are bytes.
 */
export interface Protocol {
  readonly minReaderVersion: number;
  readonly minWriterVersion: number;
  readonly readerFeatures?: readonly string[] | undefined;
  readonly writerFeatures?: readonly string[] | undefined;
}

export interface Metadata {
  readonly id: string;
  readonly name?: string | undefined;
  readonly description?: string | undefined;
  readonly format: { readonly provider: string; readonly options: Readonly<Record<string, string>> };
  readonly schemaString: string;
  readonly partitionColumns: readonly string[];
  readonly configuration: Readonly<Record<string, string | null>>;
  readonly createdTime?: number | undefined;
}

/** Per partition column its value as text, null for null. */
export type PartitionValues = Readonly<Record<string, string | null>>;
export type Tags = Readonly<Record<string, string | null>>;

export interface AddFile {
  /** Relative to the table, percent-encoded; see `decodePath`. */
  readonly path: string;
  readonly partitionValues: PartitionValues;
  readonly size: number;
  readonly modificationTime: number;
  /** False where the rows were in the table already, in files that the same commit removes. */
  readonly dataChange: boolean;
  /** Statistics as a JSON text; see `FileStatistics`. */
  readonly stats?: string | undefined;
  readonly tags?: Tags | undefined;
  /** Present where rows of the file are deleted; readers of version 1 must not meet it. */
  readonly deletionVector?: unknown;
}

export interface RemoveFile {
  readonly path: string;
  readonly dataChange: boolean;
  readonly deletionTimestamp?: number | undefined;
  /** True where partition values, size and tags are filled in. */
  readonly extendedFileMetadata?: boolean | undefined;
  readonly partitionValues?: PartitionValues | undefined;
  readonly size?: number | undefined;
  readonly tags?: Tags | undefined;
}

/** Says that an application has applied its transactions up to `version`. */
export interface Txn {
  readonly appId: string;
  readonly version: number;
  readonly lastUpdated?: number | undefined;
}

/** Where a commit came from; free-form by the protocol, these are the fields that this program reads. */
export interface CommitInfo {
  readonly timestamp?: number | undefined;
  readonly operation?: string | undefined;
  readonly operationParameters?: Readonly<Record<string, unknown>> | undefined;
  readonly engineInfo?: string | undefined;
  readonly readVersion?: number | undefined;
  readonly isBlindAppend?: boolean | undefined;
  /** Unique to one commit, so that a writer recognizes its own. */
  readonly txnId?: string | undefined;
}

export type Action =
  | { readonly protocol: Protocol }
  | { readonly metaData: Metadata }
  | { readonly add: AddFile }
  | { readonly remove: RemoveFile }
  | { readonly txn: Txn }
  | { readonly commitInfo: CommitInfo };

type Fields = Readonly<Record<string, unknown>>;

/** A field that is missing or of the wrong type, by its path. */
class FieldFault {
  constructor(readonly field: string) {}
}

/*
 * Checked by hand, field by field: a table's log has thousands of actions, and a checker that is made from a schema takes
 * longer to be made than all of them take to be read. Absent and null are the same: JSON leaves fields out, checkpoints
 * hold nulls. Fields that are unknown are left out.
 */
const isText = (value: unknown) => typeof value === "string";
const isName = (value: unknown): value is string => isText(value) && value !== "";
const isNumber = (value: unknown): value is number => Number.isFinite(value);
const isCount = (value: unknown): value is number => isNumber(value) && value >= 0;
const isInteger = (value: unknown): value is number => Number.isSafeInteger(value);
const isBoolean = (value: unknown) => typeof value === "boolean";
const isPresent = (value: unknown): value is unknown => value !== undefined && value !== null;
const isRecord = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function required<T>(fields: Fields, name: string, is: (value: unknown) => value is T): T {
  const value = fields[name];
  if (is(value)) return value;
  throw new FieldFault(name);
}

function optional<T>(fields: Fields, name: string, is: (value: unknown) => value is T): T | undefined {
  const value = fields[name];
  if (value === undefined || value === null) return undefined;
  if (is(value)) return value;
  throw new FieldFault(name);
}

/** Other writers put into a commit's provenance what they like; a field of another type than ours is not ours. */
function unlessForeign<T>(fields: Fields, name: string, is: (value: unknown) => value is T): T | undefined {
  const value = fields[name];
  return is(value) ? value : undefined;
}

/** An array, or a record, whose values are all of one type. */
function optionalTexts(fields: Fields, name: string): string[] | undefined {
  const isArray = (value: unknown): value is unknown[] => Array.isArray(value);
  return optional(fields, name, isArray)?.map((value, index) => {
    if (isText(value)) return value;
    throw new FieldFault(`${name}.${index}`);
  });
}

function optionalRecord<T extends string | null>(
  fields: Fields,
  name: string,
  is: (value: unknown) => value is T,
): Readonly<Record<string, T>> | undefined {
  const record = optional(fields, name, isRecord);
  if (record === undefined) return undefined;
  for (const key in record) if (!is(record[key])) throw new FieldFault(`${name}.${key}`);
  return record as Readonly<Record<string, T>>;
}

const isTextOrNull = (value: unknown): value is string | null => value === null || isText(value);

const parsers = {
  add: (fields: Fields): AddFile => ({
    path: required(fields, "path", isName),
    partitionValues: optionalRecord(fields, "partitionValues", isTextOrNull) ?? {},
    size: required(fields, "size", isCount),
    modificationTime: required(fields, "modificationTime", isNumber),
    dataChange: required(fields, "dataChange", isBoolean),
    stats: optional(fields, "stats", isText),
    tags: optionalRecord(fields, "tags", isTextOrNull),
    deletionVector: optional(fields, "deletionVector", isPresent),
  }),
  remove: (fields: Fields): RemoveFile => ({
    path: required(fields, "path", isName),
    dataChange: required(fields, "dataChange", isBoolean),
    deletionTimestamp: optional(fields, "deletionTimestamp", isNumber),
    extendedFileMetadata: optional(fields, "extendedFileMetadata", isBoolean),
    partitionValues: optionalRecord(fields, "partitionValues", isTextOrNull),
    size: optional(fields, "size", isNumber),
    tags: optionalRecord(fields, "tags", isTextOrNull),
  }),
  txn: (fields: Fields): Txn => ({
    appId: required(fields, "appId", isText),
    version: required(fields, "version", isInteger),
    lastUpdated: optional(fields, "lastUpdated", isNumber),
  }),
  commitInfo: (fields: Fields): CommitInfo => ({
    timestamp: unlessForeign(fields, "timestamp", isNumber),
    operation: unlessForeign(fields, "operation", isText),
    operationParameters: unlessForeign(fields, "operationParameters", isRecord),
    engineInfo: unlessForeign(fields, "engineInfo", isText),
    readVersion: unlessForeign(fields, "readVersion", isNumber),
    isBlindAppend: unlessForeign(fields, "isBlindAppend", isBoolean),
    txnId: unlessForeign(fields, "txnId", isText),
  }),
  protocol: (fields: Fields): Protocol => ({
    minReaderVersion: required(fields, "minReaderVersion", isInteger),
    minWriterVersion: required(fields, "minWriterVersion", isInteger),
    readerFeatures: optionalTexts(fields, "readerFeatures"),
    writerFeatures: optionalTexts(fields, "writerFeatures"),
  }),
  metaData: (fields: Fields): Metadata => ({
    id: required(fields, "id", isText),
    name: optional(fields, "name", isText),
    description: optional(fields, "description", isText),
    format: format(required(fields, "format", isRecord)),
    schemaString: required(fields, "schemaString", isText),
    partitionColumns: optionalTexts(fields, "partitionColumns") ?? [],
    configuration: optionalRecord(fields, "configuration", isTextOrNull) ?? {},
    createdTime: optional(fields, "createdTime", isNumber),
  }),
} as const;

function format(fields: Fields): Metadata["format"] {
  try {
    return {
      provider: required(fields, "provider", isText),
      options: optionalRecord(fields, "options", isText) ?? {},
    };
  } catch (error) {
    throw error instanceof FieldFault ? new FieldFault(`format.${error.field}`) : error;
  }
}

const actionNames = ["add", "remove", "txn", "commitInfo", "protocol", "metaData"] as const;

/**
 * One action from its JSON value; undefined for a kind that this program does not know, which the protocol lets
 * readers pass over. Unknown fields are dropped. `file` and `line` are for the `corrupt` error.
 */
export function parseAction(value: unknown, file: string, line?: number): Action | undefined {
  if (typeof value !== "object" || value === null) throw unreadable(file, line, "it is not an object");
  const record = value as Readonly<Record<string, unknown>>;
  for (const name of actionNames) {
    const content = record[name];
    if (content === undefined || content === null) continue;
    try {
      if (!isRecord(content)) throw new FieldFault("");
      return { [name]: parsers[name](content) } as Action;
    } catch (error) {
      if (!(error instanceof FieldFault)) throw error;
      const field = error.field === "" ? name : `${name}.${error.field}`;
      throw unreadable(file, line, `its field ${field} is missing or of the wrong type`);
    }
  }
  return undefined;
}

/** The actions of a commit file: one JSON document per line. An unreadable line or an empty file is `corrupt`. */
export function parseCommit(content: string, file: string): Action[] {
  const actions: Action[] = [];
  const lines = content.split("\n");
  for (const [index, line] of lines.entries()) {
    if (line.trim() === "") continue;
    const action = parseAction(parseJson(line, file, index + 1), file, index + 1);
    if (action !== undefined) actions.push(action);
  }
  if (content.trim() === "") throw unreadable(file, undefined, "it is empty");
  return actions;
}

/** Actions as a commit file holds them. */
export function formatCommit(actions: readonly Action[]): string {
  return actions.map((action) => `${JSON.stringify(action)}\n`).join("");
}

function parseJson(text: string, file: string, line: number): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw unreadable(file, line, "it is not JSON");
  }
}

function unreadable(file: string, line: number | undefined, reason: string): CleverLakeError {
  const place = line === undefined ? "The table's log" : `Line ${line} of the table's log`;
  return new CleverLakeError("corrupt", `${place} cannot be read: ${reason}.`, {
    subject: file,
    hint: "Restore this file from a copy of the lake; the table's other files are untouched.",
  });
}
