import path from "node:path";
import { readConfig, secretsFrom } from "../../config";
import type { CommandAction } from "../command";
import { type DashboardOptions, writeDashboard } from "../dashboard";
import { plain } from "../text";

/** `dashboard`: the participation dashboard as one HTML file. */
export const exportDashboard: CommandAction<DashboardOptions> = async (
  options,
  { environment, programFolder, signal },
) => {
  const config = await readConfig(options.config);
  const folders = { media: path.join(programFolder, "media"), l10n: path.join(programFolder, "..", "l10n") };
  const written = await writeDashboard(config, secretsFrom(environment), options, folders, signal);
  const { file, from, to, firstDay, lastDay } = written;
  const isOther = (asked: string | undefined, shown: string) => asked !== undefined && asked !== shown;
  const isOutside = from > lastDay || to < firstDay || isOther(options.from, from) || isOther(options.to, to);
  const note = isOutside ? ` The tables have rows from ${firstDay} to ${lastDay} only.` : "";
  return {
    text: () => `${plain(file)}: the dashboard from ${from} to ${to}.${note}`,
    document: () => written,
  };
};
