import * as vscode from "vscode";
import { describeError, isCleverLakeError } from "../../basics/errors";

/** An icon in a colour of the theme. */
export function coloredIcon(icon: string, color: string): vscode.ThemeIcon {
  return new vscode.ThemeIcon(icon, new vscode.ThemeColor(color));
}

/** A node in place of contents that could not be read. */
export interface FailedNode {
  readonly kind: "failed";
  readonly error: unknown;
}

/**
 * The row that explains why a view is empty. VS Code itself would show a temporary message and then an empty view, as if
 * there were nothing to show.
 */
export function failedItem({ error }: FailedNode, label = lakeFailure(error)): vscode.TreeItem {
  const item = new vscode.TreeItem(label);
  const reason = describeError(error);
  item.iconPath = coloredIcon("warning", "charts.red");
  item.description = reason;
  item.tooltip = vscode.l10n.t("{0}\n\nClick to try again.", reason);
  item.contextValue = "failed";
  item.accessibilityInformation = { label: `${label}. ${reason}` };
  item.command = { command: "clever.refresh", title: vscode.l10n.t("Try Again") };
  return item;
}

function lakeFailure(error: unknown): string {
  return isCleverLakeError(error, "network")
    ? vscode.l10n.t("The lake cannot be reached")
    : vscode.l10n.t("The lake could not be read");
}
