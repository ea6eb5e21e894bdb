import { randomUUID } from "node:crypto";
import path from "node:path";
import { lookupTable } from "../../clever/layout";
import type { OpenLake } from "../../delta/openLake";
import { withTables } from "../../delta/withTable";
import { sqlString } from "../../duck/duck";
import { allReports } from "../write/tables";
import type { PeopleTable } from "./peopleTable";
import { idSelects } from "./shiftedRows";

/** The ids of people that the lake's lookup tables held when first queried. */
export class LakeIds {
  private loading: Promise<string> | undefined;

  /** @param name distinguishes the engine's table from others of its kind */
  constructor(
    private readonly open: OpenLake,
    private readonly name: string,
  ) {}

  /** The engine's table with one column `id`, read on the first call. */
  table(): Promise<string> {
    this.loading ??= this.load().catch((error: unknown) => {
      this.loading = undefined;
      throw error;
    });
    return this.loading;
  }

  private async load(): Promise<string> {
    const table = `lake_ids_${this.name}`;
    await withTables(this.open, allReports().map(lookupTable), async (session, opened) => {
      const selects = idSelects(opened.flatMap(({ select }) => (select === undefined ? [] : `(${select})`)));
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
  { duck, signal }: OpenLake,
  lakeIds: LakeIds,
  people: readonly (PeopleTable | undefined)[],
  scratch: string,
): Promise<string> {
  const localPath = path.join(scratch, `${randomUUID()}.parquet`);
  const ofRun = idSelects(people.flatMap((peopleTable) => peopleTable?.table ?? []));
  const ids = [`SELECT id FROM ${await lakeIds.table()}`, ...ofRun].join(" UNION ");
  await duck.session(
    (session) =>
      session.query(
        `COPY (SELECT id FROM (${ids}) WHERE id IS NOT NULL) TO ${sqlString(localPath)} (FORMAT parquet)`,
      ),
    signal,
  );
  return localPath;
}
