import { dismissQuarantined } from "../../pipeline/plan/dismiss";
import type { CommandContext, CommandResult, CommonOptions } from "../command";
import { opened } from "../connect";
import { plain } from "../text";

/** `dismiss`: dismisses quarantined files permanently. */
export async function dismissFiles(
  options: CommonOptions & { readonly file: readonly string[] },
  context: CommandContext,
): Promise<CommandResult> {
  const { lake } = await opened(options, context);
  const dismissed = await dismissQuarantined({ lake, files: options.file, signal: context.signal });
  return {
    text: () => dismissed.map((path) => `Dismissed: ${plain(path)}`).join("\n"),
    document: () => ({ dismissed }),
  };
}
