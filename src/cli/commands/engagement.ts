import { counted } from "../../basics/counted";
import { digitalActivityTable } from "../../clever/layout";
import { Duck } from "../../duck/duck";
import { requireLake } from "../../lake/requireLake";
import { updateActivityWithoutRun } from "../../pipeline/activity/digitalActivity";
import { exportEngagement } from "../../pipeline/activity/exportEngagement";
import type { CommandAction } from "../command";
import { openConfigured } from "../connect";
import { areRowsChanged } from "../participation";
import { plain } from "../text";

/** `engagement`: the pseudonymized rows in OEA's Digital Engagement schema, as a table or as a file. */
export const writeEngagement: CommandAction<{ readonly out?: string }> = async (options, context) => {
  const { out } = options;
  const { signal } = context;
  const { lake } = await openConfigured(options, context);
  if (out === undefined) {
    const { months, rows } = await updateActivityWithoutRun(lake, signal);
    const rowsChanged = await areRowsChanged(lake, signal);
    const what = `${counted(months.length, "month")} written, ${counted(rows, "row")}`;
    return {
      text: () => `${digitalActivityTable}: ${months.length === 0 ? "already up to date" : what}.`,
      document: () => ({ table: digitalActivityTable, months, rows, rowsChanged }),
    };
  }
  await requireLake(lake, { signal });
  await using duck = await Duck.open();
  const rows = await exportEngagement(lake, duck, out, signal);
  const rowsChanged = await areRowsChanged(lake, signal);
  return {
    text: () => `${counted(rows, "row")} written to ${plain(out)}.`,
    document: () => ({ file: out, rows, rowsChanged }),
  };
};
