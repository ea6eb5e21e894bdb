import * as vscode from "vscode";
import { Application } from "./ui/application";

let application: Application | undefined;

/** Returns the running application to tests inside the extension host, and nothing otherwise. */
export function activate(context: vscode.ExtensionContext): Application | undefined {
  application = new Application(context);
  return context.extensionMode === vscode.ExtensionMode.Test ? application : undefined;
}

export async function deactivate(): Promise<void> {
  await application?.end();
  application = undefined;
}
