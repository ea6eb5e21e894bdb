import {
  type ColumnType,
  partitionColumns,
  pseudonymName,
  type ReportName,
  reportNames,
  type TableColumn,
} from "./reports";

/** The origin of a column of the schema: a column of the report's `_pseudo` table, or a constant text. */
export type EngagementOrigin = { readonly column: string } | { readonly text: string };

export interface EngagementColumn extends TableColumn {
  /** Null if the report has no such value. */
  readonly from: Readonly<Record<ReportName, EngagementOrigin | null>>;
}

const column = (name: string): EngagementOrigin => ({ column: name });
const text = (constant: string): EngagementOrigin => ({ text: constant });

const filled = (
  name: string,
  type: ColumnType,
  daily_participation: EngagementOrigin | null,
  resource_usage: EngagementOrigin | null,
): EngagementColumn => ({ name, type, from: { daily_participation, resource_usage } });

const sisId = column(pseudonymName("sis_id"));
const date = column("date");
const metric = "generated_aggregateMeasure_metric";

/**
 * OEA's Digital Engagement schema, after IMS Caliper's ToolUseEvent, and how Clever's reports fill it: daily
 * participation, then resource usage. Source: the schema's documentation in Open Education Analytics.
 */
export const engagementColumns: readonly EngagementColumn[] = [
  filled("event_type", "string", null, column("resource_type")),
  filled("event_actor", "string", sisId, sisId),
  filled("event_object", "string", text("Clever_Daily_Participation"), text("Clever_Resource_Usage")),
  filled("event_eventTime", "date", date, date),
  filled("entity_type", "string", null, column("resource_name")),
  filled(`${metric}_numAccess`, "integer", column("num_logins"), column("num_access")),
  filled(`${metric}_used`, "boolean", column("active"), null),
];

/** The table of the schema: OEA's columns, the partition columns, then ours. */
export const activityColumns: readonly TableColumn[] = [
  ...engagementColumns.map(({ name, type }) => ({ name, type })),
  ...partitionColumns.map((name) => ({ name, type: "integer" as const })),
  { name: "user_type", type: "string" },
];

/** The column that distinguishes Clever's rows from those of other modules, and its values in Clever's rows. */
export const cleverObjects: { readonly column: string; readonly values: readonly string[] } = {
  column: "event_object",
  values: reportNames.flatMap((report) => {
    const origin = engagementColumns.find(({ name }) => name === "event_object")?.from[report];
    return origin && "text" in origin ? [origin.text] : [];
  }),
};
