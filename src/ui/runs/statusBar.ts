import * as vscode from "vscode";
import { describeError } from "../../basics/errors";
import type { ConnectionModel } from "../connection/connectionModel";
import { isConnected } from "../connection/settings";
import { Disposable } from "../dispose";
import { mustBeAdopted, noReports } from "../messages";
import { inert } from "../texts/untrustedText";
import {
  countSentences,
  hasReports,
  needsAttention,
  type ReportCounts,
  shortCounts,
  totalOf,
} from "../trees/reportCounts";

type Reports = Pick<ConnectionModel, "state" | "reports" | "counts" | "error" | "lake">;

/** The status bar item: reports that need attention, new reports, or a run's progress. A click opens a menu. */
export class StatusBar extends Disposable {
  private readonly item = this.hold(
    vscode.window.createStatusBarItem("clever.status", vscode.StatusBarAlignment.Left, 0),
  );

  constructor() {
    super();
    this.item.name = "Clever Lake";
    this.item.command = "clever.showMenu";
  }

  /** @param running the progress of a run, if there is one */
  show(model: Reports, running: string | undefined): void {
    const shown = contentsFor(model, running);
    if (shown === undefined) {
      this.item.hide();
      return;
    }
    // Only the icon may be rendered as an icon. Text and tooltip may contain external text, which is made inert.
    const text = inert(shown.text);
    const tooltip = inert(vscode.l10n.t("{0}\n\nClick for the menu.", shown.state));
    this.item.text = `$(${shown.icon}) ${text}`;
    this.item.tooltip = tooltip;
    this.item.backgroundColor = shown.background;
    this.item.accessibilityInformation = { label: `${text}. ${tooltip}`, role: "button" };
    this.item.show();
  }
}

interface Contents {
  readonly icon: string;
  readonly text: string;
  /** The sentences of the tooltip. */
  readonly state: string;
  readonly background?: vscode.ThemeColor;
}

/** Undefined if there is nothing to show: no connection, or one that was not used yet. */
function contentsFor(model: Reports, running: string | undefined): Contents | undefined {
  if (running !== undefined)
    return { icon: "sync~spin", text: running, state: vscode.l10n.t("A run is in progress.") };
  const { state, counts, lake } = model;
  if (!isConnected() || state === "unknown") return undefined;
  // The counts are from the last listing that succeeded.
  if (state === "failed") return blocked(describeError(model.error), counts);
  if (lake.needsAdoption) return blocked(mustBeAdopted(), counts);
  if (totalOf(counts) === 0) return { icon: "database", text: "Clever", state: nothingToDo(model) };
  const isTrouble = needsAttention(counts);
  return {
    icon: isTrouble ? "warning" : "database",
    text: vscode.l10n.t("Clever: {0}", shortCounts(counts)),
    state: countSentences(counts),
    ...(isTrouble ? { background: new vscode.ThemeColor("statusBarItem.warningBackground") } : {}),
  };
}

function blocked(reason: string, counts: ReportCounts): Contents {
  const state = [reason, countSentences(counts)].filter(Boolean).join("\n\n");
  return { icon: "warning", text: "Clever", state };
}

/** The text if no report needs attention. */
function nothingToDo({ state, reports }: Reports): string {
  if (state === "loading") return vscode.l10n.t("Checking the server …");
  return hasReports(reports) ? vscode.l10n.t("Every report is in the lake.") : noReports();
}
