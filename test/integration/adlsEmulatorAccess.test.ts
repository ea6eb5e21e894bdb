import { once as event } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { text } from "node:stream/consumers";
import type { TokenCredential } from "@azure/identity";
import {
  AccountSASPermissions,
  AccountSASResourceTypes,
  AccountSASServices,
  DataLakeServiceClient,
  FileSystemSASPermissions,
  generateAccountSASQueryParameters,
  generateDataLakeSASQueryParameters,
  SASProtocol,
  StorageSharedKeyCredential,
} from "@azure/storage-file-datalake";
import { describe, expect, it, onTestFinished } from "vitest";
import { AdlsEmulator, type AdlsEmulatorOptions } from "../adls-emulator/emulator";
import { refusal } from "../helpers/adlsRefusal";

const hour = 60 * 60 * 1000;
const once = { retryOptions: { maxTries: 1 } };

async function start(options: AdlsEmulatorOptions = {}) {
  const emulator = await AdlsEmulator.start({ fileSystems: ["stage1np", "stage2np"], ...options });
  onTestFinished(() => emulator[Symbol.asyncDispose]());
  const credential = new StorageSharedKeyCredential(emulator.account, emulator.key);
  return { emulator, credential };
}

/** The response codes of writing, reading and listing in a file system. */
async function attempts(service: DataLakeServiceClient, fileSystem = "stage1np") {
  const lake = service.getFileSystemClient(fileSystem);
  const file = lake.getFileClient("folder/f");
  return {
    write: await refusal(file.upload(Buffer.from("abc"))),
    read: await refusal(file.readToBuffer()),
    list: await refusal(lake.listPaths({ recursive: true }).next()),
    delete: await refusal(file.delete()),
  };
}

const all = { write: "went through", read: "went through", list: "went through", delete: "went through" };
const none = (code: string) => ({ write: code, read: code, list: code, delete: code });

describe("the account key", () => {
  it("gives access to the account, and no other key does", async () => {
    const { emulator, credential } = await start();
    expect(await attempts(new DataLakeServiceClient(emulator.url, credential, once))).toEqual(all);
    const wrong = new StorageSharedKeyCredential(emulator.account, Buffer.from("wrong").toString("base64"));
    expect(await attempts(new DataLakeServiceClient(emulator.url, wrong, once))).toEqual(
      none("403 AuthenticationFailed"),
    );
    const other = new StorageSharedKeyCredential("otheraccount", emulator.key);
    expect(await attempts(new DataLakeServiceClient(emulator.url, other, once))).toEqual(
      none("403 AuthenticationFailed"),
    );
    expect(await attempts(new DataLakeServiceClient(emulator.url, undefined, once))).toEqual(
      none("401 NoAuthenticationInformation"),
    );
  });

  it("is refused if the client's clock is wrong", async () => {
    const { emulator, credential } = await start({ now: () => Date.now() + hour });
    expect(await attempts(new DataLakeServiceClient(emulator.url, credential, once))).toEqual(
      none("403 AuthenticationFailed"),
    );
  });
});

function accountSas(
  credential: StorageSharedKeyCredential,
  {
    permissions = "rwdlac",
    services = "b",
    types = "sco",
    ends = hour,
    protocol = SASProtocol.HttpsAndHttp,
  } = {},
): string {
  return generateAccountSASQueryParameters(
    {
      expiresOn: new Date(Date.now() + ends),
      permissions: AccountSASPermissions.parse(permissions),
      services: AccountSASServices.parse(services).toString(),
      resourceTypes: AccountSASResourceTypes.parse(types).toString(),
      protocol,
    },
    credential,
  ).toString();
}

