import { afterEach, describe, expect, test, vi } from "vitest";
import { agents } from "../../src/lake/adls/agents";
import { proxyFor } from "../../src/lake/adls/proxy";

const lake = "https://districtlake.dfs.core.windows.net/stage2p/clever?resource=filesystem";

afterEach(() => {
  vi.unstubAllEnvs();
});

describe("the proxy for Azure", () => {
  const names = ["HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "https_proxy", "all_proxy", "no_proxy"];
  const environment = (set: Readonly<Record<string, string>>) => {
    for (const name of names) vi.stubEnv(name, set[name] ?? "");
  };

  test.each([
    [{}, undefined],
    [{ HTTPS_PROXY: "http://proxy.district.org:3128" }, "http://proxy.district.org:3128/"],
    [{ https_proxy: "http://proxy.district.org:3128" }, "http://proxy.district.org:3128/"],
    [{ ALL_PROXY: "http://proxy.district.org:3128" }, "http://proxy.district.org:3128/"],
    [{ HTTPS_PROXY: "http://a:1", NO_PROXY: ".core.windows.net,other" }, undefined],
    [{ HTTPS_PROXY: "proxy.district.org:3128" }, "http://proxy.district.org:3128/"],
    [{ HTTPS_PROXY: "10.0.0.5:8080" }, "http://10.0.0.5:8080/"],
    [{ HTTPS_PROXY: "http://a:1", NO_PROXY: "*" }, undefined],
    [{ HTTPS_PROXY: "http://a:1", NO_PROXY: "vault.azure.net" }, "http://a:1/"],
  ])("comes from the environment %j", (set, expected) => {
    environment(set);
    expect(proxyFor(lake, undefined)?.href).toBe(expected);
  });

  test.each([
    [[], "http://user:pass%40word@proxy:8080/"],
    [["core.windows.net"], undefined],
    [[".core.windows.net"], undefined],
    [["*.core.windows.net"], undefined],
    [["DistrictLake.dfs.core.windows.net:443"], undefined],
    [["districtlake.dfs.core.windows.net:8443"], "http://user:pass%40word@proxy:8080/"],
    [["windows.ne", "lake.dfs.core.windows.net", "", "."], "http://user:pass%40word@proxy:8080/"],
    [["*"], undefined],
  ])("is the editor's if it has one, except for %j", (except, expected) => {
    environment({ HTTPS_PROXY: "http://another:1", NO_PROXY: "core.windows.net" });
    expect(proxyFor(lake, { url: "http://user:pass%40word@proxy:8080", except })?.href).toBe(expected);
  });

  test.each([
    "http://127.0.0.1:10000/a",
    "http://localhost:1/",
    "http://[::1]:1/",
    "http://169.254.169.254/x",
  ])("is not used for %s", (address) => {
    environment({ HTTP_PROXY: "http://a:1", HTTPS_PROXY: "http://a:1" });
    expect(proxyFor(address, undefined)).toBeUndefined();
    expect(proxyFor(address, { url: "http://a:1", except: [] })).toBeUndefined();
  });

  test.each([
    "http://user:50%secret@proxy:1",
    "socks5://user:secret@proxy:1",
    "proxy:3128",
    "nonsense secret",
  ])("is refused with a message that does not quote it: %s", (url) => {
    const use = () => proxyFor(lake, { url, except: [] });
    expect(use).toThrow(
      expect.objectContaining({ code: "config", message: "The configured proxy cannot be used." }),
    );
    expect(use).not.toThrow(/secret/);
  });

  test("uses connections that stay open and are shared by all requests", () => {
    const proxy = { url: "http://proxy:8080", except: ["vault.azure.net"] };
    const agent = agents.to(lake, proxy);
    expect(agent).toBe(agents.to("https://districtlake.blob.core.windows.net/", { ...proxy }));
    expect(agent).toMatchObject({ keepAlive: true });
    const direct = agents.to("https://oea.vault.azure.net/secrets", proxy);
    expect(direct).not.toBe(agent);
    expect(direct).toMatchObject({ keepAlive: true, defaultPort: 443 });
  });
});
