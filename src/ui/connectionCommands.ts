import path from "node:path";
import * as vscode from "vscode";
import type { EngineClient } from "../engine/client";
import { signalOf } from "../engine/client";
import type { SampleServer } from "../engine/messages";
import * as engine from "../engine/protocol";
import { newSalt } from "../newSalt";
import type { ConnectionModel } from "./connectionModel";
import type { ConnectionAnswers } from "./connectWizard";
import { forCount } from "./counts";
import { integer } from "./format";
import { isCancellation, type Offer, offers, tell, tellError } from "./messages";
import type { SecretStore } from "./secrets";
import {
  isConnected,
  lakeUrl,
  readSettings,
  removeConnectionSettings,
  reportsRoot,
  writeConnection,
} from "./settings";
import {
  showErrorMessage,
  showInformationMessage,
  showInputBox,
  showQuickPick,
  showWarningMessage,
  withIcon,
  withProgress,
} from "./window";

/** The wizard brings the checking of settings with it: it is loaded when it is needed. */
const wizard = () => import("./connectWizard");

/** The commands that make, test and take down a connection. */
export class ConnectionCommands {
  private sample: SampleServer | undefined;

  constructor(
    private readonly context: vscode.ExtensionContext,
    private readonly model: ConnectionModel,
    private readonly client: EngineClient,
    private readonly secrets: SecretStore,
    private readonly log: vscode.LogOutputChannel,
  ) {}

  /** The wizard, until the connection works or the user leaves. */
  async connect(): Promise<void> {
    const { askConnection } = await wizard();
    let answers: ConnectionAnswers | undefined = await this.knownAnswers();
    for (;;) {
      answers = await askConnection(this.client, answers);
      if (answers === undefined) return;
      try {
        const test = await this.tested(answers);
        await this.keep(answers);
        if (answers.saltIsNew) await this.handOver(answers.salt);
        this.tellConnected(test.folders.reduce((sum, { reports }) => sum + reports, 0));
        return;
      } catch (error) {
        if (isCancellation(error)) continue;
        const again = vscode.l10n.t("Go Back");
        const { describeError } = await import("../errors");
        if ((await showErrorMessage(describeError(error), again)) !== again) return;
      }
    }
  }

  async test(): Promise<void> {
    try {
      const connected = await this.model.connected();
      const { folders, salt } = await this.withProgress(
        vscode.l10n.t("Clever: testing the connection"),
        async (signal) => (await wizard()).testConnection(this.client, connected, signal),
      );
      const reports = folders.reduce((sum, each) => sum + each.reports, 0);
      const text = forCount(
        reports,
        vscode.l10n.t("The connection works: 1 report is on the server, and the lake can be written."),
        vscode.l10n.t(
          "The connection works: {0} reports are on the server, and the lake can be written.",
          integer(reports),
        ),
      );
      if (salt === "notGiven") {
        tell(showWarningMessage, vscode.l10n.t("{0} A salt is missing yet.", text), offers.credentials());
      } else tell(showInformationMessage, text);
    } catch (error) {
      if (!isCancellation(error)) tellError(error, this.log);
    }
  }

  /** New salt or credentials for the connection that is there. */
  async change(): Promise<void> {
    const { sftp, lake } = await readSettings();
    const usesKey = Boolean(sftp.privateKeyPath);
    const choices = [
      usesKey
        ? { ...withIcon(vscode.l10n.t("$(key) Passphrase of the private key")), name: "passphrase" as const }
        : { ...withIcon(vscode.l10n.t("$(key) Password")), name: "password" as const },
      { ...withIcon(vscode.l10n.t("$(shield) Salt")), name: "salt" as const },
      ...lakeSecretOf(lake.auth),
      { ...withIcon(vscode.l10n.t("$(plug) Everything…")), name: "all" as const },
    ];
    const picked = await showQuickPick(choices, {
      placeHolder: vscode.l10n.t("What do you want to change?"),
    });
    if (!picked) return;
    if (picked.name === "all") return this.connect();
    const value = await showInputBox({
      password: true,
      ignoreFocusOut: true,
      prompt: vscode.l10n.t("Kept in VS Code's secret store; leave it empty to remove it"),
    });
    if (value === undefined) return;
    await this.secrets.write({ [picked.name]: value });
    await this.forgetInEngine();
    await this.test();
  }

  async forget(): Promise<void> {
    await this.secrets.forgetAll();
    await this.forgetInEngine();
    tell(
      showInformationMessage,
      vscode.l10n.t("The password, the passphrase and the salt have been removed from this machine."),
    );
  }

  async remove(): Promise<void> {
    const remove = vscode.l10n.t("Remove");
    const sure = await showWarningMessage(
      vscode.l10n.t("Remove the connection and its credentials from this machine?"),
      { modal: true, detail: vscode.l10n.t("The lake and the reports on the server stay as they are.") },
      remove,
    );
    if (sure !== remove) return;
    await this.secrets.forgetAll();
    await this.forgetInEngine();
    await removeConnectionSettings();
    await this.context.globalState.update(sampleKey, undefined);
  }

