import { CleverLakeError } from "../../basics/errors";

/** A subscription that the signed-in account can see. */
export interface AzureSubscription {
  readonly id: string;
  readonly name: string;
}

/** A storage account that can be a lake: one with a hierarchical namespace. */
export interface AzureLake {
  readonly name: string;
  readonly resourceGroup: string;
  readonly location: string;
  /** `https://ACCOUNT.dfs.core.windows.net` */
  readonly url: string;
}

export const managementScope = "https://management.azure.com/.default";

const maxPages = 50;

/**
 * Azure Resource Manager through its REST interface: two lists, for which the platform's `fetch` is enough. Independent
 * of VS Code, so that tests can use a local server.
 */
export class AzureManagement {
  constructor(
    private readonly token: () => Promise<string>,
    private readonly base = "https://management.azure.com",
  ) {}

  async subscriptions(signal?: AbortSignal): Promise<AzureSubscription[]> {
    const found = await this.all("/subscriptions?api-version=2022-12-01", signal);
    return found
      .flatMap((item) => {
        const id = text(item, "subscriptionId");
        return id === undefined ? [] : [{ id, name: text(item, "displayName") ?? id }];
      })
      .sort((a, b) => a.name.localeCompare(b.name));
  }

  async lakes(subscription: string, signal?: AbortSignal): Promise<AzureLake[]> {
    const path = `/subscriptions/${encodeURIComponent(subscription)}/providers/Microsoft.Storage/storageAccounts?api-version=2023-05-01`;
    const found = await this.all(path, signal);
    return found
      .flatMap((item) => {
        const properties = member(item, "properties");
        const endpoint = text(member(properties, "primaryEndpoints"), "dfs");
        const name = text(item, "name");
        if (member(properties, "isHnsEnabled") !== true || !endpoint || !name) return [];
        const resourceGroup = /\/resourceGroups\/([^/]+)\//i.exec(text(item, "id") ?? "")?.[1] ?? "";
        const location = text(item, "location") ?? "";
        return [{ name, resourceGroup, location, url: endpoint.replace(/\/$/, "") }];
      })
      .sort((a, b) => a.name.localeCompare(b.name));
  }

  private async all(path: string, signal: AbortSignal | undefined): Promise<unknown[]> {
    const items: unknown[] = [];
    let next: string | undefined = new URL(path, this.base).href;
    for (let page = 0; next !== undefined && page < maxPages; page++) {
      const answer: unknown = await this.get(next, signal);
      const value = member(answer, "value");
      if (Array.isArray(value)) items.push(...(value as unknown[]));
      const link = text(answer, "nextLink");
      // The token is only sent to Azure's own host.
      next = link !== undefined && new URL(link).origin === new URL(this.base).origin ? link : undefined;
    }
    return items;
  }

  private async get(url: string, signal: AbortSignal | undefined): Promise<unknown> {
    const limit = AbortSignal.timeout(30_000);
    let answer: Response;
    try {
      answer = await fetch(url, {
        headers: { authorization: `Bearer ${await this.token()}` },
        redirect: "error",
        signal: signal ? AbortSignal.any([signal, limit]) : limit,
      });
      // Content filters and guest networks answer with pages of their own, which are not JSON.
      if (answer.ok) return await answer.json();
    } catch (cause) {
      signal?.throwIfAborted();
      if (cause instanceof CleverLakeError) throw cause;
      throw new CleverLakeError("network", "Azure cannot be reached.", {
        hint: "Check the network, or type the lake's address instead.",
        cause,
      });
    }
    const refused = answer.status === 401 || answer.status === 403;
    throw new CleverLakeError(
      refused ? "auth" : "network",
      refused
        ? "Azure does not show its subscriptions to this account."
        : `Azure answered with an error (${answer.status}).`,
      { hint: "Type the lake's address instead." },
    );
  }
}

function member(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null && name in value
    ? (value as Readonly<Record<string, unknown>>)[name]
    : undefined;
}

function text(value: unknown, name: string): string | undefined {
  const found = member(value, name);
  return typeof found === "string" ? found : undefined;
}
