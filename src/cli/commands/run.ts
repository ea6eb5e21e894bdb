import { isLake } from "../../lake/requireLake";
import { run } from "../../pipeline/run";
import type { RunRequest } from "../../pipeline/runRequest";
import { needsAttention } from "../../pipeline/runSummary";
import { openEngine } from "../../spark/openEngine";
import { type CommandAction, shown } from "../command";
import { openConfigured } from "../connect";
import { progressView } from "../progressBar";

/** `run`, and its two steps `ingest` and `anonymize`. */
export function runJob(command: RunRequest["command"]): CommandAction<{ readonly accept?: string[] }> {
  return async (options, context) => {
    const { signal } = context;
    const { config, lake, readSalt, openSource } = await openConfigured(options, context);
    const salt = command === "ingest" ? undefined : await readSalt();
    await using source = command === "anonymize" ? undefined : await openSource();
    await using engine = await openEngine(config);
    // A folder that should have been mounted looks like a new lake. Only `anonymize` never creates one.
    const isNew = command !== "anonymize" && !(await isLake(lake, { signal }));
    const view = await progressView();
    try {
      const summary = await run({
        command,
        lake,
        source,
        salt,
        userTypes: config.userTypes,
        accept: options.accept ?? [],
        connections: config.sftp?.connections,
        compare: config.sftp?.compare,
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
      const text = async () => {
        const { newLakeCreated, showRun } = await import("../show");
        return [showRun(summary), ...(isNew ? [newLakeCreated(lake.url)] : [])].join("\n\n");
      };
      return shown(summary, text, needsAttention);
    } finally {
      view.stop();
    }
  };
}
