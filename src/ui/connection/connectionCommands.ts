import { isDeepStrictEqual } from "node:util";
import * as vscode from "vscode";
import type { Connected, ConnectionTest } from "../../engine/messages/messages";
import { Disposable } from "../dispose";
import { isCancellation, mustBeAdopted, notify, type Offer, offers } from "../messages";
import type { Parts } from "../parts";
import { forCount } from "../texts/counts";
import { showInformationMessage, showWarningMessage, withProgress } from "../window";
import { type ConnectionAnswers, connectedWith, initialAnswers } from "../wizard/connectionAnswers";
import type { askConnection } from "../wizard/connectWizard";
import { confirmReplacement, offerNewSalt } from "../wizard/saltBackup";
import { askRecovery } from "../wizard/wizard";
import type { SecretStore } from "./secrets";
import { hasConnection, readConnectionSettings } from "./settings";
import { sameTargets, targetsOf } from "./targets";

/** The wizard's steps include settings validation, so they are loaded on demand. */
const wizard = () => import("../wizard/connectWizard");
type FirstStep = Parameters<typeof askConnection>[2];

/** The commands that create and test a connection. */
export class ConnectionCommands extends Disposable {
  /**
   * What the user entered in a wizard that ended without a connection, including secrets: kept in memory for the next
   * time, until the connection changes in another way.
   */
  private unfinished: ConnectionAnswers | undefined;
  private isAsking = false;

  constructor(
    private readonly parts: Parts,
    private readonly secrets: SecretStore,
  ) {
    super();
    this.hold(parts.model.onDidChangeConnection(() => this.forgetAnswers()));
  }

  /**
   * Runs the wizard until the connection works or the user leaves. There is only one: a second one would close the first
   * and begin without its answers.
   */
  async connect(): Promise<void> {
    if (this.isAsking) {
      // Whichever there is gets the focus: the progress of its test, or its box.
      await vscode.commands.executeCommand("notifications.focusToasts");
      await vscode.commands.executeCommand("workbench.action.focusQuickOpen");
      return;
    }
    this.isAsking = true;
    try {
      await this.ask();
    } finally {
      this.isAsking = false;
    }
  }

  private async ask(): Promise<void> {
    const { askConnection, stepToFix } = await wizard();
    const known = await this.knownAnswers();
    let answers = this.unfinished ?? known;
    let from: FirstStep | "none" = "host";
    for (;;) {
      if (from !== "none") {
        const walked = await askConnection(this.parts, answers, from);
        answers = walked.state;
        this.unfinished = isDeepStrictEqual(answers, known) ? undefined : answers;
        if (!walked.done) return;
      }
      try {
        const tested = await this.tested(connectedWith(answers));
        const hasCopy = !answers.saltIsNew || (await offerNewSalt(answers.salt));
        if (!hasCopy || !(await this.mayReplaceSalt(answers))) {
          from = "salt";
          continue;
        }
        await this.keep(answers);
        const text = forCount(
          tested.reports,
          vscode.l10n.t("Connected: 1 report is on the server."),
          vscode.l10n.t("Connected: {0} reports are on the server."),
        );
        notifyWorks(tested, text, offers.run());
        return;
      } catch (error) {
        const way = isCancellation(error) ? "back" : await askRecovery(error, this.parts.log);
        if (way === "leave") {
          this.unfinished = answers;
          return;
        }
        from = way === "again" ? "none" : await stepToFix(this.parts.client, error, answers);
      }
    }
  }

  /** Discards the answers of an unfinished wizard. */
  forgetAnswers(): void {
    this.unfinished = undefined;
  }

  async test(): Promise<void> {
    const tested = await this.tested(await this.parts.model.connected());
    const text = forCount(
      tested.reports,
      vscode.l10n.t("The connection works: 1 report is on the server, and the lake can be written."),
      vscode.l10n.t("The connection works: {0} reports are on the server, and the lake can be written."),
    );
    notifyWorks(tested, text);
  }

  /**
   * Answers from existing settings, without invalid ones, and secrets. A secret is only offered for the server or lake
   * that it was entered for.
   */
  private async knownAnswers(): Promise<ConnectionAnswers> {
    if (!hasConnection()) return initialAnswers;
    const { secrets, boundTo } = await this.secrets.readBound();
    const answers = { ...initialAnswers, ...(await readConnectionSettings()) };
    const { lakeUrl, saltKeyVaultUrl } = answers;
    const targets = targetsOf({ sftp: answers, lake: { url: lakeUrl }, saltKeyVaultUrl });
    const ofServer = boundTo === undefined || sameTargets(boundTo.server, targets.server) ? secrets : {};
    // Without any secret, they may have been forgotten.
    const noPassword = secrets.password === undefined && Object.keys(secrets).length > 0;
    const ofLake = boundTo === undefined || sameTargets(boundTo.lake, targets.lake) ? secrets : {};
    return {
      ...answers,
      authentication: answers.privateKeyPath ? "privateKey" : noPassword ? "agent" : "password",
      password: ofServer.password ?? "",
      passphrase: ofServer.passphrase ?? "",
      lakeAccountKey: ofLake.lakeAccountKey ?? "",
      lakeSas: ofLake.lakeSas ?? "",
      salt: secrets.salt ?? "",
      saltLake: boundTo?.lake.url ?? "",
    };
  }

  private async tested(connected: Connected): Promise<ConnectionTest> {
    const { testConnection } = await wizard();
    return withProgress(vscode.l10n.t("Clever: testing the connection"), (_progress, signal) =>
      testConnection(this.parts.client, connected, signal),
    );
  }

  /** A stored salt may belong to another lake, so it is replaced only after asking. */
  private async mayReplaceSalt({ salt }: ConnectionAnswers): Promise<boolean> {
    const stored = await this.secrets.readBound();
    const before = stored.secrets.salt;
    return before === undefined || before === salt || confirmReplacement(stored, this.parts.log);
  }

  private async keep(answers: ConnectionAnswers): Promise<void> {
    const { password, passphrase, salt, lakeAccountKey, lakeSas } = answers;
    await this.parts.model.keep(answers, { password, passphrase, salt, lakeAccountKey, lakeSas });
    this.forgetAnswers();
    await vscode.commands.executeCommand("clever.reports.focus");
    // The connection is stored. If its reports cannot be listed, the view says why.
    await this.parts.model.loadedOrRetried().catch(() => undefined);
  }
}

/** Notifies that a connection works, or what it still needs before a run. */
function notifyWorks({ salt, isOeas }: ConnectionTest, text: string, ...offered: Offer[]): void {
  if (isOeas) notify(showWarningMessage, `${text} ${mustBeAdopted()}`, offers.adopt());
  else if (salt === "notGiven") {
    notify(showWarningMessage, vscode.l10n.t("{0} A salt is still needed.", text), offers.credentials());
  } else if (salt === "unproven") {
    const unproven = vscode.l10n.t(
      "{0} The lake's salt fingerprint is missing, and no lookup table shows whether this salt is the same. Restore the file from a backup of the lake, or import a roster with students of this lake: until then, no run accepts the salt.",
      text,
    );
    notify(showWarningMessage, unproven);
  } else notify(showInformationMessage, text, ...offered);
}
