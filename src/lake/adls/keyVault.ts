import { CleverLakeError, isCleverLakeError } from "../../basics/errors";
import { retryWhile } from "../../basics/retryWhile";
import { untilAborted } from "../../basics/untilAborted";
import { saltName, vaultScope } from "./address";
import { isCertificateCode, notFromAzureCode } from "./adlsErrors";
import { notFromAzure, untrusted } from "./adlsMessages";
import { machineTokens } from "./identity";
import type { ProxySettings } from "./proxy";
import { trustSystemCertificates } from "./systemCertificates";
import { TokenKeeper, type TokenSource } from "./tokens";
import { webRequest } from "./webRequest";

export interface KeyVault {
  /** `https://NAME.vault.azure.net` */
  readonly url: string;
  /** Source of tokens; default: the machine's sign-in. */
  readonly tokens?: TokenSource | undefined;
  /** The proxy; default: the environment's. */
  readonly proxy?: ProxySettings | undefined;
}

/**
 * The district's salt from the key vault in which OEA keeps it: the secret `oeaSalt`, unchanged. Rejects with `auth`,
 * `network` or `salt`.
 */
export async function saltFromKeyVault(vault: KeyVault, signal?: AbortSignal): Promise<string> {
  trustSystemCertificates();
  const scope = vaultScope(vault.url);
  const keeper = vault.tokens ? new TokenKeeper(vault.tokens, scope) : machineTokens(scope, vault.proxy);
  const address = new URL(`/secrets/${saltName}?api-version=7.4`, vault.url);
  const token = await untilAborted(keeper.token(), signal);
  let answer = await ask(address, token, vault, signal);
  if (answer.status === 401) {
    answer = await ask(address, await untilAborted(keeper.renewed(token), signal), vault, signal);
  }
  if (answer.status === 403) keeper.forget(token);
  if (answer.status !== 200) throw refused(answer, vault.url);
  const value = secretIn(answer.text);
  if (value === undefined || value === "") {
    throw new CleverLakeError("salt", `The secret ${saltName} in the key vault is empty.`, {
      subject: vault.url,
    });
  }
  return value;
}

function secretIn(answer: string): string | undefined {
  try {
    const secret: unknown = JSON.parse(answer);
    const value = typeof secret === "object" && secret && "value" in secret ? secret.value : undefined;
    return typeof value === "string" ? value : undefined;
  } catch {
    return undefined;
  }
}

const retries = 2;
const waits = { firstWait: 500, maxWait: 60_000 };

interface Answer {
  readonly status: number;
  readonly text: string;
  readonly retryAfter: string | undefined;
}

/** A response after which a retry may help. */
class Busy extends Error {
  constructor(readonly answer: Answer) {
    super();
  }
}

async function ask(
  address: URL,
  token: string,
  { url, proxy }: KeyVault,
  signal: AbortSignal | undefined,
): Promise<Answer> {
  const once = async () => {
    const answer = await get(address, token, proxy, signal).catch((cause: NodeJS.ErrnoException) => {
      signal?.throwIfAborted();
      const { code = "", message } = cause;
      if (code === notFromAzureCode) throw notFromAzure(Number(message));
      if (isCertificateCode(code)) throw untrusted(code, "the key vault");
      throw cause;
    });
    if (answer.status === 429 || answer.status >= 500) throw new Busy(answer);
    return answer;
  };
  try {
    return await retryWhile(once, {
      ...waits,
      // A retry cannot help if another program responded or the certificate is not trusted.
      mayRetry: (error, attempt) => attempt < retries && !isCleverLakeError(error),
      retryAfter: (error) => (error instanceof Busy ? error.answer.retryAfter : undefined),
      signal,
    });
  } catch (cause) {
    signal?.throwIfAborted();
    if (cause instanceof Busy) return cause.answer;
    if (isCleverLakeError(cause)) throw cause;
    throw new CleverLakeError("network", "The key vault cannot be reached.", {
      subject: url,
      hint: "Check the network and the vault's address; its firewall may block this machine.",
      cause,
    });
  }
}

async function get(
  address: URL,
  token: string,
  proxy: ProxySettings | undefined,
  signal: AbortSignal | undefined,
): Promise<Answer> {
  const headers = { authorization: `Bearer ${token}` };
  const {
    status,
    headers: received,
    text,
  } = await webRequest({ method: "GET", address, headers, proxy, signal });
  if (received["x-ms-request-id"] === undefined && status !== 429 && status < 500) throw notFromAzure(status);
  return { status, text, retryAfter: received["retry-after"] };
}

function refused({ status, text: body }: Answer, subject: string): CleverLakeError {
  if (
    status === 403 &&
    /"Secret\w*(Disabled|Expired|NotYetValid)|(disabled|expired|not yet valid) secret/i.test(body)
  ) {
    return new CleverLakeError(
      "salt",
      `The secret ${saltName} in the key vault is disabled or has expired.`,
      {
        subject,
        hint: "Enable it there. Its value must stay the same: another salt produces different pseudonyms.",
      },
    );
  }
  if (status === 404) {
    return new CleverLakeError("salt", `The key vault has no secret ${saltName}.`, {
      subject,
      hint: `Put the district's salt there under the name ${saltName}, as OEA does.`,
    });
  }
  if (status === 401) {
    return new CleverLakeError("auth", "The key vault does not accept the sign-in.", {
      subject,
      hint: "Sign in again, with an account of the tenant that the vault belongs to.",
    });
  }
  if (status === 403) {
    return new CleverLakeError("auth", "Your account may not read the salt in the key vault.", {
      subject,
      hint: "Ask for the role Key Vault Secrets User on the secret oeaSalt, or allow this machine in the vault's firewall.",
    });
  }
  return new CleverLakeError("network", `The key vault answered with an error (${status}).`, {
    subject,
    hint: "Try again in a few minutes.",
  });
}
