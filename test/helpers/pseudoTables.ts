import { pseudoTable, rosterTable } from "../../src/clever/layout";
import {
  pseudoColumns,
  type ReportName,
  reports,
  type TableColumn,
  userTypeValue,
} from "../../src/clever/reports";
import { rosterColumns } from "../../src/clever/roster";
import { writeDataFile } from "../../src/delta/files/dataFile";
import type { AddFile } from "../../src/delta/log/actions";
import { commit } from "../../src/delta/log/commit";
import { sqlType } from "../../src/delta/schema";
import { removeFile, tableActions } from "../../src/delta/tableActions";
import { sqlName, sqlString } from "../../src/duck/duck";
import type { Lake } from "../../src/lake/lake";
import type { IndexedParticipation, IndexedUsage } from "./indexLines";
import { sharedDuck } from "./lakeRows";

export type Cell = string | number | boolean | null;
export type TableRow = Readonly<Record<string, Cell>>;

/** A row of the table. */
export function participationRow(row: IndexedParticipation): TableRow {
  return {
    ...personCells(row),
    active: row.active,
    num_logins: row.logins,
    num_resources_accessed: row.resources,
  };
}

export function usageRow(row: IndexedUsage): TableRow {
  return {
    ...personCells(row),
    resource_type: row.type,
    resource_name: row.name,
    resource_id: row.id,
    num_access: row.accesses,
  };
}

function personCells({
  date,
  person,
  clever,
  school,
  userType,
}: IndexedParticipation | IndexedUsage): TableRow {
  return {
    date: date || null,
    sis_id_pseudonym: person,
    clever_user_id_pseudonym: clever ?? null,
    school_name: school,
    user_type: userTypeValue[userType],
  };
}

/** The index's tables as another program might write them: not partitioned, with or without statistics. */
export class PseudoTables {
  private readonly files = new Map<string, AddFile>();

  constructor(readonly lake: Lake) {}

  /** Commits rows as a data file in place of the file with the same name; without rows, only removes that. */
  async put(
    report: ReportName,
    name: string,
    rows: readonly TableRow[],
    options: { readonly statistics?: boolean } = {},
  ): Promise<void> {
    const columns = pseudoColumns(reports[report]);
    await this.replace(pseudoTable(reports[report]), columns, `${report}/${name}`, rows, options);
  }

  /** Grades by pseudonym. */
  async putRoster(grades: ReadonlyMap<string, string | null>): Promise<void> {
    const rows = [...grades].map(([person, grade]) => ({ sis_id_pseudonym: person, grade }));
    await this.replace(rosterTable, rosterColumns, "roster", rows, {});
  }

  private async replace(
    tablePath: string,
    columns: readonly TableColumn[],
    key: string,
    rows: readonly TableRow[],
    { statistics = true }: { readonly statistics?: boolean },
  ): Promise<void> {
    const { lake } = this;
    const duck = await sharedDuck();
    const before = this.files.get(key);
    const add = await duck.session((session) =>
      writeDataFile({ session, lake, tablePath, columns, query: relation(columns, rows) }),
    );
    const added = add && !statistics ? withoutStatistics(add) : add;
    await commit({
      lake,
      duck,
      tablePath,
      operation: { name: "WRITE" },
      attempt: async (snapshot) => ({
        actions: [
          ...(snapshot ? [] : tableActions({ columns, name: tablePath, description: "" })),
          ...(before ? [removeFile(before, { dataChange: true })] : []),
          ...(added ? [{ add: added }] : []),
        ],
      }),
    });
    if (added) this.files.set(key, added);
    else this.files.delete(key);
  }
}

function withoutStatistics({ stats: _, ...file }: AddFile): AddFile {
  return file;
}

function relation(columns: readonly TableColumn[], rows: readonly TableRow[]): string {
  const select = (row: TableRow) =>
    `SELECT ${columns.map((column) => `CAST(${literal(row[column.name] ?? null)} AS ${sqlType(column, "test")}) AS ${sqlName(column.name)}`).join(", ")}`;
  return rows.length === 0 ? `${select({})} WHERE false` : rows.map(select).join(" UNION ALL ");
}

function literal(value: Cell): string {
  if (value === null) return "NULL";
  return typeof value === "string" ? sqlString(value) : String(value);
}
