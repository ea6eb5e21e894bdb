import * as vscode from "vscode";
import { Application } from "./ui/application";

let application: Application | undefined;

/** Resolves to the running parts for the tests inside the extension host, and to nothing for anybody else. */
export function activate(context: vscode.ExtensionContext): Application | undefined {
  application = new Application(context);
  return context.extensionMode === vscode.ExtensionMode.Test ? application : undefined;
}

export async function deactivate(): Promise<void> {
  await application?.end();
  application = undefined;
}
