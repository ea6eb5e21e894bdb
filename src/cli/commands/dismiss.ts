import { readConfig, secretsFrom } from "../../config";
import { dismissQuarantined } from "../../pipeline/plan/dismiss";
import type { CommandContext, CommandResult, CommonOptions } from "../command";
import { openLake } from "../connect";
import { plain } from "../text";

/** `dismiss`: dismisses quarantined files permanently. */
export async function dismissFiles(
  options: CommonOptions & { readonly file: readonly string[] },
  { environment, signal }: CommandContext,
): Promise<CommandResult> {
  const config = await readConfig(options.config);
  const lake = await openLake(config, secretsFrom(environment));
  const dismissed = await dismissQuarantined({ lake, files: options.file, signal });
  return {
    text: () => dismissed.map((path) => `Dismissed: ${plain(path)}`).join("\n"),
    document: () => ({ dismissed }),
  };
}
