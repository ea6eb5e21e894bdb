import * as vscode from "vscode";
import { CleverLakeError } from "../../basics/errors";
import { checkSaltText, minSaltLength } from "../../basics/saltText";
import type { EngineClient } from "../../engine/client/client";
import type { Connected } from "../../engine/messages/messages";
import * as engine from "../../engine/messages/protocol";
import type { Parts } from "../parts";
import { askText, type StepContext, undefinedOnLeave } from "./wizard";

/** The error for a salt that differs from the lake's, in the extension's wording. */
export function saltMismatch(): CleverLakeError {
  return new CleverLakeError("salt", vscode.l10n.t("This lake was pseudonymized with another salt."), {
    hint: vscode.l10n.t("Paste the salt that was used before."),
  });
}

function weakSalt(): CleverLakeError {
  return new CleverLakeError(
    "salt",
    vscode.l10n.t(
      "This salt is easy to guess, so pseudonyms could be reversed. A new lake does not accept it.",
    ),
    { hint: vscode.l10n.t("Enter {0} random characters or more, or generate a new salt.", minSaltLength) },
  );
}

function quotedSalt(): CleverLakeError {
  return new CleverLakeError(
    "salt",
    vscode.l10n.t(
      "This salt is in quotation marks, which would be part of it. A new lake does not accept it.",
    ),
    { hint: vscode.l10n.t("Enter it without the quotation marks.") },
  );
}

/** Asks for the salt of a connection's lake, and compares it with the lake's. */
export async function askSaltText(
  context: StepContext,
  prompt: string,
  connectedWith: (salt: string) => Connected,
): Promise<string> {
  const saltIn = (text: string) => checkSaltText(text).salt;
  const text = await askText({
    ...context,
    value: "",
    password: true,
    prompt,
    validate: (text) => (saltIn(text) === "" ? vscode.l10n.t("Enter a salt.") : undefined),
    attempt: (text, signal) => checkSalt(context.client, connectedWith(saltIn(text)), signal),
  });
  return saltIn(text);
}

/** Asks for another salt of the lake; undefined if the user cancels. */
export function askNewSalt(
  { client, log }: Parts,
  { connection, secrets }: Connected,
): Promise<string | undefined> {
  const title = vscode.l10n.t("Change Salt");
  const prompt = vscode.l10n.t("The salt of {0}; kept in VS Code's secret store", connection.lake.url);
  const changed = (salt: string) => ({ connection, secrets: { ...secrets, salt } });
  return undefinedOnLeave(askSaltText({ title, canGoBack: false, log, client }, prompt, changed));
}

/**
 * Rejects if the lake was pseudonymized with another salt, does not accept this one, or cannot be used. If the lake
 * cannot decide, the salt is accepted: a run refuses the lake anyway, and the connection is needed to import a roster
 * that proves the salt. The server is not contacted.
 */
export async function checkSalt(
  client: EngineClient,
  connected: Connected,
  signal: AbortSignal,
): Promise<void> {
  const { salt: state } = await client.request(engine.testLake, connected, { signal });
  if (state === "differs") throw saltMismatch();
  const { salt } = connected.secrets;
  if (state !== "unclaimed" || salt === undefined) return;
  const { weakness, isQuoted } = checkSaltText(salt);
  if (weakness !== undefined) throw weakSalt();
  if (isQuoted) throw quotedSalt();
}
