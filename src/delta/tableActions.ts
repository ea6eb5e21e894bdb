import { randomUUID } from "node:crypto";
import type { Action, AddFile, RemoveFile } from "./log/actions";
import { ourProtocol } from "./log/protocol";
import type { TableMetadata } from "./log/replay";
import { type Column, extendSchema, formatSchema } from "./schema";

export interface NewTable {
  readonly columns: readonly Column[];
  readonly partitionColumns?: readonly string[];
  readonly name?: string;
  readonly description?: string;
}

/** The actions that create a table; they belong in its first commit. */
export function tableActions(table: NewTable): Action[] {
  return [
    { protocol: ourProtocol },
    {
      metaData: {
        id: randomUUID(),
        name: table.name,
        description: table.description,
        format: { provider: "parquet", options: {} },
        schemaString: formatSchema(table.columns),
        partitionColumns: table.partitionColumns ?? [],
        configuration: {},
        createdTime: Date.now(),
      },
    },
  ];
}

/** The action that appends columns to a table, for a commit. Existing rows have nulls in them. */
export function addColumns(
  { columns: _columns, ...metadata }: TableMetadata,
  added: readonly Column[],
): Action {
  return { metaData: { ...metadata, schemaString: extendSchema(metadata.schemaString, added) } };
}

/** The action that removes a file from the table; `dataChange` is false if its rows stay, in other files. */
export function removeFile(
  file: AddFile,
  options: { readonly dataChange: boolean },
): { readonly remove: RemoveFile } {
  return {
    remove: {
      path: file.path,
      deletionTimestamp: Date.now(),
      dataChange: options.dataChange,
      extendedFileMetadata: true,
      partitionValues: file.partitionValues,
      size: file.size,
      tags: file.tags,
    },
  };
}
