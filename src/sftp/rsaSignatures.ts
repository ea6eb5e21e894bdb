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
 * An RSA key once more under the names of the signatures that it can give; other keys have none. The SSH library tries
 * one of them only: SHA-256 where a server says that it takes it, whether it does or not, and SHA-1 where a server says
 * nothing. Servers that follow FIPS 140 take none but SHA-512 at times.
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

/** An agent whose RSA keys stand behind its keys once more, by their views. */
export class AgentWithRsaViews extends BaseAgent {
  constructor(private readonly agent: BaseAgent) {
    super();
  }

  override getIdentities(done: IdentityCallback): void {
    this.agent.getIdentities((error, keys = []) => {
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
    const [asked, answer] = typeof options === "function" ? [{}, options] : [options, done];
    if (view === undefined) this.agent.sign(key, data, asked, answer);
    else this.agent.sign(view.key, data, { ...asked, hash: view.hash }, answer);
  }
}

function isParsedKey(key: unknown): key is ParsedKey {
  return typeof key === "object" && key !== null && "getPublicSSH" in key && "type" in key;
}
