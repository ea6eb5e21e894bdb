import { type AnyAuthMethod, type AuthenticationType, type ParsedKey, utils } from "ssh2";
import { CleverLakeError } from "../errors";

/** What the account proves itself with. Several may be given; the server's offer decides which are used. */
export interface Credentials {
  readonly username: string;
  readonly password?: string;
  /** Contents of an OpenSSH, PEM or PuTTY private key file. */
  readonly privateKey?: string;
  readonly passphrase?: string;
  /** The agent's socket (`SSH_AUTH_SOCK`), or its pipe on Windows. */
  readonly agent?: string;
}

/**
 * Reads the private key, if there is one.
 * @throws CleverLakeError `auth`, without anything of the key or the passphrase
 */
export function parsePrivateKey({ privateKey, passphrase }: Credentials): ParsedKey | undefined {
  if (privateKey === undefined) return undefined;
  const parsed = utils.parseKey(privateKey, passphrase);
  const key = Array.isArray(parsed) ? parsed[0] : parsed;
  if (key instanceof Error || key === undefined) throw keyError(key?.message ?? "", passphrase !== undefined);
  if (!key.isPrivateKey())
    throw new CleverLakeError("auth", "The file given as private key holds a public key.", {
      hint: "Give the file without .pub.",
    });
  return key;
}

function keyError(libraryMessage: string, withPassphrase: boolean): CleverLakeError {
  if (/encrypted|passphrase|integrity|decrypt/i.test(libraryMessage))
    return withPassphrase
      ? new CleverLakeError("auth", "The passphrase does not open the private key.")
      : new CleverLakeError("auth", "The private key is protected by a passphrase, and none was given.", {
          hint: "Give the key's passphrase.",
        });
  return new CleverLakeError(
    "auth",
    "The private key cannot be read: it is in no known format, or damaged.",
    {
      hint: "Give a private key as ssh-keygen writes it.",
    },
  );
}

type Method = Exclude<AnyAuthMethod["type"], "none" | "hostbased">;
const words: Readonly<Record<Method, string>> = {
  publickey: "the private key",
  agent: "the agent's keys",
  password: "the password",
  "keyboard-interactive": "the password",
};

/** One login: answers the SSH library's question for the next method, and knows afterwards what was tried. */
export class Login {
  private readonly methods: AnyAuthMethod[] = [];
  private readonly tried: Method[] = [];
  private offered: readonly string[] = [];

  constructor(
    private readonly credentials: Credentials,
    key: ParsedKey | undefined,
  ) {
    const { username, agent, password } = credentials;
    if (key !== undefined) this.methods.push({ type: "publickey", username, key });
    if (agent !== undefined) this.methods.push({ type: "agent", username, agent });
    if (password === undefined) return;
    this.methods.push({ type: "password", username, password });
    let asked = false;
    this.methods.push({
      type: "keyboard-interactive",
      username,
      prompt: (_name, _instructions, _language, prompts, finish) => {
        // The password answers one hidden question, once: whoever asks for more wants something else.
        const answers = !asked && prompts.length === 1 && prompts[0]?.echo !== true ? [password] : [];
        asked = true;
        finish(answers);
      },
    });
  }

  /**
   * The next method, or false when none is left. The first question comes without an offer; unless there is a
   * key to show, it is answered with `none` to learn the offer, so that no password goes where only keys count.
   */
  next(offered: AuthenticationType[] | null): AnyAuthMethod | false {
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
    // Refused once, the same password would only count as a second failure against the account.
    if (method.type === "password" && this.methods[0]?.type === "keyboard-interactive") this.methods.pop();
    return method;
  }

  /** True once a credential has been shown to the server. */
  get started(): boolean {
    return this.tried.length > 0;
  }

  /** The error for a login that the server refused. */
  refused(cause: unknown): CleverLakeError {
    const { username } = this.credentials;
    const tried = [...new Set(this.tried.map((type) => words[type]))].join(" and ");
    return tried === ""
      ? new CleverLakeError(
          "auth",
          `The SFTP server takes only these ways to log in: ${this.offered.join(", ") || "none"}. None of them is configured.`,
          { hint: "Configure one of them.", cause },
        )
      : new CleverLakeError("auth", `The SFTP server refused ${tried} of the account ${username}.`, {
          hint: "Check the user name and the credentials.",
          cause,
        });
  }
}