  /** A sample district with a server and a lake of its own; no account of any kind. */
  async trySample(): Promise<void> {
    try {
      await this.withProgress(vscode.l10n.t("Clever: making a sample district"), () =>
        this.startSample(newSalt()),
      );
      await vscode.commands.executeCommand("clever.reports.focus");
      await this.model.refresh();
      const run: Offer = {
        title: vscode.l10n.t("Run the Pipeline"),
        act: () => vscode.commands.executeCommand("clever.run"),
      };
      tell(
        showInformationMessage,
        vscode.l10n.t("The sample district is connected. Its reports are new to the lake."),
        run,
      );
    } catch (error) {
      if (!isCancellation(error)) tellError(error, this.log);
    }
  }

  /** Where the sample district's roster is on its server; undefined where the connection is another one. */
  get sampleRoster(): string | undefined {
    const isSample = isConnected() && lakeUrl() === this.sample?.lakeUrl;
    return isSample ? (this.sample?.rosterPath ?? undefined) : undefined;
  }

  /** Starts the sample server again where the window's connection is one, after a reload. */
  async resumeSample(): Promise<void> {
    if (this.context.globalState.get(sampleKey) !== true || !isConnected()) return;
    await this.startSample();
  }

  /** @param saltIfNone the salt to keep where there is none */
  private async startSample(saltIfNone?: string): Promise<void> {
    const folder = path.join(this.context.globalStorageUri.fsPath, "sample");
    const { password, salt } = await this.secrets.read();
    const isSample = this.context.globalState.get(sampleKey) === true;
    const sample = await this.client.request(engine.startSample, {
      folder,
      ...(isSample && password ? { password } : {}),
    });
    this.sample = sample;
    // Only what changed is written: each write looks at the server anew, and the salt may be another one by now.
    const changed = {
      ...(sample.password === password ? {} : { password: sample.password }),
      ...(salt === undefined && saltIfNone !== undefined ? { salt: saltIfNone } : {}),
    };
    if (Object.keys(changed).length > 0) await this.secrets.write(changed);
    await writeConnection({
      host: sample.host,
      port: sample.port,
      username: sample.username,
      root: "/",
      privateKeyPath: "",
      hostKey: sample.hostKey,
      lakeUrl: sample.lakeUrl,
      lakeAuth: "default",
      saltKeyVaultUrl: "",
    });
    await this.context.globalState.update(sampleKey, true);
  }

  /** An engine that does not run holds nothing, and is not started for it. */
  private async forgetInEngine(): Promise<void> {
    if (this.client.pid !== undefined) await this.client.request(engine.forget, {});
  }

  private async knownAnswers(): Promise<ConnectionAnswers> {
    const { noAnswers } = await wizard();
    if (!isConnected()) return { ...noAnswers, root: reportsRoot() };
    const secrets = await this.secrets.read();
    try {
      const { sftp, lake, saltKeyVaultUrl } = await readSettings();
      return {
        ...noAnswers,
        host: sftp.host,
        port: sftp.port,
        username: sftp.username,
        root: sftp.root,
        authentication: sftp.privateKeyPath ? "privateKey" : secrets.password ? "password" : "agent",
        password: secrets.password ?? "",
        privateKeyPath: sftp.privateKeyPath ?? "",
        passphrase: secrets.passphrase ?? "",
        hostKey: sftp.hostKey ?? "",
        lakeUrl: lake.url,
        lakeAuth: lake.auth,
        lakeAccountKey: secrets.lakeAccountKey ?? "",
        lakeSas: secrets.lakeSas ?? "",
        saltKeyVaultUrl: saltKeyVaultUrl ?? "",
        salt: secrets.salt ?? "",
      };
    } catch {
      return { ...noAnswers, root: reportsRoot() };
    }
  }

  private tested(answers: ConnectionAnswers) {
    return this.withProgress(vscode.l10n.t("Clever: testing the connection"), async (signal) => {
      const { connectedWith, testConnection } = await wizard();
      return testConnection(this.client, connectedWith(answers), signal);
    });
  }

  private async keep(answers: ConnectionAnswers): Promise<void> {
    const { password, passphrase, salt, lakeAccountKey, lakeSas } = answers;
    await this.secrets.write({ password, passphrase, salt, lakeAccountKey, lakeSas });
    await writeConnection(answers);
    await this.context.globalState.update(sampleKey, undefined);
    await vscode.commands.executeCommand("clever.reports.focus");
    await this.model.refresh();
  }

  /** Has the user take a copy of the salt that was made: no message that may be overlooked is good enough for it. */
  private async handOver(salt: string): Promise<void> {
    const copy = vscode.l10n.t("Copy the New Salt");
    const answer = await showInformationMessage(
      vscode.l10n.t("Keep the new salt like a password."),
      {
        modal: true,
        detail: vscode.l10n.t(
          "Every pseudonym is made with it. Without it this lake cannot be continued on another machine, and it is shown nowhere later on.",
        ),
      },
      copy,
    );
    if (answer === copy) await vscode.env.clipboard.writeText(salt);
  }

  private tellConnected(reports: number): void {
    const text = forCount(
      reports,
      vscode.l10n.t("Connected: 1 report is on the server."),
      vscode.l10n.t("Connected: {0} reports are on the server.", integer(reports)),
    );
    const run: Offer = {
      title: vscode.l10n.t("Run the Pipeline"),
      act: () => vscode.commands.executeCommand("clever.run"),
    };
    tell(showInformationMessage, text, run);
  }

  private withProgress<T>(title: string, work: (signal: AbortSignal) => Promise<T>): Thenable<T> {
    return withProgress(title, (_progress, token) => work(signalOf(token)));
  }
}

const sampleKey = "clever.isSample";

/** The lake's secret, where it is signed in to with one. */
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
