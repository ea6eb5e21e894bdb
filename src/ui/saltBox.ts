import * as vscode from "vscode";
import type { EngineClient } from "../engine/client";
import type { Connected } from "../engine/messages";
import * as engine from "../engine/protocol";
import { CleverLakeError } from "../errors";
import { askText, type Log, orLeft } from "./wizard";

/** What is wrong with a salt that was typed, before any lake is asked; undefined where nothing is. */
export function saltFault(text: string): string | undefined {
  return text.trim() === "" ? vscode.l10n.t("A salt is needed.") : undefined;
}

/** A lake's other salt, told in the extension's own words. */
export function otherSalt(): CleverLakeError {
  return new CleverLakeError("salt", vscode.l10n.t("This lake was pseudonymized with another salt."), {
    hint: vscode.l10n.t("Paste the salt that was used before."),
  });
}

/** Asks for another salt of the lake, and holds it against the lake; undefined where the user leaves. */
export async function askNewSalt(
  client: EngineClient,
  { connection, secrets }: Connected,
  log: Log,
): Promise<string | undefined> {
  const text = await orLeft(
    askText({
      title: vscode.l10n.t("Change Salt"),
      canGoBack: false,
      log,
      value: "",
      password: true,
      prompt: vscode.l10n.t("The salt of {0}; kept in VS Code's secret store", connection.lake.url),
      validate: saltFault,
      attempt: (text, signal) =>
        checkSalt(client, { connection, secrets: { ...secrets, salt: text.trim() } }, signal),
    }),
  );
  return text?.trim();
}

/** Rejects where the lake was made with another salt, or cannot be used. The server is not asked. */
export async function checkSalt(
  client: EngineClient,
  connected: Connected,
  signal: AbortSignal,
): Promise<void> {
  if ((await client.request(engine.testLake, connected, { signal })).salt === "differs") throw otherSalt();
}
