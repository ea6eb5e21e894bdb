import * as vscode from "vscode";
import type { ConnectionModel } from "../connection/connectionModel";
import { isConnected, usesSample } from "../connection/settings";
import { textsFor } from "../trees/reportCounts";
import { showQuickPick, withIcon } from "../window";
import type { RunController } from "./runController";

interface MenuItem extends vscode.QuickPickItem {
  /** The command, without `clever.`; undefined for a separator. */
  readonly command?: string;
}

/** The menu of the status bar: the actions that are possible now. */
export async function showStatusMenu(model: ConnectionModel, runs: RunController): Promise<void> {
  const picked = await showQuickPick(itemsFor(model, runs), {
    title: "Clever Lake",
    placeHolder: runs.running ?? vscode.l10n.t("What do you want to do?"),
    matchOnDescription: true,
  });
  if (picked?.command) await vscode.commands.executeCommand(`clever.${picked.command}`);
}

const item = (text: string, command: string): MenuItem => ({ ...withIcon(text), command });

function itemsFor(model: ConnectionModel, runs: RunController): MenuItem[] {
  const connect = item(vscode.l10n.t("$(plug) Connect to Clever and a Lake…"), "connect");
  const sample = item(vscode.l10n.t("$(beaker) Try a Sample District"), "trySample");
  const leave = item(vscode.l10n.t("$(beaker) Leave Sample District"), "leaveSample");
  const verify = item(vscode.l10n.t("$(verified) Verify the Lake"), "verify");
  const stop = item(vscode.l10n.t("$(debug-stop) Stop the Run"), "cancelRun");
  const change = item(vscode.l10n.t("$(key) Change Salt or Credentials…"), "changeCredentials");
  const log = item(vscode.l10n.t("$(list-flat) Show Log"), "showLog");
  const isRunning = runs.running !== undefined;
  const whenIdle = (possible: MenuItem) => (isRunning ? [] : [possible]);
  // A run outlives the settings of its connection.
  if (!isConnected()) return [...(isRunning ? [stop] : [connect, sample]), log];
  return [
    ...reportItems(model),
    isRunning ? stop : runItem(model),
    item(vscode.l10n.t("$(graph) Open Participation Dashboard"), "openDashboard"),
    ...whenIdle(verify),
    { label: vscode.l10n.t("Connection"), kind: vscode.QuickPickItemKind.Separator },
    item(vscode.l10n.t("$(refresh) Refresh"), "refresh"),
    item(vscode.l10n.t("$(pass) Test the Connection"), "testConnection"),
    ...(usesSample() ? whenIdle(leave) : [change]),
    log,
  ];
}

/** The next step for the lake. */
function runItem(model: ConnectionModel): MenuItem {
  return model.lake.needsAdoption
    ? item(vscode.l10n.t("$(archive) Adopt OEA's Lake…"), "adopt")
    : item(vscode.l10n.t("$(play) Run the Pipeline"), "run");
}

/** The reports on the server, and those that need attention. */
function reportItems(model: ConnectionModel): MenuItem[] {
  const words = textsFor(model.counts, {
    quarantined: [
      vscode.l10n.t("$(error) 1 report in quarantine"),
      vscode.l10n.t("$(error) {0} reports in quarantine"),
    ],
    failed: [vscode.l10n.t("$(error) 1 failed report"), vscode.l10n.t("$(error) {0} failed reports")],
    unread: [
      vscode.l10n.t("$(warning) 1 report that is not read"),
      vscode.l10n.t("$(warning) {0} reports that are not read"),
    ],
    overdue: [vscode.l10n.t("$(warning) 1 overdue report"), vscode.l10n.t("$(warning) {0} overdue reports")],
    fresh: [vscode.l10n.t("$(inbox) 1 new report"), vscode.l10n.t("$(inbox) {0} new reports")],
    changed: [vscode.l10n.t("$(inbox) 1 changed report"), vscode.l10n.t("$(inbox) {0} changed reports")],
    landed: [
      vscode.l10n.t("$(database) 1 report that is not anonymized"),
      vscode.l10n.t("$(database) {0} reports that are not anonymized"),
    ],
  });
  const lines = words.length > 0 ? words : [vscode.l10n.t("$(inbox) Show the reports")];
  return lines.map((line) => item(line, "reports.focus"));
}
