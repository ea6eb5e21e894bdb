import { describe, expect, test } from "vitest";
import { parseConfig } from "../../src/config";
import { isVaultAddress, parseAdlsAddress, vaultScope } from "../../src/lake/adls/address";
import { Places } from "../../src/lake/adls/places";

describe("an Azure address", () => {
  test.each([
    ["https://lake.dfs.core.windows.net", "https://lake.dfs.core.windows.net", undefined, ""],
    ["https://lake.dfs.core.windows.net/", "https://lake.dfs.core.windows.net", undefined, ""],
    ["https://lake.blob.core.windows.net/a/b", "https://lake.dfs.core.windows.net", undefined, "a/b"],
    [
      "https://lake.dfs.core.usgovcloudapi.net/x%20y",
      "https://lake.dfs.core.usgovcloudapi.net",
      undefined,
      "x y",
    ],
    ["https://lake.blob.core.chinacloudapi.cn", "https://lake.dfs.core.chinacloudapi.cn", undefined, ""],
    ["https://lake.z07.dfs.storage.azure.net/a", "https://lake.z07.dfs.storage.azure.net", undefined, "a"],
    ["abfss://oea@lake.dfs.core.windows.net", "https://lake.dfs.core.windows.net", "oea", ""],
    ["abfss://oea@lake.dfs.core.windows.net/a", "https://lake.dfs.core.windows.net", "oea", "a"],
  ])("%s is parsed", (url, endpoint, fileSystem, prefix) => {
    expect(parseAdlsAddress(url)).toEqual({
      kind: "account",
      account: "lake",
      endpoint,
      fileSystem,
      prefix,
      accountPath: "",
    });
  });

  test("an emulator's address is accepted, on this machine only", () => {
    expect(parseAdlsAddress("http://127.0.0.1:10000/devaccount/a")).toEqual({
      kind: "account",
      account: "devaccount",
      endpoint: "http://127.0.0.1:10000/devaccount",
      accountPath: "devaccount/",
      fileSystem: undefined,
      prefix: "a",
    });
    expect(() => parseAdlsAddress("http://lake.dfs.core.windows.net")).toThrow("not one of Azure");
  });

  test.each([
    [
      "https://onelake.dfs.fabric.microsoft.com/Our%20Data/Clever.Lakehouse/Files",
      "Our Data",
      "Clever.Lakehouse/Files",
    ],
    [
      "https://onelake.blob.fabric.microsoft.com/Ours/Clever.lakehouse/files/a b/",
      "Ours",
      "Clever.lakehouse/Files/a b",
    ],
    [
      "https://onelake.dfs.fabric.microsoft.com/11111111-2222-3333-4444-555555555555/AAAAAAAA-bbbb-cccc-dddd-eeeeeeeeeeee/Files/oea",
      "11111111-2222-3333-4444-555555555555",
      "AAAAAAAA-bbbb-cccc-dddd-eeeeeeeeeeee/Files/oea",
    ],
    [
      "abfss://Our%20Data@onelake.dfs.fabric.microsoft.com/Clever.Lakehouse/Files/oea",
      "Our Data",
      "Clever.Lakehouse/Files/oea",
    ],
  ])("%s is a OneLake address", (url, fileSystem, prefix) => {
    expect(parseAdlsAddress(url)).toEqual({
      kind: "oneLake",
      account: "onelake",
      endpoint: "https://onelake.dfs.fabric.microsoft.com",
      accountPath: "",
      fileSystem,
      prefix,
    });
  });

  test("OneLake has regional addresses, and an emulator's address with its name is accepted", () => {
    const item = "W/L.Lakehouse/Files";
    expect(parseAdlsAddress(`https://westus-onelake.dfs.fabric.microsoft.com/${item}`)).toMatchObject({
      kind: "oneLake",
      endpoint: "https://westus-onelake.dfs.fabric.microsoft.com",
    });
    expect(parseAdlsAddress(`http://127.0.0.1:10000/onelake/${item}`)).toMatchObject({
      kind: "oneLake",
      endpoint: "http://127.0.0.1:10000/onelake",
      accountPath: "onelake/",
      fileSystem: "W",
    });
  });

  test.each([
    ["https://onelake.dfs.fabric.microsoft.com", "The workspace is missing."],
    ["https://onelake.dfs.fabric.microsoft.com/Ours", "The lakehouse is missing"],
    ["https://onelake.dfs.fabric.microsoft.com/Ours/Clever/Files", "The lakehouse is missing"],
    ["https://onelake.dfs.fabric.microsoft.com/Ours/Clever.Warehouse/Files", "The lakehouse is missing"],
    ["https://onelake.dfs.fabric.microsoft.com/Ours/Clever.Lakehouse", "must be below Files"],
    ["https://onelake.dfs.fabric.microsoft.com/Ours/Clever.Lakehouse/Tables/a", "must be below Files"],
    [
      "https://onelake.dfs.fabric.microsoft.com/Ours/aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee/Files",
      "Workspace and item must both be names or both be GUIDs",
    ],
    ["https://evil-one.dfs.fabric.microsoft.com/Ours/Clever.Lakehouse/Files", "not one of Azure"],
    ["http://onelake.dfs.fabric.microsoft.com/Ours/Clever.Lakehouse/Files", "not one of Azure"],
  ])("%s is refused", (url, why) => {
    expect(() => parseAdlsAddress(url)).toThrow(why);
  });

  test.each(["sharedKey", "sas"])("a lake in OneLake refuses the sign-in %s", (auth) => {
    const lake = { url: "https://onelake.dfs.fabric.microsoft.com/Ours/Clever.Lakehouse/Files", auth };
    expect(() => parseConfig({ sftp: { host: "h", username: "u" }, lake }, "settings")).toThrow(
      "lake.auth: OneLake has no account key, and a SAS is not supported for it",
    );
  });

  test.each([
    "https://lake.dfs.core.windows.net?sv=2022&sig=secret",
    "https://user:secret@lake.dfs.core.windows.net",
    "https://lake.dfs.core.windows.net/stage1np",
    "https://lake.dfs.core.windows.net/a/%2E%2E/b%2Fc",
    "https://lake.dfs.core.windows.net:8443",
    "https://dfs.core.windows.net",
    "https://lake.example.com",
    "https://lake.dfs.example.com",
    "https://lake.dfs.core.windows.net.example.com",
    "abfss://11111111-aaaa@onelake.dfs.fabric.microsoft.com/x",
    "abfss://lake.dfs.core.windows.net",
    "abfss://stage2p@lake.dfs.core.windows.net",
    "https://",
    "http://127.0.0.1:1",
  ])("%s is refused as a configuration error that does not quote it", (url) => {
    const sftp = { host: "h", username: "u" };
    let message = "";
    try {
      parseConfig({ sftp, lake: { url } }, "settings");
    } catch (error) {
      message = error instanceof Error ? error.message : "";
    }
    expect(message).toContain("lake.url: The lake's address cannot be used.");
    expect(message).not.toContain("secret");
  });
});

