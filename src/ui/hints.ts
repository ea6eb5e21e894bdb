import * as vscode from "vscode";
import type { ErrorCode } from "../errors";

/** Terms of the command line, its environment and its configuration file. */
const commandLine = /CLEVER_|clever-lake|(^|\s)--\w|"\w+":/;

/** A hint for an error, in terms of the extension's commands and settings. */
export function hintInVsCode(code: ErrorCode, hint: string): string {
  const settings = hint
    .replace(/"(\w+)" under "(\w+)"/g, "clever.$2.$1")
    .replace(/"auth": "(\w+)"/g, "clever.lake.auth: $1");
  if (!commandLine.test(settings)) return settings;
  switch (code) {
    case "salt":
      return vscode.l10n.t(
        "Enter the previously used salt with the command “Clever: Change Salt or Credentials”. With another salt, the same person would get a second pseudonym.",
      );
    case "hostKey":
      return vscode.l10n.t(
        "The connection may be intercepted. Only if Clever confirms the key, trust it with the command “Clever: Connect to Clever and a Lake”.",
      );
    case "auth":
      return vscode.l10n.t(
        "Check the user name, and the credentials with the command “Clever: Change Salt or Credentials”.",
      );
    case "notAdopted":
      return vscode.l10n.t(
        "Use the command “Clever: Adopt OEA's Lake”. It shows what it would do before it changes anything.",
      );
    default:
      return vscode.l10n.t(
        "Check the settings with the command “Clever: Connect to Clever and a Lake”, and list the reports with “Clever: Refresh”.",
      );
  }
}
