import * as vscode from "vscode";
import { fill } from "../../basics/fill";
import type { ActivitySummary, OptimizeSummary, VacuumSummary } from "../../engine/messages/messages";
import * as engine from "../../engine/messages/protocol";
import { notify, notifyFinished } from "../messages";
import type { Parts } from "../parts";
import { counted } from "../texts/counts";
import { bytes, integer, nameOf } from "../texts/format";
import { showInformationMessage, showInputBox } from "../window";
import { previewThenRun, workOnLake } from "../workOnLake";

/** Merges small data files. Resolves to the summary; undefined if nothing was done. */
export async function optimize(parts: Parts): Promise<OptimizeSummary | undefined> {
  const { model, log } = parts;
  const done = await previewThenRun(parts, engine.optimize, await model.connected(), {
    previewTitle: vscode.l10n.t("Clever: looking for small data files"),
    title: vscode.l10n.t("Clever: optimizing the lake"),
    ask: (planned) => {
      const [before, after] = [filesOf(planned, "before"), filesOf(planned, "after")];
      const rewritten = rewrittenBy(planned);
      if (rewritten === 0) {
        const none = vscode.l10n.t("There is nothing to merge: no month has many small data files.");
        notifyFinished(log, [none], planned.tables);
        return undefined;
      }
      if (before === after) {
        const question = vscode.l10n.t(
          "Rewrite data files with incomplete statistics ({0})?",
          bytes(rewritten),
        );
        return [question, optimizeDetail(planned), vscode.l10n.t("Rewrite"), showInformationMessage];
      }
      const question = vscode.l10n.t("Merge {1} into {0}?", integer(after), counted.dataFiles(before));
      return [question, optimizeDetail(planned), vscode.l10n.t("Merge"), showInformationMessage];
    },
  });
  if (done === undefined) return undefined;
  const [before, after] = [filesOf(done, "before"), filesOf(done, "after")];
  const text =
    before === after
      ? vscode.l10n.t("{0} were rewritten. The rows are the same.", bytes(rewrittenBy(done)))
      : vscode.l10n.t("{0} became {1}. The rows are the same.", counted.dataFiles(before), integer(after));
  notifyFinished(log, [text], done.tables);
  return done;
}

/**
 * Removes data files that no version of the last days needs. Resolves to the summary; undefined if nothing was
 * done.
 */
export async function vacuum(parts: Parts): Promise<VacuumSummary | undefined> {
  const days = await askDays();
  if (days === undefined) return undefined;
  const { model, log } = parts;
  const params = { ...(await model.connected()), olderThanDays: days };
  const done = await previewThenRun(parts, engine.vacuum, params, {
    previewTitle: vscode.l10n.t("Clever: looking for unused data files"),
    title: vscode.l10n.t("Clever: removing unused data files"),
    ask: (planned) => {
      if (planned.files === 0) {
        const none = vscode.l10n.t(
          "There is nothing to remove: each data file is in use, or was within the last {0} days.",
          integer(days),
        );
        notifyFinished(log, [none], planned.tables);
        return undefined;
      }
      for (const { path, size } of planned.tables.flatMap(({ files }) => files)) {
        log.info(`Unused: ${path} (${size} bytes)`);
      }
      const found = [counted.dataFiles(planned.files), bytes(planned.bytes)] as const;
      const question = vscode.l10n.t("Remove {0} ({1})?", ...found);
      return [question, vacuumDetail(planned), vscode.l10n.t("Remove")];
    },
  });
  if (done === undefined) return undefined;
  const removed =
    done.files === 1 ? vscode.l10n.t("{0} was removed ({1}).") : vscode.l10n.t("{0} were removed ({1}).");
  const text = fill(removed, counted.dataFiles(done.files), bytes(done.bytes));
  notifyFinished(log, [text], done.tables);
  return done;
}

/** Updates the Digital Engagement table. */
export async function updateActivity(parts: Parts): Promise<ActivitySummary> {
  const { model } = parts;
  const title = vscode.l10n.t("Clever: updating the Digital Engagement table");
  const done = await workOnLake(parts, engine.updateActivity, await model.connected(), { title });
  parts.log.info(`Digital Engagement: ${done.rows} rows written, months ${done.months.join(", ")}`);
  const text =
    done.months.length === 0
      ? vscode.l10n.t("The Digital Engagement table is already up to date.")
      : vscode.l10n.t("The Digital Engagement table is up to date: {0} written.", counted.rows(done.rows));
  notify(showInformationMessage, text);
  return done;
}

function filesOf({ tables }: OptimizeSummary, when: "before" | "after"): number {
  return tables.reduce((sum, table) => sum + table[when].files, 0);
}

function rewrittenBy({ tables }: OptimizeSummary): number {
  return tables.reduce((sum, { rewritten }) => sum + rewritten, 0);
}

function optimizeDetail({ tables }: OptimizeSummary): string {
  const lines = tables
    .filter(({ rewritten }) => rewritten > 0)
    .map(({ table, before, after, rewritten }) =>
      vscode.l10n.t(
        "{0}: {1} become {2} ({3} to rewrite)",
        nameOf(table),
        counted.dataFiles(before.files),
        integer(after.files),
        bytes(rewritten),
      ),
    );
  const rest = vscode.l10n.t(
    "No rows change. The merged files stay in the lake and take up space until unused data files are removed.",
  );
  return `${lines.join("\n")}\n\n${rest}`;
}

function vacuumDetail({ tables, olderThanDays }: VacuumSummary): string {
  const lines = tables
    .filter(({ files }) => files.length > 0)
    .map(({ table, files }) =>
      vscode.l10n.t(
        "{0}: {1}, {2}",
        nameOf(table),
        counted.dataFiles(files.length),
        bytes(files.reduce((sum, { size }) => sum + size, 0)),
      ),
    );
  const rest = vscode.l10n.t(
    "The Clever Lake log lists them. After that, table versions from more than {0} days ago can no longer be read. The current rows and the landed files stay.",
    integer(olderThanDays),
  );
  return `${lines.join("\n")}\n\n${rest}`;
}

/** The number of days for which versions keep their files; undefined if the user cancels. */
async function askDays(): Promise<number | undefined> {
  const minimum = engine.minimumRetentionDays;
  const isDays = (text: string) => /^\d{1,5}$/.test(text.trim()) && Number(text) >= minimum;
  const text = await showInputBox({
    title: vscode.l10n.t("Remove Unused Data Files"),
    prompt: vscode.l10n.t("For how many days should unused data files be kept?"),
    value: String(minimum),
    validateInput: (value) =>
      isDays(value) ? undefined : vscode.l10n.t("It must be a whole number, {0} or more.", integer(minimum)),
  });
  return text !== undefined && isDays(text) ? Number(text) : undefined;
}
