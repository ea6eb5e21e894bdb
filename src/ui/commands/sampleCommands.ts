import { pathToFileURL } from "node:url";
import * as vscode from "vscode";
import type { ConnectionModel } from "../connection/connectionModel";
import type { SampleDistrict } from "../connection/sampleDistrict";
import { hasConnection, lakeUrl, useSample, usesSample } from "../connection/settings";
import { confirmed, notify, offers } from "../messages";
import { showInformationMessage, withProgress } from "../window";

/** Where earlier versions recorded that the connection's settings are those of the sample. */
const legacyKey = "clever.isSample";

/** The commands that switch to the sample district and back to the user's own connection. */
export class SampleCommands {
  constructor(
    private readonly context: vscode.ExtensionContext,
    private readonly model: ConnectionModel,
    private readonly sample: SampleDistrict,
  ) {}

  /** Switches to a sample district with its own server and lake; no account needed. */
  async try(): Promise<void> {
    const { model, sample } = this;
    if (!usesSample() && hasConnection() && !(await askToSetAside())) return;
    await withProgress(vscode.l10n.t("Clever: creating a sample district"), (_progress, signal) =>
      sample.connected(signal),
    );
    await useSample(true);
    await vscode.commands.executeCommand("clever.reports.focus");
    await model.loadedOrRetried();
    const text =
      model.newCount === 0
        ? vscode.l10n.t("The sample district is connected.")
        : vscode.l10n.t("The sample district is connected. Its reports are new to the lake.");
    notify(showInformationMessage, text, ...(model.newCount === 0 ? [] : [offers.run()]));
  }

  /** Returns to the user's own connection, or to none if there was none. */
  async leave(): Promise<void> {
    if (!usesSample()) {
      notify(showInformationMessage, vscode.l10n.t("The sample district is not in use."));
      return;
    }
    await useSample(false);
    if (!hasConnection()) {
      notify(showInformationMessage, vscode.l10n.t("You have left the sample district."), offers.connect());
      return;
    }
    notify(
      showInformationMessage,
      vscode.l10n.t("You have left the sample district. Your connection is restored."),
    );
    await this.model.loadedOrRetried();
  }

  /** Migrates a sample from a version that wrote it into the settings and secrets of the connection. */
  async migrateLegacy(): Promise<void> {
    const { context, model, sample } = this;
    if (context.globalState.get(legacyKey) !== true) return;
    if (lakeUrl() === pathToFileURL(sample.lakeFolder).href) {
      await model.remove();
      await useSample(true);
    }
    await context.globalState.update(legacyKey, undefined);
  }
}

function askToSetAside(): Promise<boolean> {
  return confirmed(
    vscode.l10n.t("Use the sample district instead of your connection?"),
    vscode.l10n.t(
      "Your connection, its credentials and its salt are kept, but not used in the meantime. “Clever: Leave Sample District” restores the connection.",
    ),
    vscode.l10n.t("Use the Sample District"),
  );
}
