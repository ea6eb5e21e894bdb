import * as vscode from "vscode";
import type { FileState, ReportItem } from "../../engine/messages/messages";
import { detailsTooltip } from "../pages/markdown";
import { bytes, dateTime, integer } from "../texts/format";
import { inVsCode } from "../texts/hints";
import { coloredIcon } from "./treeItems";

/** How a state is displayed: by word, icon and colour. */
export interface Appearance {
  readonly word: string;
  readonly icon: string;
  readonly color: string;
}

/** A displayed state: a report that failed or is not read is shown as such, and not just as new. */
type ShownState = FileState | "failed" | "unread";

function appearances(): Readonly<Record<ShownState, Appearance>> {
  return {
    new: { word: vscode.l10n.t("new"), icon: "circle-large-outline", color: "charts.blue" },
    changed: { word: vscode.l10n.t("changed"), icon: "diff-modified", color: "charts.yellow" },
    landed: { word: vscode.l10n.t("in the lake"), icon: "database", color: "charts.purple" },
    anonymized: { word: vscode.l10n.t("anonymized"), icon: "pass-filled", color: "charts.green" },
    quarantined: { word: vscode.l10n.t("quarantined"), icon: "error", color: "charts.red" },
    dismissed: { word: vscode.l10n.t("dismissed"), icon: "circle-slash", color: "disabledForeground" },
    // Themes use `charts.orange` for the minimap, where it is nearly transparent.
    failed: { word: vscode.l10n.t("failed"), icon: "warning", color: "list.warningForeground" },
    unread: { word: vscode.l10n.t("not read"), icon: "warning", color: "list.warningForeground" },
    ignored: { word: vscode.l10n.t("not a report"), icon: "file", color: "disabledForeground" },
  };
}

function appearanceOf({ failure, unread, state }: ReportItem): Appearance {
  if (failure !== undefined) return appearances().failed;
  return appearances()[unread?.report ? "unread" : state];
}

/** The state in one word. A report that is ignored for a reason other than its name has its own word. */
export function stateWord(item: ReportItem): string {
  if (item.unread !== undefined) return appearances().unread.word;
  if (item.state === "ignored" && item.report !== undefined) return vscode.l10n.t("left out");
  return appearanceOf(item).word;
}

export function stateIcon(item: ReportItem): vscode.ThemeIcon {
  const { icon, color } = appearanceOf(item);
  return coloredIcon(icon, color);
}

/** Why a report is in its state, with line and column if known; undefined if there is nothing to explain. */
export function stateReason(item: ReportItem): string | undefined {
  if (item.failure !== undefined) return inVsCode(item.failure);
  if (item.unread !== undefined) return item.unread.reason;
  // The state of a file that is no report says so already.
  if (item.report === undefined) return undefined;
  return item.reason === undefined ? undefined : reasonWithPosition(item);
}

/** All facts about a file. */
export function tooltip(item: ReportItem): vscode.MarkdownString {
  const { landed } = item;
  const reason = stateReason(item);
  return detailsTooltip([
    [vscode.l10n.t("Path"), item.path],
    [vscode.l10n.t("State"), stateWord(item)],
    ...fact(vscode.l10n.t("Reason"), reason),
    [vscode.l10n.t("Size"), bytes(item.size)],
    ...fact(vscode.l10n.t("Modified"), item.modified, dateTime),
    ...(landed === undefined
      ? []
      : [
          ...fact(vscode.l10n.t("In the lake"), landed.landedPath),
          ...fact(vscode.l10n.t("Landed"), landed.time, dateTime),
          ...fact(vscode.l10n.t("Run"), landed.runId),
          ...fact("SHA-256", landed.sha256),
          ...fact(vscode.l10n.t("Rows read"), landed.rowsRead, integer),
          ...fact(vscode.l10n.t("Rows written"), landed.rowsWritten, integer),
          ...fact(vscode.l10n.t("Rows refused"), landed.rowsRefused, integer),
          ...fact(vscode.l10n.t("Notes"), landed.notes),
        ]),
  ]);
}

/** A line of a tooltip; none if there is no value. */
function fact<T>(
  name: string,
  value: T | undefined,
  asText: (value: T) => string = String,
): [name: string, value: string][] {
  return value === undefined ? [] : [[name, asText(value)]];
}

interface Located {
  readonly reason?: string | undefined;
  readonly line?: number | null | undefined;
  readonly column?: string | null | undefined;
}

/** A reason with line and column, if known. */
export function reasonWithPosition({ reason = "", line, column }: Located): string {
  if (typeof line !== "number") return reason;
  return typeof column === "string"
    ? vscode.l10n.t("Line {0}, {1}: {2}", line, column, reason)
    : vscode.l10n.t("Line {0}: {1}", line, reason);
}
