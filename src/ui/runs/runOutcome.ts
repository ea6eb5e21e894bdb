import * as vscode from "vscode";
import type { RunSummary } from "../../engine/messages/messages";
import { noReports } from "../messages";
import { counted, forCount, ifAny } from "../texts/counts";
import { bytes, integer } from "../texts/format";
import { inVsCode } from "../texts/hints";
import { overdueText } from "../texts/overdue";
import { reasonWithPosition } from "../trees/reportState";

/** The outcome of a run, for its notification. */
export interface RunOutcome {
  readonly severity: "error" | "warning" | "information";
  readonly text: string;
  /** The first quarantined file, if there is one. */
  readonly quarantined: string | undefined;
}

/** The work of a run and what is left to do, in sentences. Problems come first, and none is omitted. */
export function outcomeOf(summary: RunSummary, accepted: readonly string[]): RunOutcome {
  const { failed, quarantined, superseded, inQuarantine } = summary;
  const [firstFailed] = failed;
  const [firstHeld] = quarantined;
  const missing = missingSentences(summary);
  const wrong = [
    ...ifAny(
      failed.length,
      vscode.l10n.t("1 file failed: {0}: {1}"),
      vscode.l10n.t("{0} files failed, first {1}: {2}"),
      ...(firstFailed ? [firstFailed.path, inVsCode(firstFailed.reason)] : []),
    ),
    ...ifAny(
      quarantined.length,
      vscode.l10n.t("1 file went into quarantine: {0}: {1}"),
      vscode.l10n.t("{0} files went into quarantine, first {1}: {2}"),
      ...(firstHeld ? [firstHeld.path, reasonWithPosition(firstHeld)] : []),
    ),
    ...missing,
  ];
  const sentences = [
    ...wrong,
    ...doneSentence(summary, wrong.length > 0, accepted),
    ...ifAny(
      superseded,
      vscode.l10n.t("1 row was superseded by a newer file."),
      vscode.l10n.t("{0} rows were superseded by newer files."),
    ),
    ...ifAny(
      inQuarantine.length,
      vscode.l10n.t("1 file of an earlier run is still in quarantine."),
      vscode.l10n.t("{0} files of earlier runs are still in quarantine."),
    ),
  ];
  const isWarning = quarantined.length > 0 || missing.length > 0 || inQuarantine.length > 0;
  return {
    severity: failed.length > 0 ? "error" : isWarning ? "warning" : "information",
    text: sentences.join(" "),
    quarantined: firstHeld?.path,
  };
}

/** Problems that affect all numbers: missing or unreadable reports, and rows that another program changed. */
function missingSentences({ notRead, overdue, changedByOthers, reportsOnServer }: RunSummary): string[] {
  const unread = notRead.filter(({ report }) => report);
  const [first] = unread;
  return [
    ...(reportsOnServer === 0 ? [noReports()] : []),
    ...(first
      ? [vscode.l10n.t("A report on the server cannot be read: {0}: {1}", first.path, first.reason)]
      : []),
    ...overdue.map(overdueText),
    ...changedByOthers.map(({ table, problem }) => `${table}: ${inVsCode(problem)}`),
  ];
}

/** The completed work. If there was a problem, the absence of new rows is not mentioned. */
function doneSentence(summary: RunSummary, isTrouble: boolean, accepted: readonly string[]): string[] {
  const { landed, anonymized, unchanged, refused, reportsOnServer } = summary;
  const rows = Object.values(summary.rows).reduce((sum, count) => sum + count, 0);
  if (accepted.length > 0 && anonymized > 0) {
    const [first = ""] = accepted;
    const counts = [counted.rows(rows), counted.rows(refused)] as const;
    return [
      accepted.length === 1
        ? vscode.l10n.t("{0} was accepted: {1} written, {2} refused.", first, ...counts)
        : vscode.l10n.t(
            "{0} were accepted: {1} written, {2} refused.",
            counted.files(accepted.length),
            ...counts,
          ),
    ];
  }
  if (isTrouble && anonymized === 0) return [];
  if (landed > 0 || anonymized > 0) {
    return [
      vscode.l10n.t(
        "{0} ingested ({1}), {2} anonymized, {3}.",
        counted.files(landed),
        bytes(summary.bytes),
        integer(anonymized),
        counted.rows(rows),
      ),
    ];
  }
  if (reportsOnServer === null) return [vscode.l10n.t("There is nothing to anonymize.")];
  return [
    forCount(
      unchanged,
      vscode.l10n.t("Nothing new: 1 report is in the lake already."),
      vscode.l10n.t("Nothing new: {0} reports are in the lake already."),
    ),
  ];
}
