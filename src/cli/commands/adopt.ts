import { CleverLakeError } from "../../basics/errors";
import { adoptLake } from "../../pipeline/adopt/adoptLake";
import { type AdoptSummary, hasAdoptProblems } from "../../pipeline/adopt/adoptSummary";
import { phases, showAdopt } from "../adopt";
import { type CommandAction, shown } from "../command";
import { confirmed } from "../confirmed";
import { openConfigured } from "../connect";
import { shareOnTerminal } from "../progressBar";

/**
 * `adopt`: turns a lake that OEA's own notebooks wrote into one of ours. It first shows what it would do, then asks.
 */
export const adoptOeaLake: CommandAction<{ readonly dryRun?: true; readonly yes?: true }> = async (
  options,
  context,
) => {
  const { signal } = context;
  const { config, lake, readSalt } = await openConfigured(options, context);
  const salt = await readSalt();
  const adopt = async (dryRun: boolean): Promise<AdoptSummary> => {
    using share = shareOnTerminal();
    return await adoptLake({
      lake,
      dryRun,
      salt,
      maxShrink: config.maxShrink,
      signal,
      onProgress: (progress) => share.show(phases[progress.phase], progress),
    });
  };
  const plan = options.yes === true ? undefined : await adopt(true);
  if (plan?.state === "planned" && options.dryRun !== true) {
    console.error(showAdopt(plan));
    await requireConsent(signal);
  }
  const isDone = plan !== undefined && (options.dryRun === true || plan.state !== "planned");
  const summary = isDone ? plan : await adopt(options.dryRun === true);
  return shown(summary, showAdopt, hasAdoptProblems);
};

async function requireConsent(signal: AbortSignal): Promise<void> {
  if (await confirmed("Adopt this lake?", signal)) return;
  throw new CleverLakeError("config", "The lake was not adopted; nothing was changed.", {
    hint: "To adopt it without asking, run `clever-lake adopt --yes`.",
  });
}
