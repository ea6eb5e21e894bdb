import { once } from "node:events";
import {
  createServer as createHttpServer,
  type IncomingMessage,
  type RequestListener,
  type ServerResponse,
} from "node:http";
import https, { createServer as createTlsServer } from "node:https";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { buffer } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { AnonymousCredential, DataLakeFileClient, newPipeline } from "@azure/storage-file-datalake";
import { describe, expect, onTestFinished, test } from "vitest";
import { Agents } from "../../src/lake/adls/agents";
import { requestPolicy } from "../../src/lake/adls/requests";
import { makeCertificate } from "../adls-emulator/certificate";
import { openLake } from "../helpers/adls";
import { ConnectProxy } from "../helpers/connectProxy";
import { wholeFile } from "../helpers/wholeFile";

const file = "stage2p/clever/table/part.parquet";
const key = Buffer.from("key").toString("base64");
const contents = Buffer.from("0123456789");

/** A lake whose account responds as configured, with connections that time out after a short silence. */
async function lakeOf(answer: RequestListener, silence = 600) {
  const server = createHttpServer(answer);
  await once(server.listen(0, "127.0.0.1"), "listening");
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/devaccount`;
  const requests = { connections: new Agents(silence), attempts: 2 };
  return openLake({ url, account: "devaccount", key }, { auth: "sharedKey", requests });
}

const headers = { "x-ms-request-id": "1", etag: '"1"' };
const gone = expect.objectContaining({
  code: "network",
  message: expect.stringContaining("The storage account devaccount cannot be reached"),
});

describe("a connection that stops sending", () => {
  test("in the middle of a file is abandoned, and the transfer resumes", async () => {
    const ranges: (string | undefined)[] = [];
    const lake = await lakeOf((request, response) => {
      const range = String(request.headers["x-ms-range"] ?? request.headers.range ?? "bytes=0-");
      ranges.push(range);
      const from = Number(/bytes=(\d+)-/.exec(range)?.[1]);
      const rest = contents.subarray(from);
      response.writeHead(from === 0 ? 200 : 206, { ...headers, "content-length": rest.length });
      // Four bytes at a time.
      response.write(rest.subarray(0, 4));
    });
    expect(await wholeFile(lake, file)).toEqual(contents);
    expect(ranges).toEqual(["bytes=0-", "bytes=4-9", "bytes=8-9"]);
  });

  test("in every response is reported after a bounded time", async () => {
    const lake = await lakeOf((_request, response) => {
      response.writeHead(200, { ...headers, "content-length": 10 });
      response.flushHeaders();
    });
    await expect(wholeFile(lake, file)).rejects.toEqual(gone);
    const listed = async () => {
      for await (const entry of lake.list("stage2p/clever")) return entry;
      return "nothing";
    };
    await expect(listed()).rejects.toEqual(gone);
  });

  test("before any response is reported", async () => {
    const lake = await lakeOf(() => undefined);
    await expect(lake.stat(file)).rejects.toEqual(gone);
    await expect(lake.putIfAbsent(file, contents)).rejects.toEqual(gone);
  });

  test("is not the same as a slow one: as long as bytes flow, there is no limit", async () => {
    const slow = Buffer.alloc(12, "x");
    const lake = await lakeOf((request, response) => {
      void buffer(request).then(async () => {
        response.writeHead(200, { ...headers, "content-length": slow.length });
        for (const byte of slow) {
          response.write(Buffer.of(byte));
          await new Promise((resolve) => setTimeout(resolve, 150));
        }
        response.end();
      });
    }, 1_200);
    expect(await wholeFile(lake, file)).toEqual(slow);
  });

  test("may also be to a proxy that accepts connections without answering", async () => {
    const sockets: Socket[] = [];
    const proxy = createServer((socket) => sockets.push(socket));
    await once(proxy.listen(0, "127.0.0.1"), "listening");
    onTestFinished(() => {
      proxy.close();
      for (const socket of sockets) socket.destroy();
    });
    const url = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
    const lake = openLake(
      { url: "https://devaccount.dfs.core.windows.net", account: "devaccount", key },
      {
        auth: "sharedKey",
        requests: { connections: new Agents(600), attempts: 2, proxy: { url, except: [] } },
      },
    );
    await expect(lake.stat(file)).rejects.toEqual(gone);
    expect(sockets).toHaveLength(2);
    // Nothing keeps the process alive.
    await Promise.all(sockets.map((socket) => socket.destroyed || once(socket.resume(), "close")));
  });

  test.each(["fresh", "used before"])("is detected behind a proxy, in a tunnel that is %s", async (state) => {
    const { certificate: ca, privateKey } = makeCertificate(["devaccount.blob.core.windows.net"]);
    let isSilent = state === "fresh";
    const account = createTlsServer({ cert: ca, key: privateKey }, (_request, response) => {
      if (!isSilent) response.writeHead(200, headers).end();
    });
    await once(account.listen(0, "127.0.0.1"), "listening");
    const port = (account.address() as AddressInfo).port;
    await using proxy = await ConnectProxy.start({ hosts: { "devaccount.blob.core.windows.net": port } });
    onTestFinished(() => {
      account.close();
      account.closeAllConnections();
    });
    const agent = new Agents(600).to("https://devaccount.blob.core.windows.net/", {
      url: proxy.url,
      except: [],
    });
    const ask = async () => {
      const request = https.get({ host: "devaccount.blob.core.windows.net", agent, ca });
      const [answer] = (await once(request, "response")) as [IncomingMessage];
      return (await buffer(answer)).length;
    };
    if (!isSilent) {
      expect(await ask()).toBe(0);
      isSilent = true;
    }
    await expect(ask()).rejects.toMatchObject({ code: "ETIMEDOUT" });
    expect(proxy.tunnels).toHaveLength(1);
  });

  test("is not the same as a slow upload, over TLS", { timeout: 60_000 }, async () => {
    const { certificate, privateKey } = makeCertificate();
    let taken = 0;
    const takeSlowly = async (request: IncomingMessage, response: ServerResponse) => {
      for await (const chunk of request) {
        const before = taken;
        taken += (chunk as Buffer).length;
        // About 20 MB/s, so that data in the system's own buffers does not matter.
        if (taken >> 18 !== before >> 18) await sleep(12);
      }
      response.writeHead(202, headers).end();
    };
    const account = createTlsServer({ cert: certificate, key: privateKey }, (request, response) => {
      takeSlowly(request, response).catch(() => undefined);
    });
    await once(account.listen(0, "127.0.0.1"), "listening");
    onTestFinished(() => {
      account.close();
      account.closeAllConnections();
    });
    const url = `https://127.0.0.1:${(account.address() as AddressInfo).port}/devaccount`;
    const connections = new Agents(2_000);
    // The test's own certificate, for this machine.
    (connections.to(url, undefined) as https.Agent).options.ca = certificate;
    const pipeline = newPipeline(new AnonymousCredential(), { retryOptions: { maxTries: 1 } });
    pipeline.factories.push(requestPolicy({ connections, attempts: 1 }));
    const upload = Buffer.alloc(128 * 1024 * 1024, "x");
    const started = performance.now();
    const client = new DataLakeFileClient(`${url}/stage1np/file`, pipeline);
    await client.append(upload, 0, upload.length);
    expect(taken).toBe(upload.length);
    expect(performance.now() - started).toBeGreaterThan(4_000);
  });
});

test("a page sent in place of Azure's response leaves no connection open", async () => {
  let closed: Promise<unknown> | undefined;
  const lake = await lakeOf((request, response) => {
    closed ??= once(request.socket, "close");
    response.writeHead(200, { "content-type": "text/html", "content-length": 10_000 });
    response.write("<html>");
  }, 60_000);
  await expect(wholeFile(lake, file)).rejects.toMatchObject({
    message: expect.stringContaining("other than Azure answered"),
  });
  await closed;
});
