import { homedir } from "node:os";
import * as vscode from "vscode";

/**
 * Where a dialog about files of this machine begins: in the workspace, or in the home folder if the workspace is
 * elsewhere. Without such a place, VS Code shows the files of a virtual workspace, which no path of this machine names.
 */
export function localFolder(): vscode.Uri {
  const folder = vscode.workspace.workspaceFolders?.find(({ uri }) => uri.scheme === "file");
  return folder?.uri ?? vscode.Uri.file(homedir());
}

/** Asks for a file or folder of this machine; undefined if the user cancels. */
export async function askLocalPath(options: vscode.OpenDialogOptions): Promise<string | undefined> {
  const [picked] = (await vscode.window.showOpenDialog({ ...options, defaultUri: localFolder() })) ?? [];
  return picked?.fsPath;
}
