import { lookupTable } from "../../clever/layout";
import { hashedColumns, type ReportColumn } from "../../clever/reports";
import { withTables } from "../../delta/withTable";
import { type Duck, sqlName } from "../../duck/duck";
import type { Lake } from "../../lake/lake";
import { allReports } from "../write/tables";

/** The ids of people that the lake's lookups held when they were first asked for. */
export class LakeIds {
  private loading: Promise<string> | undefined;

  /** @param name tells the engine's table from others of its kind */
  constructor(
    private readonly lake: Lake,
    private readonly duck: Duck,
    private readonly name: string,
  ) {}

  /** The engine's table with one column `id`, read at the first call. */
  table(signal?: AbortSignal): Promise<string> {
    this.loading ??= this.load(signal).catch((error: unknown) => {
      this.loading = undefined;
      throw error;
    });
    return this.loading;
  }

  private async load(signal: AbortSignal | undefined): Promise<string> {
    const table = `lake_ids_${this.name}`;
    const reports = allReports();
    const lookups = reports.map((report) => ({ tablePath: lookupTable(report) }));
    await withTables(this.lake, this.duck, lookups, signal ? { signal } : {}, async (session, opened) => {
      const selects = reports.flatMap((report, index) => {
        const select = opened[index]?.select;
        return select === undefined ? [] : hashedColumns(report).map(idOf(select));
      });
      const query = selects.length > 0 ? selects.join(" UNION ") : "SELECT NULL::VARCHAR AS id WHERE false";
      await session.query(`CREATE OR REPLACE TABLE ${table} AS ${query}`, [], signal);
    });
    return table;
  }
}

function idOf(select: string): (column: ReportColumn) => string {
  return ({ name }) => `SELECT ${sqlName(name)} AS id FROM (${select}) WHERE ${sqlName(name)} IS NOT NULL`;
}
