import * as vscode from "vscode";
import { Disposable } from "../dispose";
import { noReports } from "../messages";
import { inert } from "../texts/untrustedText";
import {
  countSentences,
  needsAttention,
  type ReportCounts,
  shortCounts,
  totalOf,
} from "../trees/reportCounts";

/** Whether there are any reports, once the server has been listed. */
export type KnownReports = "checking" | "none" | "some";

/** What the status bar is about: reports that need attention, new reports, or a run's progress. */
export type StatusBarState =
  | { readonly kind: "hidden" }
  | { readonly kind: "reports"; readonly known: KnownReports; readonly counts: ReportCounts }
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
    if (state.kind === "hidden") {
      this.item.hide();
      return;
    }
    // Only the icon may be rendered as an icon. Text and tooltip may contain external text, which is made inert.
    const shown = contentsFor(state);
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

function contentsFor(state: Exclude<StatusBarState, { kind: "hidden" }>): Contents {
  if (state.kind === "running")
    return { icon: "sync~spin", text: state.text, state: vscode.l10n.t("A run is in progress.") };
  const { counts } = state;
  if (state.kind === "blocked") {
    const sentences = [state.reason, countSentences(counts)].filter(Boolean);
    return { icon: "warning", text: "Clever", state: sentences.join("\n\n") };
  }
  if (totalOf(counts) === 0) return { icon: "database", text: "Clever", state: nothingToDo(state.known) };
  const isTrouble = needsAttention(counts);
  return {
    icon: isTrouble ? "warning" : "database",
    text: vscode.l10n.t("Clever: {0}", shortCounts(counts)),
    state: countSentences(counts),
    ...(isTrouble ? { background: new vscode.ThemeColor("statusBarItem.warningBackground") } : {}),
  };
}

/** The text if no report needs attention. */
function nothingToDo(known: KnownReports): string {
  const texts: Readonly<Record<KnownReports, string>> = {
    checking: vscode.l10n.t("Checking the server …"),
    none: noReports(),
    some: vscode.l10n.t("Every report is in the lake."),
  };
  return texts[known];
}
