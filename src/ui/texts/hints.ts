import * as vscode from "vscode";
import type { ErrorCode } from "../../basics/errors";

/** Terms of the command line, its environment and its configuration file. */
const commandLine = /CLEVER_|clever-lake|(^|\s)--\w|"\w+":/;
/** A command of another program, as in “`spark-submit --version`”, which also works next to VS Code. */
const ofAnotherProgram = /`(?!clever-lake)[^`]*`/g;

/** A hint for an error, in terms of the extension's commands and settings. */
export function hintInVsCode(code: ErrorCode, hint: string): string {
  // On the command line, adopting takes two commands.
  const text = code === "notAdopted" ? hint : inVsCode(hint);
  if (!commandLine.test(text.replace(ofAnotherProgram, ""))) return text;
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

/**
 * A text about an error that the engine or the command line wrote, as for a file that failed: commands and settings get
 * their names in VS Code.
 */
export function inVsCode(text: string): string {
  return text
    .replace(shellCommand("repair"), vscode.l10n.t("“Clever: Repair the Lake”"))
    .replace(shellCommand("verify"), vscode.l10n.t("“Clever: Verify the Lake”"))
    .replace(shellCommand("adopt"), vscode.l10n.t("“Clever: Adopt OEA's Lake”"))
    .replace(shellCommand("run"), vscode.l10n.t("“Clever: Run the Pipeline”"))
    .replace(shellCommand("status"), vscode.l10n.t("“Clever: Refresh”"))
    .replace(/"(\w+)" under "(\w+)"/g, "clever.$2.$1")
    .replace(/"auth": "(\w+)"/g, "clever.lake.auth: $1")
    .replaceAll("`sparkSubmit`", "clever.sparkSubmit");
}

/** A command of the command line with its flags, as texts mention it. */
function shellCommand(name: string): RegExp {
  return new RegExp(`\`?clever-lake ${name}\\b(?: --[\\w-]+)*\`?`, "g");
}
