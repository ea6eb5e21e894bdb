import * as vscode from "vscode";
import type { LogLine } from "../../engine/messages/messages";
import { recentTime, unbroken } from "../texts/format";
import { reasonWithPosition } from "../trees/reportState";
import { column, numbers, type TableColumn, tableSection } from "./markdown";

/** A file's outcome in a few words. */
export function logWord(outcome: LogLine["outcome"]): string {
  const words: Readonly<Record<LogLine["outcome"], string>> = {
    landed: vscode.l10n.t("in the lake"),
    anonymized: vscode.l10n.t("anonymized"),
    quarantined: vscode.l10n.t("quarantined"),
    dismissed: vscode.l10n.t("dismissed"),
    duplicate: vscode.l10n.t("identical copy, not written"),
    unchanged: vscode.l10n.t("unchanged, not written"),
  };
  return words[outcome];
}

/**
 * The columns of row counts. That of superseded rows is shown only if there are any: few logs have some, and an empty
 * column pushes the others out of view.
 */
export function rowColumns(log: readonly LogLine[]): TableColumn<LogLine>[] {
  const hasSuperseded = log.some(({ rowsSuperseded }) => (rowsSuperseded ?? 0) > 0);
  return [
    numbers(vscode.l10n.t("Rows"), ({ rowsWritten }) => rowsWritten),
    numbers(vscode.l10n.t("Refused"), ({ rowsRefused }) => rowsRefused),
    ...(hasSuperseded
      ? [numbers(vscode.l10n.t("Superseded"), ({ rowsSuperseded }: LogLine) => rowsSuperseded)]
      : []),
  ];
}

/** The newest lines of the ingest log as a table. */
export function logSection(log: readonly LogLine[]): string[] {
  return tableSection(vscode.l10n.t("Newest entries"), log, [
    column(vscode.l10n.t("Time"), ({ time }) => unbroken(recentTime(time))),
    column(vscode.l10n.t("File"), ({ path }) => ({ path })),
    column(vscode.l10n.t("Outcome"), ({ outcome }) => logWord(outcome)),
    ...rowColumns(log),
    column(vscode.l10n.t("Reason or note"), (line) =>
      line.reason === undefined ? (line.notes ?? "") : reasonWithPosition(line),
    ),
  ]);
}
