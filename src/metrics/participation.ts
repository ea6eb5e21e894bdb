import { CleverLakeError } from "../errors";
import type { ParticipationMetrics } from "./answer";
import { FactSource, type MetricsTables } from "./factSource";
import { type MetricsFilterInput, parseMetricsFilter } from "./filters";
import { publish, resourcesBySchool } from "./publish";

export interface ParticipationOptions {
  /** Groups of fewer people are suppressed; 0 shows everything. */
  readonly minimumGroupSize: number;
  /** How many resources to show by school; 5 unless told. */
  readonly topResources?: number;
}

/**
 * What the pseudonymized tables say about participation, suppressed for small groups. `definitions` says what
 * each number is. Rejects with code `config` for a filter or option that cannot be used, `engine` when a table
 * cannot be read, and the signal's reason after an abort; leaves no temporary tables in the session.
 */
export async function participationMetrics(
  tables: MetricsTables,
  filter: MetricsFilterInput,
  options: ParticipationOptions,
  signal?: AbortSignal,
): Promise<ParticipationMetrics> {
  const parsed = parseMetricsFilter(filter);
  const minimumGroupSize = wholeNumber(options.minimumGroupSize, "minimumGroupSize");
  const top = wholeNumber(options.topResources ?? 5, "topResources");

  await using source = await FactSource.open(tables, parsed, signal);
  const facts = await source.facts();
  const resources = resourcesBySchool(facts, minimumGroupSize, top);
  const cells = await source.cells(resources);
  return { filter: parsed, minimumGroupSize, ...publish(facts, resources, cells, minimumGroupSize) };
}

function wholeNumber(value: number, subject: string): number {
  if (Number.isSafeInteger(value) && value >= 0) return value;
  throw new CleverLakeError("config", `${subject} must be a whole number, 0 or more.`, { subject });
}
