import * as z from "zod";
import { CleverLakeError, type ErrorCode } from "../../basics/errors";
import { jsonIn } from "../../basics/json";
import { saltName, vaultScope } from "./address";
import { notFromAzure } from "./adlsMessages";
import { callService, NoResponse } from "./callService";
import { type AzureAccess, tokensFor } from "./identity";
import { trustSystemCertificates } from "./systemCertificates";
import type { WebResponse } from "./webRequest";

export interface KeyVault extends AzureAccess {
  /** `https://NAME.vault.azure.net` */
  readonly url: string;
}

const secretSchema = z.object({ value: z.string() });
const retries = 2;
const waits = { firstWait: 500, maxWait: 60_000 };

/**
 * The district's salt from the key vault in which OEA keeps it: the secret `oeaSalt`, unchanged. Rejects with `auth`,
 * `network` or `salt`.
 */
export async function saltFromKeyVault(vault: KeyVault, signal?: AbortSignal): Promise<string> {
  trustSystemCertificates();
  const { url, proxy } = vault;
  const tokens = tokensFor(vault, vaultScope(url));
  const address = new URL(`/secrets/${saltName}?api-version=7.4`, url);
  const answer = await callService(
    { method: "GET", address, headers: {}, proxy, signal },
    { name: "the key vault", tokens, retries, ...waits },
  ).catch((error: unknown) => {
    if (!(error instanceof NoResponse)) throw error;
    throw new CleverLakeError("network", "The key vault cannot be reached.", {
      subject: url,
      hint: "Check the network and the vault's address; its firewall may block this machine.",
      cause: error.cause,
    });
  });
  if (answer.status !== 200 || !isFromVault(answer)) throw refusal(answer, url);
  const secret = secretSchema.safeParse(jsonIn(answer.text)).data;
  if (!secret?.value) {
    throw new CleverLakeError("salt", `The secret ${saltName} in the key vault is empty.`, { subject: url });
  }
  return secret.value;
}

/** A content filter's page can have any status. */
function isFromVault({ headers }: WebResponse): boolean {
  return headers["x-ms-request-id"] !== undefined;
}

function refusal(answer: WebResponse, subject: string): CleverLakeError {
  const { status, text: body } = answer;
  if (status !== 429 && status < 500 && !isFromVault(answer)) return notFromAzure(status);
  const isDisabled = /"Secret\w*(Disabled|Expired|NotYetValid)|(disabled|expired|not yet valid) secret/i.test(
    body,
  );
  const error = (code: ErrorCode, message: string, hint: string) =>
    new CleverLakeError(code, message, { subject, hint });
  if (status === 403 && isDisabled)
    return error(
      "salt",
      `The secret ${saltName} in the key vault is disabled or has expired.`,
      "Enable it there. Its value must stay the same: another salt produces different pseudonyms.",
    );
  if (status === 404)
    return error(
      "salt",
      `The key vault has no secret ${saltName}.`,
      `Put the district's salt there under the name ${saltName}, as OEA does.`,
    );
  if (status === 401)
    return error(
      "auth",
      "The key vault does not accept the sign-in.",
      "Sign in again, with an account of the tenant that the vault belongs to.",
    );
  if (status === 403)
    return error(
      "auth",
      "Your account may not read the salt in the key vault.",
      "Ask for the role Key Vault Secrets User on the secret oeaSalt, or allow this machine in the vault's firewall.",
    );
  return error("network", `The key vault answered with an error (${status}).`, "Try again in a few minutes.");
}
