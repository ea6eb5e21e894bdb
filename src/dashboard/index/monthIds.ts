import { pseudonymName } from "../../clever/reports";
import { type DuckSession, sqlFile, sqlString } from "../../duck/duck";
import type { ReportKind } from "../answer";
import type { LakeCache } from "./lakeCache";
import type { Manifest, StoredFile } from "./manifest";
import { inMonthSql } from "./monthBuild";

const columns = `${pseudonymName("sis_id")}, ${pseudonymName("clever_user_id")}, school_name, user_type, clever_school_id`;

/** SELECTs of all columns of the two tables. */
type Rows = Readonly<Record<ReportKind, string>>;

/**
 * The distinct ids, schools and user types in the rows of each month. Which person a row is about, and what its school is
 * called now, can depend on rows of any other month, so the ids of all months are needed whenever one changes. They are
 * stored in the cache, so that only the rows of the changed month are read.
 */
export class MonthIds {
  private readonly stored: Map<string, Manifest["ids"][number]>;

  /**
   * @param stored what an earlier process stored
   * @param onProblem called if ids cannot be stored: then they are read from the rows again
   */
  constructor(
    private readonly cache: LakeCache,
    stored: Manifest["ids"],
    private readonly onProblem: (error: unknown) => void,
  ) {
    this.stored = new Map(stored.map((ids) => [ids.month, ids]));
  }

  /**
   * A SELECT of the ids in a month's data files, from the cache if they are there: both pseudonyms, `school_name`,
   * `user_type`, `clever_school_id`, the first and the last day of such rows (`first_day`, `last_day`), and `counts`, which
   * is false for rows of the files that `buildMonth` leaves out.
   *
   * @param month `yyyy-MM`
   * @param key identifies the month's files
   * @param readRows called if the rows have to be read
   */
  async ofMonth(
    session: DuckSession,
    month: string,
    key: string,
    readRows: () => Promise<Rows>,
    signal: AbortSignal,
  ): Promise<string> {
    const known = this.stored.get(month);
    if (known?.key === key && (await this.cache.read(known.file))) return this.selectFile(known.file);
    this.stored.delete(month);
    const { dailyParticipation, resourceUsage } = await readRows();
    const rows = [dailyParticipation, resourceUsage]
      .map(
        (each) => `SELECT ${columns}, date, coalesce(${inMonthSql(month)}, false) AS counts FROM (${each})`,
      )
      .join(" UNION ALL ");
    const ids = `SELECT ${columns}, counts, min(date) AS first_day, max(date) AS last_day FROM (${rows}) GROUP BY ALL`;
    try {
      const file = await this.cache.add("ids", (place) =>
        session.query(`COPY (${ids}) TO ${sqlString(place)} (FORMAT parquet)`),
      );
      this.stored.set(month, { month, key, file });
      return this.selectFile(file);
    } catch (error) {
      signal.throwIfAborted();
      this.onProblem(error);
      return ids;
    }
  }

  /** Forgets all months but the given ones. */
  keep(months: { has(month: string): boolean }): void {
    for (const month of this.stored.keys()) if (!months.has(month)) this.stored.delete(month);
  }

  /** What a later process can use. */
  get manifest(): Manifest["ids"] {
    return [...this.stored.values()];
  }

  private selectFile({ name }: StoredFile): string {
    return `FROM read_parquet(${sqlFile(this.cache.pathOf(name))})`;
  }
}
