import { idNames, type Report } from "../../clever/reports";
import { readQuery } from "../../delta/readQuery";
import type { Snapshot } from "../../delta/snapshot";
import { withDataFiles } from "../../delta/withTable";
import type { Duck } from "../../duck/duck";
import type { Lake } from "../../lake/lake";

/**
 * The pairs of ids in a report's lookup table, in a table of the engine. Each data file of the lookup table is read
 * once per run. `update` must not be called while a session reads the table.
 */
export class KnownPairs {
  /** The engine's table, with the raw ids as columns. */
  readonly table: string;
  private readonly files = new Set<string>();

  private constructor(
    private readonly lake: Lake,
    private readonly duck: Duck,
    report: Report,
  ) {
    this.table = `known_${report.name}`;
  }

  static async create(lake: Lake, duck: Duck, report: Report): Promise<KnownPairs> {
    const known = new KnownPairs(lake, duck, report);
    await known.clear();
    return known;
  }

  /** Updates the table to the state of the lookup table; undefined if there is none. */
  async update(lookups: Snapshot | undefined, signal?: AbortSignal): Promise<void> {
    const current = lookups?.files ?? new Map<string, never>();
    if ([...this.files].some((path) => !current.has(path))) await this.clear();
    const news = [...current].filter(([path]) => !this.files.has(path));
    if (!lookups || news.length === 0) return;
    const files = news.map(([, file]) => file);
    await withDataFiles(this.lake, [{ snapshot: lookups, files }], { signal }, (placeOf) => {
      const rows = readQuery(lookups, files, placeOf);
      return this.duck.session(
        (session) => session.query(`INSERT INTO ${this.table} SELECT ${idNames.join(", ")} FROM (${rows})`),
        signal,
      );
    });
    for (const [path] of news) this.files.add(path);
  }

  private async clear(): Promise<void> {
    this.files.clear();
    const typed = idNames.map((name) => `${name} VARCHAR`);
    await this.duck.session((session) =>
      session.query(`CREATE OR REPLACE TABLE ${this.table} (${typed.join(", ")})`),
    );
  }
}
