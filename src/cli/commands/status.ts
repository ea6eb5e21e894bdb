import { RunHistory } from "../../pipeline/log/runRecord";
import { lastIdentities, status } from "../../pipeline/plan/status";
import type { CommandAction } from "../command";
import { openConfigured } from "../connect";
import { showStatus } from "../show";

/** `status`: every file on the server with its ingestion status. */
export const showServerStatus: CommandAction = async (options, context) => {
  const { signal } = context;
  const { config, lake, openSource } = await openConfigured(options, context);
  await using source = await openSource();
  const history = new RunHistory(lake, signal);
  const found = await status(source, lake, config, signal, history);
  const { isNew, files, freshness, overdue, needsAdoption, changedByOthers } = found;
  const identities = await lastIdentities(history);
  return {
    text: () => showStatus(found, lake.url, identities),
    document: () => ({
      isNew,
      files: files.map(({ path, report, userType, size, modified, state, reason }) => ({
        path,
        report: report ?? null,
        userType: userType ?? null,
        size,
        modified: modified.toISOString(),
        state,
        ...(reason ? { reason } : {}),
      })),
      freshness,
      overdue,
      needsAdoption,
      changedByOthers,
      identities: identities ?? null,
    }),
  };
};
