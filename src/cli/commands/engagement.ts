import { digitalActivityTable } from "../../clever/layout";
import { readConfig, secretsFrom } from "../../config";
import { counted } from "../../counted";
import { Duck } from "../../duck/duck";
import { updateActivityWithoutRun } from "../../pipeline/activity/digitalActivity";
import { exportEngagement } from "../../pipeline/activity/exportEngagement";
import type { CommandContext, CommandResult, CommonOptions } from "../command";
import { openLake } from "../connect";
import { plain } from "../text";

/** `engagement`: the pseudonymized rows in OEA's Digital Engagement schema, as a table or as a file. */
export async function writeEngagement(
  { config, out }: CommonOptions & { readonly out?: string },
  { environment, signal }: CommandContext,
): Promise<CommandResult> {
  const lake = await openLake(await readConfig(config), secretsFrom(environment));
  if (out === undefined) {
    const { months, rows } = await updateActivityWithoutRun(lake, signal);
    const what = `${counted(months.length, "month")} written, ${counted(rows, "row")}`;
    return {
      text: () => `${digitalActivityTable}: ${months.length === 0 ? "already up to date" : what}.`,
      document: () => ({ table: digitalActivityTable, months, rows }),
    };
  }
  await using duck = await Duck.open();
  const rows = await exportEngagement(lake, duck, out, signal);
  return {
    text: () => `${counted(rows, "row")} written to ${plain(out)}.`,
    document: () => ({ file: out, rows }),
  };
}