describe("a SAS of the account", () => {
  it("gives access to what it names, until it expires", async () => {
    const { emulator, credential } = await start();
    const withSas = (token: string) => new DataLakeServiceClient(`${emulator.url}?${token}`, undefined, once);
    expect(await attempts(withSas(accountSas(credential)))).toEqual(all);
    expect(await attempts(withSas(accountSas(credential, { permissions: "rl" })))).toEqual({
      write: "403 AuthorizationPermissionMismatch",
      read: "404 BlobNotFound",
      list: "went through",
      delete: "403 AuthorizationPermissionMismatch",
    });
    expect((await attempts(withSas(accountSas(credential, { types: "o" })))).list).toBe(
      "403 AuthorizationResourceTypeMismatch",
    );
    expect(await attempts(withSas(accountSas(credential, { services: "f" })))).toEqual(
      none("403 AuthorizationServiceMismatch"),
    );
    expect(await attempts(withSas(accountSas(credential, { ends: -1000 })))).toEqual(
      none("403 AuthenticationFailed"),
    );
    expect(await attempts(withSas(accountSas(credential, { protocol: SASProtocol.Https })))).toEqual(
      none("403 AuthorizationProtocolMismatch"),
    );
    expect(await attempts(withSas(accountSas(credential).replace("sp=r", "sp=x")))).toEqual(
      none("403 AuthenticationFailed"),
    );
    const fileSystem = withSas(accountSas(credential)).getFileSystemClient("made");
    await fileSystem.create();
    expect((await fileSystem.getProperties()).metadata).toEqual({});
    // What is logged could be read by anyone who reads test output.
    expect(emulator.requests.every(({ url }) => /sig=…/.test(url))).toBe(true);
  });
});

describe("a SAS of a file system", () => {
  it("gives access to its contents, but not to the file system itself", async () => {
    const { emulator, credential } = await start();
    const token = (permissions: string) =>
      generateDataLakeSASQueryParameters(
        {
          fileSystemName: "stage1np",
          permissions: FileSystemSASPermissions.parse(permissions),
          expiresOn: new Date(Date.now() + hour),
        },
        credential,
      ).toString();
    const service = new DataLakeServiceClient(`${emulator.url}?${token("racwdlm")}`, undefined, once);
    expect(await attempts(service)).toEqual(all);
    expect(await attempts(service, "stage2np")).toEqual(none("403 AuthenticationFailed"));
    const lake = service.getFileSystemClient("stage1np");
    expect(await refusal(lake.getProperties())).toBe("403 AuthorizationFailure");
    expect(await refusal(lake.create())).toBe("403 AuthorizationFailure");
    const file = lake.getFileClient("f");
    await file.create();
    await file.move("g");
    expect(emulator.files("stage1np")).toEqual(["g"]);
    const reader = new DataLakeServiceClient(`${emulator.url}?${token("rl")}`, undefined, once);
    expect((await attempts(reader)).write).toBe("403 AuthorizationPermissionMismatch");
  });
});

describe("an account by its host name", () => {
  it("answers as JSON at the Data Lake endpoint and as XML at the blob endpoint", async () => {
    const { emulator, credential } = await start();
    const sas = accountSas(credential, { permissions: "rl" });
    const ask = (endpoint: string) => getByHost(emulator, `devaccount.${endpoint}.core.windows.net`, sas);
    const dfs = await ask("dfs");
    expect(dfs.headers).toMatchObject({ "x-ms-error-code": "PathNotFound" });
    expect(dfs.headers["x-ms-request-id"]).toMatch(/^[0-9a-f-]{36}$/);
    expect(JSON.parse(dfs.text)).toMatchObject({ error: { code: "PathNotFound" } });
    const blob = await ask("blob");
    expect(blob.headers).toMatchObject({
      "x-ms-error-code": "BlobNotFound",
      "x-ms-client-request-id": "ours",
      "x-ms-version": "2024-08-04",
    });
    expect(blob.text).toContain(
      "<Error><Code>BlobNotFound</Code><Message>The specified blob does not exist.",
    );
    const other = await getByHost(emulator, "otheraccount.dfs.core.windows.net", sas);
    expect(other.headers).toMatchObject({ "x-ms-error-code": "ResourceNotFound" });
  });
});

