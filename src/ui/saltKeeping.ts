import { writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import path from "node:path";
import * as vscode from "vscode";
import type { BoundSecrets } from "./secrets";
import { showInformationMessage, showWarningMessage } from "./window";

type Log = Pick<vscode.LogOutputChannel, "info">;

/** What is lost with a salt, for every question that a salt depends on. */
function withoutSaltWarning(): string {
  return vscode.l10n.t(
    "Every pseudonym is made with the salt. Without it the lake cannot be continued, here or on another machine.",
  );
}

/**
 * Hands a new salt over, until the user has taken a copy of it.
 * @returns false where the user goes back instead
 */
export async function handOver(salt: string): Promise<boolean> {
  return offerCopies(
    salt,
    vscode.l10n.t("Keep the new salt like a password."),
    [
      withoutSaltWarning(),
      vscode.l10n.t("The connection is made once you have copied it or saved it to a file."),
    ].join("\n\n"),
    { title: vscode.l10n.t("Go Back"), isCloseAffordance: true },
  );
}

/** Has the user confirm, then shows the salt of a lake and offers copies of it. */
export async function reveal(salt: string, lake: string, log: Log): Promise<void> {
  const show = vscode.l10n.t("Show");
  const sure = await showWarningMessage(
    vscode.l10n.t("Show the salt on this screen?"),
    {
      modal: true,
      detail: vscode.l10n.t("Whoever has the salt can find out which person a pseudonym stands for."),
    },
    show,
  );
  if (sure !== show) return;
  log.info("The salt was shown.");
  await offerCopies(salt, vscode.l10n.t("The salt for {0}", lake), salt, {
    title: vscode.l10n.t("Close"),
    isCloseAffordance: true,
  });
}

interface Question {
  readonly question: string;
  /** The button that agrees. */
  readonly yes: string;
  readonly further: readonly string[];
}

/** Asks whether stored secrets may go; a salt among them can be shown and kept first. */
export async function agreesWithoutSalt(
  { secrets, boundTo }: BoundSecrets,
  { question, yes, further }: Question,
  log: Log,
): Promise<boolean> {
  const { salt } = secrets;
  const show = vscode.l10n.t("Show Salt…");
  for (;;) {
    const answer = await showWarningMessage(
      question,
      { modal: true, detail: [...further, ...(salt ? [withoutSaltWarning()] : [])].join("\n\n") },
      yes,
      ...(salt ? [show] : []),
    );
    if (answer !== show || salt === undefined) return answer === yes;
    await reveal(salt, boundTo?.lake.url ?? "", log);
  }
}

/** Asks whether another salt may take the place of the stored one. */
export function agreesToReplace(stored: BoundSecrets, log: Log): Promise<boolean> {
  const lake = stored.boundTo?.lake.url;
  return agreesWithoutSalt(
    stored,
    {
      question: vscode.l10n.t("Replace the stored salt?"),
      yes: vscode.l10n.t("Replace the Salt"),
      further: lake === undefined ? [] : [vscode.l10n.t("It was given for the lake {0}.", lake)],
    },
    log,
  );
}

/** Offers to copy a salt or to save it, until that is done or the user closes the message. */
async function offerCopies(
  salt: string,
  message: string,
  detail: string,
  close: vscode.MessageItem,
): Promise<boolean> {
  const copy: vscode.MessageItem = { title: vscode.l10n.t("Copy the Salt") };
  const save: vscode.MessageItem = { title: vscode.l10n.t("Save to a File…") };
  for (;;) {
    const answer = await showInformationMessage(message, { modal: true, detail }, copy, save, close);
    if (answer === copy) {
      await vscode.env.clipboard.writeText(salt);
      return true;
    }
    if (answer !== save) return false;
    // A file dialog that is closed leaves the question open.
    if (await saveToFile(salt)) return true;
  }
}

async function saveToFile(salt: string): Promise<boolean> {
  const uri = await vscode.window.showSaveDialog({
    // Not the workspace: what is in there gets into repositories.
    defaultUri: vscode.Uri.file(path.join(homedir(), "clever-lake-salt.txt")),
    saveLabel: vscode.l10n.t("Save the Salt"),
  });
  if (uri === undefined) return false;
  const text = `${salt}\n`;
  if (uri.scheme === "file") await writeFile(uri.fsPath, text, { mode: 0o600 });
  else await vscode.workspace.fs.writeFile(uri, Buffer.from(text));
  return true;
}
