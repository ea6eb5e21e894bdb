import * as z from "zod";
import { CleverLakeError } from "../../basics/errors";

/** Absent and null are equivalent: JSON omits fields, checkpoints contain nulls. */
const optional = <T extends z.ZodType>(schema: T) =>
  schema.nullish().transform((value) => value ?? undefined);

const deletionVector = optional(z.unknown()).transform((vector): unknown => vector);
const texts = z.record(z.string(), z.string().nullable());

/**
 * The actions of a Delta log, as the protocol names their fields ("Actions" in PROTOCOL.md of delta-io/delta).
 * Times are milliseconds since the epoch, sizes are bytes.
 */
const protocol = z.object({
  minReaderVersion: z.number().int(),
  minWriterVersion: z.number().int(),
  readerFeatures: optional(z.array(z.string())),
  writerFeatures: optional(z.array(z.string())),
});

const metaData = z.object({
  id: z.string(),
  name: optional(z.string()),
  description: optional(z.string()),
  format: z.object({
    provider: z.string(),
    options: optional(z.record(z.string(), z.string())).transform((options) => options ?? {}),
  }),
  schemaString: z.string(),
  partitionColumns: optional(z.array(z.string())).transform((columns) => columns ?? []),
  configuration: optional(texts).transform((configuration) => configuration ?? {}),
  createdTime: optional(z.number()),
});

const add = z.object({
  /** Relative to the table, percent-encoded; see `decodePath`. */
  path: z.string().min(1),
  partitionValues: optional(texts).transform((values) => values ?? {}),
  size: z.number().nonnegative(),
  modificationTime: z.number(),
  /** False if the rows were already in the table, in files that the same commit removes. */
  dataChange: z.boolean(),
  /** Statistics as a JSON text; see `FileStatistics`. */
  stats: optional(z.string()),
  tags: optional(texts),
  /** Present if rows of the file are deleted; must not occur for readers of version 1. */
  deletionVector,
});

const remove = z.object({
  path: z.string().min(1),
  dataChange: z.boolean(),
  deletionTimestamp: optional(z.number()),
  /** True if partition values, size and tags are filled in. */
  extendedFileMetadata: optional(z.boolean()),
  partitionValues: optional(texts),
  size: optional(z.number()),
  tags: optional(texts),
  /** The file's vector at that time; the same file may be added again with another one. */
  deletionVector,
});

/** Data of a table feature in the table's log. */
const domainMetadata = z.object({
  domain: z.string(),
  removed: optional(z.boolean()).transform((removed) => removed ?? false),
});

/** Records that an application has applied its transactions up to `version`. */
const txn = z.object({ appId: z.string(), version: z.number().int(), lastUpdated: optional(z.number()) });

/** Other writers put arbitrary fields into a commit's `commitInfo`. A field whose type differs from ours is ignored. */
const ignoreIfInvalid = <T extends z.ZodType>(schema: T) => optional(schema).catch(undefined);

/** The origin of a commit. The protocol allows any fields; these are the ones that this program reads. */
const commitInfo = z.object({
  timestamp: ignoreIfInvalid(z.number()),
  operation: ignoreIfInvalid(z.string()),
  operationParameters: ignoreIfInvalid(z.record(z.string(), z.unknown())),
  engineInfo: ignoreIfInvalid(z.string()),
  readVersion: ignoreIfInvalid(z.number()),
  isBlindAppend: ignoreIfInvalid(z.boolean()),
  /** Unique to one commit, so that a writer recognizes its own. */
  txnId: ignoreIfInvalid(z.string()),
});

const actionSchemas = { add, remove, txn, commitInfo, protocol, metaData, domainMetadata } as const;
const actionNames = Object.keys(actionSchemas) as (keyof typeof actionSchemas)[];

/** A parsed value, read-only; what may be undefined may also be absent. */
type Parsed<T> = T extends readonly (infer Item)[]
  ? readonly Parsed<Item>[]
  : T extends Readonly<Record<string, unknown>>
    ? string extends keyof T
      ? Readonly<T>
      : { readonly [K in keyof T as undefined extends T[K] ? never : K]: Parsed<T[K]> } & {
          readonly [K in keyof T as undefined extends T[K] ? K : never]?: Parsed<T[K]>;
        }
    : T;

export type Protocol = Parsed<z.infer<typeof protocol>>;
export type Metadata = Parsed<z.infer<typeof metaData>>;
export type AddFile = Parsed<z.infer<typeof add>>;
export type RemoveFile = Parsed<z.infer<typeof remove>>;
export type Txn = Parsed<z.infer<typeof txn>>;
export type CommitInfo = Parsed<z.infer<typeof commitInfo>>;

/** The value of each partition column as text; null for null. */
export type PartitionValues = AddFile["partitionValues"];
export type Tags = NonNullable<AddFile["tags"]>;

export type Action =
  | { readonly protocol: Protocol }
  | { readonly metaData: Metadata }
  | { readonly add: AddFile }
  | { readonly remove: RemoveFile }
  | { readonly txn: Txn }
  | { readonly domainMetadata: Parsed<z.infer<typeof domainMetadata>> }
  | { readonly commitInfo: CommitInfo };

/**
 * One action from its JSON value; undefined for an unknown kind, which the protocol allows readers to ignore. Unknown
 * fields are dropped. `file` and `line` are for the `corrupt` error.
 */
export function parseAction(value: unknown, file: string, line?: number): Action | undefined {
  if (typeof value !== "object" || value === null) throw unreadable(file, line, "it is not an object");
  const record = value as Readonly<Record<string, unknown>>;
  for (const name of actionNames) {
    const content = record[name];
    if (content === undefined || content === null) continue;
    const parsed = actionSchemas[name].safeParse(content);
    if (!parsed.success) {
      const field = [name, ...(parsed.error.issues[0]?.path ?? [])].join(".");
      throw unreadable(file, line, `its field ${field} is missing or of the wrong type`);
    }
    return { [name]: parsed.data } as Action;
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

/** Actions in the format of a commit file. */
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
    hint: "Restore this file from a backup of the lake; the table's other files are not affected.",
  });
}

/** What a commit says about itself; undefined if it says nothing. */
export function commitInfoOf(actions: readonly Action[]): CommitInfo | undefined {
  return actions.flatMap((action) => ("commitInfo" in action ? [action.commitInfo] : []))[0];
}
