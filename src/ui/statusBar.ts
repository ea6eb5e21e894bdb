import * as vscode from "vscode";
import type { Freshness } from "../engine/messages";
import { forCount } from "./counts";
import { Disposable } from "./dispose";
import { integer } from "./format";
import { overdueText } from "./overdue";

/** What the status bar says: nothing new, so many new reports, what is overdue, or how far a run is. */
export type StatusBarState =
  | { readonly kind: "hidden" }
  | { readonly kind: "idle" }
  | { readonly kind: "new"; readonly count: number }
  | { readonly kind: "overdue"; readonly kinds: readonly Freshness[] }
  | { readonly kind: "failed"; readonly reason: string }
  | { readonly kind: "running"; readonly text: string };

/** The item at the window's foot; a click opens a menu. */
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
      case "idle":
        this.set("$(database) Clever", vscode.l10n.t("Every report is in the lake."));
        break;
      case "new":
        this.set(
          forCount(
            state.count,
            vscode.l10n.t("$(database) Clever: 1 new"),
            vscode.l10n.t("$(database) Clever: {0} new", integer(state.count)),
          ),
          vscode.l10n.t("New reports are on the server."),
        );
        break;
      case "overdue":
        this.set(
          vscode.l10n.t("$(warning) Clever: reports overdue"),
          state.kinds.map(overdueText).join("\n"),
        );
        break;
      case "failed":
        this.set(vscode.l10n.t("$(warning) Clever"), state.reason);
        break;
      case "running":
        this.set(`$(sync~spin) ${state.text}`, vscode.l10n.t("A run is going on."));
        break;
    }
    this.item.show();
  }

  private set(text: string, state: string): void {
    const tooltip = vscode.l10n.t("{0}\n\nClick for the menu.", state);
    this.item.text = text;
    this.item.tooltip = tooltip;
    this.item.accessibilityInformation = {
      label: `${text.replace(/\$\([^)]*\) ?/g, "")}. ${tooltip}`,
      role: "button",
    };
  }
}
