import { DataLakeServiceClient, StorageSharedKeyCredential } from "@azure/storage-file-datalake";
import { beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { AdlsEmulator } from "../adls-emulator/emulator";
import type { Fault } from "../adls-emulator/faults";
import { AdlsEmulatorProcess } from "../adls-emulator/process";
import { refusal } from "../helpers/adlsRefusal";

let emulator: AdlsEmulator;

beforeEach(async () => {
  emulator = await AdlsEmulator.start({ fileSystems: ["stage1np"] });
  onTestFinished(() => emulator[Symbol.asyncDispose]());
});

function fileClient({ url, account, key }: Pick<AdlsEmulator, "url" | "account" | "key">, maxTries = 1) {
  const credential = new StorageSharedKeyCredential(account, key);
  const options = { retryOptions: { maxTries, retryDelayInMs: 1, maxRetryDelayInMs: 1 } };
  return new DataLakeServiceClient(url, credential, options)
    .getFileSystemClient("stage1np")
    .getFileClient("f");
}

describe("a faulty request", () => {
  it("is refused without effect if the account is busy, and the client retries after the requested delay", async () => {
    const file = fileClient(emulator);
    emulator.inject({ fault: { kind: "busy", status: 503, retryAfterSeconds: 7 }, operation: "Path.Create" });
    const answer = await file.create().then(
      () => undefined,
      (error: unknown) => error as { statusCode: number; response: { headers: Map<string, string> } },
    );
    expect(answer?.statusCode).toBe(503);
    expect(answer?.response.headers.get("retry-after")).toBe("7");
    expect(emulator.files("stage1np")).toEqual([]);
    emulator.inject({ fault: { kind: "busy", status: 503, retryAfterSeconds: 0 }, times: 2 });
    await fileClient(emulator, 3).create();
    expect(emulator.files("stage1np")).toEqual(["f"]);
    expect(emulator.requests.map(({ number, status, fault }) => [number, status, fault])).toEqual([
      [1, 503, "busy"],
      [2, 503, "busy"],
      [3, 503, "busy"],
      [4, 201, undefined],
    ]);
  });

  /** Why `src/lake/adls/requests.ts` has its own retries: if this fails one day, the SDK's may be sufficient. */
  it("is retried by the SDK neither on 429 nor by Retry-After", async () => {
    emulator.inject({ fault: { kind: "busy", status: 429, retryAfterSeconds: 0 } });
    expect(await refusal(fileClient(emulator, 5).create())).toBe("429 TooManyRequests");
    expect(emulator.requests).toHaveLength(1);
    emulator.inject({ fault: { kind: "busy", status: 503, retryAfterSeconds: 30 } });
    const began = performance.now();
    await fileClient(emulator, 5).create();
    expect(performance.now() - began).toBeLessThan(30_000);
    expect(emulator.requests.map(({ status }) => status)).toEqual([429, 503, 201]);
  });

  it.each<[Fault["kind"], string[]]>([
    ["resetBefore", []],
    ["resetAfter", ["f"]],
    ["halfAppend", []],
  ])("is interrupted by %s, with this effect on a create: %j", async (kind, files) => {
    emulator.inject({ fault: { kind } as Fault, number: 1 });
    expect(await refusal(fileClient(emulator).create())).toMatch(/^no answer: /);
    expect(emulator.files("stage1np")).toEqual(files);
    expect(emulator.requests).toMatchObject([
      { number: 1, status: 0, fault: kind, operation: "Path.Create" },
    ]);
  });

  it("is interrupted over https as well", async () => {
    await using secure = await AdlsEmulator.start({ fileSystems: ["stage1np"], tls: true });
    secure.inject({ fault: { kind: "resetAfter" } });
    const credential = new StorageSharedKeyCredential(secure.account, secure.key);
    const options = { retryOptions: { maxTries: 1 }, tlsOptions: { ca: secure.certificate } };
    const lake = new DataLakeServiceClient(secure.url, credential, options).getFileSystemClient("stage1np");
    expect(await refusal(lake.getFileClient("f").create())).toMatch(/^no answer: /);
    expect(secure.files("stage1np")).toEqual(["f"]);
  });

  it("leaves half an append unflushed, so a flush of the whole is refused until it is appended again", async () => {
    const file = fileClient(emulator);
    await file.create();
    for (const flush of [false, true]) {
      emulator.inject({ fault: { kind: "halfAppend" }, operation: "Path.Append" });
      expect(await refusal(file.append("abcdef", 0, 6, { flush }))).toMatch(/^no answer: /);
      expect(emulator.contents("stage1np", "f")).toHaveLength(0);
      expect(await refusal(file.flush(6))).toBe("400 InvalidFlushPosition");
    }
    await file.append("abcdef", 0, 6, { flush: true });
    expect(emulator.contents("stage1np", "f")?.toString()).toBe("abcdef");
  });

  it("sends half a response, which the client detects", async () => {
    const file = fileClient(emulator);
    const bytes = Buffer.alloc(300_000, "0123456789");
    await file.upload(bytes);
    emulator.inject({ fault: { kind: "halfAnswer" }, operation: "Path.Read" });
    // The client does not retry, and reports "aborted" although nothing was cancelled.
    await expect(file.readToBuffer()).rejects.toThrow(/abort/i);
    expect((await file.readToBuffer()).equals(bytes)).toBe(true);
    expect(emulator.requests.filter(({ operation }) => operation === "Path.Read")).toMatchObject([
      { fault: "halfAnswer", bytesOut: 300_000 },
      { status: 206, bytesOut: 300_000 },
    ]);
  });

  it("takes effect late if it is delayed, even if the client has given up", async () => {
    const file = fileClient(emulator);
    const gaveUp = new AbortController();
    const giveUp = () => {
      gaveUp.abort();
      return true;
    };
    // Evaluated when the request has arrived.
    emulator.inject({ fault: { kind: "delay", milliseconds: 50 }, when: giveUp });
    await expect(file.create({ abortSignal: gaveUp.signal })).rejects.toThrow(/abort/i);
    await expect.poll(() => emulator.files("stage1np")).toEqual(["f"]);
  });

  it("is refused because of its token or its role", async () => {
    const file = fileClient(emulator);
    emulator.inject({ fault: { kind: "expiredToken" }, when: ({ path }) => path === "f" });
    expect(await refusal(file.create())).toBe("401 InvalidAuthenticationInfo");
    emulator.inject({ fault: { kind: "forbidden" }, pathIncludes: "stage1np/f" });
    expect(await refusal(file.create())).toBe("403 AuthorizationPermissionMismatch");
    emulator.inject({ fault: { kind: "forbidden" }, number: 4 });
    await file.create();
    emulator.clearFaults();
    await file.create();
    emulator.clearLog();
    await file.create();
    expect(emulator.requests).toMatchObject([{ number: 1, status: 201, bytesIn: 0, path: "f" }]);
  });
});

describe("in a separate process", () => {
  it("serves requests, fails on demand and reports the requests it got", async () => {
    await using other = await AdlsEmulatorProcess.start({ fileSystems: ["stage1np"] });
    const file = fileClient(other);
    await other.inject({ fault: { kind: "resetAfter" }, operation: "Path.Create" });
    expect(await refusal(file.create({ conditions: { ifNoneMatch: "*" } }))).toMatch(/^no answer: /);
    expect(await refusal(file.create({ conditions: { ifNoneMatch: "*" } }))).toBe("409 PathAlreadyExists");
    await file.append("abc", 0, 3, { flush: true });
    expect((await file.readToBuffer()).toString()).toBe("abc");
    expect((await other.requests()).map(({ status }) => status)).toEqual([0, 409, 202, 200, 206]);
    await other.clearLog();
    expect(await other.requests()).toEqual([]);
  });
});
