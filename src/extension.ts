import type * as vscode from "vscode";
import { Application } from "./ui/application";

let application: Application | undefined;

export function activate(context: vscode.ExtensionContext): void {
  application = new Application(context);
}

export async function deactivate(): Promise<void> {
  await application?.end();
  application = undefined;
}
