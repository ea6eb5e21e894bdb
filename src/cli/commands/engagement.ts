import { readConfig, secretsFrom } from "../../config";
import { counted } from "../../counted";
import { Duck } from "../../duck/duck";
import { exportEngagement } from "../../pipeline/export/digitalEngagement";
import type { CommandContext, CommandResult, CommonOptions } from "../command";
import { openLake } from "../connect";
import { plain } from "../text";

/** `engagement`: the pseudonymized rows in OEA's Digital Engagement schema. */
export async function writeEngagement(
  options: CommonOptions & { readonly out: string },
  { environment, signal }: CommandContext,
): Promise<CommandResult> {
  const config = await readConfig(options.config);
  const lake = await openLake(config, secretsFrom(environment));
  await using duck = await Duck.open();
  const rows = await exportEngagement(lake, duck, options.out, signal);
  return {
    text: () => `${counted(rows, "row")} written to ${plain(options.out)}.`,
    document: () => ({ file: options.out, rows }),
  };
}
