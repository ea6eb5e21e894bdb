import { rename, rm, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import path from "node:path";
import * as vscode from "vscode";
import { unwritable } from "../../basics/errors";
import type { BoundSecrets } from "../connection/secrets";
import { confirmed } from "../messages";
import { saveFile } from "../pages/localFiles";
import { showInformationMessage, showWarningMessage } from "../window";

type Log = Pick<vscode.LogOutputChannel, "info">;

/** The warning in every question that could lose a salt. */
function withoutSaltWarning(): string {
  return vscode.l10n.t(
    "Every pseudonym is computed with the salt. Without it, nobody can add to this lake, here or on another machine.",
  );
}

/**
 * Shows a new salt until the user has taken a copy of it.
 * @returns false if the user goes back instead
 */
export async function offerNewSalt(salt: string): Promise<boolean> {
  return offerCopies(
    salt,
    vscode.l10n.t("Keep the new salt like a password."),
    [
      withoutSaltWarning(),
      vscode.l10n.t("The connection is created once you have copied it or saved it to a file."),
    ].join("\n\n"),
    { title: vscode.l10n.t("Go Back"), isCloseAffordance: true },
  );
}

/** Asks the user to confirm, then shows a lake's salt and offers to copy it. */
export async function reveal(salt: string, lake: string, log: Log): Promise<void> {
  const isSure = await confirmed(
    vscode.l10n.t("Show the salt on this screen?"),
    vscode.l10n.t("Anyone with the salt can identify the person behind a pseudonym."),
    vscode.l10n.t("Show"),
  );
  if (!isSure) return;
  log.info("The salt was shown.");
  await offerCopies(salt, vscode.l10n.t("The salt for {0}", lake), salt, {
    title: vscode.l10n.t("Close"),
    isCloseAffordance: true,
  });
}

interface Question {
  readonly question: string;
  /** The confirming button. */
  readonly yes: string;
  readonly further: readonly string[];
}

/** Asks whether stored secrets may be removed; a salt among them can be shown and saved first. */
export async function confirmRemoval(
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

/** Asks whether another salt may replace the stored one. */
export function confirmReplacement(stored: BoundSecrets, log: Log): Promise<boolean> {
  const lake = stored.boundTo?.lake.url;
  return confirmRemoval(
    stored,
    {
      question: vscode.l10n.t("Replace the stored salt?"),
      yes: vscode.l10n.t("Replace the Salt"),
      further: lake === undefined ? [] : [vscode.l10n.t("It was entered for the lake {0}.", lake)],
    },
    log,
  );
}

/** Offers to copy or save a salt, until the user does so or closes the message. */
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
    // If the user cancels the file dialog, the question is asked again.
    if (await saveToFile(salt)) return true;
  }
}

async function saveToFile(salt: string): Promise<boolean> {
  const uri = await vscode.window.showSaveDialog({
    // Not the workspace: its files end up in repositories.
    defaultUri: vscode.Uri.file(path.join(homedir(), "clever-lake-salt.txt")),
    saveLabel: vscode.l10n.t("Save the Salt"),
  });
  if (uri === undefined) return false;
  const text = `${salt}\n`;
  if (uri.scheme === "file") {
    // An existing file would keep its permissions, and its salt must not be lost before this one is written.
    const part = `${uri.fsPath}.${process.pid}.part`;
    try {
      await writeFile(part, text, { mode: 0o600, flag: "wx" });
      await rename(part, uri.fsPath);
    } catch (error) {
      await rm(part, { force: true });
      throw unwritable("The salt", uri.fsPath, error);
    }
  } else await saveFile("The salt", uri, Buffer.from(text));
  return true;
}
