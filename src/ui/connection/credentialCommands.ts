import * as vscode from "vscode";
import type { Connected } from "../../engine/messages/messages";
import * as engine from "../../engine/messages/protocol";
import { missingSalt, notify, offers } from "../messages";
import type { Parts } from "../parts";
import { showInformationMessage, showInputBox, showQuickPick, withIcon } from "../window";
import { confirmRemoval, confirmReplacement, reveal } from "../wizard/saltBackup";
import { askNewSalt } from "../wizard/saltBox";
import type { ConnectionCommands } from "./connectionCommands";
import type { SecretName, SecretStore } from "./secrets";
import { readSettings, usesSample } from "./settings";
import { type Targets, targetsOf } from "./targets";

/** The commands that change, show and forget the secrets of the connection. */
export class CredentialCommands {
  constructor(
    private readonly parts: Parts,
    private readonly secrets: SecretStore,
    private readonly connection: Pick<ConnectionCommands, "test" | "forgetAnswers">,
  ) {}

  /** Changes the salt or credentials of the existing connection. */
  async change(): Promise<void> {
    if (usesSample()) return notifySampleHasNone();
    const settings = await readSettings();
    const { sftp, lake } = settings;
    const picked = await showQuickPick(
      [
        sftp.privateKeyPath
          ? {
              ...withIcon(vscode.l10n.t("$(key) Passphrase of the private key")),
              name: "passphrase" as const,
            }
          : { ...withIcon(vscode.l10n.t("$(key) Password")), name: "password" as const },
        ...(settings.saltKeyVaultUrl === undefined
          ? [{ ...withIcon(vscode.l10n.t("$(shield) Salt")), name: "salt" as const }]
          : []),
        ...lakeSecretOf(lake.auth),
        { ...withIcon(vscode.l10n.t("$(plug) Everything…")), name: "all" as const },
      ],
      { placeHolder: vscode.l10n.t("What do you want to change?") },
    );
    if (!picked) return;
    if (picked.name === "all") {
      // As a command, which is refused during a run.
      await vscode.commands.executeCommand("clever.connect");
      return;
    }
    // If the settings have another server or lake than before, the user is asked before entering a secret for it.
    const connected = await this.parts.model.connected();
    const targets = targetsOf(settings);
    if (picked.name === "salt") return this.changeSalt(connected, targets);
    const title = vscode.l10n.t("Change: {0}", picked.label);
    const isOfLake = picked.name === "lakeAccountKey" || picked.name === "lakeSas";
    const value = await showInputBox({
      title,
      password: true,
      ignoreFocusOut: true,
      prompt: isOfLake
        ? vscode.l10n.t("For {0}; kept in VS Code's secret store", lake.url)
        : vscode.l10n.t("For {0} at {1}; kept in VS Code's secret store", sftp.username, sftp.host),
      // A key may have no passphrase; other secrets are never empty.
      validateInput: (text) =>
        picked.name === "passphrase" || text.trim() !== ""
          ? undefined
          : vscode.l10n.t("A value is required."),
    });
    if (value === undefined) return;
    await this.write({ [picked.name]: isOfLake ? value.trim() : value }, targets);
    await this.connection.test();
  }

  /** Asks the user to confirm, then shows the salt and offers to copy it. */
  async showSalt(): Promise<void> {
    if (usesSample()) return notifySampleHasNone();
    const { saltKeyVaultUrl, lake } = await readSettings();
    const { secrets, boundTo } = await this.secrets.readBound();
    if (secrets.salt !== undefined)
      return reveal(secrets.salt, boundTo?.lake.url ?? lake.url, this.parts.log);
    if (saltKeyVaultUrl === undefined) throw missingSalt();
    const text = vscode.l10n.t("The salt is in the key vault {0}.", saltKeyVaultUrl);
    notify(showInformationMessage, text);
  }

  /** Removes all secrets of this machine and profile. If they include a salt, warns about the consequences. */
  async forget(): Promise<void> {
    if (await this.secrets.isEmpty()) {
      await this.forgetInEngine();
      const text = vscode.l10n.t("No credentials are stored for this machine and profile.");
      notify(showInformationMessage, text);
      return;
    }
    const remove = vscode.l10n.t("Remove");
    const question = vscode.l10n.t("Remove the stored credentials of this machine and profile?");
    if (!(await this.agrees(question, remove, []))) return;
    await this.secrets.forgetSecrets();
    await this.forgetInEngine();
    notify(
      showInformationMessage,
      vscode.l10n.t("The stored credentials and the salt of this machine and profile have been removed."),
    );
  }

  /** Removes the user's own connection with its secrets. */
  async remove(): Promise<void> {
    const remove = vscode.l10n.t("Remove");
    const question = vscode.l10n.t("Remove the connection and its credentials from this machine?");
    const stays = vscode.l10n.t("The lake and the reports on the server stay as they are.");
    if (!(await this.agrees(question, remove, [stays]))) return;
    await this.parts.model.remove();
    await this.forgetInEngine();
  }

  private async changeSalt(connected: Connected, targets: Targets): Promise<void> {
    const { log } = this.parts;
    const { salt: before } = connected.secrets;
    const salt = await askNewSalt(this.parts, connected);
    if (salt === undefined || salt === before) return;
    if (before !== undefined && !(await confirmReplacement(await this.secrets.readBound(), log))) return;
    await this.write({ salt }, targets);
    notify(showInformationMessage, vscode.l10n.t("The salt has been changed."));
  }

  /** Asks whether the stored secrets may be removed. */
  private async agrees(question: string, yes: string, further: readonly string[]): Promise<boolean> {
    return confirmRemoval(await this.secrets.readBound(), { question, yes, further }, this.parts.log);
  }

  private async write(changes: Partial<Record<SecretName, string>>, targets: Targets): Promise<void> {
    await this.secrets.write(changes, targets);
    await this.forgetInEngine();
  }

  /** An engine that is not running has no secrets and is not started for this. */
  private async forgetInEngine(): Promise<void> {
    const { client } = this.parts;
    this.connection.forgetAnswers();
    if (client.pid !== undefined) await client.request(engine.forget, {});
  }
}

function notifySampleHasNone(): void {
  notify(
    showInformationMessage,
    vscode.l10n.t("The sample district has no credentials to show or change."),
    offers.leaveSample(),
  );
}

/** The lake's secret, if it is accessed with one. */
function lakeSecretOf(auth: string) {
  if (auth === "sharedKey") {
    return [
      { ...withIcon(vscode.l10n.t("$(key) Account key of the lake")), name: "lakeAccountKey" as const },
    ];
  }
  if (auth !== "sas") return [];
  return [
    { ...withIcon(vscode.l10n.t("$(link) Shared access signature of the lake")), name: "lakeSas" as const },
  ];
}
