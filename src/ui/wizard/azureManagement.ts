import * as z from "zod";
import { CleverLakeError } from "../../basics/errors";

/** A subscription that the signed-in account can see, as Azure describes it. */
const subscriptionSchema = z
  .object({ subscriptionId: z.string(), displayName: z.string().optional().catch(undefined) })
  .transform(({ subscriptionId: id, displayName: name = id }) => ({ id, name }));

/** A storage account that can be a lake: one with a hierarchical namespace. */
const lakeSchema = z
  .object({
    id: z.string().catch(""),
    name: z.string().min(1),
    location: z.string().catch(""),
    properties: z.object({
      isHnsEnabled: z.literal(true),
      /** `https://ACCOUNT.dfs.core.windows.net/` */
      primaryEndpoints: z.object({ dfs: z.string().min(1) }),
    }),
  })
  .transform(({ id, name, location, properties }) => ({
    name,
    resourceGroup: /\/resourceGroups\/([^/]+)\//i.exec(id)?.[1] ?? "",
    location,
    url: properties.primaryEndpoints.dfs.replace(/\/$/, ""),
  }));

const pageSchema = z.object({
  value: z.array(z.unknown()).catch([]),
  nextLink: z.url().optional().catch(undefined),
});

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

  subscriptions(signal?: AbortSignal) {
    return this.all(subscriptionSchema, "/subscriptions?api-version=2022-12-01", signal);
  }

  lakes(subscription: string, signal?: AbortSignal) {
    const path = `/subscriptions/${encodeURIComponent(subscription)}/providers/Microsoft.Storage/storageAccounts?api-version=2023-05-01`;
    return this.all(lakeSchema, path, signal);
  }

  /** The items of all pages that fit the schema, by name. */
  private async all<Item extends { readonly name: string }>(
    schema: z.ZodType<Item>,
    path: string,
    signal: AbortSignal | undefined,
  ): Promise<Item[]> {
    const items: Item[] = [];
    let next: string | undefined = new URL(path, this.base).href;
    for (let page = 0; next !== undefined && page < maxPages; page++) {
      const answer: unknown = await this.get(next, signal);
      const { value = [], nextLink } = pageSchema.safeParse(answer).data ?? {};
      items.push(...value.flatMap((item) => schema.safeParse(item).data ?? []));
      // The token is only sent to Azure's own host.
      next = nextLink && new URL(nextLink).origin === new URL(this.base).origin ? nextLink : undefined;
    }
    return items.sort((a, b) => a.name.localeCompare(b.name));
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
