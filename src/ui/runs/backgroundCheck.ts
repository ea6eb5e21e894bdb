import * as vscode from "vscode";
import { isRefusal } from "../../basics/errors";
import type { ConnectionModel } from "../connection/connectionModel";
import {
  checkEvery,
  comparesContents,
  isConnected,
  runsAutomatically,
  section,
} from "../connection/settings";
import { Disposable } from "../dispose";
import { isDue } from "../trees/reportCounts";
import type { RunController } from "./runController";

/** Checks for new reports at an interval, and ingests them if the user has chosen this. Off by default. */
export class BackgroundCheck extends Disposable {
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly model: ConnectionModel,
    private readonly runs: RunController,
  ) {
    super();
    this.schedule();
    this.hold(
      vscode.workspace.onDidChangeConfiguration((event) => {
        if (event.affectsConfiguration(`${section}.checkEvery`)) this.schedule();
      }),
    );
    this.hold(new vscode.Disposable(() => clearInterval(this.timer)));
  }

  private schedule(): void {
    clearInterval(this.timer);
    const minutes = checkEvery();
    // The view and the status bar show failures; the user did not ask for a message.
    if (minutes > 0)
      this.timer = setInterval(() => void this.check().catch(() => undefined), minutes * 60_000);
  }

  private async check(): Promise<void> {
    if (!isConnected() || !vscode.workspace.isTrusted || this.runs.running !== undefined) return;
    // A server that takes longer than the interval must not be queried again each time.
    if (this.model.state === "loading") return;
    // Until the user refreshes, or changes the settings or secrets.
    if (isRefusal(this.model.error)) return;
    await this.model.refresh();
    const mayBeDue = this.model.reports.some(isDue) || comparesContents();
    const { isNew, needsAdoption } = this.model.lake;
    // A missing lake may be on a disk that is not mounted. A run would create another one, so only the user may start it.
    if (mayBeDue && !isNew && !needsAdoption && runsAutomatically())
      await this.runs.run({ command: "run" }, { isRequested: false });
  }
}
