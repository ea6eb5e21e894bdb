import * as vscode from "vscode";
import { Disposable } from "./dispose";
import { noReports } from "./messages";
import { inert } from "./outsideText";
import { countSentences, needsAttention, type ReportCounts, shortCounts, totalOf } from "./reportCounts";

/** The status bar's contents: reports that need attention, new reports, or a run's progress. */
export type StatusBarState =
  | { readonly kind: "hidden" }
  /** `known`: whether there are any reports, once the server has been listed. */
  | {
      readonly kind: "reports";
      readonly known: "checking" | "none" | "some";
      readonly counts: ReportCounts;
    }
  /** The server could not be listed, and the counts are from the last listing; or the lake does not allow runs. */
  | { readonly kind: "blocked"; readonly reason: string; readonly counts: ReportCounts }
  | { readonly kind: "running"; readonly text: string };

/** The status bar item; a click opens a menu. */
export class StatusBar extends Disposable {
  private readonly item = this.hold(
    vscode.window.createStatusBarItem("clever.status", vscode.StatusBarAlignment.Left, 0),
  );

  constructor() {
    super();
    this.item.name = "Clever Lake";
    this.item.command = "clever.showMenu";
  }

  show(state: StatusBarState): void {
    switch (state.kind) {
      case "hidden":
        this.item.hide();
        return;
      case "reports":
        this.showReports(state);
        break;
      case "blocked":
        this.set({
          icon: "warning",
          text: "Clever",
          state: [state.reason, countSentences(state.counts)].filter(Boolean).join("\n\n"),
        });
        break;
      case "running":
        this.set({ icon: "sync~spin", text: state.text, state: vscode.l10n.t("A run is in progress.") });
        break;
    }
    this.item.show();
  }

  private showReports({ known, counts }: Extract<StatusBarState, { kind: "reports" }>): void {
    if (totalOf(counts) === 0) {
      this.set({
        icon: "database",
        text: "Clever",
        state: nothingToDo(known),
      });
      return;
    }
    const isTrouble = needsAttention(counts);
    this.set({
      icon: isTrouble ? "warning" : "database",
      text: vscode.l10n.t("Clever: {0}", shortCounts(counts)),
      state: countSentences(counts),
      ...(isTrouble ? { background: new vscode.ThemeColor("statusBarItem.warningBackground") } : {}),
    });
  }

  /** Only the icon may be rendered as an icon. Text and tooltip may contain external text, which is made inert. */
  private set(look: {
    readonly icon: string;
    readonly text: string;
    /** The sentences of the tooltip. */
    readonly state: string;
    readonly background?: vscode.ThemeColor;
  }): void {
    const text = inert(look.text);
    const tooltip = inert(vscode.l10n.t("{0}\n\nClick for the menu.", look.state));
    this.item.text = `$(${look.icon}) ${text}`;
    this.item.tooltip = tooltip;
    this.item.backgroundColor = look.background;
    this.item.accessibilityInformation = { label: `${text}. ${tooltip}`, role: "button" };
  }
}

/** The text if no report needs attention. */
function nothingToDo(known: "checking" | "none" | "some"): string {
  switch (known) {
    case "checking":
      return vscode.l10n.t("Checking the server …");
    case "none":
      return noReports();
    case "some":
      return vscode.l10n.t("Every report is in the lake.");
  }
}
