import * as vscode from "vscode";
import { readGeneralSettings, section } from "../connection/settings";
import { focus } from "../focus";
import { confirmed } from "../messages";

const setting = "minimumGroupSize";
const confirmedKey = "clever.everyNumberConfirmed";

/** The effective minimum group size. A value that shows every number must be confirmed each time it is set. */
export class GroupSize {
  private asking: Promise<void> | undefined;

  constructor(private readonly state: vscode.Memento) {}

  /**
   * The size to count with. If the setting shows every number, asks the user, and resets the setting if this is not
   * intended. Rejects with `SettingError`.
   * @param signal ends the wait of an unfocused window
   */
  async current(signal?: AbortSignal): Promise<number> {
    const size = await this.set();
    if (size > 1) {
      if (this.state.get(confirmedKey) !== undefined) await this.state.update(confirmedKey, undefined);
      return size;
    }
    if (this.state.get(confirmedKey) === true) return size;
    if (!vscode.window.state.focused) {
      // The setting is that of all windows: the user is asked in the one that they use, and may have answered by then.
      await focus(signal);
      signal?.throwIfAborted();
      return this.current(signal);
    }
    this.asking ??= this.ask(size).finally(() => {
      this.asking = undefined;
    });
    await this.asking;
    return this.set();
  }

  /** Like `current`, for files: rejects with a `CancellationError` if the user does not intend to show every number. */
  async confirmed(): Promise<number> {
    const before = await this.set();
    const size = await this.current();
    if (before <= 1 && size > 1) throw new vscode.CancellationError();
    return size;
  }

  private async set(): Promise<number> {
    return (await readGeneralSettings()).minimumGroupSize;
  }

  private async ask(size: number): Promise<void> {
    const isIntended = await confirmed(
      vscode.l10n.t("Show numbers about individual people?"),
      vscode.l10n.t(
        "The setting {0} is {1}. The dashboard then shows every number exactly, even about a single child at a school. Cancel resets the setting to its default.",
        `${section}.${setting}`,
        size,
      ),
      vscode.l10n.t("Show Every Number"),
    );
    if (isIntended) await this.state.update(confirmedKey, true);
    // Another window may have asked too: the value may have been confirmed or changed there.
    else if (this.state.get(confirmedKey) !== true && (await this.set()) <= 1) {
      const settings = vscode.workspace.getConfiguration(section);
      await settings.update(setting, undefined, vscode.ConfigurationTarget.Global);
    }
  }
}
