import { withTables } from "../../src/delta/withTable";
import { Duck, type SqlRow, sqlName } from "../../src/duck/duck";
import type { Lake } from "../../src/lake/lake";

let opened: Promise<Duck> | undefined;

/** One engine for all queries of a test file; it ends with the process. */
export function sharedDuck(): Promise<Duck> {
  opened ??= Duck.open({ threads: 1 });
  return opened;
}

/**
 * A table's rows in a fixed order, the columns in the table's order, dates as `yyyy-MM-dd`; none where there is no
 * such table.
 */
export async function lakeRows(lake: Lake, tablePath: string): Promise<SqlRow[]> {
  return withTables({ lake, duck: await sharedDuck() }, [tablePath], (session, [table]) => {
    if (!table?.snapshot || !table.select) return Promise.resolve([]);
    const columns = table.snapshot.metadata.columns.map(({ name, type }) =>
      type === "date" || type === "timestamp"
        ? `${sqlName(name)}::VARCHAR AS ${sqlName(name)}`
        : sqlName(name),
    );
    return session.query(`SELECT ${columns.join(", ")} FROM (${table.select}) ORDER BY ALL`);
  });
}
