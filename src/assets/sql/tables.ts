import { groupsColumns } from "../../clever/groupsTable";
import { groupsTable, pseudoTable, rosterTable } from "../../clever/layout";
import {
  type ColumnType,
  isPseudonymColumn,
  pseudoColumns,
  reportNames,
  reports,
  type TableColumn,
} from "../../clever/reports";
import { rosterColumns } from "../../clever/roster";

/** A table of the lake that SQL reads. */
export interface SqlTable {
  /** Its folder in the lake, and the folder's last part. */
  readonly path: string;
  readonly name: string;
  readonly columns: readonly TableColumn[];
}

const table = (path: string, columns: readonly TableColumn[]): SqlTable => ({
  path,
  name: path.slice(path.lastIndexOf("/") + 1),
  columns,
});

/** Each exists once a file of its report was pseudonymized. */
export const reportTables: readonly SqlTable[] = reportNames.map((name) =>
  table(pseudoTable(reports[name]), pseudoColumns(reports[name])),
);

/** Exists once a roster was imported. */
export const gradesTable: SqlTable = table(rosterTable, rosterColumns);

/** Exists once `clever-lake groups` was run. */
export const divisionTable: SqlTable = table(groupsTable, groupsColumns);

/** The stage of all these tables: the only one that users of the views may read. */
export const readStage = "stage2p";

/** The collation of the tables' texts. */
export const utf8 = "COLLATE Latin1_General_100_BIN2_UTF8";
const sqlTypes: Readonly<Record<ColumnType, string>> = {
  date: "date",
  // The maximum length, because a resource name that is longer than the type would be an error.
  string: `varchar(8000) ${utf8}`,
  boolean: "bit",
  integer: "int",
};

/** A column's type in Synapse. Delta's texts are UTF-8, and another collation would garble them. */
export function sqlTypeOf({ name, type }: TableColumn): string {
  return isPseudonymColumn(name) ? `varchar(64) ${utf8}` : sqlTypes[type];
}
