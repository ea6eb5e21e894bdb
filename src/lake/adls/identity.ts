import type { DefaultAzureCredentialOptions } from "@azure/identity";
import { CleverLakeError } from "../../errors";
import { agents } from "./agents";
import type { ProxySettings } from "./proxy";
import type { TokenSource } from "./tokens";

/**
 * The sign-in to Azure that this machine has: a service principal in the environment, a workload or managed identity,
 * the Azure CLI, and what else `DefaultAzureCredential` knows. Rejects with `auth` where there is none.
 */
export function machineSignIn(proxy?: ProxySettings): TokenSource {
  // The package takes longest to load, and is not needed before the first token.
  const loading = () =>
    import("@azure/identity").then(
      (identity) => new identity.DefaultAzureCredential({ additionalPolicies: [wayBy(proxy)] }),
    );
  let credential: ReturnType<typeof loading> | undefined;
  return {
    async token(scope) {
      credential ??= loading();
      try {
        const { token, expiresOnTimestamp } = await (await credential).getToken(scope);
        return { token, expires: expiresOnTimestamp };
      } catch (cause) {
        // What the package says names every way that it tried, over a page; of it only Entra's own code helps.
        const code = /AADSTS\d+/.exec(cause instanceof Error ? cause.message : "")?.[0];
        const message = code
          ? `Azure refused the sign-in of this machine (${code}).`
          : "Nobody is signed in to Azure on this machine.";
        throw new CleverLakeError("auth", message, {
          hint: "Sign in with `az login`; on a server, give the machine a managed identity or set AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET.",
        });
      }
    },
  };
}

/** Has each request of the package go the way that is set. */
function wayBy(
  proxy: ProxySettings | undefined,
): NonNullable<DefaultAzureCredentialOptions["additionalPolicies"]>[number] {
  return {
    position: "perRetry",
    policy: {
      name: "cleverLakeWay",
      sendRequest(request, next) {
        request.agent = agents.to(request.url, proxy);
        return next(request);
      },
    },
  };
}
