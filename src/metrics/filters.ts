import * as z from "zod";
import { type UserType, userTypes, userTypeValue } from "../clever/reports";
import type { SqlParameter } from "../duck/duck";
import { CleverLakeError } from "../errors";

const names = z.array(z.string()).readonly();

const filterSchema = z
  .strictObject({
    from: z.iso.date().optional(),
    to: z.iso.date().optional(),
    schools: names.optional(),
    resources: names.optional(),
    resourceTypes: names.optional(),
    userTypes: z.array(z.enum(userTypes)).min(1).readonly().default(["students"]),
  })
  .refine(({ from, to }) => from === undefined || to === undefined || from <= to, {
    path: ["to"],
    message: "lies before from",
  });

/** Which rows a question is about. A part that is left out, or an empty list, leaves everything in. */
export interface MetricsFilter {
  /** First day, `yyyy-MM-dd`, inclusive. */
  readonly from?: string | undefined;
  /** Last day, `yyyy-MM-dd`, inclusive. */
  readonly to?: string | undefined;
  /** Values of `school_name`. */
  readonly schools?: readonly string[] | undefined;
  /** Values of `resource_name`; for resource usage only. */
  readonly resources?: readonly string[] | undefined;
  /** Values of `resource_type`; for resource usage only. */
  readonly resourceTypes?: readonly string[] | undefined;
  readonly userTypes: readonly UserType[];
}

/** A filter as callers write it: user types default to students. */
export type MetricsFilterInput = z.input<typeof filterSchema>;

/** Checks a filter from outside. Rejects with code `config`, naming the part that is wrong but not its value. */
export function parseMetricsFilter(input: unknown): MetricsFilter {
  const result = filterSchema.safeParse(input);
  if (result.success) return result.data;
  const problems = result.error.issues.map(({ path, message, code }) =>
    code === "unrecognized_keys" ? "unknown part" : `${path.join(".") || "filter"}: ${message}`,
  );
  throw new CleverLakeError("config", `The filter cannot be used (${problems.join("; ")}).`, {
    subject: "metrics filter",
    hint: `Dates are yyyy-MM-dd, from not after to; user types are ${userTypes.join(", ")}.`,
  });
}

/** A condition with `?` for each of its parameters. */
export interface Predicate {
  readonly sql: string;
  readonly parameters: readonly SqlParameter[];
}

/** The filter as a condition on a table of the report; a part that the report has no column for does not apply. */
export function predicate(
  filter: MetricsFilter,
  report: "daily_participation" | "resource_usage",
): Predicate {
  const conditions = [
    oneOf(
      "user_type",
      filter.userTypes.map((type) => userTypeValue[type]),
    ),
    oneOf("school_name", filter.schools),
    ...(report === "resource_usage"
      ? [oneOf("resource_name", filter.resources), oneOf("resource_type", filter.resourceTypes)]
      : []),
    bound("date >= CAST(? AS DATE)", filter.from),
    bound("date <= CAST(? AS DATE)", filter.to),
  ].filter((condition) => condition !== undefined);
  return {
    sql: conditions.map(({ sql }) => sql).join(" AND "),
    parameters: conditions.flatMap(({ parameters }) => parameters),
  };
}

function oneOf(column: string, values: readonly string[] | undefined): Predicate | undefined {
  if (values === undefined || values.length === 0) return undefined;
  return { sql: `${column} IN (${values.map(() => "?").join(", ")})`, parameters: values };
}

function bound(sql: string, value: string | undefined): Predicate | undefined {
  return value === undefined ? undefined : { sql, parameters: [value] };
}
