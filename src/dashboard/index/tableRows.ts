import { createHash } from "node:crypto";
import { pseudoColumns, type Report, reports } from "../../clever/reports";
import type { AddFile } from "../../delta/log/actions";
import { readQuery } from "../../delta/readQuery";
import { sqlType } from "../../delta/schema";
import type { Snapshot } from "../../delta/snapshot";
import { sqlName } from "../../duck/duck";
import type { Lake } from "../../lake/lake";
import type { ReportKind } from "../answer";
import type { BuildEngine } from "./buildEngine";
import { LocalCopies } from "./localCopies";
import type { MonthFiles } from "./monthFiles";
import type { Roster } from "./peopleTables";
import type { Snapshots } from "./watchedTables";

/** Identifies a roster: another roster, or another version, has another key. */
function rosterKey(roster: Snapshot): string {
  const hash = createHash("sha256").update(roster.metadata.schemaString);
  for (const path of [...roster.files.keys()].sort()) hash.update(`\n${path}`);
  return hash.digest("hex");
}

/** The tables' rows as SELECTs; files of a remote lake are copied first. */
export class TableRows {
  readonly copies: LocalCopies;

  constructor(
    lake: Lake,
    copiesFolder: string,
    private readonly engine: BuildEngine,
  ) {
    this.copies = new LocalCopies(lake, copiesFolder);
  }

  /** The rows of a month's files, including their rows of other months. */
  async ofMonth(
    { dailyParticipation, resourceUsage }: Snapshots,
    files: Omit<MonthFiles, "key">,
    signal: AbortSignal,
  ): Promise<Readonly<Record<ReportKind, string>>> {
    const rowsOf = async (report: Report, table: Snapshot | undefined, ofTable: readonly AddFile[]) =>
      table ? withSchoolId(await this.select(table, ofTable, signal), table) : noRows(report);
    return {
      dailyParticipation: await rowsOf(
        reports.daily_participation,
        dailyParticipation,
        files.dailyParticipation,
      ),
      resourceUsage: await rowsOf(reports.resource_usage, resourceUsage, files.resourceUsage),
    };
  }

  /** All rows of the roster's table, with their identity; undefined if it does not exist. */
  async ofRoster(snapshot: Snapshot | undefined, signal: AbortSignal): Promise<Roster | undefined> {
    if (snapshot === undefined) return undefined;
    return {
      key: rosterKey(snapshot),
      rows: await this.select(snapshot, [...snapshot.files.values()], signal),
    };
  }

  /** The months (`yyyy-MM`) that a file has rows of, ascending. */
  async monthsOf(snapshot: Snapshot, file: AddFile, signal: AbortSignal): Promise<string[]> {
    const session = await this.engine.session();
    const rows = await session.query(
      `SELECT DISTINCT strftime(date, '%Y-%m') AS month FROM (${await this.select(snapshot, [file], signal)})
       WHERE date BETWEEN DATE '0001-01-01' AND DATE '9999-12-31' ORDER BY month`,
    );
    return rows.map(({ month }) => String(month));
  }

  private async select(snapshot: Snapshot, files: readonly AddFile[], signal: AbortSignal): Promise<string> {
    const localPaths = await this.copies.localPaths(snapshot, files, { signal });
    return readQuery(snapshot, files, (lakePath) => localPaths.get(lakePath) ?? lakePath);
  }
}

/** Another program may have removed the column, without which schools have only their names. */
function withSchoolId(select: string, { metadata }: Snapshot): string {
  const isThere = metadata.columns.some(({ name }) => name === "clever_school_id");
  return isThere ? select : `SELECT *, NULL::VARCHAR AS clever_school_id FROM (${select})`;
}

function noRows(report: Report): string {
  const columns = pseudoColumns(report).map(
    (column) => `CAST(NULL AS ${sqlType(column, report.name)}) AS ${sqlName(column.name)}`,
  );
  return `SELECT ${columns.join(", ")} WHERE false`;
}
