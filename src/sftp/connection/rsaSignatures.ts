import {
  BaseAgent,
  type IdentityCallback,
  type ParsedKey,
  type SignCallback,
  type SigningRequestOptions,
} from "ssh2";

/** The signature algorithms of RSA keys without SHA-1 (RFC 8332), in the order in which they are tried. */
const algorithms = [
  { name: "rsa-sha2-512", hash: "sha512" },
  { name: "rsa-sha2-256", hash: "sha256" },
] as const;

interface RsaView {
  readonly key: ParsedKey;
  readonly hash: (typeof algorithms)[number]["hash"];
}

const views = new WeakMap<ParsedKey, RsaView>();

/**
 * An RSA key under the name of each signature algorithm that it supports; empty for other keys. The SSH library tries
 * only one of them: SHA-256 if a server announces it, even if the server then rejects it, and SHA-1 if a server
 * announces nothing. Some servers that follow FIPS 140 accept only SHA-512.
 */
export function rsaViews(key: ParsedKey): ParsedKey[] {
  if (key.type !== "ssh-rsa") return [];
  return algorithms.map(({ name, hash }) => {
    const view: ParsedKey = Object.create(key, {
      type: { value: name },
      sign: { value: (data: Buffer | string) => key.sign(data, hash) },
    });
    views.set(view, { key, hash });
    return view;
  });
}

/** An agent that also lists the views of its RSA keys, after all keys. */
export class AgentWithRsaViews extends BaseAgent {
  private unanswered = 0;

  constructor(private readonly agent: BaseAgent) {
    super();
  }

  /** Whether the agent has not answered yet. */
  get isAsked(): boolean {
    return this.unanswered > 0;
  }

  override getIdentities(done: IdentityCallback): void {
    this.unanswered++;
    this.agent.getIdentities((error, keys = []) => {
      this.unanswered--;
      if (error) done(error);
      else done(undefined, [...keys, ...keys.flatMap((key) => (isParsedKey(key) ? rsaViews(key) : []))]);
    });
  }

  override sign(
    key: string | Buffer | ParsedKey,
    data: Buffer,
    options: SigningRequestOptions | SignCallback,
    done?: SignCallback,
  ): void {
    const view = isParsedKey(key) ? views.get(key) : undefined;
    const [signOptions, tell] = typeof options === "function" ? [{}, options] : [options, done];
    const answer: SignCallback = (error, signature) => {
      this.unanswered--;
      tell?.(error, signature);
    };
    this.unanswered++;
    if (view === undefined) this.agent.sign(key, data, signOptions, answer);
    else this.agent.sign(view.key, data, { ...signOptions, hash: view.hash }, answer);
  }
}

function isParsedKey(key: unknown): key is ParsedKey {
  return typeof key === "object" && key !== null && "getPublicSSH" in key && "type" in key;
}
