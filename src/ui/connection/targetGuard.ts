import type { CleverLakeError } from "../../basics/errors";
import type { Secrets } from "../../config";
import type { SecretStore } from "./secrets";
import { sameTargets, type Targets } from "./targets";

/** A change of targets that needs the user's consent. */
export interface Move {
  readonly from: Targets;
  readonly to: Targets;
}

/** How to ask the user. */
export interface TargetQuestions {
  /** Whether the new targets may be used, with the stored secrets. */
  readonly ask: (move: Move) => Promise<boolean>;
  /** The error if the user refuses, or is not asked. */
  readonly refusal: (move: Move) => CleverLakeError;
  /** Called once the user has allowed new targets: what was refused for them may be tried again. */
  readonly allowed: () => void;
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

  constructor(
    private readonly store: SecretStore,
    private readonly questions: TargetQuestions,
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
    if (!(await this.allowed(move))) throw this.questions.refusal(move);
    return (await this.store.readBound()).secrets;
  }

  /** Whether these targets differ from the connection's. */
  async moved(to: Targets): Promise<boolean> {
    const { boundTo } = await this.store.readBound();
    return boundTo !== undefined && !sameTargets(boundTo, to);
  }

  private async allowed(move: Move): Promise<boolean> {
    const { to } = move;
    if (this.question !== undefined && sameTargets(this.question.to, to)) return this.question.answer;
    if (!this.mayAsk) return false;
    const question = { to, answer: this.ask(move) };
    this.question = question;
    try {
      return await question.answer;
    } finally {
      if (this.question === question) this.question = undefined;
    }
  }

  private async ask(move: Move): Promise<boolean> {
    const allowed = await this.questions.ask(move);
    if (allowed) {
      await this.store.bind(move.to);
      this.questions.allowed();
    } else this.mayAsk = false;
    return allowed;
  }
}
