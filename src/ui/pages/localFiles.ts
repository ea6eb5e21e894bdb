import { homedir } from "node:os";
import * as vscode from "vscode";
import { unwritable } from "../../basics/errors";

/**
 * The initial folder of a dialog about files on this machine: the workspace, or the home folder if the workspace is
 * elsewhere. Without it, VS Code would show the files of a virtual workspace, which have no local path.
 */
export function localFolder(): vscode.Uri {
  const folder = vscode.workspace.workspaceFolders?.find(({ uri }) => uri.scheme === "file");
  return folder?.uri ?? vscode.Uri.file(homedir());
}

/** Asks for a file or folder on this machine; undefined if the user cancels. */
export async function askLocalPath(options: vscode.OpenDialogOptions): Promise<string | undefined> {
  const [picked] = (await vscode.window.showOpenDialog({ ...options, defaultUri: localFolder() })) ?? [];
  return picked?.fsPath;
}

/** Writes a file that the user asked for; `what` begins the sentence about a failure: “The dashboard”. */
export async function saveFile(what: string, target: vscode.Uri, content: Uint8Array): Promise<void> {
  try {
    await vscode.workspace.fs.writeFile(target, content);
  } catch (error) {
    throw unwritable(what, target.scheme === "file" ? target.fsPath : target.toString(true), error);
  }
}

/** Whether programs on the user's machine, such as the file manager, can open a file: they cannot on another machine. */
export function isOnUsersMachine({ scheme }: vscode.Uri): boolean {
  return scheme === "file" && vscode.env.remoteName === undefined;
}
