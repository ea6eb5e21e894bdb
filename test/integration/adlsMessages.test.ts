import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { RestError } from "@azure/storage-file-datalake";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { CleverLakeError, describeError } from "../../src/basics/errors";
import type { AdlsLake } from "../../src/lake/adls/adlsLake";
import { adlsError } from "../../src/lake/adls/adlsMessages";
import type { RequestNote } from "../../src/lake/adls/requests";
import { AdlsEmulator } from "../adls-emulator/emulator";
import { accountSas, lasting, openLake, startEmulator, token } from "../helpers/adls";
import { runInto } from "../helpers/adlsPipeline";
import { lakeMetrics } from "../helpers/lakeMetrics";
import { daily, dailyCsv, dailyPath, PipelineFixture } from "../helpers/pipelineFixture";
import { wholeFile } from "../helpers/wholeFile";

/** The message when a run into this lake fails, without the request id. */
async function messageOf(lake: AdlsLake, fixture?: PipelineFixture): Promise<string> {
  const { source } = fixture ?? (await oneReport());
  const error = await runInto(lake, source).then(
    ({ failed }) => new CleverLakeError("io", failed.map(({ reason }) => reason).join("\n")),
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(CleverLakeError);
  const text = describeError(error);
  expect(text).not.toContain(token);
  return text.replace(/ \[request [0-9a-f-]{36}\]/g, "");
}

async function oneReport(): Promise<PipelineFixture> {
  const fixture = await PipelineFixture.create();
  await fixture.put(dailyPath(), dailyCsv(daily("amy")));
  return fixture;
}

const stages = ["stage1np", "stage2np", "stage2p"];

describe("the message", () => {
  test("if the role is missing", async () => {
    const emulator = await startEmulator({ tokens: [{ token, role: "reader" }], fileSystems: stages });
    expect(await messageOf(openLake(emulator))).toBe(
      "stage1np/clever/_run.lock: Your account lacks the permission to do this in the storage account devaccount. Ask for the role Storage Blob Data Contributor on the storage account or on the file systems stage1np, stage2np and stage2p; Storage Blob Data Reader is enough to view tables. Role changes take some minutes to take effect.",
    );
  });

  test("if the file systems are missing and may not be created", async () => {
    const emulator = await startEmulator({ tokens: [{ token, role: { stage2p: "contributor" } }] });
    expect(await messageOf(openLake(emulator))).toContain("Storage Blob Data Contributor");
  });

  test("if the account has no hierarchical namespace", async () => {
    const flat = await startEmulator({ kind: "flat", fileSystems: stages });
    expect(await messageOf(openLake(flat))).toContain("has no hierarchical namespace");
    expect(flat.files("stage2np")).toEqual([]);
  });

  test("if soft delete prevents the Data Lake endpoint", async () => {
    const emulator = await startEmulator({ kind: "flatWithSoftDelete", fileSystems: stages });
    expect(await messageOf(openLake(emulator))).toContain("has soft delete or blob events enabled");
  });

  test("if the account key is wrong", async () => {
    const { url, account } = await startEmulator();
    const key = Buffer.from("another key").toString("base64");
    const reported = await messageOf(openLake({ url, account, key }, { auth: "sharedKey" }));
    expect(reported).toContain("does not accept the account key. Copy it again");
    expect(reported).not.toContain(key);
  });

  test("if this machine's clock is wrong", async () => {
    const { now } = Date;
    const emulator = await startEmulator({ now });
    const fixture = await oneReport();
    vi.useFakeTimers({ toFake: ["Date"], now: now() + 3_600_000 });
    onTestFinished(() => {
      vi.useRealTimers();
    });
    expect(await messageOf(openLake(emulator, { auth: "sharedKey" }), fixture)).toContain(
      "This machine's clock differs",
    );
  });

  test("if the SAS lacks a permission", async () => {
    const emulator = await startEmulator({ fileSystems: stages });
    const sas = accountSas(emulator, "rl");
    const reported = await messageOf(openLake(emulator, { auth: "sas", sas }));
    expect(reported).toContain("SAS");
    expect(reported).not.toContain("sig=");
  });

  test("if the network is unavailable", async () => {
    const emulator = await AdlsEmulator.start({ tokens: [{ token }] });
    const lake = openLake(emulator, { requests: { attempts: 2 } });
    await emulator[Symbol.asyncDispose]();
    expect(await messageOf(lake)).toContain(
      "The storage account devaccount cannot be reached (ECONNREFUSED). Check the network",
    );
  });

  test.each([
    ["ENOTFOUND", "There is no storage account named devaccount, or the network is unavailable."],
    ["EAI_AGAIN", "The network is unavailable: host names cannot be resolved."],
  ])("if a DNS lookup of the account fails with %s", (code, message) => {
    const error = new RestError(`getaddrinfo ${code} devaccount.dfs.core.windows.net`, { code });
    expect(adlsError(error, "x", { account: "devaccount", auth: "token" })).toMatchObject({
      code: "network",
      message,
    });
  });

  test.each([
    [403, "AuthorizationFailure", "denies access to this machine. Its firewall"],
    [403, "KeyBasedAuthenticationNotPermitted", "allows neither account keys nor SAS"],
    [403, "AccountIsDisabled", "is disabled"],
    [409, "ContainerBeingDeleted", "The file system is being deleted"],
    [409, "FilesystemBeingDeleted", "The file system is being deleted"],
    [409, "BlobArchived", "has been moved to the archive tier"],
    [400, "InvalidHeaderValue", "does not support the API version"],
    [400, "InvalidUri", "refused a request (400 InvalidUri)"],
    [503, "ServerBusy", "is overloaded or unavailable (ServerBusy)"],
  ])("if the service answers %i %s", async (status, code, message) => {
    const server = createServer((_request, response) => {
      response.writeHead(status, { "x-ms-error-code": code }).end();
    });
    await once(server.listen(0, "127.0.0.1"), "listening");
    onTestFinished(async () => {
      await once(server.close(), "close");
    });
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/devaccount`;
    const lake = openLake({ url, account: "devaccount", key: "" }, { requests: { attempts: 2 } });
    expect(await messageOf(lake)).toContain(message);
    server.closeAllConnections();
  });
});

describe("a token that expires", () => {
  test("is renewed during a run", async () => {
    const emulator = await startEmulator({ tokens: [{ token: "first" }, { token: "second" }] });
    const fixture = await oneReport();
    const asked: (string | undefined)[] = [];
    const tokens = {
      token: (_scope: string, refused?: string) => {
        asked.push(refused);
        const text = asked.length === 1 ? "first" : "second";
        return Promise.resolve({ token: text, expires: Number.POSITIVE_INFINITY });
      },
    };
    emulator.inject({ fault: { kind: "expiredToken" }, number: 40 });
    const summary = await runInto(openLake(emulator, { tokens }), fixture.source);
    expect(summary).toMatchObject({ anonymized: 1, failed: [] });
    expect(asked).toEqual([undefined, "first"]);
  });

  test("is no longer used shortly before it expires", async () => {
    const emulator = await startEmulator();
    let asked = 0;
    const tokens = {
      token: () => {
        asked++;
        return Promise.resolve({ token, expires: Date.now() + (asked < 3 ? 60_000 : 3_600_000) });
      },
    };
    const lake = openLake(emulator, { tokens });
    for (let call = 0; call < 5; call++) await lake.stat("stage1np/x");
    expect(asked).toBe(3);
  });

  test("and cannot be renewed is reported; after a new sign-in the next run continues", async () => {
    const emulator = await startEmulator();
    const fixture = await oneReport();
    emulator.inject({
      fault: { kind: "expiredToken" },
      times: Number.POSITIVE_INFINITY,
      when: ({ number }) => number > 50,
    });
    expect(await messageOf(openLake(emulator, { tokens: lasting(token) }), fixture)).toContain(
      "The sign-in to the storage account devaccount has expired, and a new one was not accepted either. Sign in again, then run again",
    );
    emulator.clearFaults();
    expect(await runInto(openLake(emulator), fixture.source)).toMatchObject({ failed: [] });
  });
});

test("a user who may only read stage2p sees the dashboard, but no identity", async () => {
  const emulator = await startEmulator({
    tokens: [{ token }, { token: "a curriculum lead", role: { stage2p: "reader" } }],
  });
  const fixture = await oneReport();
  await runInto(openLake(emulator), fixture.source);
  const lead = openLake(emulator, { tokens: lasting("a curriculum lead") });
  const metrics = await lakeMetrics(lead, {}, { minimumGroupSize: 0 });
  expect(metrics.users).toBe(1);
  await expect(wholeFile(lead, "stage1np/clever/_salt_fingerprint.json")).rejects.toMatchObject({
    code: "auth",
  });
});

test("errors contain the request id, for Azure's support", async () => {
  const emulator = await startEmulator();
  const notes: RequestNote[] = [];
  const lake = openLake(emulator, { auth: "sas", requests: { onRequest: (note) => notes.push(note) } });
  await lake.putIfAbsent("stage1np/clever/x", Buffer.from("x"));
  expect(notes.map(({ clientRequestId }) => clientRequestId)).toEqual(
    emulator.requests.map(({ clientRequestId }) => clientRequestId),
  );
  expect(notes.at(-1)).toMatchObject({
    method: "PUT",
    path: "/devaccount/stage1np/clever/x",
    status: 201,
    attempt: 1,
  });
  expect(JSON.stringify(notes)).not.toContain("sig=");
});
