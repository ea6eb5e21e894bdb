import type { DefaultAzureCredential, DefaultAzureCredentialOptions } from "@azure/identity";
import { CleverLakeError, isCleverLakeError } from "../../errors";
import { agents } from "./agents";
import { type ProxySettings, proxyFor, sdkProxy } from "./proxy";
import { TokenKeeper, type TokenSource } from "./tokens";
import { within } from "./within";

/** Where Azure signs in. */
const signInAddress = "https://login.microsoftonline.com/";
const answerWithin = 60_000;

const kept = new Map<string, { readonly source: TokenSource; readonly keepers: Map<string, TokenKeeper> }>();

/**
 * Tokens of the sign-in to Azure that this machine has. They are kept for all lakes that this process opens: to ask the
 * Azure CLI for one takes seconds, and it keeps none.
 */
export function machineTokens(scope: string, proxy?: ProxySettings): TokenKeeper {
  const key = JSON.stringify(proxy ?? null);
  const { source, keepers } = kept.get(key) ?? { source: machineSignIn(proxy), keepers: new Map() };
  kept.set(key, { source, keepers });
  const keeper = keepers.get(scope) ?? new TokenKeeper(source, scope);
  keepers.set(scope, keeper);
  return keeper;
}

/**
 * The sign-in to Azure that this machine has: a service principal in the environment, a workload or managed identity,
 * the Azure CLI, and what else `DefaultAzureCredential` knows. Rejects with `auth` where there is none, with `network`
 * where it cannot be asked.
 */
function machineSignIn(proxy: ProxySettings | undefined): TokenSource {
  let loading: Promise<DefaultAzureCredential> | undefined;
  // The package takes longest to load, and is not needed before the first token.
  const load = async (way: URL | undefined) => {
    const { DefaultAzureCredential } = await import("@azure/identity");
    return new DefaultAzureCredential({
      additionalPolicies: [wayBy(proxy)],
      ...(way ? { proxyOptions: sdkProxy(way) } : {}),
    });
  };
  return {
    async token(scope) {
      // What is wrong with the proxy would be one line among many below.
      const way = proxyFor(signInAddress, proxy);
      try {
        loading ??= load(way);
        const asked = loading.then((credential) => credential.getToken(scope));
        const { token, expiresOnTimestamp } = await within(asked, {
          milliseconds: answerWithin,
          tooLate: () => new Error("ETIMEDOUT"),
        });
        return { token, expires: expiresOnTimestamp };
      } catch (cause) {
        loading = undefined;
        if (isCleverLakeError(cause)) throw cause;
        throw signInError(cause instanceof Error ? cause.message : "");
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

/** What the package says names every way that it tried, over a page; what helps is found in it. */
function signInError(text: string): CleverLakeError {
  // That its neighbour gives a machine no identity is so of nearly all machines.
  const told = text.replace(/^.*ManagedIdentityCredential:.*$/gm, "");
  const code = /AADSTS\d+/.exec(told)?.[0];
  if (code === undefined && told.includes("AZURE_TOKEN_CREDENTIALS")) {
    return new CleverLakeError(
      "config",
      "AZURE_TOKEN_CREDENTIALS in the environment has no value that it may have.",
      {
        hint: "Set it to prod or dev, or leave it out.",
      },
    );
  }
  if (code === undefined && /certificate|SELF_SIGNED|UNABLE_TO_/i.test(told)) {
    return new CleverLakeError(
      "network",
      "Azure's sign-in shows a certificate that this machine does not trust.",
      {
        hint: "Most likely a content filter opens the connection: have its authority's certificate put into the machine's store, or name its file in NODE_EXTRA_CA_CERTS and, for the Azure CLI, in REQUESTS_CA_BUNDLE.",
      },
    );
  }
  if (
    code === undefined &&
    /E[A-Z]+_AGAIN|ENOTFOUND|ECONN|ETIMEDOUT|E\w+UNREACH|network_error|HTTPSConnectionPool/.test(told)
  ) {
    return new CleverLakeError("network", "Azure's sign-in cannot be reached.", {
      hint: "Check the network and, if there is one, the proxy; nothing is lost.",
    });
  }
  const message = code
    ? `Azure refused the sign-in of this machine (${code}).`
    : "Nobody is signed in to Azure on this machine.";
  return new CleverLakeError("auth", message, {
    hint: "Sign in with `az login`; on a server, give the machine a managed identity or set AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET.",
  });
}
