import * as vscode from "vscode";
import type { FileState, ReportItem } from "../engine/messages";
import { bytes, dateTime, integer } from "./format";

/** How a report's state is shown: by word, icon and colour. */
interface Look {
  readonly word: string;
  readonly icon: string;
  readonly color: string;
}

function looks(): Readonly<Record<FileState, Look>> {
  return {
    new: { word: vscode.l10n.t("new"), icon: "circle-large-outline", color: "charts.blue" },
    changed: { word: vscode.l10n.t("changed"), icon: "diff-modified", color: "charts.yellow" },
    landed: { word: vscode.l10n.t("in the lake"), icon: "database", color: "charts.purple" },
    anonymized: { word: vscode.l10n.t("anonymized"), icon: "pass-filled", color: "charts.green" },
    quarantined: { word: vscode.l10n.t("quarantined"), icon: "error", color: "charts.red" },
    ignored: { word: vscode.l10n.t("not a report"), icon: "file", color: "disabledForeground" },
  };
}

/** The state in a word; what is ignored for another reason than its name says so. */
export function stateWord(item: ReportItem): string {
  if (item.state === "ignored" && item.report !== null) return vscode.l10n.t("left out");
  return looks()[item.state].word;
}

export function stateIcon(item: ReportItem): vscode.ThemeIcon {
  const { icon, color } = looks()[item.state];
  return new vscode.ThemeIcon(icon, new vscode.ThemeColor(color));
}

/** Everything known of a file. */
export function tooltip(item: ReportItem): vscode.MarkdownString {
  const text = new vscode.MarkdownString();
  const line = (name: string, value: string) => {
    text.appendMarkdown(`**${name}** `);
    text.appendText(value);
    text.appendMarkdown("  \n");
  };
  line(vscode.l10n.t("Path"), item.path);
  line(vscode.l10n.t("State"), stateWord(item));
  if (item.reason !== null) line(vscode.l10n.t("Reason"), reasonWithPlace(item));
  line(vscode.l10n.t("Size"), bytes(item.size));
  if (item.modified !== null) line(vscode.l10n.t("Modified"), dateTime(Date.parse(item.modified)));
  const { landed } = item;
  if (landed === null) return text;
  line(vscode.l10n.t("In the lake"), landed.landedPath);
  line(vscode.l10n.t("Landed"), dateTime(Date.parse(landed.time)));
  line(vscode.l10n.t("Run"), landed.runId);
  line("SHA-256", landed.sha256);
  if (landed.rowsRead !== null) line(vscode.l10n.t("Rows read"), integer(landed.rowsRead));
  if (landed.rowsWritten !== null) line(vscode.l10n.t("Rows written"), integer(landed.rowsWritten));
  if (landed.rowsRefused !== null) line(vscode.l10n.t("Rows refused"), integer(landed.rowsRefused));
  if (landed.notes !== null) line(vscode.l10n.t("Notes"), landed.notes);
  return text;
}

/** A reason with line and column, where they are known. */
export function reasonWithPlace(item: Pick<ReportItem, "reason" | "line" | "column">): string {
  const reason = item.reason ?? "";
  if (item.line === null) return reason;
  return item.column === null
    ? vscode.l10n.t("Line {0}: {1}", item.line, reason)
    : vscode.l10n.t("Line {0}, {1}: {2}", item.line, item.column, reason);
}
