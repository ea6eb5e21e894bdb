import { dismissQuarantined } from "../../pipeline/plan/dismiss";
import type { CommandAction } from "../command";
import { openConfigured } from "../connect";
import { plain } from "../text";

/** `dismiss`: dismisses quarantined files permanently. */
export const dismissFiles: CommandAction<{ readonly file: readonly string[] }> = async (options, context) => {
  const { lake } = await openConfigured(options, context);
  const dismissed = await dismissQuarantined({ lake, files: options.file, signal: context.signal });
  return {
    text: () => dismissed.map((path) => `Dismissed: ${plain(path)}`).join("\n"),
    document: () => ({ dismissed }),
  };
};
