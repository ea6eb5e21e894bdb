import * as vscode from "vscode";
import { section } from "../settings";
import { showWarningMessage } from "../window";

const key = "clever.shownWithoutGroups";

/** With these sizes every cohort is a group, however small. */
const showsAll = (size: number) => size <= 1;

/** The minimum group size that holds: one that shows everybody has to be confirmed first, once each time it is set. */
export class GroupSize {
  private asking: Promise<boolean> | undefined;

  constructor(private readonly state: vscode.Memento) {}

  /** The size to count with; asks where the setting shows everybody, and takes the setting back where that is not meant. */
  async confirmed(size: number): Promise<number> {
    if (!showsAll(size)) {
      await this.state.update(key, undefined);
      return size;
    }
    if (this.state.get(key) === true) return size;
    this.asking ??= this.ask(size).finally(() => {
      this.asking = undefined;
    });
    if (await this.asking) return size;
    const settings = vscode.workspace.getConfiguration(section);
    await settings.update("minimumGroupSize", undefined, vscode.ConfigurationTarget.Global);
    return settings.inspect<number>("minimumGroupSize")?.defaultValue ?? 10;
  }

  private async ask(size: number): Promise<boolean> {
    const show = vscode.l10n.t("Show Every Number");
    const answer = await showWarningMessage(
      vscode.l10n.t("Show numbers about single people?"),
      {
        modal: true,
        detail: vscode.l10n.t(
          "The setting {0} is {1}. The dashboard then shows every number as it is, also about one child at a school.",
          `${section}.minimumGroupSize`,
          size,
        ),
      },
      show,
    );
    if (answer !== show) return false;
    await this.state.update(key, true);
    return true;
  }
}
