import * as vscode from "vscode";
import { offers, tell, tellError, tellNotConnected } from "./messages";
import type { RunController } from "./runController";
import { isConnected } from "./settings";
import { showInformationMessage } from "./window";

interface Manifest {
  readonly contributes?: {
    readonly commands?: readonly { readonly command: string; readonly enablement?: string }[];
  };
}

export type Commands = Readonly<Record<string, (...parameters: never[]) => unknown>>;

/**
 * Registers commands, with the prefix `clever.`. A command that its `enablement` in the manifest hides from menus can
 * still be called, by a key or a link: it then reports what is missing and offers a way to fix it. None throws.
 * @param onCall called before each command runs, with whether it works on the connection
 */
export function registerCommands(
  commands: Commands,
  extension: vscode.Extension<unknown>,
  runs: RunController,
  log: vscode.LogOutputChannel,
  onCall: (needsConnection: boolean) => void,
): vscode.Disposable {
  const manifest: Manifest = extension.packageJSON;
  const registered = Object.entries(commands).map(([name, act]) => {
    const id = `clever.${name}`;
    const enablement =
      manifest.contributes?.commands?.find(({ command }) => command === id)?.enablement ?? "";
    return vscode.commands.registerCommand(id, async (...parameters: never[]) => {
      try {
        const needsConnection = enablement.includes("clever.connected");
        onCall(needsConnection);
        if (needsConnection && !isConnected()) return tellNotConnected();
        if (enablement.includes("!clever.running") && runs.running !== undefined) return runs.tellRunning();
        if (/(^|[^!])clever\.running/.test(enablement) && runs.running === undefined) return tellNoRun();
        return await act(...parameters);
      } catch (error) {
        tellError(error, log);
        return undefined;
      }
    });
  });
  return vscode.Disposable.from(...registered);
}

function tellNoRun(): void {
  tell(showInformationMessage, vscode.l10n.t("No run is going on."), offers.run());
}
