import * as vscode from "vscode";
import { describeError } from "../../basics/errors";
import type { ConnectionModel } from "../connection/connectionModel";
import { isConnected, lakeUrl, usesSample } from "../connection/settings";
import { mustBeAdopted, noAutomaticLoading } from "../messages";
import { timeOrDay } from "../texts/format";

/** The message above the list of reports; empty if the list speaks for itself. */
export function viewMessage(
  model: Pick<ConnectionModel, "state" | "reports" | "seen" | "error" | "mayLoad" | "lake">,
): string {
  if (model.state === "loading" && model.reports.length === 0) return vscode.l10n.t("Checking the server …");
  if (model.state === "failed" && model.reports.length > 0 && model.seen !== undefined) {
    return vscode.l10n.t(
      "This list is from {0}. {1} Refresh to try again.",
      timeOrDay(model.seen),
      describeError(model.error),
    );
  }
  if (isConnected() && !model.mayLoad) return noAutomaticLoading();
  if (model.lake.needsAdoption) return mustBeAdopted();
  // With a message, the view would not say that the server has no files.
  if (model.state === "empty") return "";
  // The sample district's lake is a folder of ours.
  if (!model.lake.isNew || usesSample()) return "";
  return vscode.l10n.t(
    "There is no lake at {0} yet; the first run creates it. If there should be one, check the setting clever.lake.url, and whether its disk is mounted.",
    lakeUrl() ?? "",
  );
}
