import { type AnyAuthMethod, createAgent, type ParsedKey } from "ssh2";
import { capitalized } from "../../basics/capitalized";
import { CleverLakeError } from "../../basics/errors";
import type { PrivateKeyFile } from "./privateKey";
import { AgentWithRsaViews, rsaViews } from "./rsaSignatures";

/** The account's credentials. Several may be given; the server's offer decides which are used. */
export interface Credentials extends PrivateKeyFile {
  readonly username: string;
  readonly password?: string;
  /** The agent's socket (`SSH_AUTH_SOCK`), or its pipe on Windows. */
  readonly agent?: string;
}

type Method = Exclude<AnyAuthMethod["type"], "none" | "hostbased">;
const methodWords: Readonly<Record<Method, string>> = {
  publickey: "the private key",
  agent: "the agent's keys",
  password: "the password",
  "keyboard-interactive": "the password",
};

/** The methods of RFC 4252, 4256 and 4462; other names from a server are not shown. */
const knownMethods: readonly string[] = [
  "publickey",
  "password",
  "keyboard-interactive",
  "hostbased",
  "gssapi-with-mic",
  "gssapi-keyex",
];

/** Names of methods, for a message. */
function methodNames(offered: readonly string[]): string {
  const known = knownMethods.filter((name) => offered.includes(name));
  const hasOthers = offered.some((name) => !knownMethods.includes(name));
  if (known.length === 0) return hasOthers ? "methods that Clever Lake does not know" : "none";
  return `${known.join(", ")}${hasOthers ? " and others that Clever Lake does not know" : ""}`;
}

/** Whether a prompt with visible input asks for the password, not for a code. */
function asksForPassword(prompt: string): boolean {
  return (
    /passwor[dt]|contraseñ|kennwort|mot de passe/i.test(prompt) && !/one.?time|otp|token|code/i.test(prompt)
  );
}

/** One login: answers the SSH library's requests for the next method, and records what was tried. */
export class Login {
  private methods: AnyAuthMethod[] = [];
  private readonly tried: Method[] = [];
  private offered: readonly string[] = [];
  /** How many methods had been tried when the server accepted one and required more. */
  private triedBeforePartialSuccess = 0;
  private needsAnotherMethod = false;
  private readonly agent: AgentWithRsaViews | undefined;

  constructor(
    private readonly credentials: Credentials,
    key: ParsedKey | undefined,
  ) {
    const { username, agent, password } = credentials;
    for (const each of key === undefined ? [] : [key, ...rsaViews(key)])
      this.methods.push({ type: "publickey", username, key: each });
    if (agent !== undefined) {
      this.agent = new AgentWithRsaViews(createAgent(agent));
      this.methods.push({ type: "agent", username, agent: this.agent });
    }
    if (password === undefined) return;
    this.methods.push({ type: "password", username, password });
    let answered: string | undefined;
    this.methods.push({
      type: "keyboard-interactive",
      username,
      prompt: (_name, _instructions, _language, prompts, finish) => {
        // The password answers one prompt, once. A server with more prompts wants something else, or refuses the
        // password.
        const [question, ...others] = prompts;
        const isPassword = question?.echo !== true || asksForPassword(question.prompt);
        const isFirst = answered === undefined;
        const answers =
          isFirst && question !== undefined && others.length === 0 && isPassword ? [password] : [];
        if (answers.length === 0 && question !== undefined && question.prompt !== answered)
          this.needsAnotherMethod = true;
        if (answers.length > 0) answered = question?.prompt;
        finish(answers);
      },
    });
  }

