import type { DefaultAzureCredential, DefaultAzureCredentialOptions } from "@azure/identity";
import { CleverLakeError, isCleverLakeError } from "../../basics/errors";
import { untilAborted } from "../../basics/untilAborted";
import { agents } from "./agents";
import { type ProxySettings, proxyFor, sdkProxy } from "./proxy";
import { TokenKeeper, type TokenSource } from "./tokens";

/** Azure's sign-in service. */
const signInAddress = "https://login.microsoftonline.com/";
const responseTimeout = 60_000;

const kept = new Map<string, { readonly source: TokenSource; readonly keepers: Map<string, TokenKeeper> }>();

/** How to sign in to Azure and reach it. */
export interface AzureAccess {
  /** Source of tokens; default: the machine's sign-in. */
  readonly tokens?: TokenSource | undefined;
  /** The proxy; default: the environment's. */
  readonly proxy?: ProxySettings | undefined;
}

/** Tokens for a scope. */
export function tokensFor({ tokens, proxy }: AzureAccess, scope: string): TokenKeeper {
  return tokens ? new TokenKeeper(tokens, scope) : machineTokens(scope, proxy);
}

/**
 * Tokens of this machine's Azure sign-in. All lakes that this process opens share them: getting one from the Azure
 * CLI takes seconds, and the CLI does not cache them.
 */
function machineTokens(scope: string, proxy: ProxySettings | undefined): TokenKeeper {
  const key = JSON.stringify(proxy ?? null);
  const { source, keepers } = kept.get(key) ?? { source: machineSignIn(proxy), keepers: new Map() };
  kept.set(key, { source, keepers });
  const keeper = keepers.get(scope) ?? new TokenKeeper(source, scope);
  keepers.set(scope, keeper);
  return keeper;
}

/**
 * This machine's Azure sign-in: a service principal in the environment, a workload or managed identity, the Azure
 * CLI, and the other sources that `DefaultAzureCredential` supports. Rejects with `auth` if there is none, with
 * `network` if it cannot be reached.
 */
function machineSignIn(proxy: ProxySettings | undefined): TokenSource {
  let loading: Promise<DefaultAzureCredential> | undefined;
  // This package takes longest to load, and only the first token needs it.
  const load = async (way: URL | undefined) => {
    const { DefaultAzureCredential } = await import("@azure/identity");
    return new DefaultAzureCredential({
      additionalPolicies: [proxyPolicy(proxy)],
      ...(way ? { proxyOptions: sdkProxy(way) } : {}),
    });
  };
  return {
    async token(scope) {
      // Otherwise a proxy's error would be one line among many below.
      const way = proxyFor(signInAddress, proxy);
      const limit = AbortSignal.timeout(responseTimeout);
      try {
        loading ??= load(way);
        const pendingToken = loading.then((credential) => credential.getToken(scope));
        const { token, expiresOnTimestamp } = await untilAborted(pendingToken, limit);
        return { token, expires: expiresOnTimestamp };
      } catch (cause) {
        loading = undefined;
        if (isCleverLakeError(cause)) throw cause;
        throw signInError(limit.aborted ? "ETIMEDOUT" : cause instanceof Error ? cause.message : "");
      }
    },
  };
}

/** Sends each request of the package through the configured proxy. */
function proxyPolicy(
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

/** The package's message lists every source that it tried, over a page; this finds the useful part. */
function signInError(text: string): CleverLakeError {
  // Almost no machine has a managed identity, so its absence says nothing.
  const relevant = text.replace(/^.*ManagedIdentityCredential:.*$/gm, "");
  const code = /AADSTS\d+/.exec(relevant)?.[0];
  if (code === undefined && relevant.includes("AZURE_TOKEN_CREDENTIALS")) {
    return new CleverLakeError("config", "AZURE_TOKEN_CREDENTIALS in the environment has an invalid value.", {
      hint: "Set it to prod or dev, or remove it.",
    });
  }
  if (code === undefined && /certificate|SELF_SIGNED|UNABLE_TO_/i.test(relevant)) {
    return new CleverLakeError(
      "network",
      "Azure's sign-in service presents a certificate that this machine does not trust.",
      {
        hint: "Most likely a content filter decrypts the connection: add the certificate of its authority to the machine's store, or set NODE_EXTRA_CA_CERTS and, for the Azure CLI, REQUESTS_CA_BUNDLE to its file.",
      },
    );
  }
  if (
    code === undefined &&
    /E[A-Z]+_AGAIN|ENOTFOUND|ECONN|ETIMEDOUT|E\w+UNREACH|network_error|HTTPSConnectionPool/.test(relevant)
  ) {
    return new CleverLakeError("network", "Azure's sign-in service cannot be reached.", {
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
