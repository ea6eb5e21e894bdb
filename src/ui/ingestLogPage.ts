import * as vscode from "vscode";
import type { LogLine } from "../engine/messages";
import { integer, recentTime, unbroken } from "./format";
import { tableSection } from "./markdown";
import { reasonWithPosition } from "./reportState";

/** A file's outcome in one word. */
export function logWord(outcome: LogLine["outcome"]): string {
  switch (outcome) {
    case "landed":
      return vscode.l10n.t("in the lake");
    case "anonymized":
      return vscode.l10n.t("anonymized");
    case "quarantined":
      return vscode.l10n.t("quarantined");
    case "dismissed":
      return vscode.l10n.t("dismissed");
    case "duplicate":
      return vscode.l10n.t("identical copy, not written");
    case "unchanged":
      return vscode.l10n.t("unchanged, not written");
  }
}

/** A number of rows; empty until they were read. */
export function optionalInteger(count: number | undefined): string {
  return count === undefined ? "" : integer(count);
}

/**
 * Whether to show the column of superseded rows: few logs have any, and an empty column pushes the others out of
 * view.
 */
export function hasSuperseded(log: readonly LogLine[]): boolean {
  return log.some(({ rowsSuperseded }) => (rowsSuperseded ?? 0) > 0);
}

/** The newest lines of the ingest log as a table. */
export function logSection(log: readonly LogLine[]): string[] {
  const isShown = hasSuperseded(log);
  return tableSection(
    vscode.l10n.t("Newest entries"),
    [
      vscode.l10n.t("Time"),
      vscode.l10n.t("File"),
      vscode.l10n.t("Outcome"),
      vscode.l10n.t("Rows"),
      vscode.l10n.t("Refused"),
      ...(isShown ? [vscode.l10n.t("Superseded")] : []),
      vscode.l10n.t("Reason or note"),
    ],
    log.map((line) => [
      unbroken(recentTime(Date.parse(line.time))),
      { path: line.path },
      logWord(line.outcome),
      optionalInteger(line.rowsWritten),
      optionalInteger(line.rowsRefused),
      ...(isShown ? [optionalInteger(line.rowsSuperseded)] : []),
      line.reason === undefined ? (line.notes ?? "") : reasonWithPosition(line),
    ]),
    isShown ? [3, 4, 5] : [3, 4],
  );
}
