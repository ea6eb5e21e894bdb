import { CleverLakeError } from "../../errors";
import { machineSignIn } from "./identity";
import { TokenKeeper, type TokenSource, vaultScope } from "./tokens";

/** The secret under which OEA keeps its salt. */
const saltName = "oeaSalt";

export interface KeyVault {
  /** `https://NAME.vault.azure.net` */
  readonly url: string;
  /** Where tokens come from; the machine's sign-in if left out. */
  readonly tokens?: TokenSource | undefined;
}

/**
 * The district's salt, from the key vault in which OEA keeps it: the secret `oeaSalt`, as it is there. One GET, for
 * which the platform's `fetch` does. Rejects with `auth`, `network` or `salt`.
 */
export async function saltFromKeyVault(vault: KeyVault, signal?: AbortSignal): Promise<string> {
  const keeper = new TokenKeeper(vault.tokens ?? machineSignIn(), vaultScope);
  const address = new URL(`/secrets/${saltName}?api-version=7.4`, vault.url);
  const token = await keeper.token();
  let answer = await ask(address, token, vault, signal);
  if (answer.status === 401) answer = await ask(address, await keeper.renewed(token), vault, signal);
  if (!answer.ok) throw refused(answer.status, vault.url);
  const secret: unknown = await answer.json().catch(() => undefined);
  const value = typeof secret === "object" && secret && "value" in secret ? secret.value : undefined;
  if (typeof value !== "string" || value === "") {
    throw new CleverLakeError("salt", `The secret ${saltName} in the key vault is empty.`, {
      subject: vault.url,
    });
  }
  return value;
}

const attempts = 3;

async function ask(
  address: URL,
  token: string,
  { url }: KeyVault,
  signal: AbortSignal | undefined,
): Promise<Response> {
  for (let attempt = 1; ; attempt++) {
    const limit = AbortSignal.timeout(30_000);
    try {
      const answer = await fetch(address, {
        headers: { authorization: `Bearer ${token}` },
        // A redirect would take the token to another host.
        redirect: "error",
        signal: signal ? AbortSignal.any([signal, limit]) : limit,
      });
      if (attempt === attempts || (answer.status !== 429 && answer.status < 500)) return answer;
    } catch (cause) {
      signal?.throwIfAborted();
      if (attempt < attempts) continue;
      throw new CleverLakeError("network", "The key vault cannot be reached.", {
        subject: url,
        hint: "Check the network and the vault's address; its firewall may shut this machine out.",
        cause,
      });
    }
  }
}

function refused(status: number, subject: string): CleverLakeError {
  if (status === 404) {
    return new CleverLakeError("salt", `The key vault has no secret ${saltName}.`, {
      subject,
      hint: `Put the district's salt there under the name ${saltName}, as OEA does.`,
    });
  }
  if (status === 401) {
    return new CleverLakeError("auth", "The key vault does not accept the sign-in.", {
      subject,
      hint: "Sign in anew, with an account of the tenant that the vault belongs to.",
    });
  }
  if (status === 403) {
    return new CleverLakeError("auth", "Your account may not read the salt in the key vault.", {
      subject,
      hint: "Have the role Key Vault Secrets User given to it on the secret oeaSalt, or let the vault's firewall admit this machine.",
    });
  }
  return new CleverLakeError("network", `The key vault answered with an error (${status}).`, {
    subject,
    hint: "Try again in a few minutes.",
  });
}
