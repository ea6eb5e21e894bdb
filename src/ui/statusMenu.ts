import * as vscode from "vscode";
import type { ConnectionModel } from "./connectionModel";
import { forCount } from "./counts";
import { integer } from "./format";
import type { RunController } from "./runController";
import { isConnected, usesSample } from "./settings";

interface MenuItem extends vscode.QuickPickItem {
  /** The command, without `clever.`; undefined for a separator. */
  readonly command?: string;
}

/** What a click on the status bar opens: what can be done now. Nothing is done before it is chosen. */
export async function showStatusMenu(model: ConnectionModel, runs: RunController): Promise<void> {
  const picked = await vscode.window.showQuickPick(itemsFor(model, runs), {
    title: "Clever Lake",
    placeHolder: runs.running ?? vscode.l10n.t("What do you want to do?"),
    matchOnDescription: true,
  });
  if (picked?.command) await vscode.commands.executeCommand(`clever.${picked.command}`);
}

function itemsFor(model: ConnectionModel, runs: RunController): MenuItem[] {
  const connect = { label: vscode.l10n.t("$(plug) Connect to Clever and a Lake…"), command: "connect" };
  const log = { label: vscode.l10n.t("$(list-flat) Show Log"), command: "showLog" };
  if (!isConnected()) {
    return [connect, { label: vscode.l10n.t("$(beaker) Try a Sample District"), command: "trySample" }, log];
  }
  return [
    ...reportItems(model),
    runs.running === undefined
      ? { label: vscode.l10n.t("$(play) Run the Pipeline"), command: "run" }
      : { label: vscode.l10n.t("$(debug-stop) Stop the Run"), command: "cancelRun" },
    { label: vscode.l10n.t("$(graph) Open Participation Dashboard"), command: "openDashboard" },
    { label: vscode.l10n.t("$(verified) Verify the Lake"), command: "verify" },
    { label: vscode.l10n.t("Connection"), kind: vscode.QuickPickItemKind.Separator },
    { label: vscode.l10n.t("$(refresh) Refresh"), command: "refresh" },
    { label: vscode.l10n.t("$(pass) Test the Connection"), command: "testConnection" },
    usesSample()
      ? { label: vscode.l10n.t("$(beaker) Leave Sample District"), command: "leaveSample" }
      : { label: vscode.l10n.t("$(key) Change Salt or Credentials…"), command: "changeCredentials" },
    log,
  ];
}

/** What is on the server, and what needs a look. */
function reportItems(model: ConnectionModel): MenuItem[] {
  const { newCount } = model;
  const quarantined = model.reports.filter(({ state }) => state === "quarantined").length;
  const seeReports = "reports.focus";
  return [
    {
      label:
        newCount === 0
          ? vscode.l10n.t("$(inbox) Show the reports")
          : forCount(
              newCount,
              vscode.l10n.t("$(inbox) 1 new report"),
              vscode.l10n.t("$(inbox) {0} new reports", integer(newCount)),
            ),
      command: seeReports,
    },
    ...(quarantined === 0
      ? []
      : [
          {
            label: forCount(
              quarantined,
              vscode.l10n.t("$(error) 1 file in quarantine"),
              vscode.l10n.t("$(error) {0} files in quarantine", integer(quarantined)),
            ),
            command: seeReports,
          },
        ]),
  ];
}