describe("a key vault", () => {
  test.each([
    ["https://oea.vault.azure.net", "https://vault.azure.net/.default"],
    ["https://oea.vault.azure.net/", "https://vault.azure.net/.default"],
    ["https://oea.vault.usgovcloudapi.net", "https://vault.usgovcloudapi.net/.default"],
    ["https://oea.vault.azure.cn", "https://vault.azure.cn/.default"],
  ])("at %s is queried with a token for %s", (url, scope) => {
    expect(isVaultAddress(url)).toBe(true);
    expect(vaultScope(url)).toBe(scope);
  });

  test.each([
    "https://oea.vault.example.org",
    "https://vault.azure.net",
    "http://oea.vault.azure.net",
    "https://a/",
  ])("cannot be at %s, which gets no token", (url) => {
    expect(isVaultAddress(url)).toBe(false);
  });
});

describe("paths", () => {
  const path = "stage2p/clever/t/part 1.parquet";

  test.each([
    ["https://lake.dfs.core.windows.net", "stage2p", "clever/t/part 1.parquet", "clever/t/.clever-lake-tmp"],
    [
      "https://lake.dfs.core.windows.net/d",
      "stage2p",
      "d/clever/t/part 1.parquet",
      "d/clever/t/.clever-lake-tmp",
    ],
    [
      "abfss://oea@lake.dfs.core.windows.net",
      "oea",
      "stage2p/clever/t/part 1.parquet",
      "stage2p/clever/t/.clever-lake-tmp",
    ],
    [
      "abfss://oea@lake.dfs.core.windows.net/d",
      "oea",
      "d/stage2p/clever/t/part 1.parquet",
      "d/stage2p/clever/t/.clever-lake-tmp",
    ],
  ])("in %s are converted both ways", (url, fileSystem, name, temporary) => {
    const places = new Places(parseAdlsAddress(url));
    const place = places.of(path);
    expect(place).toEqual({ lakePath: path, fileSystem, name });
    expect(places.lakePath(fileSystem, name)).toBe(path);
    expect(places.temporary(place, "id")).toMatchObject({ fileSystem, name: `${temporary}/id` });
    expect(places.encoded(place)).toBe(name.replace(" ", "%20"));
  });

  test("in OneLake are converted both ways, however a response names the item", () => {
    const places = new Places(
      parseAdlsAddress("https://onelake.dfs.fabric.microsoft.com/Our%20Data/clever.lakehouse/Files/d"),
    );
    const place = places.of(path);
    expect(place).toEqual({
      lakePath: path,
      fileSystem: "Our Data",
      name: `clever.lakehouse/Files/d/${path}`,
    });
    for (const item of ["Clever.Lakehouse", "clever.lakehouse", "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee"]) {
      expect(places.lakePath("Our Data", `${item}/Files/d/${path}`)).toBe(path);
    }
    expect(places.lakePath("Our Data", `Clever.Lakehouse/Files/ds/${path}`)).toBeUndefined();
    expect(places.renameFileSystem(place)).toBe("Our%20Data");
    const encoded = `clever.lakehouse/Files/d/${path.replace(" ", "%20")}`;
    expect(places.url(path)).toBe(`https://onelake.dfs.fabric.microsoft.com/Our%20Data/${encoded}`);
  });

  test("a file next to the lake's folder is not in the lake", () => {
    const places = new Places(parseAdlsAddress("https://lake.dfs.core.windows.net/district"));
    expect(places.lakePath("stage2p", "districts/x")).toBeUndefined();
  });
});
