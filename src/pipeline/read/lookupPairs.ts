import { idNames, type Report } from "../../clever/reports";
import type { OpenLake } from "../../delta/openLake";
import type { Snapshot } from "../../delta/snapshot";
import { withSelects } from "../../delta/withTable";

/**
 * The pairs of ids in a report's lookup table, in a table of the engine. Each data file of the lookup table is read
 * once per run. `update` must not be called while a session reads the table.
 */
export class LookupPairs {
  /** The engine's table, with the raw ids as columns. */
  readonly table: string;
  /** The data files that it has; undefined if it does not exist. */
  private files: ReadonlySet<string> | undefined;

  private constructor(
    private readonly open: OpenLake,
    report: Report,
  ) {
    this.table = `known_${report.name}`;
  }

  /** @param lookups the state of the lookup table; undefined if there is none */
  static async create(open: OpenLake, report: Report, lookups: Snapshot | undefined): Promise<LookupPairs> {
    const known = new LookupPairs(open, report);
    await known.update(lookups);
    return known;
  }

  /** Updates the table to the state of the lookup table. */
  async update(lookups: Snapshot | undefined): Promise<void> {
    const current = new Map(lookups?.files);
    const { files } = this;
    const before = files && [...files].every((path) => current.has(path)) ? files : undefined;
    const newFiles = [...current].flatMap(([path, file]) => (before?.has(path) ? [] : [file]));
    if (before && newFiles.length === 0) return;
    await withSelects(this.open, [{ snapshot: lookups, files: newFiles }], (session, [rows = noPairs]) => {
      const into = before ? `INSERT INTO ${this.table}` : `CREATE OR REPLACE TABLE ${this.table} AS`;
      return session.query(`${into} SELECT ${idNames.join(", ")} FROM (${rows})`);
    });
    this.files = new Set(current.keys());
  }
}

const noPairs = `SELECT ${idNames.map((name) => `NULL::VARCHAR AS ${name}`).join(", ")} WHERE false`;
