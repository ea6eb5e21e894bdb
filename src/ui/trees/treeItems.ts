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

/**
 * The first rows of a view of the lake; none if there is no lake, which the view's welcome then says, with what to do.
 */
export async function rowsOfLake<Node>(read: () => Promise<Node[]>): Promise<Node[]> {
  const tell = (isMissing: boolean) =>
    void vscode.commands.executeCommand("setContext", "clever.noLake", isMissing);
  try {
    const rows = await read();
    tell(false);
    return rows;
  } catch (error) {
    if (!isCleverLakeError(error, "notFound")) throw error;
    tell(true);
    return [];
  }
}
