import { type EngagementOrigin, engagementColumns } from "../../clever/digitalEngagement";
import type { ReportName } from "../../clever/reports";
import { sqlTypes } from "../../delta/schema";
import { sqlName, sqlString } from "../../duck/duck";

/**
 * A SELECT of a report's `_pseudo` rows (given as a SELECT) as events of the Digital Engagement schema.
 *
 * @param further columns of the rows to append after the schema's
 */
export function engagementSql(report: ReportName, rows: string, further: readonly string[] = []): string {
  const columns = engagementColumns.map(
    ({ name, type, from }) => `CAST(${originSql(from[report])} AS ${sqlTypes[type]}) AS ${sqlName(name)}`,
  );
  return `SELECT ${[...columns, ...further.map(sqlName)].join(", ")} FROM (${rows})`;
}

function originSql(origin: EngagementOrigin | null): string {
  if (origin === null) return "NULL";
  return "column" in origin ? sqlName(origin.column) : sqlString(origin.text);
}
