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

function itemsFor(model: ConnectionModel, runs: RunController): MenuItem[] {
  const connect = { ...withIcon(vscode.l10n.t("$(plug) Connect to Clever and a Lake…")), command: "connect" };
  const sample = { ...withIcon(vscode.l10n.t("$(beaker) Try a Sample District")), command: "trySample" };
  const leave = { ...withIcon(vscode.l10n.t("$(beaker) Leave Sample District")), command: "leaveSample" };
  const verify = { ...withIcon(vscode.l10n.t("$(verified) Verify the Lake")), command: "verify" };
  const stop = { ...withIcon(vscode.l10n.t("$(debug-stop) Stop the Run")), command: "cancelRun" };
  const change = {
    ...withIcon(vscode.l10n.t("$(key) Change Salt or Credentials…")),
    command: "changeCredentials",
  };
  const log = { ...withIcon(vscode.l10n.t("$(list-flat) Show Log")), command: "showLog" };
  const isRunning = runs.running !== undefined;
  const whenIdle = (item: MenuItem) => (isRunning ? [] : [item]);
  // A run outlives the settings of its connection.
  if (!isConnected()) return [...(isRunning ? [stop] : [connect, sample]), log];
  return [
    ...reportItems(model),
    isRunning ? stop : runItem(model),
    { ...withIcon(vscode.l10n.t("$(graph) Open Participation Dashboard")), command: "openDashboard" },
    ...whenIdle(verify),
    { label: vscode.l10n.t("Connection"), kind: vscode.QuickPickItemKind.Separator },
    { ...withIcon(vscode.l10n.t("$(refresh) Refresh")), command: "refresh" },
    { ...withIcon(vscode.l10n.t("$(pass) Test the Connection")), command: "testConnection" },
    ...(usesSample() ? whenIdle(leave) : [change]),
    log,
  ];
}

/** The next step for the lake. */
function runItem(model: ConnectionModel): MenuItem {
  return model.lake.needsAdoption
    ? { ...withIcon(vscode.l10n.t("$(archive) Adopt OEA's Lake…")), command: "adopt" }
    : { ...withIcon(vscode.l10n.t("$(play) Run the Pipeline")), command: "run" };
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
  return lines.map((line) => ({ ...withIcon(line), command: "reports.focus" }));
}
