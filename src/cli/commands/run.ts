import { readConfig, secretsFrom } from "../../config";
import { type RunRequest, run } from "../../pipeline/run";
import { needsAttention } from "../../pipeline/runSummary";
import { openEngine } from "../../spark/openEngine";
import type { CommandContext, CommandResult, CommonOptions } from "../command";
import { openLake, openSource, readSalt } from "../connect";
import { progressView } from "../progressBar";

export interface RunOptions extends CommonOptions {
  readonly accept?: string[];
}

/** `run`, and its two steps `ingest` and `anonymize`. */
export function runJob(command: RunRequest["command"]) {
  return async (options: RunOptions, { environment, signal }: CommandContext): Promise<CommandResult> => {
    const config = await readConfig(options.config);
    const secrets = secretsFrom(environment);
    const lake = await openLake(config, secrets);
    const salt = command === "ingest" ? undefined : await readSalt(config, secrets, signal);
    await using source = command === "anonymize" ? undefined : await openSource(config, secrets);
    await using engine = await openEngine(config);
    const view = await progressView();
    try {
      const summary = await run({
        command,
        lake,
        source,
        salt,
        userTypes: config.userTypes,
        accept: options.accept ?? [],
        connections: config.sftp.connections,
        compare: config.sftp.compare,
        expectReportsWithin: config.expectReportsWithin,
        maxShrink: config.maxShrink,
        digitalActivity: config.digitalActivity,
        // Loaded only when needed.
        divide: config.groupsTable
          ? async () => (await import("../participation")).divisionIn(lake, config, {}, signal)
          : undefined,
        engine: engine?.open,
        signal,
        onProgress: view.listener,
      });
      return {
        text: async () => (await import("../show")).showRun(summary),
        document: () => summary,
        exitCode: needsAttention(summary) ? 1 : 0,
      };
    } finally {
      view.stop();
    }
  };
}
