import type { UserType } from "../../clever/reports";
import { readConfig, secretsFrom } from "../../config";
import { metricsDocument, parseMetricsFilter, participationMetrics } from "../../dashboard/metrics";
import type { CommandContext, CommandResult, CommonOptions } from "../command";
import { type CountingOptions, countingOf, withIndex } from "../participation";
import { showMetrics } from "../show";

export interface MetricsOptions extends CommonOptions, CountingOptions {
  readonly from?: string;
  readonly to?: string;
  readonly school?: string[];
  readonly resource?: string[];
  readonly resourceType?: string[];
  readonly userType?: UserType[];
}

/** `metrics`: what the tables say about participation. */
export async function answerMetrics(
  options: MetricsOptions,
  { environment, signal }: CommandContext,
): Promise<CommandResult> {
  const config = await readConfig(options.config);
  const filter = {
    from: options.from,
    to: options.to,
    schools: options.school,
    resources: options.resource,
    resourceTypes: options.resourceType,
    ...(options.userType ? { userTypes: options.userType } : {}),
  };
  // Before the lake is read: what is wrong with it is said at once.
  parseMetricsFilter(filter);
  const metrics = await withIndex(
    config,
    secretsFrom(environment),
    options,
    (index) => participationMetrics(index, filter, countingOf(config, options), signal),
    signal,
  );
  return { text: () => showMetrics(metrics), document: () => metricsDocument(metrics) };
}
