import * as vscode from "vscode";
import { isConnected } from "../connection/settings";
import { notify, notifyNotConnected, offers, reported } from "../messages";
import type { RunController } from "../runs/runController";
import { showInformationMessage } from "../window";

interface Manifest {
  readonly contributes?: {
    readonly commands?: readonly { readonly command: string; readonly enablement?: string }[];
  };
}

export type Commands = Readonly<Record<string, (...parameters: never[]) => unknown>>;

/**
 * Registers commands, with the prefix `clever.`. A key or a link can still call a command that its `enablement` in
 * the manifest hides from menus: it then reports what is missing and offers a way to fix it. No command throws: what
 * fails is reported here.
 * @param onCall called before each command runs, with whether the command needs the connection
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
    return vscode.commands.registerCommand(id, (...parameters: never[]) =>
      reported(log, async () => {
        const needsConnection = enablement.includes("clever.connected");
        onCall(needsConnection);
        if (needsConnection && !isConnected()) return notifyNotConnected();
        if (enablement.includes("!clever.running") && runs.running !== undefined)
          return runs.notifyAlreadyRunning();
        if (/(^|[^!])clever\.running/.test(enablement) && runs.running === undefined) return notifyNoRun();
        return act(...parameters);
      }),
    );
  });
  return vscode.Disposable.from(...registered);
}

function notifyNoRun(): void {
  notify(showInformationMessage, vscode.l10n.t("No run is in progress."), offers.run());
}
