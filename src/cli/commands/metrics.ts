import type { UserType } from "../../clever/reports";
import { readConfig, secretsFrom } from "../../config";
import { Duck } from "../../duck/duck";
import { lakeMetrics } from "../../metrics/lakeMetrics";
import type { CommandContext, CommandResult, CommonOptions } from "../command";
import { openLake } from "../connect";
import { showMetrics } from "../show";

export interface MetricsOptions extends CommonOptions {
  readonly from?: string;
  readonly to?: string;
  readonly school?: string[];
  readonly resource?: string[];
  readonly resourceType?: string[];
  readonly userType?: UserType[];
  readonly minimumGroupSize?: number;
}

/** `metrics`: what the tables say about participation. */
export async function answerMetrics(
  options: MetricsOptions,
  { environment, signal }: CommandContext,
): Promise<CommandResult> {
  const config = await readConfig(options.config);
  const lake = await openLake(config, secretsFrom(environment));
  const filter = {
    from: options.from,
    to: options.to,
    schools: options.school,
    resources: options.resource,
    resourceTypes: options.resourceType,
    ...(options.userType ? { userTypes: options.userType } : {}),
  };
  const minimumGroupSize = options.minimumGroupSize ?? config.minimumGroupSize;
  await using duck = await Duck.open();
  const metrics = await lakeMetrics(lake, duck, filter, { minimumGroupSize }, signal);
  return { text: () => showMetrics(metrics), document: () => metrics };
}
