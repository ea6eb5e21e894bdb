import { partitionColumns, pseudonymName, type ReportName, reportNames, type TableColumn } from "./reports";

/** The origin of a column of the schema: a column of the report's `_pseudo` table, or a constant text. */
export type EngagementOrigin = { readonly column: string } | { readonly text: string };

export interface EngagementColumn {
  readonly name: string;
  readonly type: "string" | "date" | "integer" | "boolean";
  /** Null if the report has no such value. */
  readonly from: Readonly<Record<ReportName, EngagementOrigin | null>>;
}

const column = (name: string): EngagementOrigin => ({ column: name });

/**
 * OEA's Digital Engagement schema, after IMS Caliper's ToolUseEvent, and how Clever's reports fill it. Source: the
 * schema's documentation in Open Education Analytics.
 */
export const engagementColumns: readonly EngagementColumn[] = [
  {
    name: "event_type",
    type: "string",
    from: { daily_participation: null, resource_usage: column("resource_type") },
  },
  {
    name: "event_actor",
    type: "string",
    from: {
      daily_participation: column(pseudonymName("sis_id")),
      resource_usage: column(pseudonymName("sis_id")),
    },
  },
  {
    name: "event_object",
    type: "string",
    from: {
      daily_participation: { text: "Clever_Daily_Participation" },
      resource_usage: { text: "Clever_Resource_Usage" },
    },
  },
  {
    name: "event_eventTime",
    type: "date",
    from: { daily_participation: column("date"), resource_usage: column("date") },
  },
  {
    name: "entity_type",
    type: "string",
    from: { daily_participation: null, resource_usage: column("resource_name") },
  },
  {
    name: "generated_aggregateMeasure_metric_numAccess",
    type: "integer",
    from: { daily_participation: column("num_logins"), resource_usage: column("num_access") },
  },
  {
    name: "generated_aggregateMeasure_metric_used",
    type: "boolean",
    from: { daily_participation: column("active"), resource_usage: null },
  },
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