  /**
   * The next method, or false if none is left. The first request comes without an offer. Unless there is a key, the
   * answer is `none`, to learn the offer: so the password is not sent where only keys are accepted.
   * @param isPartial whether the last method was accepted, and another one is also required
   */
  next(offered: readonly string[] | null, isPartial = false): AnyAuthMethod | false {
    if (isPartial) this.triedBeforePartialSuccess = this.tried.length;
    const [first] = this.methods;
    if (offered === null && first?.type !== "publickey" && first?.type !== "agent")
      return { type: "none", username: this.credentials.username };
    this.offered = offered ?? ["publickey"];
    const index = this.methods.findIndex(({ type }) =>
      this.offered.includes(type === "agent" ? "publickey" : type),
    );
    const [method] = index < 0 ? [] : this.methods.splice(index, 1);
    if (method === undefined || method.type === "none" || method.type === "hostbased") return false;
    this.tried.push(method.type);
    // Trying the same password again would only count as a second failure against the account.
    if (method.type === "password")
      this.methods = this.methods.filter(({ type }) => type !== "keyboard-interactive");
    return method;
  }

  /** True once a credential has been sent to the server. */
  get started(): boolean {
    return this.tried.length > 0;
  }

  /** Whether the agent was asked for its keys or a signature and has not answered. */
  get waitsForAgent(): boolean {
    return this.agent?.isAsked ?? false;
  }

  /** True once the password has been sent. Every refusal of it may count against the account. */
  get passwordSent(): boolean {
    return this.tried.some((type) => type === "password" || type === "keyboard-interactive");
  }

  /** The error for a login that the server refused. */
  refused(cause: unknown): CleverLakeError {
    const { username } = this.credentials;
    const taken = this.tried[this.triedBeforePartialSuccess - 1];
    const refused = this.tried.slice(this.triedBeforePartialSuccess).map((type) => methodWords[type]);
    const error = (message: string, hint: string | undefined) =>
      new CleverLakeError("auth", message, { hint, cause });
    if (this.tried.length === 0)
      return error(
        `The SFTP server accepts only these login methods: ${methodNames(this.offered)}. None of them is configured.`,
        this.hintForOffer(),
      );
    if (taken !== undefined && refused.length === 0)
      return error(
        `The SFTP server accepted ${methodWords[taken]} of the account ${username}, and requires another login method: ${methodNames(this.offered)}.`,
        "Configure that too, or ask for an account that needs only one login method.",
      );
    if (this.needsAnotherMethod)
      return error(
        `The SFTP server asks the account ${username} for something other than its password, such as a code. Clever Lake cannot answer that.`,
        "Use a private key, or ask for an account that needs only its password.",
      );
    const what = [...new Set(refused)].join(" and ");
    return error(
      `The SFTP server refused ${what} of the account ${username}.`,
      "Check the user name and the credentials.",
    );
  }

  /** How to configure one of the offered methods. An agent is asked only if there is no password. */
  private hintForOffer(): string | undefined {
    const agent =
      this.credentials.password === undefined
        ? "start an SSH agent that has the key"
        : "unset CLEVER_SFTP_PASSWORD and start an SSH agent that has the key";
    const ways = this.offered.some((name) => /^(?:password|keyboard-interactive)$/.test(name))
      ? ["set CLEVER_SFTP_PASSWORD"]
      : [];
    if (this.offered.includes("publickey")) ways.push('set "privateKeyPath" under "sftp"', agent);
    return ways.length === 0 ? undefined : `${capitalized(ways.join(", or "))}.`;
  }

  /** The error for a connection that was lost after the password was sent: sending it again could lock the account. */
  unanswered(cause: unknown): CleverLakeError {
    const { username } = this.credentials;
    return new CleverLakeError(
      "auth",
      `The SFTP server disconnected or stopped responding after it received the password of the account ${username}. The password is not sent again.`,
      { hint: "Check the user name and the password, then try again.", cause },
    );
  }

  /** The error for a server that accepts the password, but requires a new one. */
  expired(): CleverLakeError {
    const { username } = this.credentials;
    return new CleverLakeError("auth", `The password of the account ${username} has expired.`, {
      hint: "Set a new one where the account is managed.",
    });
  }
}