/** Requests a missing file, as if `host` resolved to the emulator. */
async function getByHost({ port }: AdlsEmulator, host: string, sas: string) {
  const headers = { host, "x-ms-client-request-id": "ours", "x-ms-version": "2024-08-04" };
  const sent = request({ host: "127.0.0.1", port, path: `/stage1np/nothing?${sas}`, headers }).end();
  const [response] = (await event(sent, "response")) as [IncomingMessage];
  return { headers: response.headers, text: await text(response) };
}

describe("bearer tokens", () => {
  /** A service client that sends `token`, trusting the emulator's certificate. */
  function signedIn(emulator: AdlsEmulator, token: string): DataLakeServiceClient {
    const credential: TokenCredential = {
      getToken: async () => ({ token, expiresOnTimestamp: Date.now() + hour }),
    };
    const options = { ...once, tlsOptions: { ca: emulator.certificate } };
    return new DataLakeServiceClient(emulator.url, credential, options);
  }

  it("give the access of their role until they expire", async () => {
    let now = Date.now();
    const { emulator } = await start({
      tls: true,
      now: () => now,
      tokens: [
        { token: "contributor", expires: now + hour },
        { token: "reader", role: "reader" },
        { token: "divided", role: { stage2np: "contributor" } },
      ],
    });
    expect(await attempts(signedIn(emulator, "contributor"))).toEqual(all);
    expect(await attempts(signedIn(emulator, "reader"))).toEqual({
      write: "403 AuthorizationPermissionMismatch",
      read: "404 BlobNotFound",
      list: "went through",
      delete: "403 AuthorizationPermissionMismatch",
    });
    expect(await attempts(signedIn(emulator, "divided"))).toEqual(
      none("403 AuthorizationPermissionMismatch"),
    );
    expect(await attempts(signedIn(emulator, "divided"), "stage2np")).toEqual(all);
    expect(await attempts(signedIn(emulator, "unknown"))).toEqual(none("401 InvalidAuthenticationInfo"));
    now += hour;
    expect(await attempts(signedIn(emulator, "contributor"))).toEqual(none("401 InvalidAuthenticationInfo"));
    emulator.setTokens([{ token: "renewed" }]);
    expect(await attempts(signedIn(emulator, "renewed"))).toEqual(all);
    const bare = await refusal(signedIn(emulator, "renewed").getFileSystemClient("stage1np").getProperties());
    expect(bare).toBe("went through");
  });
});

describe("an account without a hierarchical namespace", () => {
  it("reports that when asked, and has no access control", async () => {
    const { emulator, credential } = await start({ kind: "flat" });
    const service = new DataLakeServiceClient(emulator.url, credential, once);
    const file = service.getFileSystemClient("stage1np").getFileClient("f");
    await file.create();
    expect(await refusal(file.getAccessControl())).toMatch(/^400 /);
    expect(await isHierarchical(emulator, credential)).toBe("false");
    const hierarchical = await start();
    expect(await isHierarchical(hierarchical.emulator, hierarchical.credential)).toBe("true");
  });

  it("refuses the Data Lake endpoint if blob soft delete is on", async () => {
    const { emulator, credential } = await start({ kind: "flatWithSoftDelete" });
    const attempted = await attempts(new DataLakeServiceClient(emulator.url, credential, once));
    expect(attempted).toEqual({
      write: "409 EndpointUnsupportedAccountFeatures",
      // The client reads from the blob endpoint.
      read: "404 BlobNotFound",
      list: "409 EndpointUnsupportedAccountFeatures",
      delete: "409 EndpointUnsupportedAccountFeatures",
    });
  });
});

/** `x-ms-is-hns-enabled` of "Get Account Information". */
async function isHierarchical(
  emulator: AdlsEmulator,
  credential: StorageSharedKeyCredential,
): Promise<string | null> {
  const sas = accountSas(credential, { permissions: "r", types: "s" });
  const response = await fetch(`${emulator.url}/?restype=account&comp=properties&${sas}`);
  return response.headers.get("x-ms-is-hns-enabled");
}
