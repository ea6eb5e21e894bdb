import { createHash } from "node:crypto";
import {
  AccountSASPermissions,
  AccountSASResourceTypes,
  type DataLakeFileSystemClient,
  DataLakeServiceClient,
  StorageSharedKeyCredential,
} from "@azure/storage-file-datalake";
import { beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { AdlsEmulator } from "../adls-emulator/emulator";
import { refusal } from "../helpers/adlsRefusal";

let emulator: AdlsEmulator;
let service: DataLakeServiceClient;
let lake: DataLakeFileSystemClient;

beforeEach(async () => {
  emulator = await AdlsEmulator.start({ fileSystems: ["stage1np"] });
  onTestFinished(() => emulator[Symbol.asyncDispose]());
  const credential = new StorageSharedKeyCredential(emulator.account, emulator.key);
  service = new DataLakeServiceClient(emulator.url, credential, { retryOptions: { maxTries: 1 } });
  lake = service.getFileSystemClient("stage1np");
});

describe("the Data Lake emulator's REST API beyond Azure's client", () => {
  /** Sends a request with a SAS that allows everything. */
  async function send(path: string, query: string, init: RequestInit = {}): Promise<Response> {
    const sas = service.generateAccountSasUrl(
      new Date(Date.now() + 3_600_000),
      AccountSASPermissions.parse("rwdlac"),
      AccountSASResourceTypes.parse("sco").toString(),
    );
    return fetch(`${emulator.url}${path}?${query}${sas.slice(sas.indexOf("?") + 1)}`, init);
  }

  it("lists from a given name", async () => {
    for (const name of ["d/1", "d/2/x", "d/2/y", "d/3"]) await lake.getFileClient(name).create();
    const from = async (query: string) => {
      const response = await send("/stage1np", `resource=filesystem&directory=d&${query}&`);
      const { paths = [] } = (await response.json()) as { paths?: { name: string }[] };
      return response.ok ? paths.map(({ name }) => name) : response.headers.get("x-ms-error-code");
    };
    expect(await from("recursive=false&beginFrom=2")).toEqual(["d/2", "d/3"]);
    expect(await from("recursive=true&beginFrom=2")).toEqual(["d/2", "d/2/x", "d/2/y", "d/3"]);
    expect(await from("recursive=true&beginFrom=2/xx")).toEqual(["d/2/y", "d/3"]);
    expect(await from("recursive=false&beginFrom=2/x")).toBe("InvalidQueryParameterValue");
    expect(await from("maxResults=0&recursive=true")).toBe("OutOfRangeQueryParameterValue");
    expect(await from("maxResults=2")).toBe("MissingRequiredQueryParameter");
  });

  it("stores blobs put whole or in blocks, which do not support append", async () => {
    const headers = { "x-ms-blob-type": "BlockBlob", "x-ms-meta-a": "1", "content-type": "text/csv" };
    const put = await send("/stage1np/a/whole", "", { method: "PUT", headers, body: "whole" });
    expect(put.status).toBe(201);
    for (const [id, body] of [
      ["MQ==", "of "],
      ["Mg==", "blocks"],
    ] as const) {
      await send("/stage1np/blocks", `comp=block&blockid=${id}&`, { method: "PUT", body });
    }
    expect(await lake.getFileClient("blocks").exists()).toBe(false);
    const list = "<BlockList><Latest>MQ==</Latest><Latest>Mg==</Latest></BlockList>";
    await send("/stage1np/blocks", "comp=blocklist&", { method: "PUT", body: list });
    expect(emulator.contents("stage1np", "blocks")?.toString()).toBe("of blocks");
    const whole = lake.getFileClient("a/whole");
    expect(await whole.getProperties()).toMatchObject({ metadata: { a: "1" }, contentType: "text/csv" });
    expect(await refusal(whole.append("x", 5, 1))).toBe("409 InvalidFlushOperation");
    const md5 = createHash("md5").update("whole").digest("base64");
    expect(Buffer.from((await whole.read()).contentMD5 ?? []).toString("base64")).toBe(md5);
    const listed = await send("/stage1np", "restype=container&comp=list&delimiter=/&");
    expect(await listed.text()).toMatch(
      /<BlobPrefix><Name>a\/<\/Name><\/BlobPrefix><Blob><Name>blocks<\/Name>/,
    );
    const wrong = { ...headers, "content-md5": md5 };
    const refused = await send("/stage1np/b", "", { method: "PUT", headers: wrong, body: "other" });
    expect(refused.headers.get("x-ms-error-code")).toBe("Md5Mismatch");
  });

  it("refuses unsupported requests as not implemented", async () => {
    const answers = await Promise.all([
      send("/stage1np/f", "comp=snapshot&", { method: "PUT" }),
      send("/stage1np/f", "action=setAccessControlRecursive&mode=set&", { method: "PATCH" }),
      send("/stage1np/f", "comp=tags&"),
      send("", "comp=batch&", { method: "POST" }),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([501, 501, 501, 501]);
    expect((await send("/%zz", "")).headers.get("x-ms-error-code")).toBe("InvalidUri");
  });
});
