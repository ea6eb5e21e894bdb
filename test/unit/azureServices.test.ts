import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { saltFromKeyVault } from "../../src/lake/adls/keyVault";
import { AzureManagement } from "../../src/ui/wizard/azureManagement";

/** A server for the running test; responds with what `answer` returns: JSON, or a page as it is. */
async function serve(
  answer: (
    request: IncomingMessage,
    base: string,
  ) => { readonly status?: number; readonly body?: unknown; readonly page?: string },
): Promise<{ base: string; seen: string[] }> {
  const seen: string[] = [];
  let base = "";
  const server = createServer((request: IncomingMessage, response: ServerResponse) => {
    seen.push(`${request.headers.authorization} ${request.method} ${request.url}`);
    const { status = 200, body, page } = answer(request, base);
    const headers = { "content-type": "application/json", "x-ms-request-id": "1" };
    response.writeHead(status, headers).end(page ?? JSON.stringify(body ?? {}));
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return { base, seen };
}

describe("the list of lakes in Azure", () => {
  const account = (name: string, isHnsEnabled: boolean) => ({
    id: `/subscriptions/s1/resourceGroups/oea-${name}/providers/Microsoft.Storage/storageAccounts/${name}`,
    name,
    location: "westus2",
    properties: { isHnsEnabled, primaryEndpoints: { dfs: `https://${name}.dfs.core.windows.net/` } },
  });

  test("has the accounts with a hierarchical namespace, from several responses", async () => {
    const { base, seen } = await serve(({ url }, place) =>
      url?.includes("page=2")
        ? { body: { value: [account("another", true)] } }
        : {
            body: {
              value: [account("districtlake", true), account("flat", false), { name: "odd" }],
              nextLink: `${place}/subscriptions/s1/x?page=2`,
            },
          },
    );
    const azure = new AzureManagement(() => Promise.resolve("t"), base);
    expect(await azure.lakes("s1")).toEqual([
      {
        name: "another",
        resourceGroup: "oea-another",
        location: "westus2",
        url: "https://another.dfs.core.windows.net",
      },
      {
        name: "districtlake",
        resourceGroup: "oea-districtlake",
        location: "westus2",
        url: "https://districtlake.dfs.core.windows.net",
      },
    ]);
    expect(seen[0]).toContain(
      "Bearer t GET /subscriptions/s1/providers/Microsoft.Storage/storageAccounts?api-version=",
    );
  });

  test("keeps subscriptions and accounts without a name or a location", async () => {
    const { base } = await serve(({ url }) => ({
      body: {
        value: url?.includes("storageAccounts")
          ? [{ ...account("districtlake", true), id: null, location: null }]
          : [{ subscriptionId: "s", displayName: null }],
      },
    }));
    const azure = new AzureManagement(() => Promise.resolve("t"), base);
    expect(await azure.subscriptions()).toEqual([{ id: "s", name: "s" }]);
    expect(await azure.lakes("s")).toEqual([
      {
        name: "districtlake",
        resourceGroup: "",
        location: "",
        url: "https://districtlake.dfs.core.windows.net",
      },
    ]);
  });

  test("follows no link to another host, which would receive the token", async () => {
    const other = await serve(() => ({ body: { value: [] } }));
    const { base } = await serve(() => ({
      body: { value: [{ subscriptionId: "s", displayName: "S" }], nextLink: `${other.base}/more` },
    }));
    const azure = new AzureManagement(() => Promise.resolve("t"), base);
    expect(await azure.subscriptions()).toEqual([{ id: "s", name: "S" }]);
    expect(other.seen).toEqual([]);
  });

  test.each([
    [401, "auth"],
    [403, "auth"],
    [500, "network"],
  ])("says what to do if Azure answers %i", async (status, code) => {
    const { base } = await serve(() => ({ status }));
    const azure = new AzureManagement(() => Promise.resolve("t"), base);
    await expect(azure.subscriptions()).rejects.toMatchObject({
      code,
      hint: "Type the lake's address instead.",
    });
  });

  test("says what to do if a guest network answers in Azure's place", async () => {
    const { base } = await serve(() => ({ page: "<!DOCTYPE html><title>Welcome to our network</title>" }));
    const azure = new AzureManagement(() => Promise.resolve("t"), base);
    await expect(azure.subscriptions()).rejects.toMatchObject({
      code: "network",
      message: "Azure cannot be reached.",
      hint: "Check the network, or type the lake's address instead.",
    });
  });
});

describe("the salt in a key vault", () => {
  const tokens = (...texts: string[]) => {
    const left = [...texts];
    return { token: () => Promise.resolve({ token: left.shift() ?? "", expires: Number.POSITIVE_INFINITY }) };
  };

  test("is read unchanged", async () => {
    const { base, seen } = await serve(() => ({ body: { value: " pepper " } }));
    expect(await saltFromKeyVault({ url: base, tokens: tokens("t") })).toBe(" pepper ");
    expect(seen).toEqual(["Bearer t GET /secrets/oeaSalt?api-version=7.4"]);
  });

  test("is read with a new token if the first was refused, and retried if the vault is busy", async () => {
    const answers = [{ status: 401 }, { status: 503 }, { status: 429 }, { body: { value: "pepper" } }];
    const { base, seen } = await serve(() => answers.shift() ?? {});
    expect(await saltFromKeyVault({ url: base, tokens: tokens("old", "new") })).toBe("pepper");
    expect(seen.map((line) => line.split(" ")[1])).toEqual(["old", "new", "new", "new"]);
  });

  test("is waited for while the vault is busy, until cancelled", async () => {
    const { base, seen } = await serve(() => ({ status: 429 }));
    const stopped = new Error("Stopped.");
    const stop = new AbortController();
    const reading = saltFromKeyVault({ url: base, tokens: tokens("t") }, stop.signal);
    await vi.waitFor(() => expect(seen).toHaveLength(1));
    setTimeout(() => stop.abort(stopped), 20);
    await expect(reading).rejects.toBe(stopped);
    expect(seen).toHaveLength(1);
  });

  test.each([
    [404, "salt", "has no secret oeaSalt"],
    [403, "auth", "may not read the salt"],
    [401, "auth", "does not accept the sign-in"],
    [500, "network", "answered with an error (500)"],
    [200, "salt", "is empty"],
    [302, "network", "answered with an error (302)"],
  ])("is refused with the reason if the vault answers %i", async (status, code, message) => {
    const { base } = await serve(() => ({ status, body: { value: "" } }));
    await expect(saltFromKeyVault({ url: base, tokens: tokens("t", "u") })).rejects.toMatchObject({
      code,
      message: expect.stringContaining(message),
    });
  });

  test("is reported as disabled if the secret is", async () => {
    const error = { code: "Forbidden", innererror: { code: "SecretDisabled" } };
    const { base } = await serve(() => ({ status: 403, body: { error } }));
    await expect(saltFromKeyVault({ url: base, tokens: tokens("t", "u") })).rejects.toMatchObject({
      code: "salt",
      message: "The secret oeaSalt in the key vault is disabled or has expired.",
    });
  });
});
