import * as vscode from "vscode";
import { CleverLakeError } from "../../basics/errors";
import type { Secrets } from "../../config";
import { confirmed } from "../messages";
import type { SecretStore } from "./secrets";
import { type LakeTarget, type ServerTarget, sameTargets, type Targets } from "./targets";

/** A change of targets that needs the user's consent. */
export interface Move {
  readonly from: Targets;
  readonly to: Targets;
}

/**
 * Provides the stored secrets only for the targets of the connection. If the settings have another server or lake,
 * the user is asked before anything is sent there. All requests get their secrets here. A connection without stored
 * secrets is also checked: an agent's login and an Azure account's token grant access too.
 */
export class TargetGuard {
  /** The open question, shared by all requests that wait for its answer. */
  private question: { readonly to: Targets; readonly answer: Promise<boolean> } | undefined;
  /**
   * Whether the user may be asked. Set when they do something, and unset when the settings change or they refuse: what a
   * window does by itself does not ask, or every open window would.
   */
  mayAsk = false;

  /**
   * @param allowed called once the user has allowed new targets: what was refused for them may be tried again
   * @param ask asks whether new targets may be used, with the stored secrets
   */
  constructor(
    private readonly store: SecretStore,
    private readonly allowed: () => void,
    private readonly ask = askInMessage,
  ) {}

  /** The secrets for a request to these targets; rejects with `config` if the user does not allow it, or is not asked. */
  async secretsFor(to: Targets): Promise<Secrets> {
    const { secrets, boundTo } = await this.store.readBound();
    if (boundTo === undefined) {
      // Settings written by hand, or secrets from before they were bound. The first targets that are used become the
      // connection's.
      await this.store.bind(to);
      return secrets;
    }
    if (sameTargets(boundTo, to)) return secrets;
    const move = { from: boundTo, to };
    if (!(await this.isAllowed(move))) throw refusal(move);
    return (await this.store.readBound()).secrets;
  }

  /** Whether these targets differ from the connection's. */
  async moved(to: Targets): Promise<boolean> {
    const { boundTo } = await this.store.readBound();
    return boundTo !== undefined && !sameTargets(boundTo, to);
  }

  private async isAllowed(move: Move): Promise<boolean> {
    const { to } = move;
    if (this.question !== undefined && sameTargets(this.question.to, to)) return this.question.answer;
    if (!this.mayAsk) return false;
    const question = { to, answer: this.answerTo(move) };
    this.question = question;
    try {
      return await question.answer;
    } finally {
      if (this.question === question) this.question = undefined;
    }
  }

  private async answerTo(move: Move): Promise<boolean> {
    const isAllowed = await this.ask(move);
    if (isAllowed) {
      await this.store.bind(move.to);
      this.allowed();
    } else this.mayAsk = false;
    return isAllowed;
  }
}

/** Asks in a modal message that shows the connection's targets and those of the current settings. */
function askInMessage(move: Move): Promise<boolean> {
  const detail = [
    ...changesOf(move),
    vscode.l10n.t(
      "Nothing has been sent there yet. If you did not change the settings yourself, choose Cancel.",
    ),
  ].join("\n\n");
  const question = vscode.l10n.t("The settings no longer match the server and lake of your connection.");
  return confirmed(question, detail, vscode.l10n.t("Connect There"));
}

/** The error if the user refuses, or is not asked. */
function refusal({ from, to }: Move): CleverLakeError {
  const text = vscode.l10n.t(
    "The settings no longer match the server and lake of your connection; nothing was sent to the new ones.",
  );
  return new CleverLakeError("config", text, {
    subject: sameTargets(from.server, to.server) ? to.lake.url : to.server.host,
    hint: vscode.l10n.t(
      "Set clever.sftp and clever.lake as they were, or test the connection to confirm the new ones.",
    ),
  });
}

function changesOf({ from, to }: Move): string[] {
  return [
    ...(sameTargets(from.server, to.server)
      ? []
      : [vscode.l10n.t("Server before: {0}\nServer now: {1}", server(from.server), server(to.server))]),
    ...(sameTargets(from.lake, to.lake)
      ? []
      : [vscode.l10n.t("Lake before: {0}\nLake now: {1}", lake(from.lake), lake(to.lake))]),
  ];
}

function server({ username, host, port, hostKey }: ServerTarget): string {
  return [`${username}@${host}:${port}`, hostKey].filter(Boolean).join(", ");
}

function lake({ url, saltKeyVaultUrl }: LakeTarget): string {
  return [url, saltKeyVaultUrl].filter(Boolean).join(", ");
}
