import { randomUUID } from "node:crypto";
import path from "node:path";
import { lookupTable } from "../../clever/layout";
import { withTables } from "../../delta/withTable";
import { type Duck, sqlString } from "../../duck/duck";
import type { Lake } from "../../lake/lake";
import { allReports } from "../write/tables";
import type { Persons } from "./persons";
import { selectIds } from "./shiftedRows";

/** The ids of people that the lake's lookup tables held when first queried. */
export class LakeIds {
  private loading: Promise<string> | undefined;

  /** @param name distinguishes the engine's table from others of its kind */
  constructor(
    private readonly lake: Lake,
    private readonly duck: Duck,
    private readonly name: string,
  ) {}

  /** The engine's table with one column `id`, read on the first call. */
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
    const lookups = reports.map(lookupTable);
    await withTables(this.lake, this.duck, lookups, { signal }, async (session, opened) => {
      const selects = selectIds(opened.flatMap(({ select }) => (select === undefined ? [] : `(${select})`)));
      const ids = ["SELECT NULL::VARCHAR AS id", ...selects].join(" UNION ");
      const query = `SELECT id FROM (${ids}) WHERE id IS NOT NULL`;
      await session.query(`CREATE OR REPLACE TABLE ${table} AS ${query}`);
    });
    return table;
  }
}

/**
 * Writes the ids known to the lake and those of a run's people as an unordered Parquet file with a column `id` into a
 * scratch folder.
 */
export async function writeKnownIds(
  duck: Duck,
  lakeIds: LakeIds,
  people: readonly (Persons | undefined)[],
  scratch: string,
  signal: AbortSignal | undefined,
): Promise<string> {
  const place = path.join(scratch, `${randomUUID()}.parquet`);
  const ofRun = selectIds(people.flatMap((persons) => persons?.table ?? []));
  const ids = [`SELECT id FROM ${await lakeIds.table(signal)}`, ...ofRun].join(" UNION ");
  await duck.session(
    (session) =>
      session.query(
        `COPY (SELECT id FROM (${ids}) WHERE id IS NOT NULL) TO ${sqlString(place)} (FORMAT parquet)`,
      ),
    signal,
  );
  return place;
}
